//! The table of a lab with variants: one column a variant, one row a measure; on a narrow page a table each.
//!
//! Where the variants are of several systems each of these has a table of its own under its name.
//!
//! A number that was counted from events is a button that lists them, and each of them opens the run at its moment. A
//! bar beside a time shows it against the longest of its row; the time says the same in figures.

mod printed;

use std::rc::Rc;

use lab_core::config::Profile;
use lab_core::id::EventId;
use lab_core::time::Duration;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::events::cells as event_cells;
use super::words::breakable;
use crate::labs::variants::System;
use crate::labs::{Fault, LabId};
use crate::session::Msg;
use crate::session::comparison::{
    Board, BoardColumn, Cell, ColumnState, CompareMsg, Measure, Note, Picked, Value,
};
use crate::text::{ComparisonTexts, Texts, signed, span};

/// What the table is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct ComparisonProps {
    /// The words.
    pub texts: &'static Texts,
    /// The table.
    pub board: Rc<Board>,
    /// Whether the page is too narrow for columns side by side.
    pub narrow: bool,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// Width of the labels of the rows in pixels; the style sheet has the same.
const LABELS: usize = 166;
/// Least width of a column in pixels.
const COLUMN: usize = 148;

/// The columns that stand in one table, with their places among all.
struct Part<'a> {
    system: Option<System>,
    columns: Vec<(usize, &'a BoardColumn)>,
}

/// All tables of a board, in order.
fn parts(board: &Board) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (place, column) in board.columns.iter().enumerate() {
        let system = column.variant.system();
        match parts.last_mut().filter(|part| part.system == system) {
            Some(part) => part.columns.push((place, column)),
            None => parts.push(Part { system, columns: vec![(place, column)] }),
        }
    }
    parts
}

/// The heading over what is about a system; nothing where there is only one.
fn heading(system: Option<System>) -> Html {
    html! { if let Some(system) = system { <h2 class="compare-system">{ system.name() }</h2> } }
}

impl ComparisonProps {
    fn words(&self) -> &'static ComparisonTexts {
        self.texts.comparison
    }

    fn send(&self, msg: CompareMsg) -> Callback<MouseEvent> {
        let on = self.on.clone();
        Callback::from(move |_| on.emit(Msg::Compare(msg.clone())))
    }

    fn name(&self, column: &BoardColumn) -> &'static str {
        (self.words().variant)(column.variant).name
    }

    /// The longest time of a row, against which its bars are drawn.
    fn longest(&self, measure: Measure) -> Duration {
        let cells = self.board.columns.iter().filter_map(|column| column.cell(self.board.rows, measure));
        let spans = cells.filter_map(|cell| match cell.value {
            Value::Span(span) => Some(span),
            _ => None,
        });
        spans.max().unwrap_or(Duration::ZERO)
    }
}

/// The table with what stands around it.
#[component]
pub fn ComparisonView(props: &ComparisonProps) -> Html {
    let (words, board) = (props.words(), &props.board);
    let title = use_node_ref();
    // Whoever comes by keys or hears the page begins at the top of it and not behind the button that is gone.
    use_effect_with((title.clone(), board.lab), |(title, _)| {
        if let Some(title) = title.cast::<HtmlElement>() {
            // An element that cannot take the focus leaves it where it was.
            let _ = title.focus();
        }
    });
    let lead = if board.lab == LabId::Riddle { words.riddle_lead } else { words.ways_lead };
    html! {
        <main class="front compare" id="main" data-testid="compare">
            <h1 ref={title} tabindex="-1">{ (props.texts.lab)(board.lab).title }</h1>
            <p class="sub">{ lead }</p>
            <div class="compare-choices">
                if board.lab == LabId::Ways { { faults(props) } }
                { versions(props) }
            </div>
            if props.narrow { { cards(props) } } else { { tables(props) } }
            if board.lab == LabId::Riddle { { printed::outputs(props) } }
            { printed::how(props) }
        </main>
    }
}

fn faults(props: &ComparisonProps) -> Html {
    let words = props.words();
    let choice = |fault: Fault| {
        let on = props.on.clone();
        let onchange = Callback::from(move |_: Event| on.emit(Msg::Compare(CompareMsg::Fault(fault))));
        html! {
            <label key={fault.word()}>
                <input type="radio" name="fault" data-testid={format!("fault-{}", fault.word())}
                    checked={props.board.fault == fault} {onchange} />
                <span><b>{ (words.fault)(fault) }</b>{ " " }{ (words.fault_note)(fault) }</span>
            </label>
        }
    };
    html! {
        <fieldset class="choice faults">
            <legend>{ words.fault_legend }</legend>
            { for Fault::ALL.into_iter().map(choice) }
        </fieldset>
    }
}

fn versions(props: &ComparisonProps) -> Html {
    let words = props.words();
    let choice = |profile: Profile| {
        let on = props.on.clone();
        let onchange = Callback::from(move |_: Event| on.emit(Msg::Compare(CompareMsg::Version(profile))));
        html! {
            <label key={profile.version()}>
                <input type="radio" name="compare-version" data-testid={format!("compare-{profile}")}
                    checked={props.board.profile == profile} {onchange} />
                <b>{ profile.version() }</b>
            </label>
        }
    };
    html! {
        <fieldset class="choice inline">
            <legend>{ words.version_legend }</legend>
            { for [Profile::V5, Profile::V4].into_iter().map(choice) }
        </fieldset>
    }
}

/// The wide form: a column a variant.
fn tables(props: &ComparisonProps) -> Html {
    let picked = props.board.picked.as_ref();
    let one = |part: &Part<'_>| {
        let picked = picked.filter(|picked| part.columns.iter().any(|(place, _)| *place == picked.column));
        html! {
            <section key={part.system.map_or("all", System::word)}>
                { heading(part.system) }
                { table(props, part) }
                <div aria-live="polite">{ for picked.map(|it| list(props, it)) }</div>
            </section>
        }
    };
    html! { <>{ for parts(&props.board).iter().map(one) }</> }
}

/// One table. Columns have a least width, beyond which the table scrolls on its own.
fn table(props: &ComparisonProps, part: &Part<'_>) -> Html {
    let (words, board) = (props.words(), &props.board);
    let width = format!("min-width:{}px", LABELS + COLUMN * part.columns.len());
    let caption = match part.system {
        Some(system) => (words.caption_of)(system.name()),
        None => words.caption.to_owned(),
    };
    let testid = part
        .system
        .map_or_else(|| "compare-table".to_owned(), |system| format!("compare-table-{}", system.word()));
    let row = |measure: &Measure| {
        let name = (words.measure)(*measure).name;
        html! {
            <tr key={measure.word()}>
                <th scope="row">{ name }</th>
                { for part.columns.iter().map(|(place, column)| html! {
                    <td class={class_of(column, board, *measure)}>{ cell(props, *place, column, *measure) }</td> }) }
            </tr>
        }
    };
    html! {
        <div class="compare-scroll" role="region" tabindex="0" aria-label={caption.clone()} aria-busy={board.is_counting().to_string()}>
            <table class={classes!("compare-table", board.lab.word())} style={width} data-testid={testid}>
                <caption class="hidden">{ caption }</caption>
                <thead><tr>
                    <th scope="col"><span class="hidden">{ words.row }</span></th>
                    { for part.columns.iter().map(|(place, column)| html! {
                        <th scope="col" key={column.variant.word()}>{ head(props, *place, column) }</th> }) }
                </tr></thead>
                <tbody>{ for board.rows.iter().map(row) }</tbody>
            </table>
        </div>
    }
}

/// The narrow form: a table a variant.
fn cards(props: &ComparisonProps) -> Html {
    let (words, board) = (props.words(), &props.board);
    let card = |(place, column): &(usize, &BoardColumn)| {
        let place = *place;
        let row = |measure: &Measure| {
            html! {
                <tr key={measure.word()}>
                    <th scope="row">{ (words.measure)(*measure).name }</th>
                    <td class={class_of(column, board, *measure)}>{ cell(props, place, column, *measure) }</td>
                </tr>
            }
        };
        let picked = board.picked.as_ref().filter(|picked| picked.column == place);
        html! {
            <section class="compare-card" key={column.variant.word()}>
                { head(props, place, column) }
                <table class="compare-table" aria-label={props.name(column)} aria-busy={(column.state != ColumnState::Done).to_string()}>
                    <tbody>{ for board.rows.iter().map(row) }</tbody>
                </table>
                <div aria-live="polite">{ for picked.map(|it| list(props, it)) }</div>
            </section>
        }
    };
    let part = |part: &Part<'_>| {
        html! {
            <section key={part.system.map_or("all", System::word)}>
                { heading(part.system) }
                <div class="compare-cards">{ for part.columns.iter().map(card) }</div>
            </section>
        }
    };
    html! { <div data-testid="compare-cards">{ for parts(board).iter().map(part) }</div> }
}

/// Name, what it is, how far it has come, and the way onto the stage.
fn head(props: &ComparisonProps, place: usize, column: &BoardColumn) -> Html {
    let words = props.words();
    let text = (words.variant)(column.variant);
    let state = match &column.state {
        ColumnState::Waiting => progress(0, words.waiting.to_owned()),
        ColumnState::Counting(percent) => progress(*percent, (words.counting)(*percent)),
        ColumnState::Failed(why) => html! { <span class="error">{ (words.failed)(why) }</span> },
        ColumnState::Done => html! {
            <button class="b" data-testid={format!("compare-open-{}", column.variant.word())} onclick={props.send(CompareMsg::Open(place, None))}
                aria-label={(words.open)(text.name)}>{ words.open_short }<span aria-hidden="true">{ " →" }</span></button>
        },
    };
    let hit = column.victim.as_ref().map(|node| (words.hit)(node.as_str()));
    html! {
        <div class="compare-head" data-testid={format!("column-{}", column.variant.word())}>
            <b class="name">{ text.short }</b>
            <span class="about">{ breakable(text.about) }</span>
            <span class="state">{ state }if let Some(hit) = hit { <span class="muted">{ hit }</span> }</span>
        </div>
    }
}

fn progress(percent: u64, label: String) -> Html {
    html! { <span class="compare-progress"><progress max="100" value={percent.to_string()} aria-label={label.clone()}></progress><span class="muted">{ label }</span></span> }
}

/// What marks a cell: a cost that is there, or one that is not.
fn class_of(column: &BoardColumn, board: &Board, measure: Measure) -> Classes {
    let cell = column.cell(board.rows, measure);
    let weight = cell.map(|cell| match &cell.value {
        Value::Count(0) | Value::Missing => "nil",
        Value::Span(span) if *span < Duration::from_millis(1_000) => "nil",
        Value::Ranges(ranges) if ranges.is_empty() => "nil",
        Value::Count(_) if matches!(measure, Measure::Lost) => "grave",
        _ => "some",
    });
    let is_picked = board.picked.as_ref().is_some_and(|picked| {
        picked.measure == measure
            && board.columns.get(picked.column).is_some_and(|it| it.variant == column.variant)
    });
    classes!("compare-cell", weight, is_picked.then_some("picked"))
}

fn cell(props: &ComparisonProps, place: usize, column: &BoardColumn, measure: Measure) -> Html {
    let words = props.words();
    let Some(cell) = column.cell(props.board.rows, measure) else {
        return html! { <span class="muted" aria-hidden="true">{ "·" }</span> };
    };
    let testid = format!("cell-{}-{}", column.variant.word(), measure.word());
    let value = value(words, cell);
    let value = if cell.events.is_empty() {
        html! { <span class="value" data-testid={testid}>{ value }</span> }
    } else {
        let label = (words.list)((words.measure)(measure).name, props.name(column));
        let expanded =
            props.board.picked.as_ref().is_some_and(|it| it.measure == measure && it.column == place);
        html! {
            <button class="value link" data-testid={testid} onclick={props.send(CompareMsg::Pick(place, measure))}
                aria-expanded={expanded.to_string()} title={label}>{ value }</button>
        }
    };
    let bar = match cell.value {
        Value::Span(span) => bar(span, props.longest(measure)),
        _ => Html::default(),
    };
    html! {
        <>
            { value }{ bar }
            { for cell.notes.iter().map(|note| html! { <span class="note">{ note_text(words, note) }</span> }) }
        </>
    }
}

fn bar(span: Duration, longest: Duration) -> Html {
    let share = span.as_millis() * 100 / longest.as_millis().max(1);
    html! { <span class="bar" aria-hidden="true"><span style={format!("width:{share}%")}></span></span> }
}

fn value(words: &ComparisonTexts, cell: &Cell) -> Html {
    match &cell.value {
        Value::Span(length) => html! { span(*length) },
        Value::Count(count) => html! { count.to_string() },
        Value::Progress { offset, end, lag } => html! {
            <span class="progress">
                <span>{ words.offset }{ " " }</span><b>{ offset.to_string() }</b>{ " " }
                <span>{ words.end }{ " " }</span><b>{ end.to_string() }</b>{ " " }
                <span>{ words.lag }{ " " }</span><b class={(*lag < 0).then_some("bad")}>{ signed(*lag) }</b>
            </span>
        },
        Value::Ranges(ranges) if ranges.is_empty() => html! { words.nothing },
        Value::Ranges(ranges) => html! { ranges.iter().map(range).collect::<Vec<_>>().join(", ") },
        Value::Outcome(outcome) => html! { <b>{ (words.outcome)(*outcome) }</b> },
        Value::Missing => html! { words.missing },
    }
}

fn range((first, last): &(u64, u64)) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

fn note_text(words: &ComparisonTexts, note: &Note) -> String {
    match note {
        Note::Total(total) => (words.total)(*total),
        Note::NotSendOk(count) => (words.not_send_ok)(*count),
        Note::NeverRead(count) => (words.never_read)(*count),
        Note::Group(name, length) => format!("{name}: {}", span(*length)),
        Note::Silence(name, length) => (words.silence)(name.as_str(), *length),
        Note::NotOver => words.not_over.to_owned(),
    }
}

/// The events behind a number.
fn list(props: &ComparisonProps, picked: &Picked) -> Html {
    let words = props.words();
    let Some(column) = props.board.columns.get(picked.column) else { return Html::default() };
    let title = (words.events_of)((words.measure)(picked.measure).name, props.name(column), picked.total);
    let line = |event: &lab_core::fact::TraceEvent| {
        let open = |id: EventId| props.send(CompareMsg::Open(picked.column, Some(id)));
        html! {
            <li key={event.id.to_string()}>
                <button class="event" data-testid="compare-event" onclick={open(event.id)}>{ event_cells(props.texts, event) }</button>
            </li>
        }
    };
    let more = picked.total.saturating_sub(picked.events.len());
    html! {
        <section class="compare-list" aria-label={title.clone()} data-testid="compare-list">
            <div class="row"><h2>{ title }</h2>
                <button class="b" data-testid="compare-unpick" aria-label={words.close_list} onclick={props.send(CompareMsg::Unpick)}>{ props.texts.close }</button></div>
            <p class="muted">{ words.open_at }</p>
            <ol>{ for picked.events.iter().map(line) }</ol>
            if more > 0 { <p class="muted">{ (props.texts.and_more)(more) }</p> }
        </section>
    }
}

/// What the way back is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct BackProps {
    /// The words.
    pub texts: &'static Texts,
    /// The name of the variant on the stage.
    pub name: &'static str,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The way back from a column on the stage to its table.
#[component]
pub fn BackToTable(props: &BackProps) -> Html {
    let on = props.on.clone();
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::Compare(CompareMsg::Back)));
    html! {
        <nav class="compare-back">
            <button class="b" data-testid="compare-back" {onclick}><span aria-hidden="true">{ "← " }</span>{ props.texts.comparison.back }</button>
            <b>{ props.name }</b>
        </nav>
    }
}
