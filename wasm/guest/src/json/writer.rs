//! Writes values as strict JSON, within a limit on bytes and on nesting.
//!
//! Values that JSON does not have are written as jq writes them: NaN as `null`, the infinities as the largest
//! finite numbers, invalid UTF-8 as U+FFFD. Bytes are counted while they are written, since a value whose
//! parts are shared can be tiny in memory and endless as text.
#![forbid(unsafe_code)]

use crate::value::{sorted, Decimal, Num, Val};
use jq_magic_shared::sink::Sink;
pub use jq_magic_shared::sink::{WriteError, Written};

/// The way in which values are written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How deep arrays and objects may nest.
    pub depth: usize,
    /// Write the members of objects in the order of their keys.
    pub sort_keys: bool,
}

/// Writes values into a buffer that refuses to grow past its limit.
pub struct Writer<'a> {
    sink: Sink<'a>,
    style: Style,
}

impl<'a> Writer<'a> {
    /// Prepare to append to `out`, which may become `limit` bytes long.
    pub fn new(out: &'a mut Vec<u8>, limit: usize, style: Style) -> Self {
        let sink = Sink::new(out, limit);
        Self { sink, style }
    }

    /// Prepare to append to `out` as much of a text as fits into `limit` bytes.
    pub fn cutting(out: &'a mut Vec<u8>, limit: usize) -> Self {
        let style = Style {
            depth: usize::MAX,
            sort_keys: false,
        };
        let sink = Sink::cutting(out, limit);
        Self { sink, style }
    }

    /// Append the JSON text of `value`.
    pub fn value(&mut self, value: &Val) -> Written {
        self.nested(value, 0)
    }

    /// Append raw bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Written {
        self.sink.bytes(bytes)
    }

    /// Append `bytes` as a JSON string.
    pub fn string(&mut self, bytes: &[u8]) -> Written {
        self.sink.string(bytes)
    }

    fn nested(&mut self, value: &Val, level: usize) -> Written {
        match value {
            Val::Null => self.bytes(b"null"),
            Val::Bool(true) => self.bytes(b"true"),
            Val::Bool(false) => self.bytes(b"false"),
            Val::Num(number) => self.number(number),
            Val::Str(text) => self.string(text),
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
                    self.members(sorted(members).into_iter(), level)?;
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
            self.string(key.as_str().unwrap_or_default())?;
            self.bytes(b":")?;
            self.nested(value, level)?;
        }
        Ok(())
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
            Num::Float(float) if float.is_nan() => self.bytes(b"null"),
            Num::Float(float) => self.float(*float),
            Num::Dec(literal) => self.decimal(literal.text()),
        }
    }

    fn integer(&mut self, int: i64) -> Written {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = int.unsigned_abs();
        // A digit is below ten, so the casts to a byte lose nothing.
        while rest > u64::from(u32::MAX) {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        // WebAssembly divides 32 bits by a constant with a multiplication, and 64 bits with a division.
        let mut rest = rest as u32;
        loop {
            at -= 1;
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

    /// Append the shortest digits that read back as the same double, in jq's layout.
    fn float(&mut self, float: f64) -> Written {
        if float == 0.0 {
            return self.bytes(if float.is_sign_negative() {
                b"-0"
            } else {
                b"0"
            });
        }
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(float.clamp(f64::MIN, f64::MAX));
        let decimal = Decimal::parse(text).trimmed();
        let point = decimal.point();
        if point <= -4 || point > decimal.digits.len() as i64 + 15 {
            self.bytes(&decimal.scientific("e", 2))
        } else {
            self.bytes(&decimal.plain())
        }
    }

    /// Append a decimal with its own digits, in the layout of jq's decNumber.
    fn decimal(&mut self, text: &str) -> Written {
        if is_plain(text) {
            return self.bytes(text.as_bytes());
        }
        let decimal = Decimal::parse(text);
        if decimal.is_infinite() {
            return self.float(text.parse().unwrap_or_default());
        }
        if decimal.exponent <= 0 && decimal.point() > -6 {
            self.bytes(&decimal.plain())
        } else {
            self.bytes(&decimal.scientific("E", 1))
        }
    }
}

/// Whether jq's layout of a decimal is its text: digits, a point with at least one digit on both sides, no exponent,
/// no needless zero in front, and not so small that it needs an exponent.
fn is_plain(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let Some((whole, fraction)) = unsigned.split_once('.') else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let starts = match whole.as_bytes() {
        [b'0'] => fraction.len() <= 5 || fraction.as_bytes()[..5] != *b"00000",
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    starts && !fraction.is_empty() && digits(whole) && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::reader::Reader;

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
        written(&Val::Num(Num::Float(float)), 100, STYLE).unwrap()
    }

    #[test]
    fn what_was_read_is_written_unchanged() {
        for text in [
            r#"{"a":[1,-2,null,true,false],"b":{"c":"\u0000\b\f\n\r\t\"\\/\u007fé😀"}}"#,
            "-0",
            "1E+400",
            "0.1000",
            "12345678901234567890",
        ] {
            assert_eq!(written(&read(text), 1000, STYLE).unwrap(), text);
        }
    }

    #[test]
    fn floats_are_short_and_finite() {
        assert_eq!(float(f64::NAN), "null");
        assert_eq!(float(f64::INFINITY), "1.7976931348623157e+308");
        assert_eq!(float(f64::NEG_INFINITY), "-1.7976931348623157e+308");
        assert_eq!(float(5.0), "5");
        assert_eq!(float(-0.0), "-0");
        assert_eq!(float(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(float(1e15), "1000000000000000");
        assert_eq!(float(1e16), "1e+16");
        assert_eq!(float(12345678901234567.0), "12345678901234568");
        assert_eq!(float(0.00012), "0.00012");
        assert_eq!(float(-1.234e-5), "-1.234e-05");
    }

    #[test]
    fn a_plain_decimal_is_laid_out_as_it_is_written() {
        let mut plain = 0;
        for whole in ["0", "1", "10", "-0", "-7", "00", "01", "", "1234567890"] {
            for fraction in [
                "0", "5", "50", "00001", "000001", "000000", "0000001", "", "1e2",
            ] {
                let text = format!("{whole}.{fraction}");
                let decimal = Decimal::parse(&text);
                if is_plain(&text) {
                    plain += 1;
                    assert!(decimal.exponent <= 0 && decimal.point() > -6, "{text}");
                    assert_eq!(decimal.plain(), text.as_bytes());
                }
            }
        }
        assert_eq!(plain, 4 * 7 + 2 * 4);
    }

    #[test]
    fn decimals_keep_their_digits() {
        let decimal = |text: &str| written(&Val::Num(Num::literal(text)), 100, STYLE).unwrap();
        for (text, out) in [
            ("007.50", "7.50"),
            ("00.5", "0.5"),
            ("1e1000", "1E+1000"),
            ("100e-2", "1.00"),
            ("12e3", "1.2E+4"),
            ("0.00001", "0.00001"),
            ("0.0000001", "1E-7"),
            ("-0", "-0"),
            ("78E1234567890123", "1.7976931348623157e+308"),
            ("-1e99999999999999999999", "-1.7976931348623157e+308"),
        ] {
            assert_eq!(decimal(text), out);
        }
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(
            written(&Val::str(b"a\xff\xe2\x82b".to_vec()), 100, STYLE).unwrap(),
            "\"a\u{fffd}\u{fffd}b\""
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
