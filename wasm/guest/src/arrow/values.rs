//! Makes the guest's values of columns.
#![forbid(unsafe_code)]

use super::make::Make;
use super::times::Text;
use crate::json::reader::Reader;
use crate::value::{Map, Num, Val};
use bytes::Bytes;
use jq_magic_shared::scan;

/// Makes [`Val`]s.
pub struct Values;

/// The first whole number whose digits are not all written: Python's `repr`, and so JSON elsewhere, does the same.
const LONG: f64 = 1e16;

impl Make for Values {
    type Value = Val;
    /// An object that has the names, and nulls: a copy of it is made faster than one member after another.
    type Names = Map;

    fn names(&self, names: &[&'static [u8]]) -> Map {
        let members = names.iter().map(|name| (self.text(name), Val::Null));
        members.collect()
    }

    fn null(&self) -> Val {
        Val::Null
    }

    fn boolean(&self, value: bool) -> Val {
        Val::Bool(value)
    }

    fn integer(&self, value: i64) -> Val {
        Val::Num(Num::Int(value))
    }

    fn float(&self, value: f64) -> Val {
        // A whole number is written with its point, so that a column of floats comes out as one.
        Val::Num(if value.is_infinite() {
            // A literal, as an infinity stands in a text, so that what only passes is written as one.
            Num::literal(if value > 0.0 { "1e999" } else { "-1e999" })
        } else if value.trunc() == value {
            if value.abs() < LONG {
                // `{:.1}` takes twenty times as long.
                let mut digits = Text::new();
                if value.is_sign_negative() {
                    digits.push(b'-');
                }
                digits.number(value as i64);
                for byte in *b".0" {
                    digits.push(byte);
                }
                Num::literal(core::str::from_utf8(digits.bytes()).unwrap_or_default())
            } else {
                Num::literal(&format!("{value:e}"))
            }
        } else {
            Num::Float(value)
        })
    }

    fn digits(&self, text: &str) -> Val {
        Val::Num(Num::literal(text))
    }

    fn text(&self, text: &'static [u8]) -> Val {
        // Most are short and ASCII, which costs less to see than that they are UTF-8.
        if scan::plain(text) == (text.len(), true) {
            return Val::str(Bytes::from_static(text));
        }
        match core::str::from_utf8(text) {
            Ok(_) => Val::str(Bytes::from_static(text)),
            Err(_) => Val::str(String::from_utf8_lossy(text).into_owned()),
        }
    }

    fn written(&self, text: &[u8]) -> Val {
        Val::str(Bytes::copy_from_slice(text))
    }

    fn array(&self, items: Vec<Val>) -> Val {
        Val::Arr(items.into())
    }

    fn object(&self, names: &Map, values: Vec<Val>) -> Val {
        let mut members = names.clone();
        // Of names that stand there twice, which no honest host writes, the first values count.
        for (place, value) in members.values_mut().zip(values) {
            *place = value;
        }
        Val::obj(members)
    }

    fn map(&self, members: Vec<(Val, Val)>) -> Option<Val> {
        let count = members.len();
        let mut map = Map::with_capacity(count);
        for (key, value) in members {
            let key = match key {
                Val::Str(_) => key,
                Val::Arr(_) | Val::Obj(_) => return None,
                key => Val::str(key.to_string()),
            };
            map.insert(key, value);
        }
        (map.len() == count).then(|| Val::obj(map))
    }

    fn items(&self, text: &'static [u8], depth: usize) -> Option<Vec<Val>> {
        match Reader::new(text, depth).next_text()?.ok()? {
            Val::Arr(items) => Some(std::rc::Rc::unwrap_or_clone(items)),
            _ => None,
        }
    }

    fn again(&self, value: &Val) -> Val {
        value.clone()
    }
}
