//! What a broker cut off the end of its log, message by message, as the trace tells it.

use lab_core::view::BrokerView;
use yew::prelude::*;

use super::InspectorProps;
use super::parts::listing;
use crate::session::cuts::{CUT_SECTION, Cut, CutMessage};

/// The section; nothing where nothing was cut off.
pub(super) fn section(props: &InspectorProps, broker: &BrokerView) -> Html {
    let cuts: Vec<_> = props.shown.cuts_of(&broker.node.id).collect();
    let count: usize = cuts.iter().map(|cut| cut.messages.len()).sum();
    if count == 0 {
        return Html::default();
    }
    html! {
        <details class="section" key={CUT_SECTION} id={CUT_SECTION} open=true data-testid="cut-off">
            <summary>{ (props.texts.replicas.cut_title)(count) }</summary>
            { for cuts.into_iter().map(|cut| one(props, cut)) }
        </details>
    }
}

fn one(props: &InspectorProps, cut: &Cut) -> Html {
    let texts = props.texts;
    let head = [texts.message, texts.queue, texts.offset, texts.replicas.acknowledged];
    let rows = cut.messages.iter().map(|message| row(props, message)).collect();
    html! {
        <div key={cut.id.to_string()}>
            <p class="sub">{ (texts.replicas.cut_at)(&cut.at.to_string(), &cut.to.to_string()) }</p>
            { listing(&head, rows, texts.none) }
        </div>
    }
}

fn row(props: &InspectorProps, cut: &CutMessage) -> Html {
    let (texts, message) = (props.texts.replicas, &cut.message);
    let queue = &message.queue;
    let place = format!("{}/q{}", queue.topic, queue.queue_id);
    html! {
        <tr>
            <td>{ props.message_link(Some(&message.unique_key), message.key.as_ref()) }</td>
            <td>{ place }<br /><small>{ queue.broker_name.to_string() }</small></td>
            <td class="num">{ message.offset.to_string() }</td>
            <td class={cut.acknowledged.then_some("bad")}>
                { if cut.acknowledged { texts.was_acknowledged } else { texts.not_acknowledged } }</td>
        </tr>
    }
}
