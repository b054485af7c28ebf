//! Moments as files tell them: RFC 3339 in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const DAY: u64 = 86_400;

/// A moment to the second, written as `2026-11-22T01:08:20Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// From seconds since 1970, UTC.
    pub fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970, UTC.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// Seconds from an earlier moment to this one; 0 for a later one.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same as the system's time, which a file's age can be told from.
    pub fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0)
    }

    /// Day and minute, as titles have them: `2026-11-22 01:08`.
    pub fn minute(self) -> String {
        let (year, month, day) = date(self.0 / DAY);
        let minutes = self.0 % DAY / 60;
        format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0 / DAY);
        let s = self.0 % DAY;
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", s / 3_600, s / 60 % 60, s % 60)
    }
}

impl FromStr for Moment {
    type Err = String;

    /// Reads RFC 3339 in UTC from 1970 on; fractions of a second are dropped.
    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).ok_or_else(|| format!("\"{text}\" is not a moment in UTC such as 2026-11-22T01:08:20Z"))
    }
}

fn parse(text: &str) -> Option<Moment> {
    let digits = |range: std::ops::Range<usize>| -> Option<u64> {
        let part = text.get(range)?;
        if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
    };
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
    let marks = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    let fraction = text.get(19..)?.strip_suffix(['Z', 'z'])?;
    let whole = fraction.is_empty() || fraction.strip_prefix('.')?.bytes().all(|b| b.is_ascii_digit());
    let fits = marks.iter().all(|(at, mark)| text.get(*at..at + 1) == Some(mark))
        && matches!(text.get(10..11), Some("T" | "t" | " "))
        && hour < 24
        && minute < 60
        && second <= 60;
    let days = days(year, month, day)?;
    (whole && fits && date(days) == (year, month, day))
        .then_some(Moment(days * DAY + hour * 3_600 + minute * 60 + second))
}

/// Year, month and day of the days since 1970 in the Gregorian calendar, after Howard Hinnant's `civil_from_days`:
/// counted from the first of March, a leap day ends its year, and 400 years have 146,097 days.
fn date(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + u64::from(month <= 2), month, of_year - (153 * from_march + 2) / 5 + 1)
}

/// Days since 1970, the other way round (`days_from_civil`); none before 1970.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let y = year.checked_sub(u64::from(month <= 2))?;
    let (era, of_era) = (y / 400, y % 400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).checked_sub(719_468)
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_moments_are_written_as_they_should_be() {
        // From `date -u -d @SECONDS +%FT%TZ`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_309_700, "2026-11-22T01:08:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Moment(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Moment(seconds)));
        }
        assert_eq!(Moment(1_795_309_700).minute(), "2026-11-22 01:08");
        assert_eq!("2026-11-22T01:08:20.75Z".parse(), Ok(Moment(1_795_309_700)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T01:08:20",
            "2026-11-22T01:08:20+01:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T01:08:2äZ",
            "1969-12-31T23:59:59Z",
            "+026-11-22T01:08:20Z",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0u64..253_402_300_800) {
            let moment = Moment(seconds);
            prop_assert_eq!(moment.to_string().parse(), Ok(moment));
            prop_assert_eq!(Moment::from(moment.system_time()), moment);
        }

        #[test]
        fn the_text_sorts_as_the_moment(a in 0u64..253_402_300_800, b in 0u64..253_402_300_800) {
            prop_assert_eq!(Moment(a).to_string().cmp(&Moment(b).to_string()), a.cmp(&b));
        }
    }
}
