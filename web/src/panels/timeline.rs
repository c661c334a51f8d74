//! The timeline: play, step, speed, skip, and a scrubber over everything that was reached.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::playback::Speed;
use crate::session::scan::{Mark, MarkKind, sentence};
use crate::session::{Msg, Shown, SkipKind};
use crate::text::Texts;

/// What the timeline is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct TimelineProps {
    /// The moment.
    pub shown: Rc<Shown>,
    /// The words.
    pub texts: &'static Texts,
    /// Whether time goes on.
    pub playing: bool,
    /// Place of the speed in [`Speed::ALL`].
    pub speed: usize,
    /// What "skip" skips to.
    pub skip: SkipKind,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

/// The timeline.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let texts = props.texts;
    let send = |msg: Msg| {
        let on = props.on.clone();
        Callback::from(move |_: MouseEvent| on.emit(msg.clone()))
    };
    let on = props.on.clone();
    let onspeed = Callback::from(move |event: Event| {
        if let Some(index) =
            event.target_dyn_into::<HtmlSelectElement>().and_then(|it| it.value().parse().ok())
        {
            on.emit(Msg::SetSpeed(index));
        }
    });
    let on = props.on.clone();
    let onkind = Callback::from(move |event: Event| {
        let word = event.target_dyn_into::<HtmlSelectElement>().map(|it| it.value());
        if let Some(kind) = word.and_then(|word| SkipKind::from_word(&word)) {
            on.emit(Msg::SetSkip(kind));
        }
    });
    let play = if props.playing { texts.pause } else { texts.play };
    let shown = &props.shown;
    html! {
        <section class="timeline" aria-label={texts.timeline}>
            <div class="transport">
                <button class="b icon" data-testid="to-start" onclick={send(Msg::ToStart)} aria-label={texts.to_start} title={texts.to_start}>{ "|◀" }</button>
                <button class="b" data-testid="step-back" onclick={send(Msg::StepBack)} title={texts.step_back_title}><span aria-hidden="true">{ "◀ " }</span>{ texts.step_back }</button>
                <button class="b primary" data-testid="play" aria-pressed={props.playing.to_string()} onclick={send(Msg::PlayPause)}>
                    <span aria-hidden="true">{ if props.playing { "❚❚ " } else { "▶ " } }</span>{ play }</button>
                <button class="b" data-testid="step" onclick={send(Msg::Step)} title={texts.step_title}>{ texts.step }<span aria-hidden="true">{ " ▶" }</span></button>
                <label class="pick"><span>{ texts.speed }</span>
                    <select data-testid="speed" aria-label={texts.speed} onchange={onspeed}>
                        { for Speed::ALL.into_iter().enumerate().map(|(index, speed)| html! {
                            <option value={index.to_string()} selected={index == props.speed}>{ speed.label() }</option> }) }
                    </select></label>
                <span class="pick joined">
                    <select data-testid="skip-kind" aria-label={texts.skip_to} onchange={onkind}>
                        { for SkipKind::ALL.iter().map(|kind| html! {
                            <option value={kind.word()} selected={*kind == props.skip}>{ (texts.skip_kind)(*kind) }</option> }) }
                    </select>
                    <button class="b" data-testid="skip" onclick={send(Msg::Skip)} title={texts.skip_to}>{ texts.skip }<span aria-hidden="true">{ " ▶|" }</span></button>
                </span>
                <span class="grow"></span>
                <span class="clock" role="timer" data-testid="clock" aria-label={texts.virtual_time}>{ shown.view.at.to_string() }</span>
                <span class="muted seed">{ (texts.seed)(shown.seed) }</span>
            </div>
            { scrubber(props) }
        </section>
    }
}

fn scrubber(props: &TimelineProps) -> Html {
    let shown = &props.shown;
    let end = shown.end.as_millis().max(1_000);
    let on = props.on.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(ms) = event.target_dyn_into::<HtmlInputElement>().and_then(|it| it.value().parse().ok()) {
            on.emit(Msg::Scrub(ms));
        }
    });
    let share = |ms: u64| ms as f64 / end as f64;
    html! {
        <div class="scrubber">
            <div class="axis" aria-hidden="true">
                { for ticks(end).into_iter().map(|ms| html! {
                    <span class="tick" style={at(share(ms))}>{ tick_label(ms) }</span> }) }
                { for marks(&shown.marks, end).into_iter().map(|it| mark(props, &it, share(it.mark.at.as_millis()))) }
            </div>
            <input type="range" data-testid="scrubber" min="0" max={end.to_string()} step="1"
                value={shown.view.at.as_millis().to_string()} {oninput}
                aria-label={props.texts.scrubber} aria-valuetext={shown.view.at.to_string()} />
        </div>
    }
}

/// Where a share of the track lies: the thumb's middle goes from half its width to half its width before the end.
fn at(share: f64) -> String {
    format!("left:calc(8px + {share:.5} * (100% - 16px))")
}

struct Drawn<'a> {
    mark: &'a Mark,
    label: Option<Side>,
}

/// On which side of a mark its label stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    Behind,
}

/// Slots of the track: marks of one kind in the same slot are drawn once.
const SLOTS: u64 = 200;
/// Slots that a label needs; the style sheet keeps it shorter than that.
const LABEL: u64 = 24;

/// The marks to draw: at most one of a kind each half percent, labels where there is room.
fn marks(all: &[Mark], end: u64) -> Vec<Drawn<'_>> {
    let mut last_slot = [u64::MAX; 4];
    let mut drawn: Vec<(u64, &Mark)> = Vec::new();
    for mark in all {
        let slot = mark.at.as_millis() * SLOTS / end.max(1);
        let kind = mark.kind as usize;
        if last_slot[kind] == slot {
            continue;
        }
        last_slot[kind] = slot;
        drawn.push((slot, mark));
    }
    labelled(&drawn)
}

/// Labels the marks that have room for it: up to the next one, or back to the one before.
fn labelled<'a>(marks: &[(u64, &'a Mark)]) -> Vec<Drawn<'a>> {
    let important = |mark: &Mark| mark.kind != MarkKind::Rebalance;
    let mut taken = 0;
    let mut drawn = Vec::new();
    for (place, (slot, mark)) in marks.iter().enumerate() {
        let next =
            marks[place + 1..].iter().find(|(_, mark)| important(mark)).map_or(SLOTS, |(slot, _)| *slot);
        let label = if !important(mark) {
            None
        } else if slot + LABEL <= next {
            Some(Side::Behind)
        } else if taken + LABEL <= *slot {
            Some(Side::Before)
        } else {
            None
        };
        if important(mark) {
            taken = if label == Some(Side::Behind) { slot + LABEL } else { *slot };
        }
        drawn.push(Drawn { mark, label });
    }
    drawn
}

fn mark(props: &TimelineProps, drawn: &Drawn<'_>, share: f64) -> Html {
    let class = match drawn.mark.kind {
        MarkKind::Fault => "fault",
        MarkKind::Removal => "removal",
        MarkKind::Failure => "failure",
        MarkKind::Rebalance => "rebalance",
    };
    let text = sentence(&drawn.mark.event, props.texts);
    let label = match &drawn.mark.event.fact {
        lab_core::fact::Fact::Ordered(command) => command.to_string(),
        fact => (props.texts.fact)(fact).to_owned(),
    };
    html! {
        <span key={drawn.mark.id.to_string()} class={classes!("mark", class)} style={at(share)} title={format!("{} {text}", drawn.mark.at)}>
            if let Some(side) = drawn.label {
                <em class={(side == Side::Before).then_some("before")}>{ label }</em>
            }
        </span>
    }
}

/// Ten to twenty ticks at round times.
fn ticks(end: u64) -> Vec<u64> {
    const STEPS: [u64; 20] = [
        100,
        200,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
        15_000,
        30_000,
        60_000,
        120_000,
        300_000,
        600_000,
        1_800_000,
        3_600_000,
        7_200_000,
        18_000_000,
        36_000_000,
        86_400_000,
        259_200_000,
    ];
    let step = STEPS.into_iter().find(|step| end / step <= 11).unwrap_or(end / 11 + 1);
    (0..=end / step).map(|place| place * step).filter(|ms| *ms * 100 <= end * 98).collect()
}

fn tick_label(ms: u64) -> String {
    match ms {
        ms if ms % 1_000 != 0 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        ms if ms < 60_000 => format!("{}s", ms / 1_000),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms => format!("{}m{}s", ms / 60_000, ms / 1_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use lab_core::fact::{Fact, TraceEvent};
    use lab_core::id::EventId;
    use lab_core::time::Instant;

    use super::*;

    fn mark(number: u64, at: u64, kind: MarkKind) -> Mark {
        let at = Instant::from_millis(at);
        let id = EventId::nth(number).expect("few events");
        let event = TraceEvent { id, at, node: None, cause: None, fact: Fact::Started };
        Mark { id, at, kind, event }
    }

    #[test]
    fn labels_overlap_neither_each_other_nor_a_mark_that_matters() {
        const KINDS: [MarkKind; 4] =
            [MarkKind::Fault, MarkKind::Removal, MarkKind::Failure, MarkKind::Rebalance];
        for seed in 0..500u64 {
            // A plain scatter is enough: the numbers only have to differ from seed to seed.
            let place = |index: u64| (seed * 7_919 + index * index * 613) % 1_000;
            let mut all: Vec<Mark> = (0..seed % 30)
                .map(|index| mark(index, place(index), KINDS[(place(index) % 4) as usize]))
                .collect();
            all.sort_by_key(|mark| mark.at);
            let drawn = marks(&all, 1_000);
            let slot = |it: &Drawn<'_>| it.mark.at.as_millis() * SLOTS / 1_000;
            let span = |it: &Drawn<'_>| match it.label {
                Some(Side::Behind) => slot(it)..slot(it) + LABEL,
                Some(Side::Before) => slot(it) - LABEL..slot(it),
                None => slot(it)..slot(it),
            };
            let important = drawn.iter().filter(|it| it.mark.kind != MarkKind::Rebalance).collect::<Vec<_>>();
            for pair in important.windows(2) {
                assert!(
                    span(pair[0]).end <= span(pair[1]).start,
                    "{seed}: {} {}",
                    pair[0].mark.at,
                    pair[1].mark.at
                );
            }
        }
    }

    #[test]
    fn ticks_are_few_and_round() {
        for end in [1_000, 9_999, 93_120, 3_600_000, 100_000_000] {
            let ticks = ticks(end);
            assert!((2..=13).contains(&ticks.len()), "{end}: {ticks:?}");
        }
        assert_eq!(tick_label(1_500), "1.5s");
        assert_eq!(tick_label(90_000), "1m30s");
        assert_eq!(tick_label(120_000), "2m");
    }
}
