//! Reads the strings of JSON texts: decodes escapes, and replaces bytes that are not UTF-8.
#![forbid(unsafe_code)]

use super::{Read, Reader};
use crate::json::scan;
use crate::value::Val;
use bytes::Bytes;

pub(super) const CONTROL: &str = "an escape instead of a control character in a string";
pub(super) const UNENDED: &str = "'\"' at the end of the string";

impl Reader {
    /// Read a string. One without escapes borrows from the input, which lives longer than every value.
    pub(super) fn string(&mut self) -> Read<Val> {
        self.at += 1;
        let start = self.at;
        let ascii = self.plain();
        if self.peek() == Some(b'"') {
            let raw = &self.input[start..self.at];
            self.at += 1;
            return Ok(text(raw, ascii));
        }
        self.escaped(start, ascii)
    }

    /// Skip bytes that a string holds as they are, and return whether all of them are ASCII.
    #[inline]
    pub(super) fn plain(&mut self) -> bool {
        let (length, ascii) = scan::plain(&self.input[self.at..]);
        self.at += length;
        ascii
    }

    fn escaped(&mut self, start: usize, mut ascii: bool) -> Read<Val> {
        let mut out = self.input[start..self.at].to_vec();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(owned_text(out, ascii));
                }
                Some(b'\\') => {
                    let c = self.escape()?;
                    ascii &= c.is_ascii();
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(0..=0x1f) => return self.fail(CONTROL),
                Some(_) => {
                    let from = self.at;
                    ascii &= self.plain();
                    out.extend_from_slice(&self.input[from..self.at]);
                }
                None => return self.fail(UNENDED),
            }
        }
    }

    pub(super) fn escape(&mut self) -> Read<char> {
        let c = match self.input.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return self.fail("one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"),
        };
        self.at += 2;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Read<char> {
        let high = self.hex(self.at)?;
        self.at += 6;
        if (0xd800..0xdc00).contains(&high) && self.input[self.at..].starts_with(b"\\u") {
            let low = self.hex(self.at)?;
            if (0xdc00..0xe000).contains(&low) {
                self.at += 6;
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Decode the code unit of the escape `\uXXXX` that begins at `at`.
    fn hex(&self, at: usize) -> Read<u32> {
        let digits = self.input.get(at + 2..at + 6).unwrap_or_default();
        let digit = |code: u32, byte: &u8| Some(code * 16 + char::from(*byte).to_digit(16)?);
        match digits.iter().try_fold(0, digit) {
            Some(code) if digits.len() == 4 => Ok(code),
            _ => self.fail("four hexadecimal digits after \\u"),
        }
    }
}

fn text(raw: &'static [u8], ascii: bool) -> Val {
    if ascii || core::str::from_utf8(raw).is_ok() {
        Val::str(Bytes::from_static(raw))
    } else {
        Val::str(String::from_utf8_lossy(raw).into_owned())
    }
}

fn owned_text(raw: Vec<u8>, ascii: bool) -> Val {
    if ascii || core::str::from_utf8(&raw).is_ok() {
        Val::str(raw)
    } else {
        Val::str(String::from_utf8_lossy(&raw).into_owned())
    }
}
