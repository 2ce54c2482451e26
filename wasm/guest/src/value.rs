//! The values that programs work on, with the meaning that jq 1.8 gives to them.
//!
//! jaq-core is generic over its value type; this one decides how values are indexed, updated,
//! ordered and turned into text, and what errors say.
#![forbid(unsafe_code)]

mod decimal;
mod map;
mod number;
mod operators;
mod path;
mod update;

pub use decimal::Decimal;
pub use map::Map;
pub use number::{Literal, Num};
pub use operators::split;
pub use path::{
    code_points, delete_paths, get_path, index, keys, position, put, set_path, update_path,
};
pub use update::{replace, writable};

use crate::json::writer::{Style, Writer};
use bytes::Bytes;
use core::cmp::Ordering;
use core::fmt;
use jaq_core::box_iter::BoxIter;
use jaq_core::path::Opt;
use jaq_core::val::Range;
use std::rc::Rc;

/// A value, or the error that `catch` sees.
pub type ValR = jaq_core::ValR<Val>;
/// An error that `catch` sees.
pub type Error = jaq_core::Error<Val>;

/// Bytes of a value's JSON text that an error message quotes, as in jq.
const QUOTED: usize = 29;

/// A JSON value, or a number that JSON cannot say.
#[derive(Clone, Debug, Default)]
pub enum Val {
    /// `null`
    #[default]
    Null,
    /// `true` and `false`
    Bool(bool),
    /// A number.
    Num(Num),
    /// A string, valid UTF-8.
    Str(Box<Bytes>),
    /// An array.
    Arr(Rc<Vec<Val>>),
    /// An object.
    Obj(Rc<Map>),
}

impl Val {
    /// An object.
    pub fn obj(members: Map) -> Self {
        Self::Obj(Rc::new(members))
    }

    /// A string; the bytes must be valid UTF-8.
    pub fn str(text: impl Into<Bytes>) -> Self {
        Self::Str(Box::new(text.into()))
    }

    /// The bytes of a string.
    pub fn as_str(&self) -> Option<&[u8]> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a number.
    pub fn as_num(&self) -> Option<&Num> {
        match self {
            Self::Num(number) => Some(number),
            _ => None,
        }
    }

    /// What jq's `type` answers.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Num(_) => "number",
            Self::Str(_) => "string",
            Self::Arr(_) => "array",
            Self::Obj(_) => "object",
        }
    }

    /// The beginning of the value's JSON text, as error messages quote it: 29 bytes at most, with
    /// the bracket or quote that closes it.
    pub fn quoted(&self) -> String {
        let mut out = Vec::new();
        // Past the limit the writer stops, however large the value is.
        let whole = Writer::cutting(&mut out, QUOTED + 1).value(self).is_ok();
        if !whole || out.len() > QUOTED {
            let close = match out.first() {
                Some(b'"') => "...\"",
                Some(b'[') => "...]",
                Some(b'{') => "...}",
                _ => "...",
            };
            out.truncate(QUOTED - close.len());
            // No code point is cut in two.
            let valid = out
                .utf8_chunks()
                .next()
                .map_or(0, |chunk| chunk.valid().len());
            out.truncate(valid);
            out.extend_from_slice(close.as_bytes());
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    /// The error `KIND (VALUE) MESSAGE`.
    pub fn error(&self, message: &str) -> Error {
        Error::str(format_args!(
            "{} ({}) {message}",
            self.kind(),
            self.quoted()
        ))
    }

    /// The error `KIND (VALUE) and KIND (VALUE) MESSAGE`.
    pub fn error2(&self, other: &Self, message: &str) -> Error {
        Error::str(format_args!(
            "{} ({}) and {} ({}) {message}",
            self.kind(),
            self.quoted(),
            other.kind(),
            other.quoted()
        ))
    }

    fn not_iterable(&self) -> Error {
        let (kind, quoted) = (self.kind(), self.quoted());
        Error::str(format_args!("Cannot iterate over {kind} ({quoted})"))
    }

    /// Whether every part of `other` is found in this value.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Str(l), Self::Str(r)) => r.is_empty() || memchr::memmem::find(l, r).is_some(),
            (Self::Arr(l), Self::Arr(r)) => r
                .iter()
                .all(|r| l.iter().any(|l| l.kind_eq(r) && l.contains(r))),
            (Self::Obj(l), Self::Obj(r)) => r
                .iter()
                .all(|(key, r)| l.get(key).is_some_and(|l| l.kind_eq(r) && l.contains(r))),
            _ => self == other,
        }
    }

    fn kind_eq(&self, other: &Self) -> bool {
        self.kind() == other.kind()
    }
}

impl jaq_core::ValT for Val {
    fn from_num(text: &str) -> ValR {
        Ok(Self::Num(Num::literal(text)))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(members: I) -> ValR {
        let mut map = Map::default();
        for (key, value) in members {
            if !matches!(key, Self::Str(_)) {
                return Err(Error::str(format_args!(
                    "Cannot use {} ({}) as object key",
                    key.kind(),
                    key.quoted()
                )));
            }
            map.insert(key, value);
        }
        Ok(Self::obj(map))
    }

    fn key_values(self) -> BoxIter<'static, Result<(Self, Self), Error>> {
        match self {
            Self::Arr(items) => BoxIter::new(
                Rc::unwrap_or_clone(items)
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| Ok((Self::from(index), item))),
            ),
            Self::Obj(members) => BoxIter::new(Rc::unwrap_or_clone(members).into_iter().map(Ok)),
            other => BoxIter::Once(Err(other.not_iterable())),
        }
    }

    fn is_iterable(&self) -> bool {
        matches!(self, Self::Arr(_) | Self::Obj(_))
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR>> {
        match self {
            Self::Arr(items) => match Rc::try_unwrap(items) {
                Ok(items) => Box::new(items.into_iter().map(Ok)),
                // Items are copied when they are asked for: often that is not all of them.
                Err(items) => Box::new((0..items.len()).map(move |index| Ok(items[index].clone()))),
            },
            Self::Obj(members) => Box::new(Rc::unwrap_or_clone(members).into_values().map(Ok)),
            other => Box::new(core::iter::once(Err(other.not_iterable()))),
        }
    }

    fn index(self, index: &Self) -> ValR {
        path::index(&self, index)
    }

    fn index_str(self, index: &str) -> ValR {
        path::member(&self, index)
    }

    fn range(self, range: Range<&Self>) -> ValR {
        path::slice(
            &self,
            range.start.unwrap_or(&Self::Null),
            range.end.unwrap_or(&Self::Null),
        )
    }

    fn map_values<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        update::map_values(self, opt, f)
    }

    fn map_index<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        update::map_index(self, index, opt, f)
    }

    fn map_range<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        range: Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        let range = range.start.cloned()..range.end.cloned();
        update::map_index(self, &Self::from(range), opt, f)
    }

    fn as_bool(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    fn into_string(self) -> Self {
        match self {
            Self::Str(_) => self,
            other => Self::from(other.to_string()),
        }
    }
}

impl From<bool> for Val {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<isize> for Val {
    fn from(int: isize) -> Self {
        Self::Num(Num::Int(int as i64))
    }
}

impl From<i64> for Val {
    fn from(int: i64) -> Self {
        Self::Num(Num::Int(int))
    }
}

impl From<usize> for Val {
    fn from(int: usize) -> Self {
        // Counts of things in memory are far below 2^63.
        Self::Num(Num::Int(int as i64))
    }
}

impl From<f64> for Val {
    fn from(float: f64) -> Self {
        Self::Num(Num::from_f64(float))
    }
}

impl From<&'static str> for Val {
    fn from(text: &'static str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::str(text)
    }
}

impl From<Range<Self>> for Val {
    fn from(range: Range<Self>) -> Self {
        let members = [("start", range.start), ("end", range.end)];
        Self::obj(
            members
                .into_iter()
                .map(|(key, bound)| (Self::from(key), bound.unwrap_or_default()))
                .collect(),
        )
    }
}

impl FromIterator<Self> for Val {
    fn from_iter<T: IntoIterator<Item = Self>>(items: T) -> Self {
        Self::Arr(Rc::new(items.into_iter().collect()))
    }
}

/// The JSON text of the value. Meant for values that are known to be small: what filters see goes
/// through the writer with the limits of the run.
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

impl Val {
    /// Place of the value's type in jq's order: null, false, true, numbers, strings, arrays, objects.
    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(false) => 1,
            Self::Bool(true) => 2,
            Self::Num(_) => 3,
            Self::Str(_) => 4,
            Self::Arr(_) => 5,
            Self::Obj(_) => 6,
        }
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Str(x), Self::Str(y)) => x == y,
            (Self::Num(x), Self::Num(y)) => x == y,
            (Self::Arr(x), Self::Arr(y)) => x == y,
            (Self::Obj(x), Self::Obj(y)) => x == y,
            _ => self.rank() == other.rank(),
        }
    }
}

impl Eq for Val {}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Val {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Num(x), Self::Num(y)) => x.cmp(y),
            (Self::Str(x), Self::Str(y)) => x.cmp(y),
            (Self::Arr(x), Self::Arr(y)) => x.cmp(y),
            (Self::Obj(x), Self::Obj(y)) => {
                let (x, y) = (sorted(x), sorted(y));
                let keys = x
                    .iter()
                    .map(|(key, _)| key)
                    .cmp(y.iter().map(|(key, _)| key));
                keys.then_with(|| {
                    x.iter()
                        .map(|(_, value)| value)
                        .cmp(y.iter().map(|(_, value)| value))
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// The members of an object in the order of their keys.
pub fn sorted(members: &Map) -> Vec<(&Val, &Val)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    sorted
}
