//! From real time to virtual time.
//!
//! The page hears how many real milliseconds passed since the last frame and asks how far the run may go. The speed
//! is a ratio of integers, what is left of a division is carried over, and a frame that took very long (a hidden
//! tab, a slow machine) counts as a short one: time that could not be played is dropped, never caught up.

use lab_core::time::Duration;

/// Most real milliseconds that one frame may stand for.
const LONGEST_FRAME_MS: u32 = 250;

/// Events that one frame may handle; the rest of the time of that frame is dropped.
pub const EVENTS_PER_FRAME: usize = 4_000;

/// So many virtual milliseconds pass in so many real ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// Virtual milliseconds.
    pub virtual_ms: u32,
    /// Real milliseconds.
    pub real_ms: u32,
}

impl Speed {
    const fn new(virtual_ms: u32, real_ms: u32) -> Self {
        Self { virtual_ms, real_ms }
    }

    /// Every speed that can be chosen, from slow to fast.
    pub const ALL: [Self; 10] = [
        Self::new(1, 10),
        Self::new(1, 2),
        Self::new(1, 1),
        Self::new(2, 1),
        Self::new(5, 1),
        Self::new(10, 1),
        Self::new(30, 1),
        Self::new(100, 1),
        Self::new(1_000, 1),
        Self::new(10_000, 1),
    ];

    /// Place of real time in [`ALL`](Self::ALL).
    pub const REAL_TIME: usize = 2;

    /// As people write it: `1:10` for slower, `30×` for faster.
    pub fn label(self) -> String {
        if self.real_ms > 1 {
            format!("{}:{}", self.virtual_ms, self.real_ms)
        } else {
            format!("{}×", self.virtual_ms)
        }
    }
}

/// The pace at which a run is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    speed: usize,
    remainder: u64,
}

impl Default for Playback {
    fn default() -> Self {
        Self { speed: Speed::REAL_TIME, remainder: 0 }
    }
}

impl Playback {
    /// The speed.
    pub fn speed(&self) -> Speed {
        Speed::ALL[self.speed]
    }

    /// Its place in [`Speed::ALL`].
    pub const fn speed_index(&self) -> usize {
        self.speed
    }

    /// Chooses another speed; a place beyond the list means the fastest.
    pub fn set_speed(&mut self, index: usize) {
        self.speed = index.min(Speed::ALL.len() - 1);
        self.remainder = 0;
    }

    /// How much virtual time passes in `elapsed_ms` of real time.
    pub fn advance(&mut self, elapsed_ms: u32) -> Duration {
        let speed = self.speed();
        let product =
            u64::from(elapsed_ms.min(LONGEST_FRAME_MS)) * u64::from(speed.virtual_ms) + self.remainder;
        self.remainder = product % u64::from(speed.real_ms);
        Duration::from_millis(product / u64::from(speed.real_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: usize) -> Playback {
        let mut playback = Playback::default();
        playback.set_speed(index);
        playback
    }

    #[test]
    fn slow_speeds_lose_no_millisecond() {
        let mut playback = at(0);
        let total: u64 = (0..100).map(|_| playback.advance(16).as_millis()).sum();
        assert_eq!(total, 160);
    }

    #[test]
    fn fast_speeds_multiply() {
        assert_eq!(at(9).advance(16), Duration::from_millis(160_000));
        assert_eq!(at(Speed::REAL_TIME).advance(16), Duration::from_millis(16));
    }

    #[test]
    fn a_hidden_tab_is_not_caught_up() {
        assert_eq!(at(Speed::REAL_TIME).advance(60_000), Duration::from_millis(250));
    }

    #[test]
    fn speeds_ascend_and_have_labels() {
        let pace = |speed: &Speed| speed.virtual_ms * 1000 / speed.real_ms;
        assert!(Speed::ALL.windows(2).all(|pair| pace(&pair[0]) < pace(&pair[1])));
        assert_eq!(Speed::ALL[0].label(), "1:10");
        assert_eq!(Speed::ALL[5].label(), "10×");
    }
}
