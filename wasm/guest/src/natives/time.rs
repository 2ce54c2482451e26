//! Natives on dates: broken down times as jq has them, in UTC.
//!
//! The sandbox has no time zone of its own, so local time is UTC.
#![forbid(unsafe_code)]

use super::{unary, value, Simple};
use crate::value::{Error, Val, ValR};
use jaq_core::native::v;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::Timestamp;

/// The form of dates that `todate` writes and `fromdate` reads.
const ISO_8601: &str = "%Y-%m-%dT%H:%M:%SZ";

const UNPARSED: &str = "strptime/1 requires string inputs and arguments";

/// The natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("gmtime", v(0), |cv| {
            value(broken_down(&cv.1, "gmtime() requires numeric inputs"))
        }),
        ("localtime", v(0), |cv| {
            value(broken_down(&cv.1, "localtime() requires numeric inputs"))
        }),
        ("mktime", v(0), |cv| value(mktime(&cv.1))),
        ("strftime", v(1), |cv| {
            let (input, format) = unary(cv);
            value(strftime(&input, &format, "strftime/1"))
        }),
        ("strflocaltime", v(1), |cv| {
            let (input, format) = unary(cv);
            value(strftime(&input, &format, "strflocaltime/1"))
        }),
        ("todateiso8601", v(0), |cv| {
            value(strftime(&cv.1, &Val::from(ISO_8601), "strftime/1"))
        }),
        ("fromdateiso8601", v(0), |cv| {
            value(strptime(&cv.1, &Val::from(ISO_8601)).and_then(|parts| mktime(&parts)))
        }),
        ("strptime", v(1), |cv| {
            let (input, format) = unary(cv);
            value(strptime(&input, &format))
        }),
    ]
}

/// The parts of a time, each a number: year, month from 0, day, hour, minute, seconds with their
/// fraction, weekday from Sunday, day of the year from 0.
fn parts(datetime: DateTime, seconds: f64) -> Val {
    let whole = |number: i64| Val::from(number);
    [
        whole(datetime.year().into()),
        whole(i64::from(datetime.month()) - 1),
        whole(datetime.day().into()),
        whole(datetime.hour().into()),
        whole(datetime.minute().into()),
        Val::from(seconds),
        whole(datetime.weekday().to_sunday_zero_offset().into()),
        whole(i64::from(datetime.day_of_year()) - 1),
    ]
    .into_iter()
    .collect()
}

fn utc(timestamp: Timestamp) -> DateTime {
    timestamp.to_zoned(TimeZone::UTC).datetime()
}

fn out_of_range(input: &Val) -> Error {
    input.error("is no time between the years -9999 and 9999")
}

fn broken_down(input: &Val, message: &str) -> ValR {
    let Val::Num(number) = input else {
        return Err(Error::str(message));
    };
    let seconds = number.as_f64();
    let whole = seconds.floor();
    let timestamp = Timestamp::from_second(whole as i64).map_err(|_| out_of_range(input))?;
    let datetime = utc(timestamp);
    Ok(parts(
        datetime,
        f64::from(datetime.second()) + (seconds - whole),
    ))
}

/// The first six parts as numbers; out of their ranges they count on, as in C.
fn datetime(input: &Val, what: &str) -> Result<DateTime, Error> {
    let invalid = || Error::str(format_args!("{what} requires parsed datetime inputs"));
    let Val::Arr(items) = input else {
        return Err(invalid());
    };
    // What is missing is zero, as in C.
    let mut numbers = [1900_i64, 0, 0, 0, 0, 0];
    for (number, item) in numbers.iter_mut().zip(items.iter()) {
        // Casts cut fractions and saturate.
        let part = item
            .as_num()
            .map(|part| part.as_f64())
            .filter(|part| !part.is_nan());
        *number = part.ok_or_else(invalid)? as i64;
    }
    let [year, month, day, hour, minute, second] = numbers;
    let range = || out_of_range(input);
    let months = year
        .checked_mul(12)
        .and_then(|months| months.checked_add(month))
        .ok_or_else(range)?;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    // Both casts fit: the year is checked first, the month is at most 12.
    let year = i16::try_from(year).map_err(|_| range())?;
    let start = Date::new(year, month as i8, 1)
        .map_err(|_| range())?
        .at(0, 0, 0, 0);
    let after = |count: i64, unit: i64| count.checked_mul(unit);
    let seconds = after(day - 1, 86_400).and_then(|sum| {
        sum.checked_add(after(hour, 3600)?)?
            .checked_add(after(minute, 60)?)?
            .checked_add(second)
    });
    let span = jiff::SignedDuration::from_secs(seconds.ok_or_else(range)?);
    start.checked_add(span).map_err(|_| range())
}

fn mktime(input: &Val) -> ValR {
    if !matches!(input, Val::Arr(_)) {
        return Err(Error::str("mktime requires array inputs"));
    }
    let datetime = datetime(input, "mktime")?;
    let zoned = datetime
        .to_zoned(TimeZone::UTC)
        .map_err(|_| out_of_range(input))?;
    Ok(Val::from(zoned.timestamp().as_second()))
}

fn strftime(input: &Val, format: &Val, what: &str) -> ValR {
    let input = match input {
        Val::Num(_) => broken_down(input, "")?,
        Val::Arr(_) => input.clone(),
        _ => {
            return Err(Error::str(format_args!(
                "{what} requires parsed datetime inputs"
            )))
        }
    };
    let Some(format) = format.as_str() else {
        return Err(Error::str(format_args!("{what} requires a string format")));
    };
    let zoned = datetime(&input, what)?
        .to_zoned(TimeZone::UTC)
        .map_err(|_| out_of_range(&input))?;
    strtime::format(format, &zoned)
        .map(Val::from)
        .map_err(|error| Error::str(format_args!("{what}: {error}")))
}

fn strptime(input: &Val, format: &Val) -> ValR {
    let Val::Str(text) = input else {
        return Err(Error::str(UNPARSED));
    };
    let Some(format) = format.as_str() else {
        return Err(Error::str(UNPARSED));
    };
    let mismatch = || {
        let (text, format) = (
            String::from_utf8_lossy(text),
            String::from_utf8_lossy(format),
        );
        Error::str(format_args!(
            "date \"{text}\" does not match format \"{format}\""
        ))
    };
    // C's %Z takes the name of any zone and forgets it.
    let zoneless = String::from_utf8_lossy(format).into_owned();
    let (text, zoneless) = match (zoneless.strip_suffix("%Z"), core::str::from_utf8(text)) {
        (Some(start), Ok(text)) => {
            let name = text.len()
                - text
                    .trim_end_matches(|c: char| c.is_ascii_alphabetic())
                    .len();
            (&text[..text.len() - name], start.to_string())
        }
        (None, Ok(text)) => (text, zoneless),
        (_, Err(_)) => return Err(mismatch()),
    };
    let parsed = BrokenDownTime::parse(&zoneless, text).map_err(|_| mismatch())?;
    let datetime = match parsed.to_datetime() {
        Ok(datetime) => datetime,
        // What the format does not say is what C's zeroed time says: the day before 1900-01-01.
        Err(_) => match (parsed.to_date(), parsed.to_time()) {
            (Ok(date), _) => date.at(0, 0, 0, 0),
            (Err(_), Ok(time)) => Date::constant(1899, 12, 31).to_datetime(time),
            (Err(_), Err(_)) => match parsed.to_timestamp() {
                Ok(timestamp) => utc(timestamp),
                Err(_) => return Err(mismatch()),
            },
        },
    };
    Ok(parts(datetime, f64::from(datetime.second())))
}
