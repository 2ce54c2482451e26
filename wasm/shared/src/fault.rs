//! Says why a run ended early, as a status and a JSON object for the host.
#![forbid(unsafe_code)]

use crate::sink::quoted;
use std::fmt::Write;

/// A limit that the guest itself keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A program or value nests too deep.
    Depth {
        /// `program`, `input`, `value` or `output`.
        place: &'static str,
        /// The limit.
        allowed: usize,
        /// Where in the input or the program.
        offset: Option<usize>,
    },
    /// Outputs and messages take too many bytes.
    OutputBytes {
        /// The limit.
        allowed: usize,
    },
    /// There are too many outputs.
    Outputs {
        /// The limit.
        allowed: usize,
    },
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The program cannot be compiled.
    Program {
        /// What is wrong.
        message: String,
        /// The bytes of the program that are wrong.
        span: core::ops::Range<usize>,
        /// A suggestion for the person who wrote it.
        hint: Option<String>,
    },
    /// The program, or a module, imports what the host did not pass.
    Missing {
        /// What is wrong.
        message: String,
        /// The bytes of the program that name it.
        span: core::ops::Range<usize>,
        /// The paths at which it was looked for, in this order.
        candidates: Vec<String>,
    },
    /// The input is not JSON.
    Input {
        /// What is wrong.
        message: String,
        /// The place of the value in the input, from 0.
        index: usize,
        /// Byte offset in the input.
        offset: usize,
    },
    /// The filter raised an error that it did not catch.
    Filter {
        /// JSON text of the error's value, which `catch` would get.
        value: String,
        /// The error as a sentence.
        message: String,
        /// The place of the value in the input, from 0.
        index: usize,
        /// The bytes of the program that raised it, and of the calls around that, the innermost first; empty if
        /// the engine does not know.
        trace: Vec<core::ops::Range<usize>>,
    },
    /// The filter called `halt` or `halt_error`.
    Halt {
        /// The exit code that jq would have ended with.
        code: i32,
        /// JSON text of the input of `halt_error`.
        value: Option<String>,
    },
    /// A limit of the guest was met.
    Limit(Limit),
}

impl Fault {
    /// The status that the call returns.
    pub fn status(&self) -> i32 {
        match self {
            Self::Program { .. } | Self::Missing { .. } => 2,
            Self::Input { .. } => 3,
            Self::Filter { .. } => 4,
            Self::Halt { .. } => 5,
            Self::Limit(_) => 6,
        }
    }

    /// The exit code of `halt`; 0 for any other end.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Halt { code, .. } => *code,
            _ => 0,
        }
    }

    /// Write the error object for the host; the top of the crate lists its members.
    pub fn json(&self) -> String {
        match self {
            Self::Program {
                message,
                span,
                hint,
            } => {
                let hint = hint.as_deref().map_or_else(|| "null".into(), quoted);
                let (message, start, end) = (quoted(message), span.start, span.end);
                format!(r#"{{"message":{message},"start":{start},"end":{end},"hint":{hint}}}"#)
            }
            Self::Missing {
                message,
                span,
                candidates,
            } => {
                let paths: Vec<_> = candidates.iter().map(|path| quoted(path)).collect();
                let (message, start, end) = (quoted(message), span.start, span.end);
                let paths = paths.join(",");
                format!(
                    r#"{{"message":{message},"start":{start},"end":{end},"missing":[{paths}]}}"#
                )
            }
            Self::Input {
                message,
                index,
                offset,
            } => {
                format!(
                    r#"{{"message":{},"index":{index},"offset":{offset}}}"#,
                    quoted(message)
                )
            }
            Self::Filter {
                value,
                message,
                index,
                trace,
            } => {
                let spans = trace
                    .iter()
                    .map(|span| format!("[{},{}]", span.start, span.end));
                format!(
                    r#"{{"value":{value},"message":{},"index":{index},"trace":[{}]}}"#,
                    quoted(message),
                    spans.collect::<Vec<_>>().join(",")
                )
            }
            Self::Halt { value, .. } => {
                format!(r#"{{"value":{}}}"#, value.as_deref().unwrap_or("null"))
            }
            Self::Limit(limit) => limit.json(),
        }
    }
}

impl Limit {
    fn json(&self) -> String {
        let (name, place, allowed, offset) = match self {
            Self::Depth {
                place,
                allowed,
                offset,
            } => ("depth", *place, allowed, *offset),
            Self::OutputBytes { allowed } => ("output_bytes", "output", allowed, None),
            Self::Outputs { allowed } => ("outputs", "output", allowed, None),
        };
        let mut json = format!(
            r#"{{"limit":"{name}","where":"{place}","used":{},"allowed":{allowed},"offset":"#,
            allowed + 1
        );
        match offset {
            Some(offset) => write!(json, "{offset}}}").expect("no limit"),
            None => json.push_str("null}"),
        }
        json
    }
}
