//! The texts of a lesson as HTML, with the values of the learner's run. Only elements that are written here can come of a text.

use lab_core::fact::TraceEvent;
use lab_core::lesson::{Block, Inline, Link};
use yew::prelude::*;

use super::LessonProps;
use crate::session::{LessonMsg, Msg};

/// A text.
pub(super) fn text(props: &LessonProps, blocks: &[Block]) -> Html {
    html! { <>{ for blocks.iter().map(|it| block(props, it)) }</> }
}

/// A text that stands within a line: its first paragraph without its element.
pub(super) fn line(props: &LessonProps, blocks: &[Block]) -> Html {
    match blocks {
        [Block::Paragraph(inlines)] => self::inlines(props, inlines),
        other => text(props, other),
    }
}

fn block(props: &LessonProps, block: &Block) -> Html {
    match block {
        Block::Paragraph(inside) => html! { <p>{ inlines(props, inside) }</p> },
        Block::List { ordered, items } => {
            let items = items.iter().map(|item| html! { <li>{ line(props, item) }</li> });
            if *ordered {
                html! { <ol>{ for items }</ol> }
            } else {
                html! { <ul>{ for items }</ul> }
            }
        }
        Block::Quote(inside) => html! { <blockquote>{ text(props, inside) }</blockquote> },
        Block::Code(code) => html! { <pre class="code" tabindex="0">{ &**code }</pre> },
        Block::Fact(expression) => {
            fact(props, props.told.facts.get(expression.text()).map_or(&[], Vec::as_slice))
        }
        Block::Mqadmin(line) => {
            let output = props.told.outputs.get(&**line).map_or("", String::as_str);
            html! {
                <figure class="printed">
                    <figcaption class="mono">{ "$ mqadmin " }{ &**line }</figcaption>
                    <pre class="output" tabindex="0" lang="en">{ output.trim_end_matches('\n') }</pre>
                </figure>
            }
        }
    }
}

fn inlines(props: &LessonProps, inlines: &[Inline]) -> Html {
    html! { <>{ for inlines.iter().map(|it| inline(props, it)) }</> }
}

fn inline(props: &LessonProps, inline: &Inline) -> Html {
    match inline {
        Inline::Text(words) => html! { { &**words } },
        Inline::Code(inside) => html! { <code>{ inlines(props, inside) }</code> },
        Inline::Strong(inside) => html! { <strong>{ inlines(props, inside) }</strong> },
        Inline::Emphasis(inside) => html! { <em>{ inlines(props, inside) }</em> },
        Inline::Link { to: Link::Web(address), text } => html! {
            <a href={address.to_string()} target="_blank" rel="noopener noreferrer" title={props.texts.lesson.new_tab}>
                { inlines(props, text) }<span aria-hidden="true">{ " ↗" }</span></a>
        },
        Inline::Link { to: Link::Lesson(id), text } if props.known.contains(id) => {
            let (on, id) = (props.on.clone(), id.clone());
            let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::OpenLesson(id.clone())));
            html! { <button type="button" class="link" {onclick}>{ inlines(props, text) }</button> }
        }
        // A lesson that this page does not have is named, and said to be missing.
        Inline::Link { text, .. } => html! {
            <>{ inlines(props, text) }<small class="muted">{ props.texts.lesson.not_yet }</small></>
        },
        Inline::Value(expression) => {
            let value = props.told.values.get(expression.text()).map_or("–", String::as_str);
            html! { <b class="value">{ value }</b> }
        }
    }
}

/// An event with its causes. Each is a way to its moment.
fn fact(props: &LessonProps, chain: &[TraceEvent]) -> Html {
    let texts = props.texts.lesson;
    if chain.is_empty() {
        return html! { <p class="muted">{ texts.evidence_gone }</p> };
    }
    html! {
        <figure class="evidence" data-testid="evidence">
            <figcaption>{ texts.evidence }</figcaption>
            <ol>{ for chain.iter().map(|event| evidence(props, event)) }</ol>
        </figure>
    }
}

fn evidence(props: &LessonProps, event: &TraceEvent) -> Html {
    let at = event.at.to_string();
    let (on, id) = (props.on.clone(), event.id);
    let onclick = Callback::from(move |_: MouseEvent| on.emit(Msg::Lesson(LessonMsg::Evidence(id))));
    let node = event.node.as_ref().map(ToString::to_string).unwrap_or_default();
    let title = (props.texts.lesson.evidence_go)(&at);
    html! {
        <li><button type="button" data-testid="evidence-go" {title} {onclick}>
            <span class="time mono">{ at }</span>{ " " }<b>{ node }</b>{ " " }<span class="kind">{ event.fact.kind() }</span>{ " " }
            <span class="mono">{ event.fact.to_string() }</span>
        </button></li>
    }
}
