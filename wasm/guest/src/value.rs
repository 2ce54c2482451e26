//! Defines the values that programs work on, and what jq 1.8's operators and paths mean on them.
#![forbid(unsafe_code)]

mod convert;
mod decimal;
mod error;
mod map;
mod need;
mod number;
mod operators;
mod order;
mod path;
mod path_update;
mod update;

pub use decimal::Decimal;
pub use error::{Error, Interruption};
pub use map::Map;
pub use need::{Need, Part};
pub use number::{Literal, Num};
pub use operators::split;
pub use order::sorted;
pub use path::{bounds, code_points, get_path, index, keys, position, slice};
pub use path_update::{delete_paths, put, set_path, update_path};
pub use update::delete_keys;

use bytes::Bytes;
use std::rc::Rc;

/// A value, or an error that `catch` gets.
pub type ValR = Result<Val, Error>;

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

    /// Whether the value holds nothing in memory.
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Null | Self::Bool(_) | Self::Num(Num::Int(_) | Num::Float(_))
        )
    }

    /// Copy the value; the same as `clone`, with less code where it holds nothing in memory.
    #[inline(always)]
    pub fn copy(&self) -> Self {
        match self {
            Self::Null => Self::Null,
            Self::Bool(bool) => Self::Bool(*bool),
            Self::Num(Num::Int(int)) => Self::Num(Num::Int(*int)),
            Self::Num(Num::Float(float)) => Self::Num(Num::Float(*float)),
            other => other.clone(),
        }
    }

    /// Whether a condition takes the value for true: all but `null` and `false`.
    pub fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// The items of an array or object, in order.
    ///
    /// # Errors
    /// Another value has no items.
    pub fn items(self) -> Result<Vec<Self>, Error> {
        match self {
            Self::Arr(items) => Ok(Rc::unwrap_or_clone(items)),
            Self::Obj(members) => Ok(Rc::unwrap_or_clone(members).into_values().collect()),
            other => Err(other.not_iterable()),
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
