//! Implements the built-ins on strings, and lists the formats.
#![forbid(unsafe_code)]

use super::formats::{
    base32, format, format_of, from_base32, from_base64, from_uri, html, sh, uri,
};
use super::{limited, text, unary, v, value, Call, Outcome, Simple};
use crate::value::{code_points, split, Error, Val, ValR};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use bytes::Bytes;

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("utf8bytelength", v(0), |call| {
            value(match call.input.as_str() {
                Some(text) => Ok(Val::from(text.len())),
                None => Err(call.input.error("only strings have UTF-8 byte length")),
            })
        }),
        ("explode", v(0), |call| {
            value(
                text(&call.input, "explode input must be a string").map(|text| {
                    let text = String::from_utf8_lossy(&text);
                    text.chars().map(|c| Val::from(c as usize)).collect()
                }),
            )
        }),
        ("implode", v(0), |call| value(implode(&call.input))),
        ("ascii_downcase", v(0), |call| {
            value(
                text(&call.input, "explode input must be a string")
                    .map(|text| Val::str(text.to_ascii_lowercase())),
            )
        }),
        ("ascii_upcase", v(0), |call| {
            value(
                text(&call.input, "explode input must be a string")
                    .map(|text| Val::str(text.to_ascii_uppercase())),
            )
        }),
        ("startswith", v(1), |call| {
            let (input, prefix) = unary(call);
            value(
                both(&input, &prefix, "startswith() requires string inputs")
                    .map(|(x, y)| Val::from(x.starts_with(&y))),
            )
        }),
        ("endswith", v(1), |call| {
            let (input, suffix) = unary(call);
            value(
                both(&input, &suffix, "endswith() requires string inputs")
                    .map(|(x, y)| Val::from(x.ends_with(&y))),
            )
        }),
        ("ltrimstr", v(1), |call| {
            let (input, prefix) = unary(call);
            value(without_prefix(input, &prefix))
        }),
        ("rtrimstr", v(1), |call| {
            let (input, suffix) = unary(call);
            value(without_suffix(input, &suffix))
        }),
        ("trimstr", v(1), |call| {
            let (input, affix) = unary(call);
            value(without_prefix(input, &affix).and_then(|text| without_suffix(text, &affix)))
        }),
        ("trim", v(0), |call| {
            trimmed(call, |text| text.trim_matches(white))
        }),
        ("ltrim", v(0), |call| {
            trimmed(call, |text| text.trim_start_matches(white))
        }),
        ("rtrim", v(0), |call| {
            trimmed(call, |text| text.trim_end_matches(white))
        }),
        ("split", v(1), |call| {
            let (input, separator) = unary(call);
            let strings = both(
                &input,
                &separator,
                "split input and separator must be strings",
            );
            value(strings.map(|(text, separator)| split(&text, &separator)))
        }),
        ("_strindices", v(1), |call| {
            let (input, wanted) = unary(call);
            value(places(&input, &wanted))
        }),
        ("_quoted", v(0), |call| {
            value(Ok(Val::from(call.input.quoted())))
        }),
        ("@text", v(0), |call| {
            format(call, |text| Ok(Val::str(text.clone())))
        }),
        ("@json", v(0), |call| {
            let context = call.context;
            limited(context, context.json(&call.input).map(Val::str))
        }),
        ("@sh", v(0), |call| {
            let context = call.context;
            match sh(context, &call.input) {
                Ok(Ok(text)) => value(Ok(Val::str(text))),
                Ok(Err(error)) => value(Err(error)),
                Err(fault) => limited(context, Err(fault)),
            }
        }),
        ("@html", v(0), |call| {
            format(call, |text| Ok(Val::str(html(text))))
        }),
        ("@uri", v(0), |call| {
            format(call, |text| Ok(Val::str(uri(text))))
        }),
        ("@urid", v(0), |call| {
            let context = call.context;
            format_of(context, call.input, |input, text| {
                from_uri(text).ok_or_else(|| input.error("is not a valid uri encoding"))
            })
        }),
        ("@base64", v(0), |call| {
            format(call, |text| Ok(Val::str(STANDARD.encode(text))))
        }),
        ("@base64d", v(0), |call| {
            let context = call.context;
            format_of(context, call.input, from_base64)
        }),
        ("@base32", v(0), |call| {
            format(call, |text| Ok(Val::str(base32(text))))
        }),
        ("@base32d", v(0), |call| {
            let context = call.context;
            format_of(context, call.input, |input, text| {
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

/// Whether jq trims a character: Unicode's White_Space.
fn white(c: char) -> bool {
    c.is_whitespace()
}

fn trimmed(call: Call<'_>, f: fn(&str) -> &str) -> Outcome {
    value(
        text(&call.input, "trim input must be a string").map(|bytes| {
            let trimmed = f(core::str::from_utf8(&bytes).unwrap_or_default());
            Val::str(bytes.slice_ref(trimmed.as_bytes()))
        }),
    )
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

/// Find the places of `wanted` in a string, which may overlap, as offsets in code points.
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
    let (mut offsets, mut from, mut counted, mut chars) = (Vec::new(), 0, 0, 0);
    let finder = memchr::memmem::Finder::new(&***wanted);
    while let Some(at) = finder.find(&text[from..]).map(|at| from + at) {
        chars += code_points(&text[counted..at]);
        counted = at;
        offsets.push(Val::from(chars));
        from = at + 1;
    }
    Ok(offsets.into_iter().collect())
}
