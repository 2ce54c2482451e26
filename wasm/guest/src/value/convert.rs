//! Converts Rust's types into values.
#![forbid(unsafe_code)]

use super::{Num, Val};
use std::rc::Rc;

impl From<bool> for Val {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Val {
    fn from(int: i64) -> Self {
        Self::Num(Num::counted(int))
    }
}

impl From<usize> for Val {
    fn from(int: usize) -> Self {
        // The cast cannot overflow: counts of things in memory are far below 2^63.
        Self::Num(Num::counted(int as i64))
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

impl FromIterator<Self> for Val {
    fn from_iter<T: IntoIterator<Item = Self>>(items: T) -> Self {
        Self::Arr(Rc::new(items.into_iter().collect()))
    }
}
