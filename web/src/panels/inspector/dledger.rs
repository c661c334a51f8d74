//! A broker's member of its DLedger group: role, term, vote, ledger, the leader's work on its followers.

use lab_core::view::{BrokerView, DLedgerView};
use yew::prelude::*;

use super::InspectorProps;
use super::parts::{listing, row, state_section, table};

/// The section about it; nothing without DLedger.
pub(super) fn section(props: &InspectorProps, broker: &BrokerView) -> Html {
    let Some(member) = &broker.dledger else { return html! {} };
    let body = html! {
        <>
            { state(props, member) }
            if !member.progress.is_empty() {
                { followers(props, member) }
            }
        </>
    };
    state_section(props, props.texts.states.dledger, "dledger", true, body)
}

fn state(props: &InspectorProps, member: &DLedgerView) -> Html {
    let texts = props.texts.states;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let peers: Vec<_> = member.peers.iter().map(ToString::to_string).collect();
    let committed = member.committed.map(|index| format!("{index} (log@{})", member.committed_to));
    let mut rows = vec![
        row(texts.member, format!("{} / {}", member.id, peers.join(" "))),
        row(texts.member_role, or_none(member.role.map(|role| role.to_string()))),
        row("term", member.term.to_string()),
        row(texts.vote_for, or_none(member.vote_for.map(|id| id.to_string()))),
        row(texts.leader, or_none(member.leader.map(|id| id.to_string()))),
        row(texts.last_entry, or_none(member.end.map(|id| id.to_string()))),
        row(texts.committed, or_none(committed)),
    ];
    if let Some(transferee) = member.transferee {
        rows.push(row("transferee", transferee.to_string()));
    }
    table(rows)
}

fn followers(props: &InspectorProps, member: &DLedgerView) -> Html {
    let texts = props.texts.states;
    let rows = member.progress.iter().map(|follower| {
        let mark = follower.water_mark.map_or_else(|| "–".to_owned(), |index| index.to_string());
        html! {
            <tr key={follower.id.to_string()}><td>{ follower.id.to_string() }</td>
                <td>{ follower.state.to_string() }</td><td class="num">{ mark }</td></tr>
        }
    });
    listing(&[texts.member, texts.push_state, texts.water_mark], rows.collect(), props.texts.none)
}
