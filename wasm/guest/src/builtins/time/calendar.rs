//! Computes in the proleptic Gregorian calendar, with broken-down times like C's `struct tm`.
#![forbid(unsafe_code)]

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A broken-down time; a part may be out of its range until `normal` corrects it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// The year as it is written.
    pub year: i64,
    /// The month, from 0.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
    /// The hour, from 0.
    pub hour: i64,
    /// The minute, from 0.
    pub minute: i64,
    /// The second; 60 is a leap second.
    pub second: i64,
    /// The day of the week, from Sunday as 0.
    pub weekday: i64,
    /// The day of the year, from 0.
    pub yearday: i64,
}

/// Count the days from 1970-01-01 to the first of a month (0 is January), which may lie outside of the year.
///
/// Counted in years that begin in March, whose months have lengths that repeat every five; see
/// E. G. Richards, "Mapping Time", chapter 25.
fn days_to_month(year: i64, month: i64) -> i64 {
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12);
    let (year, month) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 - 719_468
}

/// Count the days from 1970-01-01 to a day of a month; both may be out of their ranges.
pub fn days_to(year: i64, month: i64, day: i64) -> i64 {
    days_to_month(year, month) + day - 1
}

/// Find the day of the week that is a number of days after 1970-01-01, a Thursday.
pub fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

impl Time {
    /// Break down the time that is `seconds` after 1970-01-01 in UTC; `None` when C's year would overflow.
    pub fn at(seconds: i64) -> Option<Self> {
        let days = seconds.div_euclid(DAY);
        let second = seconds.rem_euclid(DAY);
        // Guess the year from the days: the guess is a few years off at most, also where a float is not exact.
        let mut year = (days as f64 / 365.2425).floor() as i64 + 1970;
        while days_to_month(year, 0) > days {
            year -= 1;
        }
        while days_to_month(year + 1, 0) <= days {
            year += 1;
        }
        i32::try_from(year - 1900).ok()?;
        let month = (1..12)
            .rev()
            .find(|month| days_to_month(year, *month) <= days)
            .unwrap_or(0);
        Some(Self {
            year,
            month,
            day: days - days_to_month(year, month) + 1,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            weekday: weekday(days),
            yearday: days - days_to_month(year, 0),
        })
    }

    /// Count the seconds since 1970-01-01; parts out of their ranges carry over, as in C's `timegm`.
    pub fn seconds(&self) -> i64 {
        days_to(self.year, self.month, self.day) * DAY
            + self.hour * 3600
            + self.minute * 60
            + self.second
    }

    /// Bring every part into its range.
    pub fn normal(&self) -> Option<Self> {
        Self::at(self.seconds())
    }

    /// Find year and week by ISO 8601, whose weeks begin on Monday and belong to the year of their Thursday.
    pub fn iso_week(&self) -> (i64, i64) {
        let days = days_to(self.year, 0, 1) + self.yearday;
        let thursday = days - (self.weekday + 6) % 7 + 3;
        let mut year = self.year;
        if thursday < days_to_month(year, 0) {
            year -= 1;
        } else if thursday >= days_to_month(year + 1, 0) {
            year += 1;
        }
        (year, (thursday - days_to_month(year, 0)) / 7 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_seconds_are_each_others_inverse() {
        for seconds in (-300_000_000_000..300_000_000_000).step_by(86_399 * 997) {
            let time = Time::at(seconds).expect("the year fits");
            assert_eq!(time.seconds(), seconds);
            assert_eq!(time.normal(), Some(time));
        }
    }

    #[test]
    fn known_days_fall_where_they_fall() {
        let leap = Time::at(951_782_400).expect("the year fits");
        assert_eq!((leap.year, leap.month, leap.day), (2000, 1, 29));
        assert_eq!((leap.weekday, leap.yearday), (2, 59));
        assert_eq!(days_to(1900, 2, 1) - days_to(1900, 1, 1), 28);
        assert_eq!(
            Time::at(1_104_537_600).map(|time| time.iso_week()),
            Some((2004, 53))
        );
        assert_eq!(
            Time::at(1_230_768_000 - DAY).map(|time| time.iso_week()),
            Some((2009, 1))
        );
    }

    #[test]
    fn the_year_is_bounded_as_in_c() {
        let last = days_to(i64::from(i32::MAX) + 1901, 0, 1) * DAY;
        assert!(Time::at(last - 1).is_some());
        assert_eq!(Time::at(last), None);
    }
}
