//! When each step began, and where the recording leaves that open.
//!
//! A recording gives the end of each step. Most beginnings follow from it; of a broker and of the first client of a
//! process only an interval is known, in which its timers began to run. A [`Plan`] lists everything that has to be
//! done, and these intervals as [`Owner`]s; with one moment chosen for each owner it becomes an agenda.

use std::collections::BTreeSet;

use lab_core::config::Profile;
use lab_core::time::{Duration, Instant};

use super::order::Order;
use super::player::AFTER;
use super::script::{Script, Step};
use super::tool::moments;
use super::wall_clock;

/// A process whose start is known only roughly.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Its earliest possible start.
    pub low: Instant,
    /// Its latest possible start.
    pub high: Instant,
    /// Where the search begins.
    pub usual: Instant,
    /// How far apart the starts lie that are tried.
    step: Duration,
}

impl Owner {
    fn new(low: Instant, high: Instant, usual: Instant) -> Self {
        let low = low.min(high);
        let step = Duration::from_millis(if high.since(low) > Duration::from_secs(2) { 500 } else { 250 });
        Self { low, high, usual: usual.clamp(low, high), step }
    }

    /// The starts that are tried.
    pub fn candidates(&self) -> impl Iterator<Item = Instant> {
        let span = self.high.since(self.low).as_millis();
        let (low, width) = (self.low, self.step.as_millis());
        (0..span.div_ceil(width)).map(move |i| low + Duration::from_millis(i * width)).chain([self.high])
    }
}

/// What there is to do at one moment for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Begin to look at the state that the step asks for.
    Watch,
    /// Carry the step out.
    Whole,
    /// Send one message of the step.
    Message(u32),
}

/// An entry of the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// When.
    pub at: Instant,
    /// For which step.
    pub step: usize,
    /// Which part of it.
    pub part: Part,
}

/// Everything there is to do.
#[derive(Debug)]
pub struct Plan {
    /// What each step means, or what cannot be interpreted.
    pub orders: Vec<Result<Order, String>>,
    /// The processes with an open start.
    pub owners: Vec<Owner>,
    /// Which of them is no process but the wall clock: when within a second the recording began.
    wall_clock: Option<usize>,
    /// Steps whose facts nobody can explain: their disagreements guide no search.
    pub unexplained: Vec<usize>,
    /// Brokers in controller mode: when one that stops gives its connections up, another is elected.
    controlled: BTreeSet<String>,
    fixed: Vec<Act>,
    chosen: Vec<(usize, usize)>,
}

/// A reset by time may land between two messages that were sent this close to each other.
const WALL_CLOCK_STEP: Duration = Duration::from_millis(20);
/// The timer wheel, on which POP relies, looks ten times a second.
const POP_CLOCK_STEP: Duration = Duration::from_millis(100);
/// A state may be reached this long before it was asked for.
pub const BEFORE: Duration = Duration::from_secs(1);
/// Later clients of a process begin this long before their step ends, at the earliest and as a rule.
const CLIENT_START: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(200));
/// The first client of a process begins at most this long before its step ends.
const PROCESS_START: Duration = Duration::from_secs(4);
/// How long a graceful stop takes is chance; its end is recorded. Connections are closed at most this long before.
const LAST_CLOSED: Duration = Duration::from_secs(2);
const USUALLY_CLOSED: Duration = Duration::from_millis(500);
/// A broker is seen registered this long after it registered.
const SEEN: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(12));
/// A broker that nobody waited for registers this long after its step.
const LAUNCHED: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(15));
/// No broker is seen registered sooner after its launch, so whoever took less did not wait for it.
const QUICKEST: Duration = Duration::from_secs(3);

impl Plan {
    /// The plan of a run.
    pub fn of(script: &Script, profile: Profile) -> Self {
        let orders: Vec<_> = script.steps.iter().map(Order::read).collect();
        let mut plan = Self {
            orders: Vec::new(),
            owners: Vec::new(),
            wall_clock: None,
            unexplained: Vec::new(),
            controlled: BTreeSet::new(),
            fixed: Vec::new(),
            chosen: Vec::new(),
        };
        if wall_clock::matters(script) {
            plan.wall_clock = Some(plan.owners.len());
            let (low, high) = (Instant::ZERO, Instant::from_millis(999));
            let step = if wall_clock::pops(script) { POP_CLOCK_STEP } else { WALL_CLOCK_STEP };
            plan.owners.push(Owner { low, high, usual: low, step });
        }
        let mut processes = BTreeSet::new();
        let (mut before, mut change) = (Instant::ZERO, Instant::ZERO);
        for (index, (step, order)) in script.steps.iter().zip(&orders).enumerate() {
            if let Ok(order) = order {
                plan.add(index, step, order, profile, before, change, &mut processes);
                if matches!(order, Order::Kill(_) | Order::Stop(_) | Order::Freeze(_) | Order::Thaw(_)) {
                    change = step.end;
                }
            }
            before = step.end;
        }
        plan.orders = orders;
        plan
    }

    #[expect(clippy::too_many_arguments, reason = "one step with what came before it")]
    fn add<'a>(
        &mut self,
        index: usize,
        step: &'a Step,
        order: &Order,
        profile: Profile,
        before: Instant,
        change: Instant,
        processes: &mut BTreeSet<&'a str>,
    ) {
        let end = step.end;
        match order {
            Order::PassTime => {}
            Order::StartBroker(broker) => {
                if broker.id.is_none() {
                    self.controlled.insert(broker.key.clone());
                }
                let seen = end.since(before) >= QUICKEST;
                let (low, high) = if seen {
                    ((end - SEEN.1).max(before), (end - SEEN.0).max(before))
                } else {
                    (end + LAUNCHED.0, end + LAUNCHED.1)
                };
                let usual = Instant::from_millis(u64::midpoint(low.as_millis(), high.as_millis()));
                self.choose(index, Owner::new(low, high, usual));
            }
            Order::Producer(_) | Order::Consumer(_) if processes.insert(step.process()) => {
                let low = (end - PROCESS_START).max(before);
                self.choose(index, Owner::new(low, end, end - CLIENT_START.1));
            }
            // Two that were started one right after the other race for everything that follows.
            Order::Producer(_) | Order::Consumer(_) => {
                let usual = (end - CLIENT_START.1).max(before);
                self.choose(index, Owner::new(end - CLIENT_START.0, end, usual));
            }
            Order::KillProcess(process) => {
                processes.remove(process.as_str());
                self.fix((end - CLIENT_START.1).max(before), index);
            }
            Order::StopClient(_) => self.fix((end - CLIENT_START.1).max(before), index),
            Order::Mqadmin { .. } => {
                // How long the tool needs from its request to its end, at most and at least; mostly as long as this.
                let (most, usual, least) =
                    if profile.is_v5() { (6000, 5500, 3000) } else { (3200, 3100, 3000) };
                let (first, last) = (end - Duration::from_millis(most), end - Duration::from_millis(least));
                if order.acts_by_tool() {
                    self.fix((end - Duration::from_millis(usual)).max(before), index);
                } else {
                    let probe = |at| Act { at, step: index, part: Part::Watch };
                    self.fixed.extend(moments((first - BEFORE).max(before), last + AFTER).map(probe));
                }
            }
            Order::Send(_) => {
                let message = |(n, send): (usize, &super::script::Send)| Act {
                    at: send.begin().max(change),
                    step: index,
                    part: Part::Message(n as u32),
                };
                self.fixed.extend(step.sends().enumerate().map(message));
            }
            Order::Assignment(_) | Order::Queues { .. } => {
                self.fixed.push(Act { at: end - BEFORE, step: index, part: Part::Watch });
                self.fix(end, index);
            }
            Order::Kill(_) | Order::Freeze(_) | Order::Thaw(_) | Order::Dropped(_) => self.fix(end, index),
            Order::Stop(key) if self.controlled.contains(key) => {
                self.fixed.push(Act { at: before, step: index, part: Part::Watch });
                let low = (end - LAST_CLOSED).max(before);
                self.choose(index, Owner::new(low, end, low.max(end - USUALLY_CLOSED)));
            }
            Order::StartNameServer(..) | Order::Stop(_) | Order::RollBack => self.fix(before, index),
        }
    }

    fn fix(&mut self, at: Instant, step: usize) {
        self.fixed.push(Act { at, step, part: Part::Whole });
    }

    fn choose(&mut self, step: usize, owner: Owner) {
        self.chosen.push((step, self.owners.len()));
        self.owners.push(owner);
    }

    /// When within a second the recording began, if that matters.
    pub fn sub_second(&self, starts: &[Instant]) -> Option<Duration> {
        self.wall_clock.map(|owner| starts[owner].since(Instant::ZERO))
    }

    /// Everything in order of time, with these starts of the owners.
    pub fn agenda(&self, starts: &[Instant]) -> Vec<Act> {
        let mut acts = self.fixed.clone();
        let chosen = |&(step, owner): &(usize, usize)| Act { at: starts[owner], step, part: Part::Whole };
        acts.extend(self.chosen.iter().map(chosen));
        acts.sort();
        acts
    }
}
