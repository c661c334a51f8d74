//! A teacher's own lesson, opened from disk.

use lab_tests::page::Page;

const MANIFEST: &str = include_str!("../../../web/lessons/0.1-ahead/lesson.toml");
const ZH: &str = include_str!("../../../web/lessons/0.1-ahead/zh.md");
const EN: &str = include_str!("../../../web/lessons/0.1-ahead/en.md");

fn open(page: &Page, manifest: &str, zh: &str, en: &str) {
    let files = [("lesson.toml", manifest), ("zh.md", zh), ("en.md", en)];
    page.drop_files(&files.map(|(name, text)| (name, text.to_owned())));
    page.until("the page tells of the lesson", || page.shows("workshop"));
}

#[test]
fn a_lesson_is_mended_line_by_line_and_then_opens() {
    let page = Page::open();
    open(&page, &MANIFEST.replace("-990", "-991"), ZH, EN);
    assert_eq!(page.attribute("workshop", "data-good"), "false");
    page.until_text("workshop", "does not reach the goal diff");
    page.until_text("workshop", "lesson.toml, line ");
    page.click("dialog-cancel");

    open(&page, MANIFEST, ZH, EN);
    assert_eq!(page.attribute("workshop", "data-good"), "true");
    page.click("dialog-cancel");
    page.until("the lesson is open", || page.shows("lesson"));
    page.answer("end");
    page.until("the stage is free", || page.shows("goal-diff"));
    page.click("home");
    assert!(page.text("lesson-0.1").contains("not begun"), "a lesson from disk is nobody's progress");
    page.leave();
}

#[test]
fn a_hostile_lesson_is_a_list_of_mistakes() {
    let page = Page::open();
    let hostile = EN.replacen(
        "## look\n",
        "## look\n<img src=x onerror=alert(1)><script>alert(1)</script>\n\n[a](javascript:alert(1))\n",
        1,
    );
    open(&page, MANIFEST, ZH, &hostile);
    page.until_text("workshop", "en.md, line 5");
    page.until_text("workshop", "a link leads to");
    assert_eq!(page.count("img, main script"), 0);
    page.click("dialog-cancel");
    page.drop_files(&[("any.lesson", "=== rocketmq-lab lesson 7 ===".to_owned())]);
    page.until_text("workshop", "made for a newer lab");
    page.click("dialog-cancel");
    assert!(page.shows("map"), "nothing was lost");
    page.leave();
}
