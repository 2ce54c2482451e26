//! Writes bytes and JSON strings into a buffer up to a limit.
#![forbid(unsafe_code)]

use crate::scan;

/// Why a value could not be written.
#[derive(Debug, PartialEq, Eq)]
pub enum WriteError {
    /// More bytes than allowed.
    Bytes,
    /// Arrays and objects nest deeper than allowed.
    Depth,
}

/// What a write returns.
pub type Written = Result<(), WriteError>;

/// A buffer that refuses to grow past its limit.
pub struct Sink<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
    /// Whether a text that is too long fills the buffer up to its limit before it is refused.
    cut: bool,
}

impl<'a> Sink<'a> {
    /// Prepare to append to `out`, which may become `limit` bytes long.
    pub fn new(out: &'a mut Vec<u8>, limit: usize) -> Self {
        Self {
            out,
            limit,
            cut: false,
        }
    }

    /// Prepare to append to `out` as much of a text as fits into `limit` bytes.
    pub fn cutting(out: &'a mut Vec<u8>, limit: usize) -> Self {
        Self {
            out,
            limit,
            cut: true,
        }
    }

    /// How many bytes may still be written.
    pub fn left(&self) -> usize {
        // The subtraction cannot wrap: the buffer never grows past its limit.
        self.limit - self.out.len()
    }

    /// Append raw bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) -> Written {
        let left = self.left();
        if bytes.len() > left {
            if self.cut {
                self.out.extend_from_slice(&bytes[..left]);
            }
            return Err(WriteError::Bytes);
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Append `bytes` as a JSON string; what is not UTF-8 becomes U+FFFD.
    #[inline]
    pub fn string(&mut self, bytes: &[u8]) -> Written {
        self.bytes(b"\"")?;
        let printable = scan::printable(bytes);
        let (printed, bytes) = bytes.split_at(printable);
        self.bytes(printed)?;
        for chunk in bytes.utf8_chunks() {
            self.text(chunk.valid().as_bytes())?;
            if !chunk.invalid().is_empty() {
                self.bytes("\u{fffd}".as_bytes())?;
            }
        }
        self.bytes(b"\"")
    }

    #[inline]
    fn text(&mut self, text: &[u8]) -> Written {
        let mut plain = 0;
        for (at, &byte) in text.iter().enumerate() {
            if !matches!(byte, 0..=0x1f | b'"' | b'\\' | 0x7f) {
                continue;
            }
            self.bytes(&text[plain..at])?;
            plain = at + 1;
            match byte {
                b'"' => self.bytes(b"\\\""),
                b'\\' => self.bytes(b"\\\\"),
                0x08 => self.bytes(b"\\b"),
                0x0c => self.bytes(b"\\f"),
                b'\n' => self.bytes(b"\\n"),
                b'\r' => self.bytes(b"\\r"),
                b'\t' => self.bytes(b"\\t"),
                _ => self.bytes(format!("\\u{byte:04x}").as_bytes()),
            }?;
        }
        self.bytes(&text[plain..])
    }
}

/// Write a string that is known to be small, such as an error's message, as JSON text.
pub fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    Sink::new(&mut out, usize::MAX)
        .string(text.as_bytes())
        .expect("no limit");
    String::from_utf8(out).expect("UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_quoted_as_json_has_it() {
        for (bytes, text) in [
            (b"plain".as_slice(), r#""plain""#),
            (b"\"\\\n\x01\x7f\x08", r#""\"\\\n\u0001\u007f\b""#),
            ("é😀".as_bytes(), r#""é😀""#),
            (b"a\xffb\xe2\x82", "\"a\u{fffd}b\u{fffd}\""),
        ] {
            let mut out = Vec::new();
            Sink::new(&mut out, 100).string(bytes).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn nothing_is_written_past_the_limit() {
        for (limit, cut, left) in [(5, b"ab".as_slice(), 3), (2, b"ab", 0)] {
            let mut out = Vec::new();
            let mut sink = Sink::new(&mut out, limit);
            assert_eq!(sink.bytes(b"ab"), Ok(()));
            assert_eq!(sink.bytes(&vec![b'x'; left + 1]), Err(WriteError::Bytes));
            assert_eq!(out, cut);
            let mut out = Vec::new();
            assert!(Sink::cutting(&mut out, limit).bytes(b"abcdefg").is_err());
            assert_eq!(out, &b"abcdefg"[..limit]);
        }
    }
}
