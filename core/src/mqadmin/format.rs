//! How Java prints dates and fractions.

use crate::config::Profile;
use crate::time::{Epoch, Instant};

/// `yyyy-MM-dd HH:mm:ss` (`UtilAll.formatDate` with `YYYY_MM_DD_HH_MM_SS`).
pub(super) fn date(epoch: Epoch, at: Instant) -> String {
    epoch.date_time(at).chars().take("yyyy-MM-dd HH:mm:ss".len()).collect()
}

/// A fraction with so many digits behind the point, rounded half up (`%.2f`).
pub(super) fn fixed(numerator: i64, denominator: u64, digits: usize) -> String {
    let scale = 10_u128.pow(u32::try_from(digits).unwrap_or_default());
    let denominator = u128::from(denominator.max(1));
    let scaled = (u128::from(numerator.unsigned_abs()) * scale * 2 + denominator) / (denominator * 2);
    let sign = if numerator < 0 { "-" } else { "" };
    if digits == 0 {
        return format!("{sign}{scaled}");
    }
    format!("{sign}{}.{:0digits$}", scaled / scale, scaled % scale)
}

/// A decimal number as text, rounded half up to so many digits behind the point; 0 when it is none.
pub(super) fn rounded(decimal: &str, digits: usize) -> String {
    let (whole, fraction) = decimal.trim().split_once('.').unwrap_or((decimal.trim(), ""));
    // More digits than these change nothing that is printed.
    let fraction: String = fraction.chars().take(9).collect();
    let denominator = 10_u64.pow(u32::try_from(fraction.len()).unwrap_or_default());
    let numerator = format!("{whole}{fraction}").parse().unwrap_or_default();
    fixed(numerator, denominator, digits)
}

/// At most so many letters of a text, from its beginning (`UtilAll.frontStringAtLeast`).
pub(super) fn front(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

/// `yyyyMMddHHmmssSSS` (`UtilAll.timeMillisToHumanString`).
pub(super) fn compact_date(epoch: Epoch, at: Instant) -> String {
    epoch.date_time(at).chars().filter(char::is_ascii_digit).collect()
}

/// A version as the tool prints it (`MQVersion.getVersionDesc`). All processes of a run have the same.
pub(super) const fn version_desc(profile: Profile) -> &'static str {
    match profile {
        Profile::V4 => "V4_9_8",
        Profile::V5 => "V5_3_3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_javas() {
        let epoch = Epoch::from_unix_millis(1_767_225_600_000);
        assert_eq!(date(epoch, Instant::from_millis(61_007)), "2026-01-01 00:01:01");
    }

    #[test]
    fn fractions_are_rounded_half_up() {
        assert_eq!(fixed(1, 3, 2), "0.33");
        assert_eq!(fixed(5, 1000, 2), "0.01");
        assert_eq!(fixed(-5, 2, 0), "-3");
        assert_eq!(fixed(0, 0, 1), "0.0");
        assert_eq!(rounded("0.14995", 4), "0.1500");
        assert_eq!(rounded("12", 2), "12.00");
        assert_eq!(rounded("", 2), "0.00");
    }
}
