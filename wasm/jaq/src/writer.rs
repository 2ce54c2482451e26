//! Writes jaq's values as strict JSON, within a limit on bytes and on nesting.
//!
//! jaq's values are more than JSON: NaN is written as `null`, the infinities as the largest finite numbers, strings of
//! bytes as text, and keys that are no strings as strings of their JSON text.
#![forbid(unsafe_code)]

use jaq_json::{Num, Val};
use jq_magic_shared::sink::{Sink, WriteError, Written};

/// The way in which values are written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How deep arrays and objects may nest.
    pub depth: usize,
    /// Write the members of objects in the order of their keys.
    pub sort_keys: bool,
}

/// Append the JSON text of `value`.
pub fn write(sink: &mut Sink<'_>, value: &Val, style: Style) -> Written {
    nested(sink, value, style, 0)
}

fn nested(sink: &mut Sink<'_>, value: &Val, style: Style, level: usize) -> Written {
    match value {
        Val::Null => sink.bytes(b"null"),
        Val::Bool(true) => sink.bytes(b"true"),
        Val::Bool(false) => sink.bytes(b"false"),
        Val::Num(number) => sink.bytes(numeral(number).as_bytes()),
        Val::TStr(text) | Val::BStr(text) => sink.string(text),
        Val::Arr(_) | Val::Obj(_) if level == style.depth => Err(WriteError::Depth),
        Val::Arr(items) => {
            sink.bytes(b"[")?;
            for (index, item) in items.iter().enumerate() {
                comma(sink, index)?;
                nested(sink, item, style, level + 1)?;
            }
            sink.bytes(b"]")
        }
        Val::Obj(members) => {
            let mut members: Vec<_> = members.iter().collect();
            if style.sort_keys {
                members.sort_by_key(|(key, _)| *key);
            }
            sink.bytes(b"{")?;
            for (index, (key, value)) in members.into_iter().enumerate() {
                comma(sink, index)?;
                name(sink, key, level, style)?;
                sink.bytes(b":")?;
                nested(sink, value, style, level + 1)?;
            }
            sink.bytes(b"}")
        }
    }
}

fn comma(sink: &mut Sink<'_>, index: usize) -> Written {
    if index == 0 {
        return Ok(());
    }
    sink.bytes(b",")
}

fn name(sink: &mut Sink<'_>, key: &Val, level: usize, style: Style) -> Written {
    if let Val::TStr(text) | Val::BStr(text) = key {
        return sink.string(text);
    }
    let mut text = Vec::new();
    nested(
        &mut Sink::new(&mut text, sink.left()),
        key,
        style,
        level + 1,
    )?;
    sink.string(&text)
}

fn numeral(number: &Num) -> String {
    match number {
        Num::Float(float) if float.is_nan() => "null".into(),
        Num::Float(float) => Num::Float(float.clamp(f64::MIN, f64::MAX)).to_string(),
        // jaq reads `+1.0` and `01.0`, and keeps them as they are.
        Num::Dec(text) if !is_json(text) => numeral(&Num::from_dec_str(text)),
        number => number.to_string(),
    }
}

/// Whether JSON has the digits of a decimal: a sign is `-`, and no zero stands before another digit.
fn is_json(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match unsigned {
        [b'0', b'0'..=b'9', ..] => false,
        [b'0'..=b'9', ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jaq_json::read;

    fn written(text: &str, depth: usize, limit: usize) -> Result<String, WriteError> {
        let value = read::parse_single(text.as_bytes()).unwrap();
        let style = Style {
            depth,
            sort_keys: true,
        };
        let mut out = Vec::new();
        write(&mut Sink::new(&mut out, limit), &value, style)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_is_no_json_is_written_as_what_is() {
        for (text, json) in [
            (
                r#"{"b":1,"a":[null,true,false,"\u0000"]}"#,
                r#"{"a":[null,true,false,"\u0000"],"b":1}"#,
            ),
            (
                "[NaN, Infinity, -Infinity]",
                "[null,1.7976931348623157e308,-1.7976931348623157e308]",
            ),
            (r#"{1:2,[1]:3}"#, r#"{"1":2,"[1]":3}"#),
            (r#"b"a\xff""#, "\"a\u{fffd}\""),
            (
                "[+1.50, 01.5, -0.10, 1e400, 12345678901234567890]",
                "[1.5,1.5,-0.10,1e400,12345678901234567890]",
            ),
        ] {
            assert_eq!(written(text, 9, 1000).unwrap(), json, "{text}");
        }
    }

    #[test]
    fn the_limits_hold_at_their_edge() {
        assert_eq!(written("[[1]]", 2, 5).unwrap(), "[[1]]");
        assert_eq!(written("[[1]]", 1, 5), Err(WriteError::Depth));
        assert_eq!(written("[[1]]", 2, 4), Err(WriteError::Bytes));
    }
}
