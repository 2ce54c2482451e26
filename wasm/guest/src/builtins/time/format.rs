//! Implements `strftime` in the locale C as glibc does, with flags and widths; unknown directives stay as they are.
#![forbid(unsafe_code)]

use super::calendar::Time;

/// Days of the week; their first three letters are the short names.
pub const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// Months; their first three letters are the short names.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// The largest width: jq's own buffer ends there.
const WIDEST: usize = 4096;

/// The flags and width of a directive.
#[derive(Clone, Copy, Default)]
struct Style {
    /// `_`, `-` or `0`.
    pad: Option<char>,
    upper: bool,
    swap: bool,
    width: usize,
}

/// Write `time` by `format`; `zone` is what `%Z` writes.
pub fn format(format: &str, time: &Time, zone: &str) -> String {
    let mut out = String::with_capacity(2 * format.len());
    write(&mut out, format, time, zone);
    out
}

fn write(out: &mut String, format: &str, time: &Time, zone: &str) {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let (style, length) = style(&rest[at + 1..]);
        let after = &rest[at + 1 + length..];
        let Some(directive) = after.chars().next() else {
            out.push_str(&rest[at..]);
            return;
        };
        let end = at + 1 + length + directive.len_utf8();
        if !directive_of(out, directive, style, time, zone) {
            out.push_str(&rest[at..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
}

/// Parse flags, width and modifier; returns their length, too.
fn style(text: &str) -> (Style, usize) {
    let mut style = Style::default();
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(flag) = bytes.get(at) {
        match flag {
            b'_' | b'-' | b'0' => style.pad = Some(char::from(*flag)),
            b'^' => style.upper = true,
            b'#' => style.swap = true,
            _ => break,
        }
        at += 1;
    }
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        style.width = (style.width * 10 + usize::from(digit - b'0')).min(WIDEST);
        at += 1;
    }
    // In this locale, other eras and digits are written as usual.
    at += usize::from(matches!(bytes.get(at), Some(b'E' | b'O')));
    (style, at)
}

/// Write a directive; returns false if there is none of this name.
fn directive_of(out: &mut String, directive: char, style: Style, time: &Time, zone: &str) -> bool {
    let hour12 = (time.hour + 11) % 12 + 1;
    let name = |names: &[&'static str], place: i64| -> &'static str {
        usize::try_from(place)
            .ok()
            .and_then(|place| names.get(place).copied())
            .unwrap_or("?")
    };
    let short = |name: &'static str| name.get(..3).unwrap_or(name);
    let mut number = |number: i64, digits: usize| padded(out, number, digits, '0', style);
    match directive {
        'C' => number(time.year.div_euclid(100), 1),
        'd' => number(time.day, 2),
        'G' => number(time.iso_week().0, 1),
        'g' => number(time.iso_week().0.rem_euclid(100), 2),
        'H' => number(time.hour, 2),
        'I' => number(hour12, 2),
        'j' => number(time.yearday + 1, 3),
        'M' => number(time.minute, 2),
        'm' => number(time.month + 1, 2),
        'S' => number(time.second, 2),
        's' => number(time.seconds(), 1),
        'U' => number((time.yearday - time.weekday + 7) / 7, 2),
        'u' => number((time.weekday + 6) % 7 + 1, 1),
        'V' => number(time.iso_week().1, 2),
        'W' => number((time.yearday - (time.weekday + 6) % 7 + 7) / 7, 2),
        'w' => number(time.weekday, 1),
        'Y' => number(time.year, 1),
        'y' => number(time.year.rem_euclid(100), 2),
        'e' => padded(out, time.day, 2, ' ', style),
        'k' => padded(out, time.hour, 2, ' ', style),
        'l' => padded(out, hour12, 2, ' ', style),
        'z' => {
            let digits = if style.pad == Some('-') {
                "+0"
            } else {
                "+0000"
            };
            words(
                out,
                digits,
                Style {
                    pad: Some('0'),
                    ..style
                },
            );
        }
        'A' => words(out, name(&DAYS, time.weekday), raised(style)),
        'a' => words(out, short(name(&DAYS, time.weekday)), raised(style)),
        'B' => words(out, name(&MONTHS, time.month), raised(style)),
        'b' | 'h' => words(out, short(name(&MONTHS, time.month)), raised(style)),
        'p' => words(out, if time.hour < 12 { "AM" } else { "PM" }, style),
        'P' => words(out, if time.hour < 12 { "am" } else { "pm" }, style),
        'Z' => words(out, zone, style),
        'n' => words(out, "\n", style),
        't' => words(out, "\t", style),
        '%' => words(out, "%", style),
        _ => {
            let composed = match directive {
                'c' => "%a %b %e %H:%M:%S %Y",
                'D' | 'x' => "%m/%d/%y",
                'F' => "%Y-%m-%d",
                'R' => "%H:%M",
                'r' => "%I:%M:%S %p",
                'T' | 'X' => "%H:%M:%S",
                _ => return false,
            };
            let mut inner = String::new();
            write(&mut inner, composed, time, zone);
            words(
                out,
                &inner,
                Style {
                    swap: false,
                    ..style
                },
            );
        }
    }
    true
}

/// Let the flag `#` write names with small letters in capitals.
fn raised(style: Style) -> Style {
    Style {
        upper: style.upper || style.swap,
        swap: false,
        ..style
    }
}

fn padded(out: &mut String, number: i64, least: usize, pad: char, style: Style) {
    let (pad, width) = match style.pad {
        Some('-') => (pad, 0),
        Some('_') => (' ', least.max(style.width)),
        Some(zero) => (zero, least.max(style.width)),
        None => (pad, least.max(style.width)),
    };
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    while rest > 0 || start == digits.len() {
        start -= 1;
        // The remainder is below ten, so the cast loses nothing.
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let sign = if number < 0 { "-" } else { "" };
    let fill = width.saturating_sub(digits.len() - start + sign.len());
    if pad == '0' {
        out.push_str(sign);
    }
    out.extend(core::iter::repeat_n(pad, fill));
    if pad != '0' {
        out.push_str(sign);
    }
    out.extend(digits[start..].iter().copied().map(char::from));
}

fn words(out: &mut String, words: &str, style: Style) {
    let pad = if style.pad == Some('0') { '0' } else { ' ' };
    out.extend(core::iter::repeat_n(
        pad,
        style.width.saturating_sub(words.len()),
    ));
    if style.upper {
        out.push_str(&words.to_ascii_uppercase());
    } else if style.swap {
        out.push_str(&words.to_ascii_lowercase());
    } else {
        out.push_str(words);
    }
}
