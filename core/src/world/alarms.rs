//! The set alarm clocks of one process.
//!
//! **Invariant**: each clock once, in the order of [`Timer`].

use super::Alarm;
use crate::timer::Timer;

/// Which clocks are set, and for when. A process has few, so a sorted list is smaller and faster than a tree.
#[derive(Clone, Debug, Default)]
pub struct Alarms(Vec<(Timer, Alarm)>);

impl Alarms {
    fn place(&self, timer: Timer) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(&timer))
    }

    /// All set clocks in the order of [`Timer`].
    pub fn iter(&self) -> impl Iterator<Item = (Timer, &Alarm)> {
        self.0.iter().map(|(timer, alarm)| (*timer, alarm))
    }

    pub(super) fn get_mut(&mut self, timer: Timer) -> Option<&mut Alarm> {
        let place = self.place(timer).ok()?;
        Some(&mut self.0[place].1)
    }

    pub(super) fn set(&mut self, timer: Timer, alarm: Alarm) {
        match self.place(timer) {
            Ok(place) => self.0[place].1 = alarm,
            Err(place) => self.0.insert(place, (timer, alarm)),
        }
    }

    pub(super) fn remove(&mut self, timer: Timer) {
        if let Ok(place) = self.place(timer) {
            self.0.remove(place);
        }
    }

    /// Takes a clock that rings; `None` when it was set anew or stopped since the agenda got this number.
    pub(super) fn take_ringing(&mut self, timer: Timer, seq: u64) -> Option<Alarm> {
        let place = self.place(timer).ok().filter(|place| self.0[*place].1.seq == seq)?;
        Some(self.0.remove(place).1)
    }

    /// Whether the clock is set as it was when the agenda got this number.
    pub(super) fn is_set_as(&self, timer: Timer, seq: u64) -> bool {
        self.place(timer).is_ok_and(|place| self.0[place].1.seq == seq)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
