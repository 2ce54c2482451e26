//! Implements the built-ins on dates: broken-down times as C has them, in UTC.
//!
//! jq leaves dates to its C library, which is glibc in its releases. Rust's libraries such as jiff read the
//! same directives differently, so calendar and formats are written here after glibc's manual. The sandbox
//! has no time zone: local time is UTC.
#![forbid(unsafe_code)]

mod calendar;
mod format;
mod parse;

use super::{unary, v, value, Simple};
use crate::value::{Error, Val, ValR};
use calendar::Time;

/// The form of dates that `todate` writes and `fromdate` reads.
const ISO_8601: &str = "%Y-%m-%dT%H:%M:%SZ";
const UNPARSED: &str = "strptime/1 requires string inputs and arguments";
const NO_GMTIME: &str = "invalid gmtime representation";
const NO_TIME: &str = "error converting number of seconds since epoch to datetime";

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("gmtime", v(0), |call| {
            value(broken_down(&call.input, "gmtime() requires numeric inputs"))
        }),
        ("localtime", v(0), |call| {
            value(broken_down(
                &call.input,
                "localtime() requires numeric inputs",
            ))
        }),
        ("mktime", v(0), |call| value(mktime(&call.input))),
        ("strftime", v(1), |call| {
            let (input, format) = unary(call);
            value(strftime(&input, &format, "strftime/1", "GMT"))
        }),
        ("strflocaltime", v(1), |call| {
            let (input, format) = unary(call);
            value(strftime(&input, &format, "strflocaltime/1", "UTC"))
        }),
        ("todateiso8601", v(0), |call| {
            value(strftime(
                &call.input,
                &Val::from(ISO_8601),
                "strftime/1",
                "GMT",
            ))
        }),
        ("fromdateiso8601", v(0), |call| {
            value(strptime(&call.input, &Val::from(ISO_8601)).and_then(|parts| mktime(&parts)))
        }),
        ("strptime", v(1), |call| {
            let (input, format) = unary(call);
            value(strptime(&input, &format))
        }),
    ]
}

/// List the parts of a time as numbers; `fraction` is added to its second.
fn parts(time: &Time, fraction: f64) -> Vec<Val> {
    // Seconds are below 62, which a double holds exactly.
    let seconds = Val::from(time.second as f64 + fraction);
    let whole = |number: i64| Val::from(number);
    vec![
        whole(time.year),
        whole(time.month),
        whole(time.day),
        whole(time.hour),
        whole(time.minute),
        seconds,
        whole(time.weekday),
        whole(time.yearday),
    ]
}

fn broken_down(input: &Val, message: &str) -> ValR {
    let Val::Num(number) = input else {
        return Err(Error::str(message));
    };
    let seconds = number.as_f64();
    let time = time_at(seconds)?;
    Ok(parts(&time, seconds - seconds.floor())
        .into_iter()
        .collect())
}

fn time_at(seconds: f64) -> Result<Time, Error> {
    // The cast cuts the fraction and saturates.
    let time = Some(seconds as i64)
        .filter(|_| !seconds.is_nan())
        .and_then(Time::at);
    time.ok_or_else(|| Error::str(NO_TIME))
}

/// Read the first six parts, and bring them into their ranges as C's `timegm` does.
fn time_of(input: &Val, what: &str) -> Result<Time, Error> {
    let invalid = || Error::str(format_args!("{what} requires parsed datetime inputs"));
    let Val::Arr(items) = input else {
        return Err(invalid());
    };
    // A missing part is zero, as in C, whose years count from 1900.
    let mut numbers = [1900_i64, 0, 0, 0, 0, 0, 0, 0];
    for (number, item) in numbers.iter_mut().zip(items.iter()) {
        let part = item
            .as_num()
            .map(|part| part.as_f64())
            .filter(|part| !part.is_nan())
            .ok_or_else(invalid)?;
        // C's parts have 32 bits; the cast cuts fractions.
        let part = part - *number as f64;
        *number += part.clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i64;
    }
    let [year, month, day, hour, minute, second, ..] = numbers;
    let time = Time {
        year,
        month,
        day,
        hour,
        minute,
        second,
        ..Time::default()
    };
    time.normal().ok_or_else(|| Error::str(NO_GMTIME))
}

fn mktime(input: &Val) -> ValR {
    if !matches!(input, Val::Arr(_)) {
        return Err(Error::str("mktime requires array inputs"));
    }
    match time_of(input, "mktime")?.seconds() {
        // C's `timegm` returns -1 for a failure, and for one second before 1970.
        -1 => Err(Error::str(NO_GMTIME)),
        seconds => Ok(Val::from(seconds)),
    }
}

fn strftime(input: &Val, format: &Val, what: &str, zone: &str) -> ValR {
    let time = match input {
        Val::Num(number) => time_at(number.as_f64())?,
        // The error about a format that is not a string comes before one about the parts.
        Val::Arr(_) if format.as_str().is_some() => time_of(input, what)?,
        Val::Arr(_) => Time::default(),
        _ => {
            return Err(Error::str(format_args!(
                "{what} requires parsed datetime inputs"
            )))
        }
    };
    let Some(format) = format.as_str() else {
        return Err(Error::str(format_args!("{what} requires a string format")));
    };
    let format = String::from_utf8_lossy(format);
    Ok(Val::from(format::format(&format, &time, zone)))
}

fn strptime(input: &Val, format: &Val) -> ValR {
    let (Val::Str(text), Val::Str(format)) = (input, format) else {
        return Err(Error::str(UNPARSED));
    };
    let parsed = parse::parse(text, format)
        .filter(|(_, rest)| rest.first().is_none_or(u8::is_ascii_whitespace));
    let Some((time, rest)) = parsed else {
        let (text, format) = (
            String::from_utf8_lossy(text),
            String::from_utf8_lossy(format),
        );
        return Err(Error::str(format_args!(
            "date \"{text}\" does not match format \"{format}\""
        )));
    };
    let mut parts = parts(&time, 0.0);
    if !rest.is_empty() {
        parts.push(Val::str(text.slice_ref(rest)));
    }
    Ok(parts.into_iter().collect())
}
