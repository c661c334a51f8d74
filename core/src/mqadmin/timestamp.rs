//! Moments as operators write them.
//!
//! **In RocketMQ**: `UtilAll.parseDate`, `PrintMessageSubCommand.timestampFormat`.

use super::exception::Exception;
use crate::time::{Epoch, Instant};

/// Reads milliseconds since 1970, or `yyyy-MM-dd#HH:mm:ss:SSS` in UTC.
///
/// # Errors
/// What the tool throws for any other text: it takes the date that it could not read for one.
pub(super) fn read(text: &str) -> Result<i64, Exception> {
    if let Ok(millis) = text.parse() {
        return Ok(millis);
    }
    read_date(text).ok_or_else(|| Exception::new("java.lang.NullPointerException", ""))
}

/// Reads `yyyy-MM-dd#HH:mm:ss:SSS` as leniently as Java does: a thirteenth month is the first of the next year, and
/// what follows is passed over.
pub(super) fn read_date(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once('#')?;
    let mut parts = date.splitn(3, '-').chain(time.splitn(4, ':')).map(leading_number);
    let mut next = || parts.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second, millis) = (next()?, next()?, next()?, next()?);
    let seconds = ((days_to(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
    Some(seconds * 1000 + millis)
}

/// The moment of the run; the start when it lies before.
pub(super) fn instant(epoch: Epoch, millis: i64) -> Instant {
    let millis = u64::try_from(millis).unwrap_or(0);
    Instant::from_millis(millis.saturating_sub(epoch.unix_millis()))
}

fn leading_number(text: &str) -> Option<i64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    // Nine digits are more than any date has, and no sum of them can overflow.
    text[..digits.min(9)].parse().ok()
}

/// Days from 1970 to the first of a month (proleptic Gregorian calendar).
const fn days_to(year: i64, month: i64) -> i64 {
    let year = year + (month - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    // The year is counted from March, so that a leap day comes last.
    let shifted_year = if month < 3 { year - 1 } else { year };
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5;
    let leap_days = shifted_year.div_euclid(4) - shifted_year.div_euclid(100) + shifted_year.div_euclid(400);
    365 * shifted_year + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_in_java() {
        assert_eq!(read("1767225600000"), Ok(1_767_225_600_000));
        assert_eq!(read("-1"), Ok(-1));
        assert_eq!(read("1970-01-01#00:00:00:000"), Ok(0));
        assert_eq!(read("2026-01-01#00:01:02:003"), Ok(1_767_225_662_003));
        assert_eq!(read("2024-02-29#23:59:59:999"), read("2024-03-01#00:00:00:000").map(|ms| ms - 1));
        assert_eq!(read("2025-13-01#00:00:00:0"), read("2026-01-01#00:00:00:000"));
        assert_eq!(
            read("2026-01-01 00:00:00").map_err(|why| why.to_string()),
            Err("java.lang.NullPointerException".to_owned())
        );
    }
}
