//! Quotes values and strings as JSON text in errors and messages.
//!
//! These are methods of values. They are here and not in `value`, which otherwise would import the writer while
//! the writer imports `value`.
#![forbid(unsafe_code)]

use super::writer::{Style, Writer};
use crate::value::{Error, Val};
use core::fmt;

/// The most bytes of a value's JSON text that an error quotes, as in jq.
const QUOTED: usize = 29;

impl Val {
    /// Quote the beginning of the value's JSON text as errors do: at most 29 bytes, with the bracket or quote that
    /// closes it.
    pub fn quoted(&self) -> String {
        let mut out = Vec::new();
        // The writer stops at the limit, however large the value is.
        let whole = Writer::cutting(&mut out, QUOTED + 1).value(self).is_ok();
        if !whole || out.len() > QUOTED {
            let close = match out.first() {
                Some(b'"') => "...\"",
                Some(b'[') => "...]",
                Some(b'{') => "...}",
                _ => "...",
            };
            out.truncate(QUOTED - close.len());
            // Leave out a code point that was cut in two.
            let valid = out
                .utf8_chunks()
                .next()
                .map_or(0, |chunk| chunk.valid().len());
            out.truncate(valid);
            out.extend_from_slice(close.as_bytes());
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Make the error `KIND (VALUE) MESSAGE`.
    pub fn error(&self, message: &str) -> Error {
        Error::str(format_args!(
            "{} ({}) {message}",
            self.kind(),
            self.quoted()
        ))
    }

    /// Make the error `KIND (VALUE) and KIND (VALUE) MESSAGE`.
    pub fn error2(&self, other: &Self, message: &str) -> Error {
        Error::str(format_args!(
            "{} ({}) and {} ({}) {message}",
            self.kind(),
            self.quoted(),
            other.kind(),
            other.quoted()
        ))
    }

    /// Make the error that this value has no items.
    pub(crate) fn not_iterable(&self) -> Error {
        let (kind, quoted) = (self.kind(), self.quoted());
        Error::str(format_args!("Cannot iterate over {kind} ({quoted})"))
    }
}

/// Writes the JSON text of the value without a limit. Use it for values that are known to be small; the outputs of
/// filters go through the writer with the limits of the run.
impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        let style = Style {
            depth: usize::MAX,
            sort_keys: false,
        };
        Writer::new(&mut out, usize::MAX, style)
            .value(self)
            .map_err(|_| fmt::Error)?;
        f.write_str(&String::from_utf8_lossy(&out))
    }
}
