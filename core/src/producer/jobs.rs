//! The application above a producer: threads that work off jobs, one message at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use arcstr::ArcStr;
use smallvec::SmallVec;

use super::sending::Manner;
use super::{ActiveSend, Producer, ThreadId};
use crate::command::{CommunicationMode, Delivery, SendJob};
use crate::message::{Message, property};
use crate::outbox::Outbox;
use crate::time::Instant;
use crate::timer::Timer;

/// The thread that works off what `send` orders, in order.
pub(super) const MAIN: ThreadId = 0;
/// The executor that makes all asynchronous sends; only its rounds over the queues are its own.
const EXECUTOR: ThreadId = ThreadId::MAX;

/// A job, and how far it is.
#[derive(Clone, Debug)]
pub struct Job {
    /// What is to be sent.
    pub spec: Arc<SendJob>,
    /// Messages that were begun.
    pub begun: u32,
}

/// One thread of the application.
#[derive(Clone, Debug, Default)]
pub struct SendThread {
    /// What it has to do; the first one is under way.
    pub jobs: VecDeque<Job>,
    /// The send that it waits for.
    pub current: Option<ActiveSend>,
    /// It pauses until then.
    pub(super) paused_until: Option<Instant>,
    /// It ends when its send is over.
    pub(super) ends: bool,
}

impl SendThread {
    /// Pauses before the next message; a job whose last message was begun is over.
    fn pause(&mut self, until: Instant) {
        self.paused_until = Some(until);
        let is_through = |job: &Job| job.spec.count.is_some_and(|count| job.begun >= count);
        if self.jobs.front().is_some_and(is_through) {
            self.jobs.pop_front();
        }
    }
}

impl Producer {
    pub(super) fn add_job(&mut self, now: Instant, thread: ThreadId, spec: SendJob, out: &mut Outbox) {
        if let Some(thread) = self.threads.get_mut(&thread) {
            thread.jobs.push_back(Job { spec: spec.into(), begun: 0 });
        }
        self.go_on(now, out);
    }

    /// Ends the endless jobs; what they have under way is still waited for.
    pub(super) fn end_streams(&mut self) {
        for (_, thread) in self.threads.iter_mut().filter(|(id, _)| **id != MAIN) {
            thread.jobs.clear();
            thread.ends = true;
        }
        self.threads.retain(|_, thread| !thread.ends || thread.current.is_some());
    }

    /// Has every thread begin its next send that is neither waiting nor pausing, and sets the clock for the rest.
    pub(super) fn go_on(&mut self, now: Instant, out: &mut Outbox) {
        let mut next = self.threads.keys().next().copied();
        while let Some(id) = next {
            // A send that fails at once lets its thread go on at once.
            while self.is_ready(now, id) {
                self.begin_next(now, id, out);
            }
            next = self.threads.range(id + 1..).next().map(|(id, _)| *id);
        }
        let next = self.threads.values().filter(|thread| thread.current.is_none() && !thread.jobs.is_empty());
        if let Some(at) = next.filter_map(|thread| thread.paused_until).min() {
            out.set_timer(Timer::NextSend, at);
        }
    }

    fn is_ready(&self, now: Instant, id: ThreadId) -> bool {
        self.threads.get(&id).is_some_and(|thread| {
            thread.current.is_none()
                && !thread.jobs.is_empty()
                && thread.paused_until.is_none_or(|until| until <= now)
        })
    }

    fn begin_next(&mut self, now: Instant, id: ThreadId, out: &mut Outbox) {
        let thread = self.threads.get_mut(&id).expect("a ready thread exists");
        let job = thread.jobs.front_mut().expect("a ready thread has a job");
        let number = job.begun;
        job.begun += 1;
        let spec = job.spec.clone();
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        let mut message = Message::new(spec.topic.clone(), body(&spec, digits));
        // Those below, and what the broker adds.
        message.properties.reserve_exact(6 + spec.properties.len());
        if let Some(key) = &spec.key {
            let is_only_one = spec.count == Some(1);
            let key = if is_only_one { key.clone() } else { joined([key, "-", digits]) };
            message.set_shared_property(property::KEYS, key);
        }
        if !spec.tags.is_empty() {
            message.set_property(property::TAGS, &spec.tags[number as usize % spec.tags.len()]);
        }
        for (name, value) in &spec.properties {
            message.set_property(name, value);
        }
        message.set_property(property::WAIT, "true");
        self.set_delivery(&mut message, spec.delivery);
        if let Some(transaction) = &spec.transaction {
            self.prepare_half(&mut message, transaction);
        }
        let (mode, transaction) = (spec.mode, spec.transaction);
        if mode == CommunicationMode::Sync {
            return self.begin_send(now, id, message, &spec, Manner { mode, round: id, transaction }, out);
        }
        // The message goes its own way; the application goes on at once.
        let own = self.next_thread;
        self.next_thread += 1;
        self.threads.insert(own, Box::new(SendThread { ends: true, ..SendThread::default() }));
        let round = if mode == CommunicationMode::Async { EXECUTOR } else { id };
        self.begin_send(now, own, message, &spec, Manner { mode, round, transaction }, out);
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.pause(now + spec.every);
        }
    }

    /// The wish not to be delivered at once, as a property of the message.
    fn set_delivery(&self, message: &mut Message, delivery: Delivery) {
        match delivery {
            Delivery::AtOnce => {}
            Delivery::Level(level) => message.set_property(property::DELAY, &level.to_string()),
            Delivery::After(after) => {
                message.set_property(property::TIMER_DELAY_MS, &after.as_millis().to_string());
            }
            Delivery::At(at) => {
                message.set_property(property::TIMER_DELIVER_MS, &self.epoch.wall_clock(at).to_string());
            }
        }
    }

    /// A send is over: the thread pauses, then goes on.
    pub(super) fn after_send(&mut self, now: Instant, id: ThreadId, send: &ActiveSend) {
        if let Some(thread) = self.threads.get_mut(&id) {
            thread.current = None;
            thread.pause(now + send.pause);
            if thread.ends {
                self.threads.remove(&id);
            }
        }
    }
}

/// The pieces as one text.
fn joined(pieces: [&str; 3]) -> ArcStr {
    let write = |mut rest: &mut [u8]| {
        for piece in pieces {
            let (begin, end) = rest.split_at_mut(piece.len());
            begin.copy_from_slice(piece.as_bytes());
            rest = end;
        }
    };
    ArcStr::init_with(pieces.map(str::len).iter().sum(), write).expect("texts in a row are a text")
}

/// The body that the job gives its message of this number, which is also given as text.
fn body(spec: &SendJob, number: &str) -> Arc<[u8]> {
    if &*spec.body != "m" {
        return spec.body.as_bytes().into();
    }
    let mut numbered = SmallVec::<[u8; 16]>::from_slice(b"m");
    numbered.extend_from_slice(number.as_bytes());
    numbered.as_slice().into()
}
