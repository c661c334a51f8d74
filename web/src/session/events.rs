//! The filtered list of events, and the window of it that is drawn.
//!
//! The list holds the places of the events that pass the filter. It grows with the trace and looks at every event
//! once for each filter, so a long run costs nothing while it is played.

use lab_core::fact::{ActingFact, ControllerFact, DLedgerFact, Fact, PopFact, RegistryFact, TraceEvent};
use lab_core::id::NodeId;

/// What kinds of events belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Orders and what becomes of a process.
    Life,
    /// Frames on the wire.
    Frames,
    /// Connections and time-outs.
    Connections,
    /// Registration and routes.
    Routes,
    /// Sending and storing.
    Messages,
    /// Pulling and consuming, offsets, division of queues.
    Consuming,
    /// Replication, flushing, alarm clocks.
    Housekeeping,
}

impl Group {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 7] = [
        Self::Life,
        Self::Messages,
        Self::Consuming,
        Self::Routes,
        Self::Connections,
        Self::Housekeeping,
        Self::Frames,
    ];

    /// The word by which the list knows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Life => "life",
            Self::Frames => "frames",
            Self::Connections => "connections",
            Self::Routes => "routes",
            Self::Messages => "messages",
            Self::Consuming => "consuming",
            Self::Housekeeping => "housekeeping",
        }
    }

    /// The group of a fact.
    pub const fn of(fact: &Fact) -> Self {
        match fact {
            Fact::Ordered(_)
            | Fact::Started
            | Fact::Killed
            | Fact::PoweredOff { .. }
            | Fact::Frozen
            | Fact::Thawed { .. }
            | Fact::Stopping
            | Fact::Stopped
            | Fact::Removed
            | Fact::RolledBack { .. }
            | Fact::MqadminAnswered { .. } => Self::Life,
            Fact::Kafka(fact) => super::kafka::kind_of(fact),
            Fact::RequestSent(_)
            | Fact::ResponseSent(_)
            | Fact::HaReported { .. }
            | Fact::HaTransferred { .. }
            | Fact::Registry(RegistryFact::Sent { .. })
            | Fact::Controller(ControllerFact::HandshakeSent { .. } | ControllerFact::EpochsSent { .. }) => {
                Self::Frames
            }
            Fact::Connected { .. }
            | Fact::ConnectionRefused { .. }
            | Fact::ConnectTimedOut { .. }
            | Fact::ConnectionLost { .. }
            | Fact::Registry(RegistryFact::TimedOut { .. })
            | Fact::RequestTimedOut { .. } => Self::Connections,
            Fact::BrokerRegistered { .. }
            | Fact::BrokerRemoved { .. }
            | Fact::TopicUpdated { .. }
            | Fact::TopicDeleted { .. }
            | Fact::ClientRegistered { .. }
            | Fact::ClientUnregistered { .. }
            | Fact::GroupUpdated { .. }
            | Fact::GroupDeleted { .. }
            | Fact::RouteChanged { .. }
            | Fact::DLedger(
                DLedgerFact::RoleChanged { .. }
                | DLedgerFact::VoteRoundOver { .. }
                | DLedgerFact::Voted { .. }
                | DLedgerFact::BrokerRoleChanged { .. },
            )
            | Fact::Registry(RegistryFact::MembersChanged { .. } | RegistryFact::MembersLearned { .. }) => {
                Self::Routes
            }
            Fact::Acting(fact) if fact.message().is_some() => Self::Messages,
            Fact::Acting(_) | Fact::Controller(_) => Self::Routes,
            Fact::MessageStored { .. }
            | Fact::MessageDelayed { .. }
            | Fact::DelayedMessageDue { .. }
            | Fact::TimerMessageDue { .. }
            | Fact::TransactionEnded { .. }
            | Fact::TransactionRefused { .. }
            | Fact::TransactionChecked { .. }
            | Fact::TransactionDiscarded { .. }
            | Fact::LocalTransactionEnded { .. }
            | Fact::LocalTransactionChecked { .. }
            | Fact::OneWaySent { .. }
            | Fact::SendRefused { .. }
            | Fact::SendSucceeded { .. }
            | Fact::SendRetried { .. }
            | Fact::SendFailed { .. }
            | Fact::TraceLost { .. }
            | Fact::DLedger(
                DLedgerFact::Truncated { .. }
                | DLedgerFact::NotConfirmed { .. }
                | DLedgerFact::AppendRefused { .. },
            ) => Self::Messages,
            Fact::PullHeld { .. }
            | Fact::PullWoken { .. }
            | Fact::OffsetCommitted { .. }
            | Fact::Rebalanced { .. }
            | Fact::QueueAssigned { .. }
            | Fact::QueueDropped { .. }
            | Fact::PullFailed { .. }
            | Fact::OffsetCorrected { .. }
            | Fact::MessageDelivered { .. }
            | Fact::MessageConsumed { .. }
            | Fact::MessageSentBack { .. }
            | Fact::DeadLettered { .. }
            | Fact::SendBackFailed { .. }
            | Fact::RetriedHere { .. }
            | Fact::FailureDropped { .. }
            | Fact::ConsumeTimedOut { .. }
            | Fact::QueueSuspended { .. }
            | Fact::QueueLocked { .. }
            | Fact::QueueUnlocked { .. }
            | Fact::LockRefused { .. }
            | Fact::LockLost { .. }
            | Fact::OffsetReset { .. }
            | Fact::ConsumerSuspended
            | Fact::ConsumerResumed
            | Fact::Pop(_) => Self::Consuming,
            Fact::TimerFired(_)
            | Fact::Flushed { .. }
            | Fact::FilesDeleted { .. }
            | Fact::DiskFull { .. }
            | Fact::DiskFreed { .. }
            | Fact::OffsetsPersisted
            | Fact::DelayOffsetsPersisted
            | Fact::Replicated { .. }
            | Fact::MetadataCopied { .. }
            | Fact::DLedger(DLedgerFact::Committed { .. }) => Self::Housekeeping,
        }
    }
}

/// Whether a fact tells of something that went wrong or was broken.
pub const fn is_alarm(fact: &Fact) -> bool {
    if let Fact::Kafka(fact) = fact {
        return super::kafka::is_alarm(fact);
    }
    matches!(
        fact,
        Fact::Killed
            | Fact::PoweredOff { .. }
            | Fact::Frozen
            | Fact::RolledBack { .. }
            | Fact::ConnectionRefused { .. }
            | Fact::ConnectTimedOut { .. }
            | Fact::ConnectionLost { .. }
            | Fact::RequestTimedOut { .. }
            | Fact::Acting(
                ActingFact::ActingBegan
                    | ActingFact::PreOnlineFailed { .. }
                    | ActingFact::EscapeFailed { .. }
                    | ActingFact::EscapeSkipped { .. }
            )
            | Fact::Registry(RegistryFact::TimedOut { .. })
            | Fact::BrokerRemoved { .. }
            | Fact::SendRefused { .. }
            | Fact::SendRetried { .. }
            | Fact::SendFailed { .. }
            | Fact::DiskFull { .. }
            | Fact::PullFailed { .. }
            | Fact::OffsetCorrected { .. }
            | Fact::DeadLettered { .. }
            | Fact::SendBackFailed { .. }
            | Fact::FailureDropped { .. }
            | Fact::ConsumeTimedOut { .. }
            | Fact::LockLost { .. }
            | Fact::Controller(
                ControllerFact::BrokerInactive { .. }
                    | ControllerFact::NoMasterElected { .. }
                    | ControllerFact::LogTruncated { .. }
                    | ControllerFact::NoConsistentPoint { .. }
                    | ControllerFact::MasterElected { unclean: true, .. }
            )
            | Fact::TraceLost { .. }
            | Fact::DLedger(
                DLedgerFact::Truncated { .. }
                    | DLedgerFact::NotConfirmed { .. }
                    | DLedgerFact::AppendRefused { .. }
            )
            | Fact::Pop(
                PopFact::OffsetCorrected { .. }
                    | PopFact::Revived { .. }
                    | PopFact::ResultIgnored { .. }
                    | PopFact::Expired { .. }
                    | PopFact::GivenUp { .. }
            )
    )
}

/// Which events are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this node.
    pub node: Option<NodeId>,
    /// Only those of this group; `None` for all but frames and alarm clocks.
    pub kinds: Kinds,
    /// Only those whose line holds this text.
    pub text: String,
}

/// Which kinds are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kinds {
    /// All but frames and alarm clocks: what somebody wants to read.
    #[default]
    Notable,
    /// All.
    All,
    /// One group.
    Only(Group),
}

impl Kinds {
    fn accept(self, fact: &Fact) -> bool {
        match self {
            Self::All => true,
            Self::Only(group) => Group::of(fact) == group,
            Self::Notable => {
                Group::of(fact) != Group::Frames
                    && !matches!(
                        fact,
                        Fact::TimerFired(_)
                            | Fact::Flushed { .. }
                            | Fact::OffsetsPersisted
                            | Fact::PullHeld { .. }
                            | Fact::PullWoken { .. }
                            | Fact::Pop(PopFact::Held { .. } | PopFact::Woken { .. })
                    )
            }
        }
    }
}

impl Filter {
    /// Whether an event is listed.
    pub fn accepts(&self, event: &TraceEvent) -> bool {
        self.kinds.accept(&event.fact)
            && self.node.as_ref().is_none_or(|node| event.node.as_ref() == Some(node))
            && (self.text.is_empty() || event.to_string().to_lowercase().contains(&self.text.to_lowercase()))
    }
}

/// The list.
#[derive(Clone, Debug)]
pub struct EventList {
    filter: Filter,
    matching: Vec<usize>,
    seen: usize,
    first: usize,
    rows: usize,
    follow: bool,
}

impl Default for EventList {
    fn default() -> Self {
        Self { filter: Filter::default(), matching: Vec::new(), seen: 0, first: 0, rows: 24, follow: true }
    }
}

impl EventList {
    /// Looks at the events that are new, and forgets those that are not there any more.
    pub fn take_in(&mut self, trace: &[TraceEvent]) {
        if trace.len() < self.seen {
            self.cut(trace.len());
        }
        for (place, event) in trace.iter().enumerate().skip(self.seen) {
            if self.filter.accepts(event) {
                self.matching.push(place);
            }
        }
        self.seen = trace.len();
    }

    /// Forgets everything from this place on.
    pub fn cut(&mut self, length: usize) {
        let keep = self.matching.partition_point(|place| *place < length);
        self.matching.truncate(keep);
        self.seen = self.seen.min(length);
    }

    /// Lists other events from now on.
    pub fn set_filter(&mut self, filter: Filter) {
        if filter != self.filter {
            *self = Self { filter, rows: self.rows, ..Self::default() };
        }
    }

    /// Takes note of what part of the list is in sight; whether other rows have to be drawn.
    pub fn set_window(&mut self, first: usize, rows: usize, at_end: bool) -> bool {
        let rows = rows.clamp(1, 200);
        let same = self.rows == rows && self.follow == at_end && (at_end || self.first == first);
        (self.first, self.rows, self.follow) = (first, rows, at_end);
        !same
    }

    /// What is listed.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many events are listed.
    pub fn len(&self) -> usize {
        self.matching.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.matching.is_empty()
    }

    /// Whether the newest event stays in sight.
    pub fn follows(&self) -> bool {
        self.follow
    }

    /// The rows to draw, some more on either side than are in sight, and the place of the first of them.
    pub fn window(&self, trace: &[TraceEvent]) -> (usize, Vec<TraceEvent>) {
        let spare = 8;
        let last_start = self.matching.len().saturating_sub(self.rows);
        let first = if self.follow { last_start } else { self.first.min(last_start) };
        let begin = first.saturating_sub(spare);
        let end = (first + self.rows + spare).min(self.matching.len());
        let rows = self.matching[begin..end].iter().filter_map(|place| trace.get(*place).cloned());
        (begin, rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use lab_core::id::EventId;
    use lab_core::time::Instant;

    use super::*;

    fn event(id: u64, node: &str, fact: Fact) -> TraceEvent {
        TraceEvent {
            id: EventId::nth(id).expect("few events"),
            at: Instant::from_millis(id),
            node: Some(node.into()),
            cause: None,
            fact,
        }
    }

    fn trace(length: u64) -> Vec<TraceEvent> {
        (0..length)
            .map(|id| {
                if id % 2 == 0 {
                    event(id, "a", Fact::Started)
                } else {
                    event(id, "b", Fact::Connected { to: "a".into() })
                }
            })
            .collect()
    }

    #[test]
    fn the_list_grows_and_shrinks_with_the_trace() {
        let mut list = EventList::default();
        list.take_in(&trace(10));
        assert_eq!(list.len(), 10);
        list.set_filter(Filter { node: Some("a".into()), ..Filter::default() });
        list.take_in(&trace(10));
        assert_eq!(list.len(), 5);
        list.take_in(&trace(4));
        assert_eq!(list.len(), 2);
        list.take_in(&trace(8));
        assert_eq!(list.len(), 4);
    }

    #[test]
    fn text_and_group_narrow_it() {
        let mut list = EventList::default();
        list.set_filter(Filter { text: "CONNECTED".to_owned(), ..Filter::default() });
        list.take_in(&trace(10));
        assert_eq!(list.len(), 5);
        list.set_filter(Filter { kinds: Kinds::Only(Group::Life), ..Filter::default() });
        list.take_in(&trace(10));
        assert_eq!(list.len(), 5);
    }

    #[test]
    fn only_a_window_is_drawn_and_it_follows_the_end() {
        let trace = trace(1000);
        let mut list = EventList::default();
        list.take_in(&trace);
        list.set_window(0, 20, true);
        let (first, rows) = list.window(&trace);
        assert_eq!((first, rows.len()), (972, 28));
        list.set_window(100, 20, false);
        let (first, rows) = list.window(&trace);
        assert_eq!((first, rows.len()), (92, 36));
        assert_eq!(rows[0].id, EventId::nth(92).expect("few events"));
    }
}
