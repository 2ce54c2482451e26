//! Implements the formats for rows of tables: `@csv` and `@tsv`.
#![forbid(unsafe_code)]

use super::{limited, v, value, Call, Outcome, Simple};
use crate::json::writer::Writer;
use crate::run::context::RunContext;
use crate::run::fault::Fault;
use crate::value::{Num, Val};

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("@csv", v(0), |call| row(&call, "csv", b",", quoted)),
        ("@tsv", v(0), |call| row(&call, "tsv", b"\t", escaped)),
    ]
}

/// Write the cells of an array into one text.
fn row(
    call: &Call<'_>,
    format: &str,
    separator: &[u8],
    string: fn(&mut Vec<u8>, &[u8]),
) -> Outcome {
    let context = call.context;
    let Val::Arr(cells) = &call.input else {
        let message = format!("cannot be {format}-formatted, only array");
        return value(Err(call.input.error(&message)));
    };
    let mut out = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        match cell {
            Val::Str(text) => string(&mut out, text),
            Val::Null => {}
            // jq leaves out numbers that are no number.
            Val::Num(Num::Float(number)) if number.is_nan() => {}
            Val::Num(_) | Val::Bool(_) => {
                if let Err(fault) = json(context, &mut out, cell) {
                    return limited(context, Err(fault));
                }
            }
            // jq names csv in the errors of both formats.
            Val::Arr(_) | Val::Obj(_) => {
                return value(Err(cell.error("is not valid in a csv row")));
            }
        }
    }
    value(Ok(Val::str(out)))
}

/// Write the JSON text of a number or boolean.
fn json(context: &RunContext, out: &mut Vec<u8>, cell: &Val) -> Result<(), Fault> {
    let limit = out.len() + context.bytes_left();
    let written = Writer::new(out, limit, context.style()).value(cell);
    written.map_err(|error| context.write_fault(error, "value"))
}

/// Write a cell in quotes, and double the quotes inside.
fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let mut from = 0;
    for quote in memchr::memchr_iter(b'"', text) {
        out.extend_from_slice(&text[from..=quote]);
        from = quote;
    }
    out.extend_from_slice(&text[from..]);
    out.push(b'"');
}

/// Write a cell with escapes for tabs, line ends and backslashes.
fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte => out.push(*byte),
        }
    }
}
