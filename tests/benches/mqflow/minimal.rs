//! The same flow in as little as an event-driven simulation can do it with: a heap, arrays, no names, no trace.
//!
//! Written for the comparison only. It knows no route, no connection, no rebalance, no failure: what it leaves out is
//! what the lab is there for, and the ratio between the two is the price of that.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::workload::{HIGH_LATENCY, LOW_LATENCY, PULL_BATCH, WORK, Workload};

/// Bytes of one record in a commit log.
const RECORD: usize = 64;
/// Time that a batch costs besides its messages, in milliseconds.
const BATCH_WORK: u64 = 5;

/// Something that is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A message reaches the broker of its queue.
    Send { producer: u32, queue: u32 },
    /// A producer hears that its message is stored.
    Ack { producer: u32 },
    /// A request for messages reaches the broker.
    Pull { group: u32, queue: u32, offset: u32 },
    /// Messages reach a member.
    Pulled { group: u32, queue: u32, offset: u32, count: u32 },
    /// A member has worked through its messages.
    Done { group: u32, queue: u32, offset: u32 },
}

/// Where a message lies in the log of its broker.
#[derive(Clone, Copy)]
struct QueueEntry {
    offset: u64,
    size: u32,
    tag: u32,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Events handled.
    pub(crate) events: u64,
    /// Messages stored.
    pub(crate) stored: u64,
    /// Messages consumed, all groups together.
    pub(crate) consumed: u64,
}

struct Engine {
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    seq: u64,
    now: u64,
    random: u64,
    brokers: usize,
    logs: Vec<Vec<u8>>,
    queues: Vec<Vec<QueueEntry>>,
    parked: Vec<VecDeque<(u32, u32)>>,
    left: Vec<u32>,
    next_queue: Vec<u32>,
    outcome: Outcome,
}

/// Runs the workload to its end.
pub(crate) fn run(workload: &Workload) -> Outcome {
    let queues = workload.brokers * workload.queues;
    let mut engine = Engine {
        heap: BinaryHeap::new(),
        seq: 0,
        now: 0,
        random: 42,
        brokers: workload.brokers as usize,
        logs: vec![Vec::new(); workload.brokers as usize],
        queues: vec![Vec::new(); queues as usize],
        parked: vec![VecDeque::new(); queues as usize],
        left: vec![workload.sent() / workload.producers; workload.producers as usize],
        next_queue: (0..workload.producers).map(|producer| producer % queues).collect(),
        outcome: Outcome { events: 0, stored: 0, consumed: 0 },
    };
    for group in 0..workload.groups {
        for queue in 0..queues {
            engine.travel(Event::Pull { group, queue, offset: 0 });
        }
    }
    for producer in 0..workload.producers {
        engine.send(producer);
    }
    while let Some(Reverse((at, _, event))) = engine.heap.pop() {
        engine.now = at;
        engine.outcome.events += 1;
        engine.handle(event);
    }
    engine.outcome
}

impl Engine {
    fn push(&mut self, at: u64, event: Event) {
        self.heap.push(Reverse((at, self.seq, event)));
        self.seq += 1;
    }

    /// Puts an event at the end of a frame's way (xorshift64).
    fn travel(&mut self, event: Event) {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let latency = LOW_LATENCY + self.random % (HIGH_LATENCY - LOW_LATENCY + 1);
        self.push(self.now + latency, event);
    }

    fn send(&mut self, producer: u32) {
        let place = producer as usize;
        if self.left[place] == 0 {
            return;
        }
        self.left[place] -= 1;
        let queue = self.next_queue[place];
        self.next_queue[place] = (queue + 1) % u32::try_from(self.queues.len()).expect("few queues");
        self.travel(Event::Send { producer, queue });
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Send { producer, queue } => self.store(producer, queue),
            Event::Ack { producer } => self.send(producer),
            Event::Pull { group, queue, offset } => self.pull(group, queue, offset),
            Event::Pulled { group, queue, offset, count } => {
                self.outcome.consumed += u64::from(count);
                let done = self.now + BATCH_WORK + WORK * u64::from(count);
                self.push(done, Event::Done { group, queue, offset: offset + count });
            }
            Event::Done { group, queue, offset } => self.travel(Event::Pull { group, queue, offset }),
        }
    }

    fn store(&mut self, producer: u32, queue: u32) {
        let broker = queue as usize % self.brokers;
        let log = &mut self.logs[broker];
        let entry = QueueEntry { offset: log.len() as u64, size: RECORD as u32, tag: producer };
        log.resize(log.len() + RECORD, producer as u8);
        self.queues[queue as usize].push(entry);
        self.outcome.stored += 1;
        self.travel(Event::Ack { producer });
        while let Some((group, offset)) = self.parked[queue as usize].pop_front() {
            self.pull(group, queue, offset);
        }
    }

    fn pull(&mut self, group: u32, queue: u32, offset: u32) {
        let entries = &self.queues[queue as usize];
        let found = &entries[(offset as usize).min(entries.len())..];
        let found = &found[..found.len().min(PULL_BATCH)];
        if found.is_empty() {
            self.parked[queue as usize].push_back((group, offset));
            return;
        }
        let bytes: u64 = found.iter().map(|entry| u64::from(entry.size)).sum();
        let first = found[0].offset as usize;
        // What is read is really looked at, as the lab does.
        std::hint::black_box((bytes, self.logs[queue as usize % self.brokers][first], found[0].tag));
        let count = u32::try_from(found.len()).expect("at most a batch");
        self.travel(Event::Pulled { group, queue, offset, count });
    }
}
