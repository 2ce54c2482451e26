//! Cuts the input into texts, each of which jaq reads as one value, and counts what was read.
//!
//! jaq's reader recurses without a limit and does not say how far it has read. So the end of each text is found
//! first, with the depth of its brackets.
#![forbid(unsafe_code)]

use jaq_json::{read, Val};
use jq_magic_shared::engine::{Limits, Mode};
use jq_magic_shared::fault::{Fault, Limit};
use std::cell::{Cell, RefCell};

/// How far the input was read; the iterator itself belongs to jaq while a run goes on.
#[derive(Default)]
pub struct Progress {
    /// Values that were read.
    pub values: Cell<usize>,
    /// Bytes that were read.
    pub bytes: Cell<usize>,
    /// The message about a text that could not be read, as the filter sees it, and what the host is told.
    pub refused: RefCell<Option<(String, Fault)>>,
}

/// The values that a run reads, in order.
pub struct Texts {
    text: &'static [u8],
    mode: Mode,
    depth: usize,
    progress: &'static Progress,
    /// Whether nothing is read any more: all was slurped, or a text could not be read.
    ended: bool,
}

impl Texts {
    /// Prepare to cut `text` into values as `mode` says.
    pub fn new(
        text: &'static [u8],
        mode: Mode,
        limits: Limits,
        progress: &'static Progress,
    ) -> Self {
        Self {
            text,
            mode,
            depth: limits.depth,
            progress,
            ended: false,
        }
    }

    fn next_value(&mut self) -> Option<Result<Val, Fault>> {
        match self.mode {
            Mode {
                slurp: false,
                raw: true,
                ..
            } => Some(Ok(self.next_line()?)),
            Mode { slurp: false, .. } => self.next_text(),
            _ if core::mem::replace(&mut self.ended, true) => None,
            Mode { raw: true, .. } => {
                self.progress.bytes.set(self.text.len());
                Some(Ok(Val::utf8_str(self.text)))
            }
            Mode { .. } => Some(core::iter::from_fn(|| self.next_text()).collect()),
        }
    }

    fn next_line(&mut self) -> Option<Val> {
        let start = self.progress.bytes.get();
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(rest.len(), |end| end + 1);
        self.progress.bytes.set(start + length);
        Some(Val::utf8_str(&rest[..end.unwrap_or(rest.len())]))
    }

    fn next_text(&mut self) -> Option<Result<Val, Fault>> {
        let mut start = self.progress.bytes.get();
        start += blank(&self.text[start..]);
        self.progress.bytes.set(start);
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        let length = match extent(rest, self.depth) {
            Ok(length) => length,
            Err(offset) => {
                return Some(Err(Fault::Limit(Limit::Depth {
                    place: "input",
                    allowed: self.depth,
                    offset: Some(start + offset),
                })))
            }
        };
        self.progress.bytes.set(start + length);
        let value = read::parse_single(&rest[..length]).map_err(|error| {
            let (offset, message) = place(&error.to_string());
            Fault::Input {
                message,
                index: self.progress.values.get(),
                offset: start + offset,
            }
        });
        Some(value)
    }
}

impl Iterator for Texts {
    type Item = Result<Val, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended && !self.mode.slurp {
            return None;
        }
        let value = self.next_value()?;
        if let Err(fault) = &value {
            self.ended = true;
            let message = match fault {
                Fault::Input { message, .. } => message.clone(),
                _ => "the input nests deeper than allowed".into(),
            };
            *self.progress.refused.borrow_mut() = Some((message, fault.clone()));
        }
        self.progress.values.set(self.progress.values.get() + 1);
        let refused = self.progress.refused.borrow();
        Some(value.map_err(|_| {
            refused
                .as_ref()
                .map_or_else(String::new, |(m, _)| m.clone())
        }))
    }
}

/// Take the place and the message out of what jaq says: `byte offset 7: value expected`.
fn place(text: &str) -> (usize, String) {
    let parts = text
        .strip_prefix("byte offset ")
        .and_then(|text| text.split_once(": "));
    let placed = parts.and_then(|(offset, message)| Some((offset.parse().ok()?, message)));
    let (offset, message) = placed.unwrap_or((0, text));
    (offset, message.to_string())
}

/// Count the bytes of white space and comments at the start.
fn blank(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b' ' | b'\t' | b'\n' | b'\r' => 1,
            b'#' => comment(&bytes[at..]),
            _ => break,
        };
    }
    at
}

fn comment(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.unwrap_or(bytes.len())
}

/// Count the bytes of a string with its quotes.
fn string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' => 2,
            b'"' => return at + 1,
            _ => 1,
        };
    }
    bytes.len()
}

/// Find the end of the text that begins at the start of `bytes`, in bytes; as an error the place where brackets nest
/// deeper than allowed.
pub fn extent(bytes: &[u8], depth: usize) -> Result<usize, usize> {
    let (mut at, mut level) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'[' | b'{' if level == depth => return Err(at),
            b'[' | b'{' => {
                level += 1;
                1
            }
            b']' | b'}' => {
                level = level.saturating_sub(1);
                1
            }
            b'"' => string(&bytes[at..]),
            b'#' => comment(&bytes[at..]),
            _ => word(&bytes[at..]),
        };
        at += length;
        if level == 0 {
            break;
        }
    }
    Ok(at.min(bytes.len()))
}

/// Count the bytes of a number or name; within brackets of what separates them, too.
fn word(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"b\"") {
        return 1 + string(&bytes[1..]);
    }
    let special = |byte: &u8| matches!(byte, b'[' | b']' | b'{' | b'}' | b'"' | b'#' | 0..=b' ');
    let length = bytes.iter().skip(1).position(special);
    length.map_or(bytes.len(), |length| length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_where_its_brackets_or_its_word_end() {
        for (text, length) in [
            ("1 2", 1),
            ("nul", 3),
            ("\"a b\\\" \"[", 8),
            ("[1, \"]\", {}] 2", 12),
            ("{\"a\": [# ]\n]}x", 13),
            ("b\"\\\"]\" 1", 6),
            ("]]", 1),
            ("[[1]", 4),
            ("\"\\", 2),
        ] {
            assert_eq!(extent(text.as_bytes(), 9), Ok(length), "{text}");
        }
        assert_eq!(extent(b"[[]]", 2), Ok(4));
        assert_eq!(extent(b"[ [[]]]", 2), Err(3));
    }
}
