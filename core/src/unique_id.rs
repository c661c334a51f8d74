//! The message ids that producers make: 16 bytes for a host with an IPv4 address, 28 for IPv6, in upper-case hex.
//!
//! In order: address, low half of the process id, hash of a class loader, milliseconds since the month began, low half
//! of a counter. The month is not in it, and neither is what follows after 65 536 ids, so an id is unique in practice
//! and not by guarantee. Whoever reads one takes the time to lie in this month or the one before.
//!
//! **In RocketMQ**: `MessageClientIDSetter` (behaviour §2.7).
//!
//! **Invariant**: a maker keeps the month in which it last began one until a moment behind it comes; a clock that is put
//! back a little gives 0 ms, one that is put back further a negative number.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use arcstr::ArcStr;

use crate::time::{Epoch, Instant, civil_from_days};

const DAY: i64 = 86_400_000;
/// A clock that is behind the month by less than this many milliseconds was merely put right.
const PUT_RIGHT: i32 = 1_000_000;

/// The month of a moment, in milliseconds since 1970. Where it begins is a matter of the host's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its first moment.
    pub begins: i64,
    /// The first moment of the next one.
    pub ends: i64,
}

impl Month {
    /// The month of a moment in UTC, in which all hosts of the lab live.
    pub fn of(wall_clock: i64) -> Self {
        let first_of = |moment: i64| {
            let midnight = moment - moment.rem_euclid(DAY);
            let (_, _, day) = civil_from_days((midnight / DAY).unsigned_abs());
            midnight - (day as i64 - 1) * DAY
        };
        let begins = first_of(wall_clock);
        Self { begins, ends: first_of(begins + 31 * DAY) }
    }
}

/// Makes the ids of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueIdMaker {
    ip: IpAddr,
    process_id: u16,
    class_loader_hash: u32,
    counter: i32,
    month: Option<Month>,
}

impl UniqueIdMaker {
    /// A maker for one process. `process_id` and `class_loader_hash` are what chance gives a JVM.
    pub fn new(ip: impl Into<IpAddr>, process_id: u16, class_loader_hash: u32) -> Self {
        Self { ip: ip.into(), process_id, class_loader_hash, counter: 0, month: None }
    }

    /// The same maker after so many ids.
    pub fn with_counter(self, counter: i32) -> Self {
        Self { counter, ..self }
    }

    /// The same maker in a process that was started in that month.
    pub fn started_in(self, month: Month) -> Self {
        Self { month: Some(month), ..self }
    }

    /// The next id at a moment of a run.
    pub fn next(&mut self, epoch: Epoch, now: Instant) -> ArcStr {
        self.next_at(epoch.wall_clock(now) as i64, Month::of)
    }

    /// The next id at a moment in milliseconds since 1970, on a host whose months `month_of` tells.
    pub fn next_at(&mut self, wall_clock: i64, month_of: impl Fn(i64) -> Month) -> ArcStr {
        let known = self.month.filter(|month| wall_clock < month.ends);
        let month = *self.month.insert(known.unwrap_or_else(|| month_of(wall_clock)));
        let difference = (wall_clock - month.begins) as i32;
        let in_month = if (1 - PUT_RIGHT..0).contains(&difference) { 0 } else { difference };
        let counter = self.counter as u16;
        self.counter = self.counter.wrapping_add(1);
        let mut rest = [0; 12];
        rest[..2].copy_from_slice(&self.process_id.to_be_bytes());
        rest[2..6].copy_from_slice(&self.class_loader_hash.to_be_bytes());
        rest[6..10].copy_from_slice(&in_month.to_be_bytes());
        rest[10..].copy_from_slice(&counter.to_be_bytes());
        match self.ip {
            IpAddr::V4(ip) => upper_case_hex(&ip.octets(), &rest),
            IpAddr::V6(ip) => upper_case_hex(&ip.octets(), &rest),
        }
    }

    /// The month that the next id counts from, once there is one.
    pub const fn month(&self) -> Option<Month> {
        self.month
    }

    /// Ids made so far, with wrap-around.
    pub const fn counter(&self) -> i32 {
        self.counter
    }
}

/// Two upper-case hex digits for each byte.
fn upper_case_hex(begin: &[u8], rest: &[u8]) -> ArcStr {
    let digit = |half: u8| b"0123456789ABCDEF"[usize::from(half)];
    let write = |digits: &mut [u8]| {
        for (pair, byte) in digits.chunks_exact_mut(2).zip(begin.iter().chain(rest)) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
    };
    ArcStr::init_with(2 * (begin.len() + rest.len()), write).expect("digits are text")
}

/// What an id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniqueIdParts {
    /// The producer's host.
    pub ip: IpAddr,
    /// The low half of its process id.
    pub process_id: u16,
    /// Milliseconds since some month began.
    pub in_month: u32,
}

impl UniqueIdParts {
    /// Takes an id apart; `None` when it is none.
    pub fn read(id: &str) -> Option<Self> {
        let is_hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let ip_digits = match id.len() {
            32 if is_hex => 8,
            56 if is_hex => 32,
            _ => return None,
        };
        let (ip, rest) = id.split_at(ip_digits);
        let ip = if ip_digits == 8 {
            IpAddr::V4(Ipv4Addr::from(u32::from_str_radix(ip, 16).ok()?))
        } else {
            IpAddr::V6(Ipv6Addr::from(u128::from_str_radix(ip, 16).ok()?))
        };
        let process_id = u16::from_str_radix(&rest[..4], 16).ok()?;
        let in_month = u32::from_str_radix(&rest[12..20], 16).ok()?;
        Some(Self { ip, process_id, in_month })
    }

    /// When the id was made, as far as somebody can tell who looks at it at `now`: in this month, or in the one before
    /// when it would lie ahead otherwise (`getNearlyTimeFromID`).
    pub fn nearly_time(&self, now: i64, month_of: impl Fn(i64) -> Month) -> i64 {
        let this = month_of(now);
        let in_month = i64::from(self.in_month);
        if this.begins + in_month < now {
            this.begins + in_month
        } else {
            month_of(this.begins - 1).begins + in_month
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-09-19T08:00:00Z and the first of October.
    const SEPTEMBER_19: i64 = 1_758_268_800_000;
    const OCTOBER_1: i64 = 1_759_276_800_000;

    #[test]
    fn an_id_is_made_as_rocketmq_makes_it() {
        let mut maker = UniqueIdMaker::new(Ipv4Addr::new(192, 168, 0, 1), 4242, 0x18B4_AAC2).with_counter(7);
        let at = Month::of(SEPTEMBER_19).begins + 123_456_789;
        let id = maker.next_at(at, Month::of);
        assert_eq!(id, "C0A80001109218B4AAC2075BCD150007");
        let parts = UniqueIdParts::read(&id).expect("an id");
        assert_eq!((parts.process_id, parts.nearly_time(at + 1, Month::of)), (4242, at));
        assert_eq!(UniqueIdParts::read("C0A8"), None);
    }

    #[test]
    fn the_month_changes_forwards_only() {
        let mut maker = UniqueIdMaker::new(Ipv4Addr::LOCALHOST, 1, 0);
        let in_month = |id: ArcStr| UniqueIdParts::read(&id).expect("an id").in_month;
        assert_eq!(in_month(maker.next_at(OCTOBER_1 - 1, Month::of)), 30 * 86_400_000 - 1);
        assert_eq!(in_month(maker.next_at(OCTOBER_1, Month::of)), 0);
        assert_eq!(in_month(maker.next_at(OCTOBER_1 - 999_999, Month::of)), 0, "a clock put right");
        assert_eq!(in_month(maker.next_at(OCTOBER_1 - 1_000_000, Month::of)) as i32, -1_000_000);
    }
}
