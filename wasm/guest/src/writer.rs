//! JSON writer: values to strict JSON, within a limit on bytes and on nesting.
//!
//! What jaq can hold and JSON cannot say is written as jq writes it: NaN as `null`, the infinities
//! as the largest finite numbers, invalid UTF-8 as U+FFFD; besides, byte strings as strings, and
//! keys that are no strings as the string of their JSON text. Bytes are counted while they are
//! written, since a value that shares its parts can be tiny in memory and endless in print.
#![forbid(unsafe_code)]

use jaq_json::{Num, Val};

/// Why a value could not be written.
#[derive(Debug, PartialEq, Eq)]
pub enum WriteError {
    /// More bytes than allowed.
    Bytes,
    /// Arrays and objects nest deeper than allowed.
    Depth,
}

type Written = Result<(), WriteError>;

/// How values are written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How deep arrays and objects may nest.
    pub depth: usize,
    /// Write the members of objects in the order of their keys.
    pub sort_keys: bool,
}

/// A buffer that refuses to grow past its limit.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
    style: Style,
}

impl<'a> Writer<'a> {
    /// Append to `out`, which may become `limit` bytes long.
    pub fn new(out: &'a mut Vec<u8>, limit: usize, style: Style) -> Self {
        Self { out, limit, style }
    }

    /// Append the JSON text of `value`.
    pub fn value(&mut self, value: &Val) -> Written {
        self.nested(value, 0)
    }

    /// Append raw bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Written {
        // The subtraction cannot wrap: the buffer never grows past its limit.
        if bytes.len() > self.limit - self.out.len() {
            return Err(WriteError::Bytes);
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn nested(&mut self, value: &Val, level: usize) -> Written {
        match value {
            Val::Null => self.bytes(b"null"),
            Val::Bool(true) => self.bytes(b"true"),
            Val::Bool(false) => self.bytes(b"false"),
            Val::Num(number) => self.number(number),
            Val::TStr(text) | Val::BStr(text) => self.string(text),
            Val::Arr(items) => {
                let level = self.deeper(level)?;
                self.bytes(b"[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.bytes(b",")?;
                    }
                    self.nested(item, level)?;
                }
                self.bytes(b"]")
            }
            Val::Obj(members) => {
                let level = self.deeper(level)?;
                self.bytes(b"{")?;
                if self.style.sort_keys {
                    let mut sorted: Vec<_> = members.iter().collect();
                    sorted.sort_by_key(|(key, _)| *key);
                    self.members(sorted.into_iter(), level)?;
                } else {
                    self.members(members.iter(), level)?;
                }
                self.bytes(b"}")
            }
        }
    }

    fn members<'v>(
        &mut self,
        members: impl Iterator<Item = (&'v Val, &'v Val)>,
        level: usize,
    ) -> Written {
        for (index, (key, value)) in members.enumerate() {
            if index > 0 {
                self.bytes(b",")?;
            }
            self.key(key, level)?;
            self.bytes(b":")?;
            self.nested(value, level)?;
        }
        Ok(())
    }

    fn key(&mut self, key: &Val, level: usize) -> Written {
        if let Val::TStr(text) | Val::BStr(text) = key {
            return self.string(text);
        }
        let mut text = Vec::new();
        Writer::new(&mut text, self.limit - self.out.len(), self.style).nested(key, level)?;
        self.string(&text)
    }

    fn deeper(&self, level: usize) -> Result<usize, WriteError> {
        if level == self.style.depth {
            return Err(WriteError::Depth);
        }
        Ok(level + 1)
    }

    fn number(&mut self, number: &Num) -> Written {
        match number {
            Num::Int(int) => self.integer(*int),
            Num::BigInt(int) => self.bytes(int.to_string().as_bytes()),
            Num::Float(float) if float.is_nan() => self.bytes(b"null"),
            Num::Float(float) => self.float(*float),
            Num::Dec(text) => self.decimal(text),
        }
    }

    fn integer(&mut self, int: isize) -> Written {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = int.unsigned_abs();
        loop {
            at -= 1;
            // A digit is below ten, so it fits.
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if int < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        self.bytes(&digits[at..])
    }

    /// The shortest text that reads back as the same number; whole numbers below 1e17 without a
    /// fraction, as jq prints them.
    fn float(&mut self, float: f64) -> Written {
        let float = float.clamp(f64::MIN, f64::MAX);
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(float);
        if let Some(whole) = text.strip_suffix(".0") {
            return self.bytes(whole.as_bytes());
        }
        if float.fract() == 0.0 && float.abs() < 1e17 {
            return self.bytes(format!("{float:.0}").as_bytes());
        }
        self.bytes(text.as_bytes())
    }

    /// A decimal as it was written, but for what jq programs allow and JSON does not: zeros before it.
    fn decimal(&mut self, text: &str) -> Written {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text),
        };
        let trimmed = digits.trim_start_matches('0');
        let zero = if trimmed.starts_with(|c: char| c.is_ascii_digit()) {
            ""
        } else {
            "0"
        };
        self.bytes(sign.as_bytes())?;
        self.bytes(zero.as_bytes())?;
        self.bytes(trimmed.as_bytes())
    }

    /// Append `bytes` as a JSON string.
    pub fn string(&mut self, bytes: &[u8]) -> Written {
        self.bytes(b"\"")?;
        for chunk in bytes.utf8_chunks() {
            self.text(chunk.valid().as_bytes())?;
            if !chunk.invalid().is_empty() {
                self.bytes("\u{fffd}".as_bytes())?;
            }
        }
        self.bytes(b"\"")
    }

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

/// The JSON text of a value that is known to be small, such as a message of ours.
pub fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    let style = Style {
        depth: 0,
        sort_keys: false,
    };
    Writer::new(&mut out, usize::MAX, style)
        .string(text.as_bytes())
        .expect("no limit is set");
    String::from_utf8(out).expect("the writer writes UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Reader;

    const STYLE: Style = Style {
        depth: 3,
        sort_keys: false,
    };

    fn written(value: &Val, limit: usize, style: Style) -> Result<String, WriteError> {
        let mut out = Vec::new();
        Writer::new(&mut out, limit, style).value(value)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn read(text: &'static str) -> Val {
        Reader::new(text.as_bytes(), 100)
            .next_text()
            .unwrap()
            .unwrap()
    }

    fn float(float: f64) -> String {
        written(&Val::from(float), 100, STYLE).unwrap()
    }

    #[test]
    fn what_was_read_is_written_unchanged() {
        for text in [
            r#"{"a":[1,-2,null,true,false],"b":{"c":"\u0000\b\f\n\r\t\"\\/\u007fé😀"}}"#,
            "-0",
            "1E400",
            "12345678901234567890",
        ] {
            assert_eq!(written(&read(text), 1000, STYLE).unwrap(), text);
        }
    }

    #[test]
    fn floats_are_short_and_finite() {
        assert_eq!(float(f64::NAN), "null");
        assert_eq!(float(f64::INFINITY), "1.7976931348623157e308");
        assert_eq!(float(f64::NEG_INFINITY), "-1.7976931348623157e308");
        assert_eq!(float(5.0), "5");
        assert_eq!(float(-0.0), "-0");
        assert_eq!(float(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(float(1e16), "10000000000000000");
        assert_eq!(float(1e17), "1e17");
        assert_eq!(float(1e-7), "1e-7");
    }

    #[test]
    fn decimals_of_programs_lose_leading_zeros() {
        let decimal = |text: &str| {
            written(&Val::Num(Num::Dec(String::from(text).into())), 100, STYLE).unwrap()
        };
        assert_eq!(decimal("007.50"), "7.50");
        assert_eq!(decimal("00.5"), "0.5");
        assert_eq!(decimal("-00e1"), "-0e1");
    }

    #[test]
    fn invalid_utf8_and_byte_strings_become_strings() {
        assert_eq!(
            written(&Val::utf8_str(b"a\xff\xe2\x82b".to_vec()), 100, STYLE).unwrap(),
            "\"a\u{fffd}\u{fffd}b\""
        );
        assert_eq!(
            written(&Val::byte_str(b"\xffx".to_vec()), 100, STYLE).unwrap(),
            "\"\u{fffd}x\""
        );
    }

    #[test]
    fn keys_are_strings() {
        let object = Val::obj(
            [(read("[1,\"a\"]"), Val::Null), (read("2"), Val::Null)]
                .into_iter()
                .collect(),
        );
        assert_eq!(
            written(&object, 100, STYLE).unwrap(),
            r#"{"[1,\"a\"]":null,"2":null}"#
        );
    }

    #[test]
    fn keys_are_sorted_on_demand() {
        let style = Style {
            sort_keys: true,
            ..STYLE
        };
        assert_eq!(
            written(&read(r#"{"b":{"d":1,"c":2},"a":3}"#), 100, style).unwrap(),
            r#"{"a":3,"b":{"c":2,"d":1}}"#
        );
    }

    #[test]
    fn bytes_are_limited_at_their_edge() {
        let value = read(r#"["abc",{"d":1}]"#);
        assert_eq!(written(&value, 15, STYLE).unwrap().len(), 15);
        for limit in 0..15 {
            assert_eq!(
                written(&value, limit, STYLE),
                Err(WriteError::Bytes),
                "{limit}"
            );
        }
    }

    #[test]
    fn nesting_is_limited_at_its_edge() {
        assert!(written(&read("[[[1]]]"), 100, STYLE).is_ok());
        assert_eq!(
            written(&read("[[[[1]]]]"), 100, STYLE),
            Err(WriteError::Depth)
        );
    }
}
