//! Natives on strings, and the formats.
#![forbid(unsafe_code)]

use super::{limited, text, unary, value, Simple};
use crate::run::context::{JqData, RunContext};
use crate::run::fault::Fault;
use crate::value::{code_points, split, Error, Val, ValR};
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::DecodePaddingMode;
use base64::{alphabet, Engine};
use bytes::Bytes;
use jaq_core::native::v;
use jaq_core::{Cv, ValXs};

/// The natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("utf8bytelength", v(0), |cv| {
            value(match cv.1.as_str() {
                Some(text) => Ok(Val::from(text.len())),
                None => Err(cv.1.error("only strings have UTF-8 byte length")),
            })
        }),
        ("explode", v(0), |cv| {
            value(text(&cv.1, "explode input must be a string").map(|text| {
                let text = String::from_utf8_lossy(&text);
                text.chars().map(|c| Val::from(c as usize)).collect()
            }))
        }),
        ("implode", v(0), |cv| value(implode(&cv.1))),
        ("ascii_downcase", v(0), |cv| {
            value(
                text(&cv.1, "explode input must be a string")
                    .map(|text| Val::str(text.to_ascii_lowercase())),
            )
        }),
        ("ascii_upcase", v(0), |cv| {
            value(
                text(&cv.1, "explode input must be a string")
                    .map(|text| Val::str(text.to_ascii_uppercase())),
            )
        }),
        ("startswith", v(1), |cv| {
            let (input, prefix) = unary(cv);
            value(
                both(&input, &prefix, "startswith() requires string inputs")
                    .map(|(x, y)| Val::from(x.starts_with(&y))),
            )
        }),
        ("endswith", v(1), |cv| {
            let (input, suffix) = unary(cv);
            value(
                both(&input, &suffix, "endswith() requires string inputs")
                    .map(|(x, y)| Val::from(x.ends_with(&y))),
            )
        }),
        ("ltrimstr", v(1), |cv| {
            let (input, prefix) = unary(cv);
            value(without_prefix(input, &prefix))
        }),
        ("rtrimstr", v(1), |cv| {
            let (input, suffix) = unary(cv);
            value(without_suffix(input, &suffix))
        }),
        ("trimstr", v(1), |cv| {
            let (input, affix) = unary(cv);
            value(without_prefix(input, &affix).and_then(|text| without_suffix(text, &affix)))
        }),
        ("trim", v(0), |cv| {
            trimmed(cv, |text| text.trim_matches(white))
        }),
        ("ltrim", v(0), |cv| {
            trimmed(cv, |text| text.trim_start_matches(white))
        }),
        ("rtrim", v(0), |cv| {
            trimmed(cv, |text| text.trim_end_matches(white))
        }),
        ("split", v(1), |cv| {
            let (input, separator) = unary(cv);
            let strings = both(
                &input,
                &separator,
                "split input and separator must be strings",
            );
            value(strings.map(|(text, separator)| split(&text, &separator)))
        }),
        ("_strindices", v(1), |cv| {
            let (input, wanted) = unary(cv);
            value(places(&input, &wanted))
        }),
        ("_quoted", v(0), |cv| value(Ok(Val::from(cv.1.quoted())))),
        ("@text", v(0), |cv| {
            format(cv, |text| Ok(Val::str(text.clone())))
        }),
        ("@json", v(0), |cv| {
            let context = *cv.0.data();
            limited(context, context.json(&cv.1).map(Val::str))
        }),
        ("@sh", v(0), |cv| {
            let context = *cv.0.data();
            match sh(context, &cv.1) {
                Ok(Ok(text)) => value(Ok(Val::str(text))),
                Ok(Err(error)) => value(Err(error)),
                Err(fault) => limited(context, Err(fault)),
            }
        }),
        ("@html", v(0), |cv| {
            format(cv, |text| Ok(Val::str(html(text))))
        }),
        ("@uri", v(0), |cv| {
            format(cv, |text| Ok(Val::str(uri(text))))
        }),
        ("@urid", v(0), |cv| {
            let context = *cv.0.data();
            format_of(context, cv.1, |input, text| {
                from_uri(text).ok_or_else(|| input.error("is not a valid uri encoding"))
            })
        }),
        ("@base64", v(0), |cv| {
            format(cv, |text| Ok(Val::str(STANDARD.encode(text))))
        }),
        ("@base64d", v(0), |cv| {
            let context = *cv.0.data();
            format_of(context, cv.1, from_base64)
        }),
        ("@base32", v(0), |cv| {
            format(cv, |text| Ok(Val::str(base32(text))))
        }),
        ("@base32d", v(0), |cv| {
            let context = *cv.0.data();
            format_of(context, cv.1, |input, text| {
                from_base32(text).ok_or_else(|| input.error("is not valid base32 data"))
            })
        }),
    ]
}

fn both(x: &Val, y: &Val, message: &str) -> Result<(Bytes, Bytes), Error> {
    Ok((text(x, message)?, text(y, message)?))
}

fn without_prefix(input: Val, prefix: &Val) -> ValR {
    let (text, prefix) = both(&input, prefix, "startswith() requires string inputs")?;
    Ok(if text.starts_with(&prefix) {
        Val::str(text.slice(prefix.len()..))
    } else {
        input
    })
}

fn without_suffix(input: Val, suffix: &Val) -> ValR {
    let (text, suffix) = both(&input, suffix, "endswith() requires string inputs")?;
    Ok(if text.ends_with(&suffix) {
        Val::str(text.slice(..text.len() - suffix.len()))
    } else {
        input
    })
}

/// What jq takes for white space: Unicode's White_Space.
fn white(c: char) -> bool {
    c.is_whitespace()
}

fn trimmed<'a>(cv: Cv<'a, JqData>, f: fn(&str) -> &str) -> ValXs<'a, Val> {
    value(text(&cv.1, "trim input must be a string").map(|bytes| {
        let kept = f(core::str::from_utf8(&bytes).unwrap_or_default());
        Val::str(bytes.slice_ref(kept.as_bytes()))
    }))
}

fn implode(input: &Val) -> ValR {
    let Val::Arr(codes) = input else {
        return Err(Error::str("implode input must be an array"));
    };
    let mut text = String::with_capacity(codes.len());
    for code in codes.iter() {
        let number = code
            .as_num()
            .map(|number| number.as_f64())
            .filter(|number| !number.is_nan());
        let Some(number) = number else {
            return Err(code.error("can't be imploded, unicode codepoint needs to be numeric"));
        };
        let code = if number <= -1.0 {
            u32::MAX
        } else {
            number as u32
        };
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Ok(Val::from(text))
}

/// Offsets, in code points, of `wanted` in a string; they may overlap.
pub fn places(input: &Val, wanted: &Val) -> ValR {
    let (Val::Str(text), Val::Str(wanted)) = (input, wanted) else {
        return Err(match input {
            Val::Str(_) => wanted.error("is not a string"),
            _ => input.error("cannot be searched, as it is not a string"),
        });
    };
    if wanted.is_empty() {
        return Ok(Val::Arr(Default::default()));
    }
    let (mut found, mut from, mut counted, mut chars) = (Vec::new(), 0, 0, 0);
    let finder = memchr::memmem::Finder::new(&***wanted);
    while let Some(at) = finder.find(&text[from..]).map(|at| from + at) {
        chars += code_points(&text[counted..at]);
        counted = at;
        found.push(Val::from(chars));
        from = at + 1;
    }
    Ok(found.into_iter().collect())
}

/// Apply a format to a string, or to the JSON text of anything else.
fn format<'a>(cv: Cv<'a, JqData>, f: fn(&Bytes) -> ValR) -> ValXs<'a, Val> {
    let context = *cv.0.data();
    format_of(context, cv.1, |_, text| f(text))
}

fn format_of<'a>(
    context: &RunContext,
    input: Val,
    f: impl Fn(&Val, &Bytes) -> ValR,
) -> ValXs<'a, Val> {
    if let Val::Str(text) = &input {
        return value(f(&input, text));
    }
    match context.json(&input) {
        Ok(json) => {
            let text = Val::str(json);
            value(
                text.as_str()
                    .map(Bytes::copy_from_slice)
                    .map_or(Ok(Val::Null), |bytes| f(&text, &bytes)),
            )
        }
        Err(fault) => limited(context, Err(fault)),
    }
}

/// Words for a shell: strings in quotes, other scalars as JSON.
fn sh(context: &RunContext, input: &Val) -> Result<Result<Vec<u8>, Error>, Fault> {
    let words = match input {
        Val::Arr(items) => &items[..],
        other => core::slice::from_ref(other),
    };
    let mut out = Vec::new();
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        match word {
            Val::Str(text) => {
                out.push(b'\'');
                for (place, part) in text.split(|byte| *byte == b'\'').enumerate() {
                    if place > 0 {
                        out.extend_from_slice(b"'\\''");
                    }
                    out.extend_from_slice(part);
                }
                out.push(b'\'');
            }
            Val::Arr(_) | Val::Obj(_) => {
                return Ok(Err(word.error("can not be escaped for shell")));
            }
            scalar => out.extend_from_slice(&context.json(scalar)?),
        }
    }
    Ok(Ok(out))
}

fn html(text: &Bytes) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text.iter() {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'\'' => out.extend_from_slice(b"&apos;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            byte => out.push(*byte),
        }
    }
    out
}

fn uri(text: &Bytes) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for byte in text.iter() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(&[
                b'%',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
        }
    }
    out
}

fn from_uri(text: &Bytes) -> Option<Val> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let mut digit = || char::from(*bytes.next()?).to_digit(16);
        // Two hexadecimal digits are below 256.
        out.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(out).ok().map(Val::from)
}

/// A string of bytes that may not be UTF-8.
fn string_of(bytes: Vec<u8>) -> Val {
    match String::from_utf8(bytes) {
        Ok(text) => Val::from(text),
        Err(error) => Val::from(repaired(error.as_bytes())),
    }
}

/// Text with U+FFFD for what is no UTF-8, as jq's `jvp_utf8_next` counts it: a sequence that is cut
/// off at the end takes all bytes that are left.
fn repaired(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let more = match first {
            0..=0x7f => 0,
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => {
                text.push(char::REPLACEMENT_CHARACTER);
                rest = after;
                continue;
            }
        };
        let continued = after
            .iter()
            .take(more)
            .take_while(|byte| matches!(byte, 0x80..=0xbf))
            .count();
        let taken = if after.len() < more {
            rest.len()
        } else {
            1 + continued
        };
        match core::str::from_utf8(&rest[..taken]) {
            Ok(valid) => text.push_str(valid),
            Err(_) => text.push(char::REPLACEMENT_CHARACTER),
        }
        rest = &rest[taken..];
    }
    text
}

/// As jq: what comes after a padding sign does not count, and padding may be missing.
fn from_base64(input: &Val, text: &Bytes) -> ValR {
    let digits = text.split(|byte| *byte == b'=').next().unwrap_or_default();
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let whole = &digits[..digits.len() - usize::from(digits.len() % 4 == 1)];
    let rest = &digits[whole.len()..];
    let decoded = engine.decode(whole).ok();
    let valid = decoded.filter(|_| {
        rest.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
    });
    match (valid, rest) {
        (None, _) => Err(input.error("is not valid base64 data")),
        (Some(bytes), []) => Ok(string_of(bytes)),
        (Some(_), _) => Err(input.error("trailing base64 byte found")),
    }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(text: &Bytes) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().div_ceil(5) * 8);
    for group in text.chunks(5) {
        let bits = (0..5).fold(0_u64, |bits, at| {
            bits << 8 | u64::from(group.get(at).copied().unwrap_or(0))
        });
        let digits = (group.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = (bits >> (35 - 5 * at)) as usize & 31;
            out.push(if at < digits { BASE32[digit] } else { b'=' });
        }
    }
    out
}

fn from_base32(text: &Bytes) -> Option<Val> {
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let digit = BASE32.iter().position(|digit| digit == byte)?;
        bits = bits << 5 | digit as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            // The lower eight bits are the next byte.
            out.push((bits >> count) as u8);
        }
    }
    Some(string_of(out))
}
