//! A run under control: go on, stop, go back, give orders, ask what happened.
//!
//! Going back is the nearest earlier keyframe and a replay from there, which gives the same events again because
//! everything is deterministic. A clone of the world is cheap, its bulk is shared. After going back, the events and
//! commands behind the present are kept, and come again as time passes; a new command discards them.
//!
//! **Invariant**: the state at a moment is a function of the recording and that moment, however one got there.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arcstr::ArcStr;

use siphasher::sip::SipHasher13;

use crate::command::{Command, CommandError};
use crate::fact::{Fact, TraceEvent};
use crate::id::{EventId, NodeId};
use crate::memory;
use crate::message::StoredMessage;
use crate::recording::{Recording, Setup};
use crate::time::{Duration, Instant};
use crate::view::View;
use crate::world::World;

/// Steps between two keyframes of a short run.
const KEYFRAME_EVERY: u64 = 16_384;
/// Most keyframes that are kept. A run that needs more loses every second one and has its next ones twice as far apart,
/// so going back costs a sixteenth of the run at most, and memory stays bounded.
const MOST_KEYFRAMES: usize = 32;
/// Steps after which is looked whether the memory has grown.
const STEPS_BETWEEN_LOOKS: u64 = 256;
/// After this long [`Lab::mqadmin`] waits no more.
const LONGEST_MQADMIN: Duration = Duration::from_secs(60);

/// A moment to come back to.
#[derive(Clone, Debug)]
struct Keyframe {
    steps: u64,
    events: usize,
    commands: usize,
    world: World,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Lab {
    recording: Recording,
    world: World,
    /// Commands carried out.
    done: usize,
    /// Steps made: events handled and commands carried out.
    steps: u64,
    /// Everything ever noted, the part behind the present included.
    trace: Vec<TraceEvent>,
    /// The step in which each was noted.
    noted_in: Vec<u32>,
    /// How much of the trace lies before the present.
    events: usize,
    keyframes: Vec<Keyframe>,
    keyframe_every: u64,
    end: Instant,
    /// Whether something of the present millisecond was handled already.
    is_within: bool,
}

impl Lab {
    /// A run at its first moment; commands of that moment are carried out, later ones as time passes.
    ///
    /// # Errors
    /// Why a command of the recording cannot be carried out, as far as that shows at the first moment.
    pub fn try_new(recording: Recording) -> Result<Self, CommandError> {
        let mut lab = Self::empty(recording);
        while let Some((Instant::ZERO, command)) = lab.recording.commands.get(lab.done) {
            lab.world.check(command)?;
            lab.carry_out_next();
        }
        lab.keep_keyframe();
        Ok(lab)
    }

    /// As [`try_new`](Self::try_new), for recordings that are known to be good.
    ///
    /// # Panics
    /// When a command of the first moment cannot be carried out.
    pub fn new(recording: Recording) -> Self {
        Self::try_new(recording).expect("the commands of the first moment can be carried out")
    }

    fn empty(recording: Recording) -> Self {
        Self {
            world: World::new(recording.setup.clone()),
            recording,
            done: 0,
            steps: 0,
            trace: Vec::new(),
            noted_in: Vec::new(),
            events: 0,
            keyframes: Vec::new(),
            keyframe_every: KEYFRAME_EVERY,
            end: Instant::ZERO,
            is_within: false,
        }
    }

    /// The present moment.
    pub const fn now(&self) -> Instant {
        self.world.now()
    }

    /// The furthest moment that was reached; going back does not lower it, a command in the past does.
    pub const fn end(&self) -> Instant {
        self.end
    }

    /// What the run began with.
    pub const fn setup(&self) -> &Setup {
        &self.recording.setup
    }

    /// All it takes to repeat the run: commands before, and after going back also behind the present.
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The cluster.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Events handled and commands carried out since the start.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Commands behind the present, which [`issue`](Self::issue) would discard.
    pub fn later_commands(&self) -> usize {
        self.recording.commands.len() - self.done
    }

    /// Whether the command could be carried out now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, command: &Command) -> Result<(), CommandError> {
        self.world.check(command)
    }

    /// Carries a command out now and records it; commands and events behind the present are discarded.
    ///
    /// A command comes before everything else of its millisecond. When something of the present one was handled
    /// already, the rest of it is handled first and the command falls on the next.
    ///
    /// # Errors
    /// Why it cannot be carried out; nothing is changed then.
    pub fn issue(&mut self, command: Command) -> Result<(), CommandError> {
        self.check(&command)?;
        let before = self.steps;
        if self.is_within {
            self.run_until(self.now() + Duration::from_millis(1));
            if let Err(error) = self.check(&command) {
                self.go_to_step(before);
                return Err(error);
            }
        }
        self.forget_later();
        self.recording.commands.push((self.now(), command));
        self.recording.end = self.now();
        self.carry_out_next();
        self.is_within = false;
        Ok(())
    }

    fn forget_later(&mut self) {
        self.recording.commands.truncate(self.done);
        self.recording.end = self.recording.end.min(self.now());
        self.trace.truncate(self.events);
        self.noted_in.truncate(self.events);
        self.keyframes.retain(|keyframe| keyframe.steps <= self.steps);
        self.end = self.now();
    }

    /// When the next thing happens; `None` when nothing ever will.
    pub fn next_due(&self) -> Option<Instant> {
        let command = self.recording.commands.get(self.done).map(|(at, _)| *at);
        let event = self.world.next_due();
        command.into_iter().chain(event).min()
    }

    /// Makes one step: the next command or event, whichever is earlier, the command when both fall together.
    fn advance(&mut self) {
        let command = self.recording.commands.get(self.done).map(|(at, _)| *at);
        match command {
            Some(at) if self.world.next_due().is_none_or(|due| at <= due) => {
                self.world.wait_until(at);
                self.carry_out_next();
                self.is_within = false;
            }
            _ => {
                self.world.step();
                self.is_within = true;
                self.after_step();
            }
        }
        if self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS) {
            memory::grow_ahead();
        }
        if self.steps.is_multiple_of(self.keyframe_every) {
            self.keep_keyframe();
        }
    }

    fn carry_out_next(&mut self) {
        let (_, command) = self.recording.commands[self.done].clone();
        self.done += 1;
        // A recording from elsewhere may hold a command that makes no sense when its time comes. It is passed over:
        // that leaves the world as it is, the same in every replay.
        let _refused = self.world.apply(&command).is_err();
        self.after_step();
    }

    fn after_step(&mut self) {
        self.steps += 1;
        for event in self.world.take_fresh() {
            if self.events == self.trace.len() {
                self.trace.push(event);
                let step = u32::try_from(self.steps).expect("fewer steps in a run than there are numbers");
                self.noted_in.push(step);
            } else {
                debug_assert_eq!(self.trace[self.events], event, "a replay repeats what happened");
            }
            self.events += 1;
        }
        self.end = self.end.max(self.now());
    }

    fn keep_keyframe(&mut self) {
        if self.keyframes.last().is_none_or(|last| last.steps < self.steps) {
            self.keyframes.push(Keyframe {
                steps: self.steps,
                events: self.events,
                commands: self.done,
                world: self.world.clone(),
            });
        }
        if self.keyframes.len() > MOST_KEYFRAMES {
            self.keyframe_every *= 2;
            let every = self.keyframe_every;
            // The first is where the run begins, whatever number its step has.
            let first = self.keyframes.first().map(|keyframe| keyframe.steps);
            self.keyframes.retain(|kept| kept.steps.is_multiple_of(every) || Some(kept.steps) == first);
        }
    }

    /// Goes on to the next thing that leaves a trace; false, and no further than `limit`, when nothing does before.
    pub fn step(&mut self, limit: Instant) -> bool {
        let before = self.events;
        while self.next_due().is_some_and(|due| due < limit) {
            self.advance();
            if self.events > before {
                return true;
            }
        }
        self.settle_at(limit);
        false
    }

    /// Goes back to just before the last thing that left a trace; false at the first moment.
    pub fn step_back(&mut self) -> bool {
        let Some(step) = self.events.checked_sub(1).map(|last| u64::from(self.noted_in[last])) else {
            return false;
        };
        let first = self.keyframes.first().map_or(0, |keyframe| keyframe.steps);
        if step <= first {
            return false;
        }
        self.go_to_step(step - 1);
        true
    }

    fn go_to_step(&mut self, step: u64) {
        let place = self.keyframes.partition_point(|keyframe| keyframe.steps <= step);
        self.restore(place.saturating_sub(1));
        while self.steps < step {
            self.advance();
        }
    }

    fn restore(&mut self, place: usize) {
        let keyframe = &self.keyframes[place];
        self.world = keyframe.world.clone();
        self.steps = keyframe.steps;
        self.events = keyframe.events;
        self.done = keyframe.commands;
        self.is_within = place > 0;
    }

    /// Handles everything that is due before `moment` and stops there. Does nothing when that has passed.
    pub fn run_until(&mut self, moment: Instant) {
        self.run_at_most(moment, usize::MAX);
    }

    /// As [`run_until`](Self::run_until), but makes at most `max_steps` steps; true when the moment was reached.
    pub fn run_at_most(&mut self, moment: Instant, max_steps: usize) -> bool {
        for _ in 0..max_steps {
            if self.next_due().is_none_or(|due| due >= moment) {
                self.settle_at(moment);
                return true;
            }
            self.advance();
        }
        false
    }

    fn settle_at(&mut self, moment: Instant) {
        if moment > self.now() && moment != Instant::NEVER {
            self.world.wait_until(moment);
            self.is_within = false;
            self.end = self.end.max(moment);
        }
    }

    /// Runs until a fact that `wanted` accepts is noted; stops at `limit` without one.
    pub fn run_until_fact(
        &mut self,
        limit: Instant,
        wanted: impl Fn(&TraceEvent) -> bool,
    ) -> Option<EventId> {
        while self.next_due().is_some_and(|due| due < limit) {
            let before = self.events;
            self.advance();
            if let Some(event) = self.trace[before..self.events].iter().find(|event| wanted(event)) {
                return Some(event.id);
            }
        }
        self.settle_at(limit);
        None
    }

    /// Runs `mqadmin` with these words and goes on until it has printed everything, a minute at most. Returns what it
    /// printed; `None` when it is still at work then.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn mqadmin(&mut self, line: &str) -> Result<Option<ArcStr>, CommandError> {
        self.issue(Command::Mqadmin(line.into()))?;
        // Not the answer that the order caused: what makes the tool give up may be somebody else's doing.
        let tool = self.world.newest_node().cloned();
        let is_ours =
            |event: &TraceEvent| event.node == tool && matches!(event.fact, Fact::MqadminAnswered { .. });
        let limit = self.now() + LONGEST_MQADMIN;
        let answer = self.run_until_fact(limit, is_ours).and_then(|id| self.event(id));
        Ok(answer.and_then(|event| match &event.fact {
            Fact::MqadminAnswered { output, .. } => Some(output.clone()),
            _ => None,
        }))
    }

    /// Goes to any moment, back or forward.
    pub fn go_to(&mut self, moment: Instant) {
        // The latest keyframe from which the moment can still be reached: nothing at it was handled yet.
        let place =
            self.keyframes.partition_point(|keyframe| keyframe.world.now() < moment).saturating_sub(1);
        let is_past = moment < self.now() || (moment == self.now() && self.is_within);
        if is_past || self.keyframes.get(place).is_some_and(|keyframe| keyframe.steps > self.steps) {
            self.restore(place);
        }
        self.run_until(moment);
    }

    /// Everything noted up to the present.
    pub fn trace(&self) -> &[TraceEvent] {
        &self.trace[..self.events]
    }

    /// After going back: what was noted behind the present and will be again, unless a command changes it.
    pub fn later_trace(&self) -> &[TraceEvent] {
        &self.trace[self.events..]
    }

    /// The event of this number.
    pub fn event(&self, id: EventId) -> Option<&TraceEvent> {
        self.trace.get(id.index())
    }

    /// The chain of causes of an event: itself first, an order last.
    pub fn causes(&self, id: EventId) -> Vec<&TraceEvent> {
        std::iter::successors(self.event(id), |event| self.event(event.cause?)).collect()
    }

    /// A number that two runs share exactly when their traces up to the present are equal.
    pub fn digest(&self) -> u64 {
        let mut hasher = StableHasher(SipHasher13::new());
        for event in self.trace() {
            event.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The cluster as plain data, with so many of the newest messages of each queue.
    pub fn view(&self, messages_per_queue: usize) -> View {
        View::of(&self.world, messages_per_queue)
    }

    /// The stored copies of a message, by the producer's id: broker and record.
    pub fn stored(&self, unique_key: &str) -> Vec<(NodeId, Arc<StoredMessage>)> {
        crate::view::stored(&self.world, unique_key)
    }
}

/// A hasher that gives the same number on every machine: what depends on the machine's word is widened first.
struct StableHasher(SipHasher13);

impl Hasher for StableHasher {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}
