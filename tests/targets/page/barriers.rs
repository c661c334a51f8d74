//! Nothing on the page shuts people out, as far as axe-core can tell.

use std::cell::RefCell;

use lab_core::lesson::Task;
use lab_tests::page::Page;
use lab_tests::page::learning::lessons;
use serde_json::{Value, json};

/// The checker: <https://github.com/dequelabs/axe-core>, its licence beside it.
const AXE: &str = include_str!("../../axe/axe.min.js");

/// What stands in people's way, seriously or worse, on the page as it is.
pub(super) fn barriers(page: &Page) -> Vec<String> {
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

/// What was found everywhere, so that one visit tells all of it.
#[derive(Default)]
struct Tour(RefCell<Vec<String>>);

impl Tour {
    fn look(&self, page: &Page, place: &str) {
        self.0.borrow_mut().extend(barriers(page).into_iter().map(|it| format!("{place}: {it}")));
    }
}

#[test]
fn no_page_has_a_serious_barrier() {
    let page = Page::open();
    let tour = Tour::default();
    for theme in ["light", "dark"] {
        page.until(&format!("the theme is {theme}"), || {
            let is_so = page.root("data-theme") == theme;
            if !is_so {
                page.click("theme");
            }
            is_so
        });
        tour.look(&page, &format!("the map, {theme}"));
        page.open_lab("failover");
        page.pause();
        tour.look(&page, &format!("a lab, {theme}"));
        page.click("home");
        for lab in ["ways", "riddle"] {
            page.click(&format!("lab-{lab}"));
            page.until("every column is counted", || page.count("progress") == 0 && page.shows("compare"));
            tour.look(&page, &format!("the table of {lab}, {theme}"));
            page.click("home");
        }
        page.click("open-sheet");
        page.until("the sheet is open", || page.shows("sheet"));
        tour.look(&page, &format!("the sheet, {theme}"));
        page.click("home");
        for lesson in
            lessons().iter().filter(|lesson| lesson.beside.is_some() || &*lesson.id == "0.1").take(2)
        {
            page.open_lesson(lesson);
            tour.look(&page, &format!("the question of {}, {theme}", lesson.id));
            let right = match &lesson.steps[0].task {
                Task::Predict { right, .. } => *right,
                Task::Do { .. } | Task::Explain { .. } => 0,
            };
            page.learn(lesson, right, |page, _| {
                page.click("hint-open");
                tour.look(page, &format!("the goals of {}, {theme}", lesson.id));
                page.watch_solution();
            });
            tour.look(&page, &format!("the explanation of {}, {theme}", lesson.id));
            page.click("home");
        }
    }
    page.leave();
    let found = tour.0.into_inner();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
