//! Encodes and decodes for the formats: `@sh`, `@html`, `@uri`, `@base64`, `@base32` and their inverses.
#![forbid(unsafe_code)]

use super::{limited, value, Call, Outcome};
use crate::run::context::RunContext;
use crate::run::fault::Fault;
use crate::value::{Error, Val, ValR};
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::DecodePaddingMode;
use base64::{alphabet, Engine};
use bytes::Bytes;

/// Apply `f` to a string, or to the JSON text of any other value.
pub(super) fn format(call: Call<'_>, f: fn(&Bytes) -> ValR) -> Outcome {
    let context = call.context;
    format_of(context, call.input, |_, text| f(text))
}

/// The same for an `f` that needs the string as a value too, for its errors.
pub(super) fn format_of(
    context: &RunContext,
    input: Val,
    f: impl Fn(&Val, &Bytes) -> ValR,
) -> Outcome {
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

/// Write words for a shell: strings in quotes, other scalars as JSON.
pub(super) fn sh(context: &RunContext, input: &Val) -> Result<Result<Vec<u8>, Error>, Fault> {
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

pub(super) fn html(text: &Bytes) -> Vec<u8> {
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

pub(super) fn uri(text: &Bytes) -> Vec<u8> {
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

pub(super) fn from_uri(text: &Bytes) -> Option<Val> {
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

/// Make a string of bytes that may not be UTF-8.
fn string_of(bytes: Vec<u8>) -> Val {
    match String::from_utf8(bytes) {
        Ok(text) => Val::from(text),
        Err(error) => Val::from(repaired(error.as_bytes())),
    }
}

/// Replace bytes that are not UTF-8 by U+FFFD, as jq's `jvp_utf8_next` does: a sequence that is cut off at the
/// end takes all bytes that are left.
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

/// Decode base64 as jq does: ignore what comes after a padding sign, and do without padding.
pub(super) fn from_base64(input: &Val, text: &Bytes) -> ValR {
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

pub(super) fn base32(text: &Bytes) -> Vec<u8> {
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

pub(super) fn from_base32(text: &Bytes) -> Option<Val> {
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
