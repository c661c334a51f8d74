//! The teacher's sheet: a class beside each other, by what they predicted.

use std::rc::Rc;

use lab_core::lesson::{Block, Sureness};
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::front::{plain, prose, sentence};
use crate::lessons::Library;
use crate::progress::sheet::{Cell, Pupil, Question, Sheet, Summary};
use crate::session::{MapMsg, Msg};
use crate::text::{Lang, Texts};

/// What the sheet is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct SheetProps {
    /// The words.
    pub texts: &'static Texts,
    /// The language, in which the answers are told.
    pub lang: Lang,
    /// The lessons.
    pub library: Library,
    /// The files.
    pub sheet: Rc<Sheet>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The sheet.
#[component]
pub fn SheetView(props: &SheetProps) -> Html {
    let words = props.texts.map;
    let title = use_node_ref();
    // Whoever comes by keys or hears the page begins at the top of it and not behind the button that is gone.
    use_effect_with(title.clone(), |title| {
        if let Some(title) = title.cast::<HtmlElement>() {
            // An element that cannot take the focus leaves it where it was.
            let _ = title.focus();
        }
    });
    let button = |testid: &'static str, class: &'static str, label: &'static str, msg: MapMsg| {
        let on = props.on.clone();
        let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::Map(msg.clone())));
        html! { <button class={classes!("b", class)} data-testid={testid} {onclick}>{ label }</button> }
    };
    html! {
        <main class="front sheet" id="main" data-testid="sheet">
            <h1 ref={title} tabindex="-1">{ words.sheet }</h1>
            <p class="sub">{ words.sheet_note }</p>
            <div class="row sheet-deeds">
                { button("sheet-choose", "primary", words.sheet_choose, MapMsg::ChooseForSheet) }
                { button("sheet-clear", "", words.sheet_clear, MapMsg::ClearSheet) }
                { button("sheet-back", "", words.sheet_back, MapMsg::CloseSheet) }
            </div>
            <div aria-live="polite">{ unread(props) }</div>
            { tables(props) }
        </main>
    }
}

fn unread(props: &SheetProps) -> Html {
    if props.sheet.unread.is_empty() {
        return Html::default();
    }
    let line =
        |(file, why): &(String, _)| html! { <li><b>{ file }</b>{ ": " }{ sentence(props.texts, why) }</li> };
    html! {
        <section class="map-notice warn" data-testid="sheet-unread">
            <h2>{ props.texts.map.unread_files }</h2>
            <ul>{ for props.sheet.unread.iter().map(line) }</ul>
        </section>
    }
}

fn tables(props: &SheetProps) -> Html {
    let words = props.texts.map;
    if props.sheet.pupils.is_empty() {
        return html! { <p class="muted">{ words.sheet_empty }</p> };
    }
    let summaries = props.sheet.summaries(&props.library);
    if summaries.is_empty() {
        let names = props.sheet.pupils.iter().map(|pupil| html! { <li>{ pupil.name() }</li> });
        return html! { <><p>{ words.sheet_nothing_asked }</p><ul>{ for names }</ul></> };
    }
    let on = props.on.clone();
    let onchange = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        on.emit(Msg::Map(MapMsg::ByWrong(input.checked())));
    });
    html! {
        <>
            <label class="by-wrong"><input type="checkbox" data-testid="by-wrong" checked={props.sheet.by_wrong} {onchange} />
                <span>{ words.by_wrong }</span></label>
            { summary_table(props, &summaries) }
            { pupils_table(props, &summaries) }
        </>
    }
}

/// A table that scrolls on its own when it is wider than the page, with keys too.
fn scrolling(label: &str, table: Html) -> Html {
    html! { <div class="sheet-scroll" role="region" tabindex="0" aria-label={label.to_owned()}>{ table }</div> }
}

fn summary_table(props: &SheetProps, summaries: &[Summary<'_>]) -> Html {
    let words = props.texts.map;
    let most = summaries.iter().map(|it| it.wrong).max().unwrap_or(0);
    let row = |it: &Summary<'_>| {
        let misled = it.misconception.map_or_else(
            || html! { <span class="muted">{ words.nobody_wrong }</span> },
            |(answer, count)| html! { <>{ answer_text(props, &it.question, answer) }{ " (" }{ (words.times)(count) }{ ")" }</> },
        );
        html! {
            <tr class={(most > 0 && it.wrong == most).then_some("worst")}>
                <th scope="row">{ question_name(props, &it.question) }</th>
                <td class="num">{ it.wrong }</td><td class="num">{ it.right }</td><td class="num">{ it.not_given }</td>
                <td>{ misled }</td>
            </tr>
        }
    };
    let sort = if props.sheet.by_wrong { "descending" } else { "none" };
    let table = html! {
        <table class="sheet-table" data-testid="sheet-summary">
            <caption>{ words.summary_caption }</caption>
            <thead><tr>
                <th scope="col">{ words.question }</th>
                <th scope="col" aria-sort={sort}>{ words.wrong }{ props.sheet.by_wrong.then_some(" ↓") }</th>
                <th scope="col">{ words.right }</th><th scope="col">{ words.not_given }</th>
                <th scope="col">{ words.misconception }</th>
            </tr></thead>
            <tbody>{ for summaries.iter().map(row) }</tbody>
        </table>
    };
    scrolling(words.summary_caption, table)
}

fn pupils_table(props: &SheetProps, summaries: &[Summary<'_>]) -> Html {
    let words = props.texts.map;
    let caption = (words.pupils_caption)(props.sheet.pupils.len());
    let head =
        summaries.iter().map(|it| html! { <th scope="col">{ question_name(props, &it.question) }</th> });
    let row = |pupil: &Pupil| {
        let cells = summaries.iter().map(|it| cell(props, &it.question, Sheet::cell(pupil, &it.question)));
        html! { <tr><th scope="row" title={pupil.file.clone()}>{ pupil.name() }</th>{ for cells }</tr> }
    };
    let table = html! {
        <table class="sheet-table" data-testid="sheet-pupils">
            <caption>{ &caption }</caption>
            <thead><tr><th scope="col">{ words.pupil }</th>{ for head }</tr></thead>
            <tbody>{ for props.sheet.pupils.iter().map(row) }</tbody>
        </table>
    };
    scrolling(&caption, table)
}

/// Sign and word, then what was answered and how sure.
fn cell(props: &SheetProps, question: &Question, cell: Cell<'_>) -> Html {
    let words = props.texts.map;
    let (class, sign, word, answer, sure): (_, _, _, Option<&str>, Option<Sureness>) = match cell {
        Cell::NotGiven => ("not-given", "–", words.not_given, None, None),
        Cell::Open(given) => ("open", "…", words.open, Some(&given.answer), Some(given.sure)),
        Cell::Right(sure) => ("right", "✓", words.right, None, Some(sure)),
        Cell::Wrong(answer, sure) => ("wrong", "✗", words.wrong, Some(answer), Some(sure)),
        Cell::Elsewhere(answer, sure) => ("elsewhere", "?", words.elsewhere, Some(answer), Some(sure)),
    };
    html! {
        <td class={class}>
            <span class="verdict"><b aria-hidden="true">{ sign }</b>{ " " }{ word }</span>
            if let Some(sure) = sure { <span class="muted">{ " · " }{ (words.sureness)(sure) }</span> }
            if let Some(answer) = answer { <span class="answer">{ answer_text(props, question, answer) }</span> }
        </td>
    }
}

/// The lesson's number and title, and which of its questions.
fn question_name(props: &SheetProps, question: &Question) -> Html {
    let title =
        props.library.by_id(&question.lesson).map(|lesson| prose(lesson, props.lang).title.to_string());
    let nth = (question.number > 0).then(|| (props.texts.map.nth_question)(question.number));
    html! {
        <>
            <span class="num">{ &question.lesson }</span>
            if let Some(title) = title { { " " }{ title } }
            if let Some(nth) = nth { <span class="muted">{ " · " }{ nth }</span> }
        </>
    }
}

/// What an answer says; of a lesson that the page does not know, the answer's name.
fn answer_text(props: &SheetProps, question: &Question, answer: &str) -> String {
    let path = format!("{}/answer: {answer}", question.step);
    let lesson = props.library.by_id(&question.lesson);
    let blocks: &[Block] = lesson.map_or(&[], |lesson| prose(lesson, props.lang).text(&path));
    match plain(blocks) {
        text if text.is_empty() => answer.to_owned(),
        text => text,
    }
}
