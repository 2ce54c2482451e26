//! Follows the path of a value while a filter steps into it, as jq's `path` does.
//!
//! Like jq (`path_intact` and `path_append` in its `execute.c`), this knows the value that the path points to. A
//! filter whose result is not that very value has left the path; the next step, or the end of the path, says so.
#![forbid(unsafe_code)]

use crate::value::{index, Error, Num, Val};
use std::rc::Rc;

/// The end of a path: its last key, and the path before it.
#[derive(Debug)]
struct Place {
    before: Option<Rc<Place>>,
    key: Val,
}

/// Frees a long path in a loop: the stack of WebAssembly is small.
impl Drop for Place {
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(place) = before.and_then(Rc::into_inner) {
            before = { place }.before.take();
        }
    }
}

/// A path that is followed.
#[derive(Clone, Debug)]
pub struct Followed {
    end: Option<Rc<Place>>,
    /// The value that the path points to.
    value: Val,
    /// Whether the last result was another value.
    left: bool,
}

/// Whether two values are the same in memory, as jq's `jv_identical` has it. Two numbers are not: see [`same_number`].
fn identical(x: &Val, y: &Val) -> bool {
    match (x, y) {
        (Val::Null, Val::Null) => true,
        (Val::Bool(x), Val::Bool(y)) => x == y,
        (Val::Str(x), Val::Str(y)) => x.as_ptr() == y.as_ptr() && x.len() == y.len(),
        (Val::Arr(x), Val::Arr(y)) => Rc::ptr_eq(x, y),
        (Val::Obj(x), Val::Obj(y)) => Rc::ptr_eq(x, y),
        _ => false,
    }
}

/// Whether two numbers may be the same one.
fn same_number(x: &Val, y: &Val) -> bool {
    match (x, y) {
        (Val::Num(Num::Int(x)), Val::Num(Num::Int(y))) => x == y,
        (Val::Num(Num::Float(x)), Val::Num(Num::Float(y))) => x.to_bits() == y.to_bits(),
        (Val::Num(Num::Dec(x)), Val::Num(Num::Dec(y))) => Rc::ptr_eq(x, y),
        _ => false,
    }
}

impl Followed {
    /// Begin at `value`.
    pub fn new(value: Val) -> Self {
        Self {
            end: None,
            value,
            left: false,
        }
    }

    /// Add a step that led to `value`.
    pub fn step(&self, key: Val, value: Val) -> Self {
        Self {
            end: Some(Rc::new(Place {
                before: self.end.clone(),
                key,
            })),
            value,
            left: false,
        }
    }

    /// Note that a filter has made `value`.
    pub fn made(&mut self, value: &Val) {
        self.left = !identical(value, &self.value);
    }

    /// Note that `value` was loaded from a variable.
    pub fn loaded(&mut self, value: &Val) {
        self.left = !identical(value, &self.value) && !same_number(value, &self.value);
    }

    /// Whether the last result was not the value that the path points to.
    pub fn is_left(&self) -> bool {
        self.left
    }

    /// Add the keys of `path`, which leads from `value` to `end`.
    ///
    /// # Errors
    /// Those of the steps.
    pub fn steps(&self, path: &[Val], end: &Val) -> Result<Self, Error> {
        let mut followed = self.clone();
        if self.left {
            followed.loaded(end);
            return Ok(followed);
        }
        for key in path {
            let value = index(&followed.value, key)?;
            followed = followed.step(key.clone(), value);
        }
        followed.value = end.clone();
        Ok(followed)
    }

    /// List the keys from the first to the last.
    pub fn keys(&self) -> Val {
        let mut keys = Vec::new();
        let mut end = self.end.as_ref();
        while let Some(place) = end {
            keys.push(place.key.clone());
            end = place.before.as_ref();
        }
        keys.reverse();
        Val::Arr(Rc::new(keys))
    }
}

/// Make the error that a result is not at a path.
pub fn not_a_path(value: &Val) -> Error {
    let quoted = value.quoted();
    Error::str(format_args!("Invalid path expression with result {quoted}"))
}

/// Make the error that a step begins at a value that is not at a path.
pub fn no_step(value: &Val, key: Option<&Val>) -> Error {
    let attempt = match key {
        None => "iterate through".into(),
        Some(key) => format!("access element {} of", key.quoted()),
    };
    let quoted = value.quoted();
    Error::str(format_args!(
        "Invalid path expression near attempt to {attempt} {quoted}"
    ))
}
