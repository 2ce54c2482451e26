//! Defines the values that programs work on, and what jq 1.8's operators and paths mean on them.
//!
//! jaq-core is generic over the type of its values; this type decides how values are indexed, updated and
//! ordered, and what errors say.
#![forbid(unsafe_code)]

mod convert;
mod decimal;
mod jaq;
mod map;
mod number;
mod operators;
mod order;
mod path;
mod path_update;
mod update;

pub use decimal::Decimal;
pub use map::Map;
pub use number::{Literal, Num};
pub use operators::split;
pub use order::sorted;
pub use path::{code_points, get_path, index, keys, position};
pub use path_update::{delete_paths, put, set_path, update_path};

use bytes::Bytes;
use std::rc::Rc;

/// A value, or an error that `catch` gets.
pub type ValR = jaq_core::ValR<Val>;
/// An error that `catch` gets.
pub type Error = jaq_core::Error<Val>;

/// A JSON value, or a number that JSON does not have.
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
    /// Make an object.
    pub fn obj(members: Map) -> Self {
        Self::Obj(Rc::new(members))
    }

    /// Make a string; the bytes must be valid UTF-8.
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

    /// The name of the type, which jq's `type` outputs.
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

    /// Whether this value contains `other`, as jq's `contains` defines it.
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
