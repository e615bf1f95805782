//! Points in time: milliseconds inside, RFC 3339 on the wire.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970-01-01T00:00:00Z. For display; order comes from revisions and ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The calendar reading at an offset from UTC, given in minutes east.
    pub fn civil(self, offset_minutes: i32) -> Civil {
        let local = self.0 + i64::from(offset_minutes) * 60_000;
        let (days, of_day) = (local.div_euclid(DAY_MS), local.rem_euclid(DAY_MS));
        let (year, month, day) = civil_from_days(days);
        Civil {
            days,
            year,
            month,
            day,
            hour: (of_day / 3_600_000) as u8,
            minute: (of_day / 60_000 % 60) as u8,
            second: (of_day / 1000 % 60) as u8,
            millisecond: (of_day % 1000) as u16,
        }
    }

    /// Reads RFC 3339 with a `Z` or a numeric offset and at most millisecond precision kept.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let fixed = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if fixed.iter().any(|(at, byte)| bytes.get(*at) != Some(byte))
            || !matches!(bytes.get(10)?, b'T' | b't' | b' ')
        {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let rest = text.get(19..)?;
        let digits = rest.strip_prefix('.').map_or(0, |r| r.bytes().take_while(u8::is_ascii_digit).count());
        let mut millis = 0;
        for place in 0..3 {
            let digit =
                rest.as_bytes().get(1 + place).filter(|_| place < digits).map_or(0, |b| i64::from(b - b'0'));
            millis = millis * 10 + digit;
        }
        let zone = rest.get(if digits == 0 { 0 } else { digits + 1 }..)?;
        let offset = match zone.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let at = text.len() - 5;
                let minutes = number(at, at + 2)? * 60 + number(at + 3, at + 5)?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        let days = days_from_civil(year, month as u8, day as u8);
        Some(Self(days * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis))
    }
}

/// A calendar reading of a [`Timestamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Days since 1970-01-01 at that offset; equal for times of the same day.
    pub days: i64,
    /// Year, such as 2026.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999.
    pub millisecond: u16,
}

impl Civil {
    /// 0 is Sunday.
    pub fn weekday(&self) -> u8 {
        (self.days + 4).rem_euclid(7) as u8
    }
}

/// Howard Hinnant's `civil_from_days` (public domain).
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u8;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u8;
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil_from_days`].
pub(crate) fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (i64::from(month) + 9) % 12;
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil(0);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second, c.millisecond
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse_rfc3339(text).ok_or_else(|| E::custom("not an RFC 3339 time"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Timestamp};

    #[test]
    fn known_times_read_and_write_the_same() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2016-04-30T11:18:25.796Z", 1_462_015_105_796),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
            assert_eq!(Timestamp::parse_rfc3339(text), Some(Timestamp::from_millis(millis)));
        }
        assert_eq!(Timestamp::parse_rfc3339("1970-01-01T01:00:00+01:00").map(Timestamp::as_millis), Some(0));
        assert_eq!(Timestamp::parse_rfc3339("1970-01-01T00:00:00.5Z").map(Timestamp::as_millis), Some(500));
        for bad in ["", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00+1"]
        {
            assert_eq!(Timestamp::parse_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_calendar() {
        for day in (-50_000..100_000).step_by(7) {
            let time = Timestamp::from_millis(day * DAY_MS + 12_345);
            assert_eq!(
                Timestamp::parse_rfc3339(&time.to_string()),
                Some(time).filter(|_| (0..10_000).contains(&time.civil(0).year))
            );
        }
    }

    #[test]
    fn the_epoch_was_a_thursday_and_offsets_move_the_day() {
        assert_eq!(Timestamp::from_millis(0).civil(0).weekday(), 4);
        assert_eq!(Timestamp::from_millis(0).civil(-60).day, 31);
        assert_eq!(Timestamp::from_millis(0).civil(-60).hour, 23);
    }
}
