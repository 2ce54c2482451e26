//! Implements the built-ins between values and their JSON text.
#![forbid(unsafe_code)]

use super::{limited, v, value, Call, Outcome, Simple};
use crate::json::complaint;
use crate::json::numeral::number;
use crate::json::reader::{ReadError, Reader};
use crate::value::{Error, Val, ValR};
use bytes::Bytes;

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("tojson", v(0), to_json),
        ("tostring", v(0), |call| match call.input {
            Val::Str(_) => value(Ok(call.input)),
            _ => to_json(call),
        }),
        ("fromjson", v(0), |call| {
            value(from_json(&call.input, call.context.limits.depth))
        }),
        ("tonumber", v(0), |call| value(to_number(call.input))),
        ("toboolean", v(0), |call| {
            value(match (&call.input, call.input.as_str()) {
                (Val::Bool(_), _) => Ok(call.input),
                (_, Some(b"true")) => Ok(Val::Bool(true)),
                (_, Some(b"false")) => Ok(Val::Bool(false)),
                _ => Err(call.input.error("cannot be parsed as a boolean")),
            })
        }),
    ]
}

fn to_json(call: Call<'_>) -> Outcome {
    let context = call.context;
    limited(context, context.json(&call.input).map(Val::str))
}

fn from_json(input: &Val, depth: usize) -> ValR {
    let Val::Str(text) = input else {
        return Err(input.error("only strings can be parsed"));
    };
    // The reader's strings borrow from the text, so the text must live as long as the instance.
    let text: &'static Bytes = Box::leak(text.clone());
    // Our reader replaces surrogates without a partner; jq refuses them here.
    if memchr::memmem::find(text, b"\\u").is_some() {
        if let Some(message) = complaint::complaint(text) {
            return Err(refused(text, &message));
        }
    }
    let mut reader = Reader::new(text, depth);
    let first = match reader.next_text() {
        None => return Err(refused(text, "Expected JSON value")),
        Some(Ok(first)) => first,
        Some(Err(error)) => return unread(text, &error),
    };
    if reader.next_text().is_some() {
        let message = complaint::complaint(text);
        return Err(refused(
            text,
            message.as_deref().unwrap_or(complaint::EXTRA),
        ));
    }
    Ok(first)
}

/// Make the error for a text that the reader refused, in jq's words if jq refuses it too.
fn unread(text: &[u8], error: &ReadError) -> ValR {
    if let Some(message) = complaint::complaint(text) {
        return Err(refused(text, &message));
    }
    let (message, offset) = (error.cause.message(), error.offset);
    Err(refused(text, &format!("{message} at byte {offset}")))
}

fn refused(text: &[u8], message: &str) -> Error {
    let text = String::from_utf8_lossy(text);
    Error::str(format_args!("{message} (while parsing '{text}')"))
}

fn to_number(input: Val) -> ValR {
    let number = match &input {
        Val::Num(_) => return Ok(input),
        Val::Str(text) => core::str::from_utf8(text).ok().and_then(number),
        _ => None,
    };
    number
        .map(Val::Num)
        .ok_or_else(|| input.error("cannot be parsed as a number"))
}
