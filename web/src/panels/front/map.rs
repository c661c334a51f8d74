//! The map of the lessons: chapters, what was done, what comes next; and what the learner can take along.

use arcstr::ArcStr;

use lab_core::gather::Arrange as _;
use lab_core::lesson::{Block, Inline, Lesson, Prose};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::FrontProps;
use crate::labs::LabId;
use crate::progress::LessonState;
use crate::session::{LessonMsg, MapMsg, Msg};
use crate::text::Lang;

/// One button: the first lesson, or the one to go on with.
pub(super) fn way_in(props: &FrontProps) -> Html {
    let words = props.texts.map;
    let Some(id) = &props.reached.next else {
        return html! { <p class="all-done" data-testid="all-done"><b aria-hidden="true">{ "✓ " }</b>{ words.all_done }</p> };
    };
    let Some(lesson) = props.library.by_id(id) else { return Html::default() };
    let first = props.reached.is_first_visit();
    let label = if first { (words.start)(id) } else { (words.go_on)(id) };
    html! {
        <p class="way-in">
            <button class="b primary big" data-testid="next-lesson" onclick={props.send(Msg::OpenLesson(ArcStr::clone(id)))}>
                { label }<span aria-hidden="true">{ " →" }</span></button>
            <span class="way-in-title"><b>{ &*prose(lesson, props.lang).title }</b>
                <span class="muted">{ " · " }{ (words.minutes)(lesson.minutes) }</span></span>
            <button class="b straight" data-testid="straight" onclick={props.send(Msg::OpenLab(LabId::Flow))}>
                { words.straight }</button>
        </p>
    }
}

/// All chapters that have lessons, then the incidents.
pub(super) fn map(props: &FrontProps) -> Html {
    let words = props.texts.map;
    let mut parts: Vec<(Option<u32>, Vec<usize>)> = Vec::new();
    for (place, lesson) in props.library.lessons().iter().enumerate() {
        let chapter = (!lesson.is_incident()).then_some(lesson.chapter);
        match parts.iter_mut().find(|(known, _)| *known == chapter) {
            Some((_, places)) => places.push(place),
            None => parts.push((chapter, vec![place])),
        }
    }
    // Incidents come last wherever their files stand.
    parts.arrange_by_key(|(chapter, _)| chapter.unwrap_or(u32::MAX));
    html! {
        <section class="map" aria-labelledby="map-title" data-testid="map">
            <h2 class="part" id="map-title">{ words.map }{ " " }{ count(props, &(0..props.reached.states.len()).collect::<Vec<_>>()) }</h2>
            <div class="chapters">{ for parts.iter().map(|(chapter, places)| part(props, *chapter, places)) }</div>
        </section>
    }
}

fn part(props: &FrontProps, chapter: Option<u32>, places: &[usize]) -> Html {
    let words = props.texts.map;
    let (id, title) = match chapter {
        Some(chapter) => (format!("chapter-{chapter}"), (words.chapter)(chapter)),
        None => ("chapter-incidents".to_owned(), words.incidents),
    };
    html! {
        <section class="chapter" key={id.clone()} aria-labelledby={id.clone()}>
            <h3 {id}>
                if let Some(chapter) = chapter { <span class="num">{ chapter }</span>{ " " } }
                { title }{ " " }{ count(props, places) }
            </h3>
            <ul>{ for places.iter().map(|place| row(props, *place)) }</ul>
        </section>
    }
}

/// How many of these lessons were done.
fn count(props: &FrontProps, places: &[usize]) -> Html {
    let done = places.iter().filter(|place| state(props, **place) == LessonState::Done).count();
    html! { <span class="count">{ (props.texts.map.done_of)(done, places.len()) }</span> }
}

fn state(props: &FrontProps, place: usize) -> LessonState {
    props.reached.states.get(place).copied().unwrap_or(LessonState::New)
}

fn row(props: &FrontProps, place: usize) -> Html {
    let words = props.texts.map;
    let Some(lesson) = props.library.lessons().get(place) else { return Html::default() };
    let state = state(props, place);
    let (sign, class) = match state {
        LessonState::New => ("○", "new"),
        LessonState::Begun => ("◐", "begun"),
        LessonState::Done => ("✓", "done"),
    };
    let is_next = props.reached.next.as_ref() == Some(&lesson.id);
    let prose = prose(lesson, props.lang);
    let onclick = props.send(Msg::OpenLesson(ArcStr::clone(&lesson.id)));
    html! {
        <li key={lesson.id.to_string()}>
            <button class={classes!("lesson-row", class, is_next.then_some("next"))} {onclick}
                data-testid={format!("lesson-{}", lesson.id)} aria-current={is_next.then_some("step")}>
                <span class="sign" aria-hidden="true">{ sign }</span>
                <span class="what">
                    <span class="title"><span class="num">{ &*lesson.id }</span>{ " " }<b>{ &*prose.title }</b></span>
                    <span class="question">{ plain(prose.lead()) }</span>
                    <span class="facts">
                        if is_next { <b class="chip">{ words.next }</b>{ " " } }
                        <span>{ (words.state)(state) }</span>{ " · " }<span>{ (words.minutes)(lesson.minutes) }</span>
                    </span>
                </span>
            </button>
        </li>
    }
}

/// The name, and the record as a file.
pub(super) fn own(props: &FrontProps) -> Html {
    let words = props.texts.map;
    let on = props.on.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        on.emit(Msg::Map(MapMsg::Name(input.value())));
    });
    let button = |testid: &'static str, label: &'static str, msg: MapMsg| {
        html! { <button class="b" data-testid={testid} onclick={props.send(Msg::Map(msg))}>{ label }</button> }
    };
    html! {
        <section class="own" aria-labelledby="own-title">
            <h2 class="part" id="own-title">{ words.yours }</h2>
            <p class="muted">{ words.yours_note }</p>
            <div class="row">
                <label class="own-name"><span>{ words.name }</span>
                    <input type="text" autocomplete="off" data-testid="own-name" value={props.reached.name.clone()}
                        placeholder={words.name_hint} {oninput} /></label>
                { button("save-progress", words.save, MapMsg::Save) }
                { button("load-progress", words.load, MapMsg::Choose) }
                { button("open-sheet", words.open_sheet, MapMsg::OpenSheet) }
                <button class="b" data-testid="open-lesson-file" title={props.texts.lesson.workshop_note}
                    onclick={props.send(Msg::Lesson(LessonMsg::ChooseFiles))}>{ props.texts.lesson.workshop_choose }</button>
            </div>
        </section>
    }
}

/// The words of a lesson in a language.
pub(crate) fn prose(lesson: &Lesson, lang: Lang) -> &Prose {
    match lang {
        Lang::En => &lesson.en,
        Lang::Zh => &lesson.zh,
    }
}

/// The first paragraph of a text, without its marks. A number of the run is a gap: there is no run yet.
pub(crate) fn plain(blocks: &[Block]) -> String {
    let mut text = String::new();
    if let Some(Block::Paragraph(inlines)) = blocks.first() {
        take(inlines, &mut text);
    }
    text
}

fn take(inlines: &[Inline], text: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(words) => text.push_str(words),
            Inline::Code(inner) | Inline::Strong(inner) | Inline::Emphasis(inner) => take(inner, text),
            Inline::Link { text: inner, .. } => take(inner, text),
            Inline::Value(_) => text.push('…'),
        }
    }
}
