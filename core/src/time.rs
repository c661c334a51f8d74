//! Virtual time: whole milliseconds since the start of a run.
//!
//! RocketMQ itself counts in milliseconds, so nothing is lost by it, and integers give the same result on
//! every machine. Neither type knows the wall clock; [`Epoch`] ties virtual zero to a UTC date where RocketMQ
//! needs one (store times, message ids).

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A moment of a run: milliseconds since its start. Prints as `1:33.120` (minutes, seconds, milliseconds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(u64);

/// A span of virtual time in milliseconds. Prints as `500ms`, `30s` or `2m`, whichever is exact and shortest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(u64);

impl Instant {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// A moment that no run reaches; the arrival time of a packet that is held back.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `ms` milliseconds after the start.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the start of the run.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Time from `earlier` to this moment; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// `s` seconds.
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1000)
    }

    /// Length in milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// What is left after taking `other` away; zero when `other` is longer.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    /// Saturates at [`Instant::NEVER`].
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Duration {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    /// Saturates at [`Instant::ZERO`].
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER {
            return f.pad("never");
        }
        let (minutes, rest) = (self.0 / 60_000, self.0 % 60_000);
        f.pad(&format!("{minutes}:{:02}.{:03}", rest / 1000, rest % 1000))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            0 => "0s".to_owned(),
            ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
            ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
            ms => format!("{ms}ms"),
        };
        f.pad(&text)
    }
}

/// A text that is no time. Its `Display` names what is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTimeError(String);

impl fmt::Display for ParseTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a time; write for example 500ms, 30s, 2m or 1:30.500", self.0)
    }
}

impl std::error::Error for ParseTimeError {}

impl FromStr for Duration {
    type Err = ParseTimeError;

    /// Reads `500ms`, `30s`, `2m`, `1h` or a clock reading such as `1:30.500`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_millis(text).map(Self).ok_or_else(|| ParseTimeError(text.to_owned()))
    }
}

impl FromStr for Instant {
    type Err = ParseTimeError;

    /// Reads the same texts as [`Duration`], counted from the start of the run.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_millis(text).map(Self).ok_or_else(|| ParseTimeError(text.to_owned()))
    }
}

fn parse_millis(text: &str) -> Option<u64> {
    if let Some((minutes, seconds)) = text.split_once(':') {
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        let all_digits = [minutes, whole, fraction].iter().all(|part| is_number(part));
        if !all_digits || whole.len() > 2 || fraction.len() > 3 {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let fraction: u64 = format!("{fraction:0<3}").parse().ok()?;
        let minutes: u64 = minutes.parse().ok()?;
        if whole >= 60 {
            return None;
        }
        return minutes.checked_mul(60_000)?.checked_add(whole * 1000 + fraction);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" if number == "0" => 1,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The UTC instant of virtual zero, in milliseconds since 1970.
///
/// RocketMQ writes wall-clock times into records and ids; a run needs a date to be repeatable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Default for Epoch {
    /// 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self(1_767_225_600_000)
    }
}

impl Epoch {
    /// The epoch that lies `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_unix_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds from 1970 to virtual zero.
    pub const fn unix_millis(self) -> u64 {
        self.0
    }

    /// The wall-clock reading at `at`, in milliseconds since 1970 (Java's `System.currentTimeMillis`).
    pub const fn wall_clock(self, at: Instant) -> u64 {
        self.0.saturating_add(at.0)
    }

    /// The hour of the day at `at` (UTC, which is the lab's time zone), 0 to 23.
    pub const fn hour_of_day(self, at: Instant) -> u64 {
        self.wall_clock(at) / 3_600_000 % 24
    }

    /// The date and time at `at` as `yyyy-MM-dd HH:mm:ss,SSS` (UTC), RocketMQ's form for people.
    pub fn date_time(self, at: Instant) -> String {
        format_date_time(self.wall_clock(at))
    }
}

/// Hours of the day, such as `04` or `00;12`: when something is to be done (`UtilAll.isItTimeToDo`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoursOfDay(Vec<u64>);

impl HoursOfDay {
    /// One hour, 0 to 23.
    pub fn only(hour: u64) -> Self {
        Self(vec![hour])
    }

    /// Whether it is time in this hour, 0 to 23.
    pub fn includes(&self, hour: u64) -> bool {
        self.0.contains(&hour)
    }
}

impl fmt::Display for HoursOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours: Vec<_> = self.0.iter().map(|hour| format!("{hour:02}")).collect();
        f.pad(&hours.join(";"))
    }
}

impl FromStr for HoursOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hours: Result<Vec<_>, _> = text.trim_end_matches(';').split(';').map(str::parse).collect();
        hours.map(Self).map_err(|_| format!("`{text}` is no list of hours; write for example 04 or 00;12"))
    }
}

/// `unix_ms` as `yyyy-MM-dd HH:mm:ss,SSS` in UTC.
pub fn format_date_time(unix_ms: u64) -> String {
    let (year, month, day) = civil_from_days(unix_ms / 86_400_000);
    let ms = unix_ms % 86_400_000;
    let (h, m, s, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    format!("{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02},{ms:03}")
}

/// `unix_ms` as `yyyyMMddHHmmssSSS` in UTC, RocketMQ's form for file names (`UtilAll.timeMillisToHumanString`).
pub fn compact_date_time(unix_ms: u64) -> String {
    format_date_time(unix_ms).chars().filter(char::is_ascii_digit).collect()
}

/// Reads `yyyyMMddHHmmss` in UTC, the form of `consumeTimestamp` (`UtilAll.parseDate`). Like Java's calendar it takes
/// a month 13 for the January that follows. `None` for anything but 14 digits, and for a time before 1970.
pub fn parse_compact_date_time(text: &str) -> Option<u64> {
    if text.len() != 14 || !is_number(text) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let day = days_from_civil(number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let seconds = (number(8, 10)? * 60 + number(10, 12)?) * 60 + number(12, 14)?;
    u64::try_from((day * 86_400 + seconds) * 1000).ok()
}

/// Days from 1970-01-01 to a date; months and days out of range run over into the next year and month.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    // Years are counted from March, so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of the day that lies `days` after 1970-01-01 (proleptic Gregorian calendar).
pub(crate) fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_as_minutes_seconds_and_milliseconds() {
        assert_eq!(Instant::from_millis(93_120).to_string(), "1:33.120");
        assert_eq!(Instant::ZERO.to_string(), "0:00.000");
    }

    #[test]
    fn times_are_read_as_they_are_printed() {
        for ms in [0, 1, 999, 1000, 30_000, 60_000, 93_120, 7_200_000] {
            assert_eq!(Instant::from_millis(ms).to_string().parse(), Ok(Instant::from_millis(ms)));
            assert_eq!(Duration::from_millis(ms).to_string().parse(), Ok(Duration::from_millis(ms)));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in
            ["", "s", "5", "5 s", "-1s", "1:60", "1:2:3", "1:00.1234", "99999999999999999999s", "1.5s"]
        {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        for ms in [0, 951_782_400_000, 1_767_225_600_000, 1_758_268_812_000] {
            let text = compact_date_time(ms);
            assert_eq!(parse_compact_date_time(&text[..14]), Some(ms), "{text}");
        }
        assert_eq!(parse_compact_date_time("20251301000000"), parse_compact_date_time("20260101000000"));
        assert_eq!(parse_compact_date_time("2025"), None);
    }

    #[test]
    fn hours_of_the_day_are_a_list() {
        let hours: HoursOfDay = "00;4;16;".parse().expect("hours");
        assert_eq!(hours.to_string(), "00;04;16");
        assert!(hours.includes(4) && !hours.includes(5));
        assert!("4:00".parse::<HoursOfDay>().is_err());
    }

    #[test]
    fn the_default_epoch_is_new_year_2026() {
        let epoch = Epoch::default();
        assert_eq!(epoch.date_time(Instant::ZERO), "2026-01-01 00:00:00,000");
        let february = Instant::from_millis(31 * 86_400_000 + 5);
        assert_eq!(epoch.date_time(february), "2026-02-01 00:00:00,005");
    }
}
