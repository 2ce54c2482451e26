//! Implements `strptime` in the locale C as glibc does.
#![forbid(unsafe_code)]

use super::calendar::{days_to, weekday, Time};
use super::format::{DAYS, MONTHS};

/// jq's weekday and day of the year for a text that determines neither.
const UNKNOWN: (i64, i64) = (8, 367);

/// The parts read so far.
struct Reading<'t> {
    text: &'t [u8],
    time: Time,
    /// Parts that are not in `time`, and which parts of `time` were read.
    century: Option<i64>,
    afternoon: Option<bool>,
    half_day: bool,
    weekday: bool,
    yearday: bool,
    month: bool,
    day: bool,
    /// Whether a part of the date was read, so that `conclude` computes the others.
    dated: bool,
    /// The week, and the weekday on which it begins.
    week: Option<(i64, i64)>,
}

/// Read a time from `text`, and return it with the rest of the text; `None` when it does not match.
pub fn parse<'t>(text: &'t [u8], format: &[u8]) -> Option<(Time, &'t [u8])> {
    let mut reading = Reading {
        text,
        time: Time {
            year: 1900,
            weekday: UNKNOWN.0,
            yearday: UNKNOWN.1,
            ..Time::default()
        },
        century: None,
        afternoon: None,
        half_day: false,
        weekday: false,
        yearday: false,
        month: false,
        day: false,
        dated: false,
        week: None,
    };
    reading.follow(format)?;
    reading.conclude();
    Some((reading.time, reading.text))
}

/// The directives that a modifier can stand before, which change nothing in the locale C.
fn modified_by(modifier: u8) -> Option<&'static [u8]> {
    match modifier {
        b'E' => Some(b"cCxXY"),
        b'O' => Some(b"bBdehHImMSUVwWy"),
        _ => None,
    }
}

impl Reading<'_> {
    fn follow(&mut self, format: &[u8]) -> Option<()> {
        let mut format = format;
        while let [byte, rest @ ..] = format {
            format = rest;
            if byte.is_ascii_whitespace() {
                self.skip_white();
            } else if *byte == b'%' {
                // glibc skips the flags and the width of `strftime`.
                let flags = format.iter().take_while(|byte| b"-_0^#".contains(byte));
                format = &format[flags.count()..];
                let width = format.iter().take_while(|byte| byte.is_ascii_digit());
                format = &format[width.count()..];
                let (mut directive, mut rest) = format.split_first()?;
                if let Some(modified) = modified_by(*directive) {
                    (directive, rest) = rest.split_first()?;
                    modified.contains(directive).then_some(())?;
                }
                format = rest;
                self.directive(*directive)?;
            } else {
                self.text = self.text.strip_prefix(&[*byte])?;
            }
        }
        Some(())
    }

    fn skip_white(&mut self) {
        self.text = self.text.trim_ascii_start();
    }

    /// Read a number of at most `digits` digits that is in range, as glibc's `get_number`.
    fn number(&mut self, from: i64, upto: i64, mut digits: usize) -> Option<i64> {
        while let [b' ', rest @ ..] = self.text {
            self.text = rest;
        }
        let mut read = None;
        while let [digit @ b'0'..=b'9', rest @ ..] = self.text {
            let number = read.unwrap_or(0) * 10 + i64::from(digit - b'0');
            read = Some(number);
            self.text = rest;
            digits -= 1;
            if digits == 0 || number * 10 > upto {
                break;
            }
        }
        read.filter(|number| (from..=upto).contains(number))
    }

    /// Read one of `names`, in full or by its first three letters, and return its place.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        for (place, name) in names.iter().enumerate() {
            for form in [*name, &name[..3]] {
                let start = self.text.get(..form.len());
                if start.is_some_and(|start| start.eq_ignore_ascii_case(form.as_bytes())) {
                    self.text = &self.text[form.len()..];
                    return Some(place as i64);
                }
            }
        }
        None
    }

    fn directive(&mut self, directive: u8) -> Option<()> {
        match directive {
            b'%' => self.text = self.text.strip_prefix(b"%")?,
            b'a' | b'A' => {
                self.time.weekday = self.name(&DAYS)?;
                self.weekday = true;
            }
            b'b' | b'B' | b'h' => {
                self.time.month = self.name(&MONTHS)?;
                (self.month, self.dated) = (true, true);
            }
            b'C' => {
                self.century = Some(self.number(0, 99, 2)?);
                self.dated = true;
            }
            b'd' | b'e' => {
                self.time.day = self.number(1, 31, 2)?;
                (self.day, self.dated) = (true, true);
            }
            b'g' => drop(self.number(0, 99, 2)?),
            b'G' => {
                let year = self
                    .text
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                self.text = self.text.get(year..).filter(|_| year > 0)?;
            }
            b'H' | b'k' => {
                self.time.hour = self.number(0, 23, 2)?;
                self.half_day = false;
            }
            b'I' | b'l' => {
                self.time.hour = self.number(1, 12, 2)? % 12;
                self.half_day = true;
            }
            b'j' => {
                self.time.yearday = self.number(1, 366, 3)? - 1;
                self.yearday = true;
            }
            b'm' => {
                self.time.month = self.number(1, 12, 2)? - 1;
                (self.month, self.dated) = (true, true);
            }
            b'M' => self.time.minute = self.number(0, 59, 2)?,
            b'n' | b't' => self.skip_white(),
            b'p' | b'P' => {
                let (half, rest) = self.text.split_at_checked(2)?;
                self.afternoon = Some(half.eq_ignore_ascii_case(b"PM"));
                if !half.eq_ignore_ascii_case(b"AM") && !half.eq_ignore_ascii_case(b"PM") {
                    return None;
                }
                self.text = rest;
            }
            b's' => self.seconds()?,
            b'S' => self.time.second = self.number(0, 61, 2)?,
            b'u' => {
                self.time.weekday = self.number(1, 7, 1)? % 7;
                self.weekday = true;
            }
            b'U' => self.week = Some((self.number(0, 53, 2)?, 0)),
            b'V' => drop(self.number(0, 53, 2)?),
            b'W' => self.week = Some((self.number(0, 53, 2)?, 1)),
            b'w' => {
                self.time.weekday = self.number(0, 6, 1)?;
                self.weekday = true;
            }
            b'y' => {
                let year = self.number(0, 99, 2)?;
                self.time.year = if year >= 69 { 1900 + year } else { 2000 + year };
                self.dated = true;
            }
            b'Y' => {
                self.time.year = self.number(0, 9999, 4)?;
                (self.century, self.dated) = (None, true);
            }
            b'Z' => {
                self.skip_white();
                let name = self
                    .text
                    .iter()
                    .take_while(|byte| !byte.is_ascii_whitespace());
                self.text = &self.text[name.count()..];
            }
            b'z' => self.offset()?,
            _ => self.follow(match directive {
                b'c' => b"%a %b %e %H:%M:%S %Y",
                b'D' | b'x' => b"%m/%d/%y",
                b'F' => b"%Y-%m-%d",
                b'R' => b"%H:%M",
                b'r' => b"%I:%M:%S %p",
                b'T' | b'X' => b"%H:%M:%S",
                _ => return None,
            })?,
        }
        Some(())
    }

    /// Read seconds since 1970-01-01, which determine all parts.
    fn seconds(&mut self) -> Option<()> {
        let mut seconds: Option<i64> = None;
        while let [digit @ b'0'..=b'9', rest @ ..] = self.text {
            let more = seconds.unwrap_or(0).checked_mul(10)?;
            seconds = Some(more.checked_add(i64::from(digit - b'0'))?);
            self.text = rest;
        }
        self.time = Time::at(seconds?)?;
        Some(())
    }

    /// Read a zone as hours and minutes, which jq ignores.
    fn offset(&mut self) -> Option<()> {
        self.skip_white();
        if let [b'Z', rest @ ..] = self.text {
            self.text = rest;
            return Some(());
        }
        let [b'+' | b'-', rest @ ..] = self.text else {
            return None;
        };
        self.text = rest;
        let (mut digits, mut number) = (0, 0);
        while digits < 4 {
            match self.text {
                [digit @ b'0'..=b'9', rest @ ..] => {
                    number = number * 10 + i64::from(digit - b'0');
                    digits += 1;
                    self.text = rest;
                }
                [b':', rest @ ..] if digits == 2 => self.text = rest,
                _ => break,
            }
        }
        let minutes = if digits == 2 { 0 } else { number % 100 };
        (matches!(digits, 2 | 4) && minutes < 60).then_some(())
    }

    /// Compute the other parts from those that were read.
    fn conclude(&mut self) {
        let time = &mut self.time;
        if let (true, Some(true)) = (self.half_day, self.afternoon) {
            time.hour += 12;
        }
        if let Some(century) = self.century {
            time.year = century * 100 + time.year.rem_euclid(100);
        }
        let dated_by_yearday = self.yearday && !(self.month && self.day);
        if self.dated && !self.weekday {
            if dated_by_yearday {
                let days = days_to(time.year, 0, 1) + time.yearday;
                if let Some(date) = Time::at(days * super::calendar::DAY) {
                    (time.month, time.day) = (date.month, date.day);
                }
            }
            // The day 0 is the day before the first.
            time.weekday = weekday(days_to(time.year, time.month, time.day));
        }
        if self.dated && !self.yearday {
            time.yearday = days_to(time.year, time.month, time.day) - days_to(time.year, 0, 1);
        }
        if let (Some((week, first)), true) = (self.week, self.weekday) {
            let start = days_to(time.year, 0, 1);
            let offset = (weekday(start) - first).rem_euclid(7);
            let place = (time.weekday - first).rem_euclid(7);
            let days = start + (7 - offset) % 7 + (week - 1) * 7 + place;
            if let Some(date) = Time::at(days * super::calendar::DAY) {
                if !(self.month && self.day) {
                    (time.month, time.day) = (date.month, date.day);
                }
                if !self.yearday {
                    time.yearday = date.yearday;
                }
            }
        }
    }
}
