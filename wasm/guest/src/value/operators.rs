//! Implements the arithmetic operators for every pair of types that jq has them for.
#![forbid(unsafe_code)]

use super::{Error, Map, Num, Val, ValR};
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A repeated string must have fewer bytes than this, as in jq.
const LONGEST: u64 = i32::MAX as u64 - 4;

impl core::ops::Add for Val {
    type Output = ValR;

    fn add(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Null, value) | (value, Self::Null) => Ok(value),
            (Self::Num(x), Self::Num(y)) => Ok(Self::Num(x.add(&y))),
            (Self::Str(x), Self::Str(y)) => {
                // Appends in place when nothing else holds the left string.
                let mut text = BytesMut::from(*x);
                text.put(&**y);
                Ok(Self::str(text))
            }
            // As in jq, what nothing is added to stays the very same value, also for a path.
            (x @ Self::Arr(_), Self::Arr(y)) if y.is_empty() => Ok(x),
            (x @ Self::Obj(_), Self::Obj(y)) if y.is_empty() => Ok(x),
            (Self::Arr(mut x), Self::Arr(y)) => {
                Rc::make_mut(&mut x).extend(y.iter().cloned());
                Ok(Self::Arr(x))
            }
            (Self::Obj(mut x), Self::Obj(y)) => {
                let members = y.iter().map(|(key, value)| (key.clone(), value.clone()));
                Rc::make_mut(&mut x).extend(members);
                Ok(Self::Obj(x))
            }
            (x, y) => Err(x.error2(&y, "cannot be added")),
        }
    }
}

impl core::ops::Sub for Val {
    type Output = ValR;

    fn sub(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Num(x), Self::Num(y)) => Ok(Self::Num(x.sub(&y))),
            (Self::Arr(mut x), Self::Arr(y)) => {
                #[expect(
                    clippy::mutable_key_type,
                    reason = "the double that a literal remembers does not change its place"
                )]
                let removed: BTreeSet<_> = y.iter().collect();
                Rc::make_mut(&mut x).retain(|item| !removed.contains(item));
                Ok(Self::Arr(x))
            }
            (x, y) => Err(x.error2(&y, "cannot be subtracted")),
        }
    }
}

impl core::ops::Mul for Val {
    type Output = ValR;

    fn mul(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Num(x), Self::Num(y)) => Ok(Self::Num(x.mul(&y))),
            (Self::Str(text), Self::Num(times)) | (Self::Num(times), Self::Str(text)) => {
                repeated(&text, &times)
            }
            (x @ Self::Obj(_), Self::Obj(y)) if y.is_empty() => Ok(x),
            (Self::Obj(mut x), Self::Obj(y)) => {
                merge(&mut x, &y);
                Ok(Self::Obj(x))
            }
            (x, y) => Err(x.error2(&y, "cannot be multiplied")),
        }
    }
}

/// Repeat a string; a negative number of times makes `null`.
fn repeated(text: &Bytes, times: &Num) -> ValR {
    let times = times.as_f64();
    if times < 0.0 || times.is_nan() {
        return Ok(Val::Null);
    }
    // The cast saturates.
    let times = times as u32;
    if text.len() as u64 * u64::from(times) >= LONGEST {
        return Err(Error::str("Repeat string result too long"));
    }
    Ok(Val::str(text.repeat(times as usize)))
}

fn merge(x: &mut Rc<Map>, y: &Map) {
    let x = Rc::make_mut(x);
    for (key, value) in y.iter() {
        match (x.get_mut(key), value) {
            (Some(Val::Obj(x)), Val::Obj(y)) => merge(x, y),
            (Some(x), value) => *x = value.clone(),
            (None, value) => {
                x.insert(key.clone(), value.clone());
            }
        }
    }
}

impl core::ops::Div for Val {
    type Output = ValR;

    fn div(self, other: Self) -> ValR {
        match (&self, &other) {
            (Self::Num(x), Self::Num(y)) => x.div(y).map(Self::Num).ok_or_else(|| {
                self.error2(&other, "cannot be divided because the divisor is zero")
            }),
            (Self::Str(x), Self::Str(y)) => Ok(split(x, y)),
            _ => Err(self.error2(&other, "cannot be divided")),
        }
    }
}

/// Split `text` at each `separator`, or into its characters if that is empty.
pub fn split(text: &Bytes, separator: &Bytes) -> Val {
    if text.is_empty() {
        return Val::Arr(Rc::default());
    }
    let part = |from, upto| Val::str(text.slice(from..upto));
    let mut parts = Vec::new();
    if separator.is_empty() {
        let whole = String::from_utf8_lossy(text);
        for (at, c) in whole.char_indices() {
            parts.push(part(at, at + c.len_utf8()));
        }
        return Val::Arr(Rc::new(parts));
    }
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, separator) {
        parts.push(part(from, at));
        from = at + separator.len();
    }
    parts.push(part(from, text.len()));
    Val::Arr(Rc::new(parts))
}

impl core::ops::Rem for Val {
    type Output = ValR;

    fn rem(self, other: Self) -> ValR {
        match (&self, &other) {
            (Self::Num(x), Self::Num(y)) => x.rem(y).map(Self::Num).ok_or_else(|| {
                let message = "cannot be divided (remainder) because the divisor is zero";
                self.error2(&other, message)
            }),
            _ => Err(self.error2(&other, "cannot be divided (remainder)")),
        }
    }
}

impl core::ops::Neg for Val {
    type Output = ValR;

    fn neg(self) -> ValR {
        match &self {
            Self::Num(number) => Ok(Self::Num(number.neg())),
            _ => Err(self.error("cannot be negated")),
        }
    }
}
