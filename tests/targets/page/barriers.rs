//! Nothing on the page shuts people out, as far as axe-core can tell.

use lab_core::lesson::Task;
use lab_tests::page::Page;
use lab_tests::page::learning::lessons;
use serde_json::{Value, json};

/// The checker: <https://github.com/dequelabs/axe-core>, its licence beside it.
const AXE: &str = include_str!("../../axe/axe.min.js");

/// What stands in people's way, seriously or worse, on the page as it is.
fn barriers(page: &Page) -> Vec<String> {
    let start = "if (!window.axe) { const it = document.createElement('script'); it.textContent = arguments[0]; \
                 document.head.append(it); } window.barriers = null; \
                 axe.run(document, { resultTypes: ['violations'] }).then(it => { window.barriers = it.violations; }); \
                 return true;";
    let _: bool = page.ask(start, vec![json!(AXE)]);
    let found: Vec<Value> =
        page.until_some("the page is checked", || page.ask("return window.barriers", vec![]));
    let serious =
        found.into_iter().filter(|it| matches!(it["impact"].as_str(), Some("serious" | "critical")));
    serious
        .map(|it| {
            let nodes: Vec<String> =
                it["nodes"].as_array().into_iter().flatten().map(|node| node["html"].to_string()).collect();
            format!("{}: {} {}", it["id"], it["help"], nodes.join(" | "))
        })
        .collect()
}

fn is_open_to_all(page: &Page, place: &str) {
    let found = barriers(page);
    assert!(found.is_empty(), "{place}:\n{}", found.join("\n"));
}

#[test]
fn no_page_has_a_serious_barrier() {
    let page = Page::open();
    for theme in ["light", "dark"] {
        page.until(&format!("the theme is {theme}"), || {
            let is_so = page.root("data-theme") == theme;
            if !is_so {
                page.click("theme");
            }
            is_so
        });
        is_open_to_all(&page, &format!("the map, {theme}"));
        page.open_lab("failover");
        page.pause();
        is_open_to_all(&page, &format!("a lab, {theme}"));
        page.click("home");
        page.click("open-sheet");
        page.until("the sheet is open", || page.shows("sheet"));
        is_open_to_all(&page, &format!("the sheet, {theme}"));
        page.click("home");
        for lesson in
            lessons().iter().filter(|lesson| lesson.beside.is_some() || &*lesson.id == "0.1").take(2)
        {
            page.open_lesson(lesson);
            is_open_to_all(&page, &format!("the question of {}, {theme}", lesson.id));
            let right = match &lesson.steps[0].task {
                Task::Predict { right, .. } => *right,
                Task::Do { .. } | Task::Explain { .. } => 0,
            };
            page.learn(lesson, right, |page, _| {
                page.click("hint-open");
                is_open_to_all(page, &format!("the goals of {}, {theme}", lesson.id));
                page.watch_solution();
            });
            is_open_to_all(&page, &format!("the explanation of {}, {theme}", lesson.id));
            page.click("home");
        }
    }
    page.leave();
}
