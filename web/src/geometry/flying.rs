//! What flies over the stage, and where it is just now.
//!
//! A frame is on its way for some tens of virtual milliseconds, which at a hundred times the speed is nothing to
//! the eye. So a dot follows the true position of its frame, but never faster than from end to end in
//! [`GLOW_MS`] of real time: it shows what *was* on the wire in the last stretch of played time. While the run is
//! paused the true position stands still, and the dot comes to rest there.

use std::collections::VecDeque;

use lab_core::fact::{Fact, RegistryFact, TraceEvent};
use lab_core::id::{NodeId, TopicName};
use lab_core::time::Instant;
use lab_core::view::{Flight, View};

use super::Layout;
use super::curve::Curve;
use crate::palette::{NO_TAG, Tags, letter};

/// Least real milliseconds that a dot needs from end to end.
pub const GLOW_MS: f64 = 450.0;
/// Most dots that are drawn.
pub const DOTS: usize = 5_000;
/// Where a frame waits that something holds up.
const WAITING: f64 = 0.4;

/// How a dot looks. What is greater lies above: messages above what keeps the cluster together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// Carries messages, as opposed to keeping the cluster together.
    pub data: bool,
    /// Is an answer.
    pub response: bool,
    /// Place of its tag in [`TAG_COLOURS`](crate::palette::TAG_COLOURS).
    pub colour: usize,
}

/// A dot to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Its middle.
    pub x: f64,
    /// Its middle.
    pub y: f64,
    /// How it looks.
    pub look: Look,
    /// First letter of its tag.
    pub letter: Option<char>,
}

#[derive(Clone, Debug)]
struct Sprite {
    from: NodeId,
    to: NodeId,
    queue: Option<(TopicName, u32)>,
    look: Look,
    letter: Option<char>,
    sent: Instant,
    arrives: Instant,
    progress: f64,
    curve: Option<Curve>,
}

/// Everything that flies.
#[derive(Clone, Debug, Default)]
pub struct Flying {
    sprites: VecDeque<Sprite>,
}

impl Flying {
    /// Adds the frame of a trace event, if it tells of one.
    pub fn add(&mut self, event: &TraceEvent, layout: &Layout, tags: &Tags) {
        let (Some(from), Some((to, arrives))) = (&event.node, event.fact.flight()) else { return };
        let (look, queue, sign) = match &event.fact {
            Fact::RequestSent(sent) | Fact::ResponseSent(sent) => {
                let data = sent.request.is_data();
                let colour = if data { tags.colour_index(sent.tag.as_ref()) } else { NO_TAG };
                let queue = sent.queue.as_ref().and_then(|(topic, id)| id.map(|id| (topic.clone(), id.0)));
                let look = Look { data, response: sent.response.is_some(), colour };
                (look, queue.filter(|_| data), letter(sent.tag.as_ref()).filter(|_| data))
            }
            Fact::Registry(RegistryFact::Sent { response, .. }) => {
                (Look { data: false, response: *response, colour: NO_TAG }, None, None)
            }
            Fact::HaTransferred { bytes, .. } => {
                (Look { data: *bytes > 0, response: false, colour: NO_TAG }, None, None)
            }
            _ => (Look { data: false, response: true, colour: NO_TAG }, None, None),
        };
        let mut sprite = Sprite {
            from: from.clone(),
            to: to.clone(),
            queue,
            look,
            letter: sign,
            sent: event.at,
            arrives,
            progress: 0.0,
            curve: None,
        };
        sprite.place(layout);
        self.push(sprite);
    }

    /// Forgets everything and starts with what is truly on the wire.
    pub fn rebuild(&mut self, view: &View, layout: &Layout, tags: &Tags) {
        self.sprites.clear();
        for flight in &view.flights {
            let mut sprite = Sprite::of(flight, tags);
            sprite.progress = sprite.truth(view.at);
            sprite.place(layout);
            self.push(sprite);
        }
    }

    /// Takes from the view what the trace does not tell: when frames that were held up arrive after all.
    pub fn reconcile(&mut self, view: &View) {
        for sprite in self.sprites.iter_mut().filter(|sprite| sprite.arrives == Instant::NEVER) {
            let same = |flight: &&Flight| {
                flight.from == sprite.from && flight.to == sprite.to && flight.sent == sprite.sent
            };
            sprite.arrives = view.flights.iter().find(same).map_or(view.at, |flight| flight.arrives);
        }
    }

    /// Puts everything on the ways of a new layout.
    pub fn relayout(&mut self, layout: &Layout) {
        for sprite in &mut self.sprites {
            sprite.place(layout);
        }
    }

    /// Lets `elapsed_ms` of real time pass with the run at `now`.
    pub fn advance(&mut self, elapsed_ms: u32, now: Instant) {
        let most = f64::from(elapsed_ms) / GLOW_MS;
        for sprite in &mut self.sprites {
            sprite.progress += (sprite.truth(now) - sprite.progress).clamp(0.0, most);
        }
        self.sprites.retain(|sprite| sprite.progress < 1.0);
    }

    /// Whether anything would move although the run stands still.
    pub fn is_moving(&self, now: Instant) -> bool {
        self.sprites.iter().any(|sprite| sprite.truth(now) > sprite.progress)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.sprites.clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sprites.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sprites.is_empty()
    }

    /// The dots to draw, those of one look in a row.
    pub fn dots(&self) -> Vec<Dot> {
        let mut dots: Vec<Dot> = self
            .sprites
            .iter()
            .filter_map(|sprite| {
                let (x, y) = sprite.curve?.lane_at(sprite.progress);
                Some(Dot { x, y, look: sprite.look, letter: sprite.letter })
            })
            .collect();
        dots.sort_by_key(|dot| dot.look);
        dots
    }

    fn push(&mut self, sprite: Sprite) {
        if self.sprites.len() >= DOTS {
            self.sprites.pop_front();
        }
        self.sprites.push_back(sprite);
    }
}

impl Sprite {
    fn of(flight: &Flight, tags: &Tags) -> Self {
        let tag = flight.tag.as_ref().filter(|_| flight.data);
        let colour = tags.colour_index(tag);
        Self {
            from: flight.from.clone(),
            to: flight.to.clone(),
            queue: None,
            look: Look { data: flight.data, response: flight.response, colour },
            letter: letter(tag),
            sent: flight.sent,
            arrives: flight.arrives,
            progress: 0.0,
            curve: None,
        }
    }

    /// The share of the way that the frame has truly made.
    fn truth(&self, now: Instant) -> f64 {
        if self.arrives == Instant::NEVER {
            return WAITING;
        }
        if now >= self.arrives {
            return 1.0;
        }
        let (done, whole) = (now.since(self.sent).as_millis(), self.arrives.since(self.sent).as_millis());
        done as f64 / whole.max(1) as f64
    }

    fn place(&mut self, layout: &Layout) {
        let lane = self.queue.as_ref().and_then(|(topic, queue)| {
            let at = |node: &NodeId| layout.lanes.get(&(node.clone(), topic.clone(), *queue)).copied();
            at(&self.to).or_else(|| at(&self.from))
        });
        self.curve = layout.curve(&self.from, &self.to, lane);
    }
}
