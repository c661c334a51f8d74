//! The map of the lessons, the record of a learner, the teacher's sheet, the projector.

use lab_tests::page::{Key, Page};
use serde_json::json;

/// A record in which `answer` was given in lesson 0.1 and `end` happened.
fn record(name: &str, answer: &str) -> String {
    let prediction = json!({ "answer": answer, "sure": "certain", "happened": { "answer": "end" } });
    let progress = json!({ "step": "why", "predictions": { "look": prediction } });
    json!({
        "format": "rocketmq-lab-progress", "version": 1, "name": name,
        "lessons": { "0.1": { "progress": progress, "profile": "V5" } },
    })
    .to_string()
}

fn keep(page: &Page, text: &str) {
    let script = "localStorage.setItem('rocketmq-lab.progress', arguments[0]); return true";
    assert!(page.ask::<bool>(script, vec![json!(text)]));
    page.reload();
}

#[test]
fn a_first_visit_is_two_keys_away_from_a_cluster() {
    let page = Page::open();
    assert!(page.text("next-lesson").starts_with("Start with lesson 0.1"));
    assert!(page.text("map").contains("not begun"));
    page.tab_to("straight");
    page.press(Key::Enter);
    page.until("a cluster is open", || page.shows("clock"));
    page.click("open-lessons");
    page.until("the map is there again", || page.shows("map"));
    page.leave();
}

#[test]
fn a_file_is_taken_in_and_kept() {
    let page = Page::open();
    page.drop_files(&[("me.json", record("Ann", "all"))]);
    page.until("the page says so", || page.shows("map-notice"));
    page.until("the lesson is half done", || page.text("lesson-0.1").contains("half done"));
    page.reload();
    assert!(page.text("next-lesson").starts_with("Continue with 0.1"));
    assert_eq!(page.value("own-name"), "Ann");
    page.leave();
}

#[test]
fn a_record_that_cannot_be_used_is_set_aside_unchanged() {
    let page = Page::open();
    let newer = r#"{"format":"rocketmq-lab-progress","version":99}"#;
    keep(&page, newer);
    assert!(page.text("set-aside").contains("version 99"));
    let kept = |key: &str| -> Option<String> {
        page.ask("return localStorage.getItem(arguments[0])", vec![json!(key)])
    };
    assert_eq!(kept("rocketmq-lab.progress.set-aside").as_deref(), Some(newer));
    page.drop_files(&[("me.json", record("Ann", "all"))]);
    page.until("the new record is kept", || kept("rocketmq-lab.progress").is_some());
    page.reload();
    assert_eq!(kept("rocketmq-lab.progress.set-aside").as_deref(), Some(newer), "still there");
    page.click("forget-aside");
    page.until("it was deleted when asked", || kept("rocketmq-lab.progress.set-aside").is_none());
    page.leave();
}

#[test]
fn a_class_is_laid_side_by_side() {
    let page = Page::open();
    let class = [
        ("ann.json", record("Ann", "all")),
        ("li.json", record("<b>李雷</b>", "all")),
        ("bob.json", record("Bob", "end")),
        ("broken.json", "{\"format\": \"rocketmq-lab-progress\"".to_owned()),
    ];
    page.drop_files(&class);
    page.until("the sheet is open", || page.shows("sheet-pupils"));
    let pupils = page.text("sheet-pupils");
    assert!(pupils.contains("<b>李雷</b>"), "a name is never markup: {pupils}");
    assert_eq!(pupils.matches("✗ wrong").count(), 2);
    assert!(page.text("sheet-summary").contains("(2 ×)"));
    assert!(page.text("sheet-unread").contains("broken.json"));
    assert_eq!(page.count("table.sheet-table > caption"), 2);
    assert_eq!(page.count("table.sheet-table th:not([scope])"), 0);
    page.tab_to("by-wrong");
    page.press(' ');
    page.until("the order is told", || page.count("th[aria-sort=descending]") == 1);
    page.click("sheet-back");
    page.until("the map is there again", || page.shows("map"));
    page.leave();
}

#[test]
fn the_projector_is_remembered() {
    let page = Page::open();
    assert_eq!(page.root("data-projector"), "off");
    page.click("projector");
    page.until("it is on", || page.root("data-projector") == "on");
    page.reload();
    assert_eq!(page.root("data-projector"), "on");
    page.click("projector");
    page.until("it is off", || page.root("data-projector") == "off");
    page.leave();
}
