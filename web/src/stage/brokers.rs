//! A card for each broker name: its master with the lanes of its queues, its slaves as strips.

use lab_core::id::BrokerId;
use lab_core::time::{Duration, Instant};
use lab_core::view::{BrokerView, NodeStatus, TopicView, View};
use yew::prelude::*;

use super::StageProps;
use super::card::{head, more, select, status, status_class};
use super::lane::lane;
use super::menu::popover;
use super::replicas;
use crate::geometry::{BrokerGroup, Rect, broker_groups, mark_height, size};
use crate::session::following::following;
use crate::text::{Texts, bytes, span};

/// All broker cards.
pub(super) fn cards(props: &StageProps) -> Html {
    let groups = broker_groups(&props.shown.view);
    let rects = props.shown.layout.cards.iter().map(|(_, rect)| *rect);
    let card = |(group, rect): (BrokerGroup<'_>, Rect)| {
        let state = group.master.map_or("st-stopped", |master| status_class(master.node.status));
        let selected =
            group.master.is_some_and(|master| props.selects(&master.node.id)).then_some("selected");
        html! {
            <div key={group.name.to_string()} class={classes!("card", "broker", state, selected)} style={rect.style()}
                role="group" aria-label={(props.texts.replicas_of)(group.name.as_str())}
                data-testid={group.master.map(|master| format!("node-{}", master.node.id))}
                onclick={group.master.map(|master| select(props, &master.node))}>
                if let Some(master) = group.master { { self::master(props, master, rect.w) } }
                { for group.slaves.iter().map(|slave| self::slave(props, slave, group.master)) }
            </div>
        }
    };
    html! { <>{ for groups.into_iter().zip(rects).map(card) }</> }
}

fn master(props: &StageProps, broker: &BrokerView, width: f64) -> Html {
    let texts = props.texts;
    let topics: Vec<&TopicView> = broker.topics.iter().filter(|topic| !topic.system).collect();
    let rect = props.shown.layout.places.get(&broker.node.id).map(|place| place.rect).unwrap_or_default();
    let height = format!("height:{:.0}px", rect.h - size::head(width) - mark_height(broker));
    let wide = width >= size::BROKER_WIDE;
    html! {
        <>
            { head(props, &broker.node, html! { <span class="role">{ broker.role.to_string().replace('_', " ") }</span> }) }
            if !wide { { registration(props, broker) } }
            { replicas::mark(props, broker) }
            <div class="lanes" style={height}>
                if topics.is_empty() {
                    <div class="topic"><span>{ texts.no_topic }</span>if wide { { registration(props, broker) } }</div>
                }
                { for topics.into_iter().enumerate().map(|(place, topic)| lanes(props, broker, topic, width, wide && place == 0)) }
            </div>
            { popover(props, &broker.node) }
        </>
    }
}

fn lanes(props: &StageProps, broker: &BrokerView, topic: &TopicView, width: f64, first: bool) -> Html {
    let perm = lab_core::rpc::perm::text(topic.config.perm);
    let queues = (props.texts.queue_counts)(topic.config.read_queue_nums, topic.config.write_queue_nums);
    html! {
        <>
            <div class="topic"><b>{ topic.topic.to_string() }</b><span>{ format!("{queues} · {perm}") }</span>
                if first { { registration(props, broker) } }</div>
            { for topic.queues.iter().map(|queue| lane(props, broker, topic, queue, width)) }
        </>
    }
}

/// Who knows of it, and how far its log is.
fn registration(props: &StageProps, broker: &BrokerView) -> Html {
    let texts = props.texts;
    let now = props.shown.view.at;
    let log = &broker.log;
    let size = bytes(log.max.0 - log.min.0.min(log.max.0));
    let unsafe_bytes = log.max.0.saturating_sub(log.flushed.0);
    let flushed = if unsafe_bytes == 0 {
        String::new()
    } else {
        format!(" · {}", (texts.not_flushed)(&bytes(unsafe_bytes)))
    };
    let log = format!("{} {size}{flushed}", texts.log);
    if let Some((first, last)) = believed_until(&props.shown.view, broker) {
        let text = (texts.forgotten_in)(&forgotten_in(first.since(now), last.since(now), texts));
        return html! { <div class="line trouble" title={text.clone()}>{ text }{ " · " }{ log }</div> };
    }
    let last = broker.registered.iter().filter_map(|(_, at)| *at).max();
    let registered = match last {
        Some(at) if broker.node.status == NodeStatus::Up => (texts.registered)(&span(now.since(at))),
        _ if broker.acting.as_ref().is_some_and(|acting| acting.is_isolated) => {
            texts.acting.isolated.to_owned()
        }
        _ => texts.not_registered.to_owned(),
    };
    let text = format!("{registered} · {log}");
    html! { <div class="line" title={text.clone()}>{ text }</div> }
}

/// For a broker that does not run: until when the first and the last of the name servers that have it believe that it
/// does. Each counts from the registration that reached it.
fn believed_until(view: &View, broker: &BrokerView) -> Option<(Instant, Instant)> {
    if matches!(broker.node.status, NodeStatus::Up | NodeStatus::Starting) {
        return None;
    }
    let entries = view.name_servers.iter().flat_map(|server| &server.brokers);
    let own = entries.filter(|entry| entry.address == broker.node.address && !entry.alive);
    let expiries: Vec<_> = own.map(|entry| entry.expires).collect();
    Some((*expiries.iter().min()?, *expiries.iter().max()?))
}

/// How long it takes until the first and the last name server drop a broker; one span where they do so within a second,
/// since the same registration reaches them some milliseconds apart.
fn forgotten_in(first: Duration, last: Duration, texts: &Texts) -> String {
    if last.saturating_sub(first) < Duration::from_secs(1) {
        span(first)
    } else {
        (texts.from_to)(&span(first), &span(last))
    }
}

/// Whether a slave stands in for its master.
fn acts(broker: &BrokerView) -> bool {
    broker.acting.as_ref().is_some_and(|acting| acting.acting_since.is_some())
}

/// What a replica that is no master is called.
fn role(broker: &BrokerView, texts: &Texts) -> String {
    if broker.broker_id == BrokerId::NONE {
        return texts.replicas.no_id.to_owned();
    }
    format!("SLAVE {}", broker.broker_id)
}

fn slave(props: &StageProps, broker: &BrokerView, master: Option<&BrokerView>) -> Html {
    let node = &broker.node;
    let texts = props.texts;
    let Some(place) = props.shown.layout.places.get(&node.id) else { return Html::default() };
    // An element is placed from within the border of its card.
    let (x, y) = (place.rect.x - place.card.x - size::BORDER, place.rect.y - place.card.y - size::BORDER);
    let rect = Rect { x, y, ..place.rect };
    let seen = master.and_then(|master| master.slaves.iter().find(|slave| slave.node == node.id));
    let connected = broker.master.is_some_and(|(_, connected)| connected);
    let text = match (following(&props.shown.view, broker), seen) {
        (Some(following), _) => (texts.replicas.following)(&following),
        (None, Some(slave)) if connected => (texts.behind)(&bytes(slave.behind)),
        (None, _) => texts.not_replicating.to_owned(),
    };
    html! {
        <div key={node.id.to_string()} class={classes!("slave", status_class(node.status), props.selects(&node.id).then_some("selected"))}
            style={rect.style()} data-testid={format!("node-{}", node.id)} onclick={select(props, node)}>
            <div class="strip">
                <button class="name" aria-pressed={props.selects(&node.id).to_string()} title={node.id.to_string()}>{ node.id.to_string() }</button>
                <span class="role">{ role(broker, texts) }</span>
                if acts(broker) { <span class="role acting">{ texts.acting.mark }</span> }
                <span class="line grow" title={text.clone()}>{ format!("{text} · {}", bytes(broker.log.max.0)) }</span>
                { status(props, node) }
                { more(props, node) }
            </div>
            { replicas::mark(props, broker) }
            { popover(props, node) }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use lab_core::config::Profile;
    use lab_core::fact::Fact;
    use lab_core::lab::Lab;

    use super::*;
    use crate::labs::LabId;
    use crate::text::Lang;

    /// The ready lab with two name servers at a moment between two registrations.
    fn failover(profile: Profile, at: Instant) -> Lab {
        let recording = LabId::Failover.recording(profile);
        let mut lab = Lab::new(recording.parse().expect("a ready lab is a recording"));
        lab.run_until(at);
        lab
    }

    fn order(lab: &mut Lab, command: &str) {
        let command = command.parse().expect("a command");
        lab.issue(command).expect("it can be carried out");
    }

    fn believed(lab: &Lab) -> Option<(Instant, Instant)> {
        let view = lab.view(0);
        let broker = view.brokers.iter().find(|broker| broker.node.id == "broker-a".into());
        believed_until(&view, broker.expect("broker-a is there"))
    }

    /// When the next name server drops a broker.
    fn next_removal(lab: &mut Lab) -> Instant {
        let limit = lab.now() + Duration::from_secs(200);
        let found = lab.run_until_fact(limit, |event| matches!(event.fact, Fact::BrokerRemoved { .. }));
        assert!(found.is_some(), "no name server drops a broker until {limit}");
        lab.now()
    }

    #[test]
    fn a_frozen_broker_is_dropped_by_each_name_server_when_its_card_says() {
        for profile in [Profile::V4, Profile::V5] {
            // A whole second of moments, since the page shows whole seconds.
            for ms in (45_000..46_000).step_by(20) {
                let mut lab = failover(profile, Instant::from_millis(ms));
                assert_eq!(believed(&lab), None, "it runs");
                order(&mut lab, "freeze broker-a");
                let frozen = lab.now();
                let (first, last) = believed(&lab).expect("the name servers do not know that it is frozen");
                let shown = forgotten_in(first.since(frozen), last.since(frozen), Lang::En.texts());
                let seconds = shown.strip_suffix(" s").and_then(|seconds| seconds.parse().ok());
                let seconds = seconds.unwrap_or_else(|| panic!("{shown:?} is no number of seconds"));
                for expires in [first, last] {
                    let dropped = next_removal(&mut lab);
                    assert!(dropped >= expires && dropped <= expires + Duration::from_secs(10), "{dropped}");
                    assert!(dropped >= frozen + Duration::from_secs(seconds), "frozen {frozen}, {shown}");
                }
                assert_eq!(believed(&lab), None, "no name server has it any more");
            }
        }
    }

    #[test]
    fn name_servers_that_last_heard_of_a_broker_at_different_times_drop_it_at_different_times() {
        let mut lab = failover(Profile::V5, Instant::from_millis(35_000));
        order(&mut lab, "cut broker-a nsrv-1");
        lab.run_until(Instant::from_millis(75_000));
        order(&mut lab, "freeze broker-a");
        let (first, last) = believed(&lab).expect("both still have it");
        assert!(last.since(first) > Duration::from_secs(55), "{first} and {last}");
        let shown = |lang: Lang| forgotten_in(first.since(lab.now()), last.since(lab.now()), lang.texts());
        assert_eq!((shown(Lang::En).as_str(), shown(Lang::Zh).as_str()), ("55 s to 115 s", "55 s 至 115 s"));
        assert!(next_removal(&mut lab.clone()) < last);
    }

    #[test]
    fn a_slave_is_marked_while_it_acts_for_its_master() {
        let recording = "lab profile=V5 seed=1
            name-server nsrv-0 supportActingMaster=true
            broker broker-a enableSlaveActingMaster=true
            broker broker-a-1 name=broker-a id=1 enableSlaveActingMaster=true";
        let mut lab = Lab::new(recording.parse().expect("a recording"));
        let marked = |lab: &Lab| lab.view(0).brokers.iter().filter(|broker| acts(broker)).count();
        lab.run_until(Instant::from_millis(5000));
        assert_eq!(marked(&lab), 0);
        order(&mut lab, "kill broker-a");
        lab.run_until(Instant::from_millis(10_000));
        let view = lab.view(0);
        let slave = view.brokers.iter().find(|broker| broker.broker_id.0 == 1).expect("the slave is there");
        assert!(acts(slave));
        assert_eq!(Lang::Zh.texts().acting.mark, "代理 MASTER");
        order(&mut lab, "restart broker-a");
        lab.run_until(Instant::from_millis(20_000));
        assert_eq!(marked(&lab), 0);
    }
}
