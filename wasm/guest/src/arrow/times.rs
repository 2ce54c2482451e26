//! Writes dates, times and lengths of time as ISO 8601 has them.
#![forbid(unsafe_code)]

use super::zone::Zone;
use core::fmt::Write;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Find year, month and day of the day that is a number of days after 1970-01-01, in the proleptic Gregorian calendar.
///
/// Counted in eras of 400 years that begin in March; see E. G. Richards, "Mapping Time", chapter 25.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + 400 * era, month + 1);
    if month > 10 {
        (year + 1, month - 10, day)
    } else {
        (year, month + 2, day)
    }
}

/// The most bytes of a time.
const LONGEST: usize = 56;

/// Bytes of a text that is written; `String` and `format!` take several times as long for each of many cells.
pub struct Text {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Text {
    /// Begin an empty one.
    pub fn new() -> Self {
        Self {
            bytes: [0; LONGEST],
            length: 0,
        }
    }

    /// What was written, ASCII.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Write a byte, which is ASCII.
    pub fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    /// Write two digits of a number that has no more.
    fn two(&mut self, number: i64) {
        // The number is below a hundred, so the casts lose nothing; 32 bits are divided faster than 64.
        let number = number.unsigned_abs() as u32;
        self.push(b'0' + (number / 10) as u8);
        self.push(b'0' + (number % 10) as u8);
    }

    /// Write a number without its sign, of any length.
    pub fn number(&mut self, number: i64) {
        let mut rest = number.unsigned_abs();
        let mut width = 1;
        let mut above = rest / 10;
        while above > 0 {
            above /= 10;
            width += 1;
        }
        for place in (self.length..self.length + width).rev() {
            self.bytes[place] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.length += width;
    }

    fn date(&mut self, days: i64) {
        let (year, month, day) = civil(days);
        // ISO 8601 gives a year of more than four digits a sign.
        if !(0..=9999).contains(&year) {
            self.push(if year < 0 { b'-' } else { b'+' });
        }
        if year.unsigned_abs() <= 9999 {
            self.two(year.abs() / 100);
            self.two(year.abs() % 100);
        } else {
            self.number(year);
        }
        for part in [month, day] {
            self.push(b'-');
            self.two(part);
        }
    }

    fn time(&mut self, parts: i64, digits: u32) {
        let unit = 10_i64.pow(digits);
        let (second, fraction) = (parts / unit, parts % unit);
        self.hours(second / 3600);
        for part in [second / 60 % 60, second % 60] {
            self.push(b':');
            self.two(part);
        }
        if fraction != 0 {
            let nanoseconds = fraction * 10_i64.pow(9 - digits);
            // As Python writes it: six digits, and nine where six are too few.
            self.push(b'.');
            for part in [
                nanoseconds / 10_000_000,
                nanoseconds / 100_000,
                nanoseconds / 1000,
            ] {
                self.two(part % 100);
            }
            let rest = nanoseconds % 1000;
            if rest != 0 {
                self.push(b'0' + (rest / 100) as u8);
                self.two(rest % 100);
            }
        }
    }

    /// Write hours, which can be more than a day has where somebody says so.
    fn hours(&mut self, hours: i64) {
        if hours < 100 {
            self.two(hours);
        } else {
            self.number(hours);
        }
    }

    fn offset(&mut self, offset: i64) {
        if offset == 0 {
            return self.push(b'Z');
        }
        self.push(if offset < 0 { b'-' } else { b'+' });
        let size = offset.abs();
        self.hours(size / 3600);
        self.push(b':');
        self.two(size / 60 % 60);
        if size % 60 != 0 {
            self.push(b':');
            self.two(size % 60);
        }
    }
}

/// Write a day that is a number of days after 1970-01-01.
pub fn date(days: i64) -> Text {
    let mut out = Text::new();
    out.date(days);
    out
}

/// Write a time of day that is a number of parts of a second, of which ten to the power of `digits` make one.
pub fn time(parts: i64, digits: u32) -> Text {
    let mut out = Text::new();
    if parts < 0 {
        out.push(b'-');
    }
    out.time(parts.saturating_abs(), digits);
    out
}

/// Write a time that is a number of parts of a second after 1970-01-01 in UTC.
pub fn moment(parts: i64, digits: u32, zone: Option<&Zone>) -> Text {
    let unit = 10_i64.pow(digits);
    let (mut second, fraction) = (parts.div_euclid(unit), parts.rem_euclid(unit));
    let offset = zone.map(|zone| zone.offset(second));
    second = second.saturating_add(offset.unwrap_or(0));
    let mut out = Text::new();
    out.date(second.div_euclid(DAY));
    out.push(b'T');
    out.time(second.rem_euclid(DAY) * unit + fraction, digits);
    if let Some(offset) = offset {
        out.offset(offset);
    }
    out
}

/// Write a length of time in parts of a second: `P1DT2H3.5S`, `-PT1S`, `PT0S`.
pub fn duration(parts: i64, digits: u32) -> String {
    let unit = 10_i64.pow(digits);
    let (days, rest) = (parts / (DAY * unit), parts % (DAY * unit));
    interval(0, days, rest * 10_i64.pow(9 - digits)).unwrap_or_default()
}

/// Write a length in months, days and nanoseconds; `None` when they have two signs.
pub fn interval(months: i64, days: i64, nanoseconds: i64) -> Option<String> {
    let parts = [months, days, nanoseconds];
    let negative = parts.iter().any(|part| *part < 0);
    if negative && parts.iter().any(|part| *part > 0) {
        return None;
    }
    let [months, days, nanoseconds] = parts.map(i64::unsigned_abs);
    let (seconds, fraction) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let mut out = String::from(if negative { "-P" } else { "P" });
    for (count, letter) in [(months, 'M'), (days, 'D')] {
        if count > 0 {
            let _ = write!(out, "{count}{letter}");
        }
    }
    if nanoseconds == 0 {
        if out.ends_with('P') {
            out.push_str("T0S");
        }
        return Some(out);
    }
    out.push('T');
    for (count, letter) in [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M')] {
        if count > 0 {
            let _ = write!(out, "{count}{letter}");
        }
    }
    if seconds % 60 > 0 || fraction > 0 {
        let _ = write!(out, "{}", seconds % 60);
        if fraction > 0 {
            let digits = format!("{fraction:09}");
            let _ = write!(out, ".{}", digits.trim_end_matches('0'));
        }
        out.push('S');
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (-719_162, "0001-01-01"),
            (-719_529, "-0001-12-31"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
        ] {
            assert_eq!(date(days).bytes(), text.as_bytes());
        }
    }

    #[test]
    fn fractions_have_no_digits_or_six_or_nine() {
        assert_eq!(moment(1500, 3, None).bytes(), b"1970-01-01T00:00:01.500000");
        assert_eq!(
            moment(-1, 9, None).bytes(),
            b"1969-12-31T23:59:59.999999999"
        );
        assert_eq!(
            moment(60, 0, Some(&Zone::read(&[]))).bytes(),
            b"1970-01-01T00:01:00Z"
        );
        assert_eq!(time(1, 6).bytes(), b"00:00:00.000001");
    }

    #[test]
    fn lengths_of_time_have_one_sign() {
        assert_eq!(duration(i64::MIN, 9), "-P106751DT23H47M16.854775808S");
        assert_eq!(duration(129_601_500, 3), "P1DT12H1.5S");
        assert_eq!(duration(0, 0), "PT0S");
        assert_eq!(interval(1, 2, 3).as_deref(), Some("P1M2DT0.000000003S"));
        assert_eq!(interval(1, -2, 0), None);
    }
}
