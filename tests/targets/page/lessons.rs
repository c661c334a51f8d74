//! Every lesson, played through the built page.

use lab_core::lesson::{Lesson, Task};
use lab_tests::page::learning::lessons;
use lab_tests::page::{Key, Page};

/// The answers to the first question, and the place of the right one; one of nothing where nothing is asked.
fn first_answers(lesson: &Lesson) -> (usize, usize) {
    match &lesson.steps[0].task {
        Task::Predict { answers, right } => (answers.len(), *right),
        Task::Do { .. } | Task::Explain { .. } => (1, 0),
    }
}

#[test]
fn every_lesson_is_learnt_by_typing_and_predicting_rightly() {
    let page = Page::open();
    for lesson in lessons() {
        page.open_lesson(&lesson);
        page.learn(&lesson, first_answers(&lesson).1, |page, solution| page.type_script(solution));
        page.click("home");
        page.until("the map is back", || page.shows(&format!("lesson-{}", lesson.id)));
    }
    page.leave();
}

#[test]
fn every_belief_is_met_with_its_own_reply_in_both_languages() {
    let page = Page::open();
    for lesson in lessons() {
        let (answers, right) = first_answers(&lesson);
        let mut replies = Vec::new();
        for answer in (0..answers).filter(|answer| *answer != right) {
            page.click("lang");
            page.open_lesson(&lesson);
            replies.extend(page.learn(&lesson, answer, |page, _| page.watch_solution()));
            page.click("home");
            page.until("the map is back", || page.shows(&format!("lesson-{}", lesson.id)));
        }
        replies.sort();
        let count = replies.len();
        replies.dedup();
        assert_eq!(replies.len(), count, "{}: two beliefs got the same reply", lesson.id);
    }
    page.leave();
}

#[test]
fn the_first_lesson_is_learnt_by_keys_alone() {
    let page = Page::open();
    let lessons = lessons();
    let lesson = &lessons[0];
    page.tab_to("next-lesson");
    page.press(Key::Enter);
    page.until("the lesson is open", || page.shows("lesson"));
    let Task::Predict { answers, .. } = &lesson.steps[0].task else { panic!("a lesson asks first") };
    page.tab_to(&format!("answer-{}", answers[0].id));
    page.press(' ');
    page.tab_to("sure-guess");
    page.press(' ');
    page.tab_to("give");
    page.press(Key::Enter);
    page.until("the stage is free", || page.step() == *lesson.steps[1].id);
    page.tab_to("hint-open");
    page.press(Key::Enter);
    page.until("a hint is open", || page.shows("hint-1"));
    page.tab_to("solution");
    page.press(Key::Enter);
    page.until("the solution is played", || page.shows("solution-hurry") || page.is_finished());
    page.until("the goals are reached", || page.is_finished());
    page.tab_to("lesson-on");
    page.press(Key::Enter);
    page.until("it is explained", || page.shows("remember"));
    page.tab_to("evidence-go");
    page.press(Key::Enter);
    page.until("the stage is at that moment", || page.clock() < 100_000);
    page.leave();
}

#[test]
fn a_lesson_goes_on_after_the_page_was_loaded_anew() {
    let page = Page::open();
    let lessons = lessons();
    let lesson = &lessons[0];
    page.open_lesson(lesson);
    let Task::Predict { answers, .. } = &lesson.steps[0].task else { panic!("a lesson asks first") };
    page.answer(&answers[0].id);
    page.order("mqadmin consumerProgress -g order-cg");
    page.until("the first goal is reached", || page.attribute("goal-diff", "data-reached") == "true");
    page.click("home");
    page.reload();
    page.click(&format!("lesson-{}", lesson.id));
    page.until("the lesson is open", || page.shows("lesson"));
    assert_eq!(page.step(), *lesson.steps[1].id);
    assert_eq!(page.attribute("goal-diff", "data-reached"), "true");
    page.leave();
}
