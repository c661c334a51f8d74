//! The page without a mouse.

use lab_tests::page::acting::SECOND;
use lab_tests::page::{Key, Page};

const SPACE: char = ' ';

#[test]
fn a_lab_is_opened_played_and_broken_by_keys_alone() {
    let page = Page::open();
    page.tab_to("lab-failover");
    page.press(Key::Enter);
    page.until("the lab is open and plays", || page.shows("clock") && page.is_playing());

    page.press(SPACE);
    page.until("Space pauses", || !page.is_playing());
    let paused = page.clock();
    page.press(SPACE);
    page.until("Space plays", || page.is_playing() && page.clock() > paused);
    page.press(SPACE);
    page.until("Space pauses again", || !page.is_playing());

    let here = page.clock();
    // Several events can have the same time, and the first can be due at the moment of the pause.
    page.until("the right arrow goes on", || {
        page.press(Key::Right);
        page.clock() > here
    });
    let there = page.clock();
    page.until("the left arrow goes back", || {
        page.press(Key::Left);
        page.clock() < there
    });

    page.tab_to("menu-broker-a");
    page.press(Key::Enter);
    // The inspector offers the same deeds, so it is the button that says whether the menu is open.
    let is_open = || page.attribute("menu-broker-a", "aria-expanded") == "true";
    page.until("Enter opens the menu", is_open);
    page.press(Key::Escape);
    page.until("Esc closes the menu", || !is_open());
    assert_eq!(page.focused().as_deref(), Some("menu-broker-a"), "the focus stays where it was");
    page.press(SPACE);
    page.until("Space opens the menu", is_open);
    page.tab_to("do-kill-broker-a");
    page.press(Key::Enter);
    page.until_text("status-broker-a", "KILLED");
    page.leave();
}

#[test]
fn buttons_fields_and_lists_work_by_keys() {
    let page = Page::open();
    page.tab_to("lab-flow");
    page.press(SPACE);
    page.until("the lab is open", || page.shows("clock"));
    page.tab_to("play");
    page.press(Key::Enter);
    page.until("Enter on the button pauses", || !page.is_playing());
    let here = page.clock();
    page.tab_to("step");
    page.until("Space on the button steps and does nothing else", || {
        page.press(SPACE);
        page.clock() > here
    });
    assert!(!page.is_playing());

    page.tab_to("speed");
    let speed = page.value("speed");
    page.press(Key::Down);
    page.until("an arrow chooses the next speed", || page.value("speed") != speed);
    let here = page.clock();
    page.tab_to("scrubber");
    page.press(Key::Home);
    page.until("Home on the scrubber goes to the beginning", || page.clock() == 0);
    page.press(Key::End);
    page.until("End on the scrubber goes as far as the run has come", || page.clock() >= here);
    page.leave();
}

#[test]
fn dialogs_keep_the_focus_and_close_on_esc() {
    let page = Page::open();
    page.tab_to("lab-flow");
    page.press(Key::Enter);
    page.until("the lab is open", || page.shows("clock"));
    page.press(SPACE);
    page.until("the lab is paused", || !page.is_playing());
    for opener in ["help", "add"] {
        page.tab_to(opener);
        page.press(Key::Enter);
        page.until("the dialog is open", || page.shows("dialog"));
        let clock = page.clock();
        for _ in 0..30 {
            page.press(Key::Tab);
            let inside: bool = page.ask(
                "const it = document.activeElement; return it === document.body || !!it.closest('dialog')",
                vec![],
            );
            assert!(inside, "Tab leads out of the dialog to {:?}", page.focused());
        }
        page.press(Key::Right);
        page.settle();
        assert_eq!(page.clock(), clock, "keys do nothing behind a dialog");
        page.press(Key::Escape);
        page.until("Esc closes the dialog", || !page.shows("dialog"));
        assert_eq!(page.focused().as_deref(), Some(opener), "the focus returns to where it was");
    }
    page.run_for(SECOND, "1×");
    page.leave();
}
