//! Reads values by path: indices, slices, `getpath`.
#![forbid(unsafe_code)]

use super::{Error, Map, Val, ValR};
use bytes::Bytes;
use std::rc::Rc;

/// The most keys that a path may have, as in jq.
const DEEPEST: usize = 10_000;

/// `.[index]`, as jq's `jv_get`.
pub fn index(value: &Val, index: &Val) -> ValR {
    match (value, index) {
        (Val::Obj(members), Val::Str(_)) => Ok(members.get(index).cloned().unwrap_or_default()),
        (Val::Arr(items), Val::Num(number)) => {
            let place = position(number.as_f64(), items.len());
            Ok(place
                .and_then(|place| items.get(place))
                .cloned()
                .unwrap_or_default())
        }
        (Val::Arr(_) | Val::Str(_), Val::Obj(bounds)) => {
            slice(value, bound(bounds, "start"), bound(bounds, "end"))
        }
        (Val::Arr(items), Val::Arr(wanted)) => Ok(places(items, wanted)),
        (Val::Null, Val::Str(_) | Val::Num(_) | Val::Obj(_)) => Ok(Val::Null),
        _ => Err(Error::str(format_args!(
            "Cannot index {} with {} ({})",
            value.kind(),
            index.kind(),
            index.quoted()
        ))),
    }
}

/// Look up a bound of a slice; a missing one is not a bound at all, unlike null, and raises an error later.
pub fn bound<'v>(bounds: &'v Map, name: &'static str) -> &'v Val {
    bounds
        .get_named(name.as_bytes())
        .unwrap_or(&Val::Bool(false))
}

/// Find the place of an index in a sequence of `length`; `None` when it is before the start or NaN.
pub fn position(index: f64, length: usize) -> Option<usize> {
    if index.is_nan() {
        return None;
    }
    // The cast cuts fractions, and saturates far beyond any array.
    let index = index as i64;
    let place = if index < 0 {
        index + length as i64
    } else {
        index
    };
    // An index that the guest's 32 bits do not hold is past the end of any array.
    (place >= 0).then(|| usize::try_from(place).unwrap_or(usize::MAX))
}

/// Find the places at which an array contains the items of `wanted` in order.
fn places(items: &[Val], wanted: &[Val]) -> Val {
    if wanted.is_empty() {
        return Val::Arr(Rc::default());
    }
    items
        .windows(wanted.len())
        .enumerate()
        .filter(|(_, window)| *window == wanted)
        .map(|(place, _)| Val::from(place))
        .collect()
}

/// Make the key of a slice.
pub fn bounds(start: &Val, end: &Val) -> Val {
    let members = [("start", start), ("end", end)];
    Val::obj(
        members
            .into_iter()
            .map(|(key, bound)| (Val::from(key), bound.clone()))
            .collect(),
    )
}

/// `.[start:end]`.
pub fn slice(value: &Val, start: &Val, end: &Val) -> ValR {
    match value {
        Val::Null => Ok(Val::Null),
        Val::Arr(items) => {
            let (start, end) = slice_bounds(start, end, items.len())?;
            // As in jq, all of an array is the very same array, also for a path.
            if end - start == items.len() {
                return Ok(value.clone());
            }
            Ok(Val::Arr(Rc::new(items[start..end].to_vec())))
        }
        Val::Str(text) => {
            let length = code_points(text);
            let (start, end) = slice_bounds(start, end, length)?;
            if length == text.len() {
                return Ok(Val::str(text.slice(start..end)));
            }
            let from = byte_of(text, 0, start);
            let upto = byte_of(text, from, end - start);
            Ok(Val::str(text.slice(from..upto)))
        }
        _ => Err(Error::str(format_args!(
            "Cannot index {} with object ({})",
            value.kind(),
            bounds(start, end).quoted()
        ))),
    }
}

/// Count code points in UTF-8: the bytes that do not continue one.
pub fn code_points(text: &[u8]) -> usize {
    text.iter()
        .filter(|byte| !matches!(byte, 0x80..=0xbf))
        .count()
}

/// Find the byte offset of the code point that is `count` after the byte offset `from`.
fn byte_of(text: &Bytes, from: usize, count: usize) -> usize {
    let starts = text[from..]
        .iter()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, 0x80..=0xbf));
    starts
        .map(|(at, _)| from + at)
        .nth(count)
        .unwrap_or(text.len())
}

/// Compute the bounds of a slice as jq's `parse_slice`: round the start down and the end up.
pub fn slice_bounds(start: &Val, end: &Val, length: usize) -> Result<(usize, usize), Error> {
    let number = |bound: &Val, default: f64| match bound {
        Val::Null => Ok(default),
        Val::Num(number) => Ok(number.as_f64()),
        _ => Err(Error::str("Array/string slice indices must be integers")),
    };
    let len = length as f64;
    let (start, end) = (number(start, 0.0)?, number(end, len)?);
    let from_end = |bound: f64| if bound < 0.0 { bound + len } else { bound };
    let start = if start.is_nan() {
        0.0
    } else {
        from_end(start).clamp(0.0, len)
    };
    let end = if end.is_nan() { len } else { from_end(end) };
    let start = start as usize;
    let end = if end < 0.0 {
        start
    } else {
        end.ceil().min(len) as usize
    };
    Ok((start, end.max(start)))
}

/// Take the keys of a path.
pub fn keys(path: &Val) -> Result<&Rc<Vec<Val>>, Error> {
    match path {
        Val::Arr(keys) if keys.len() > DEEPEST => Err(Error::str("Path too deep")),
        Val::Arr(keys) => Ok(keys),
        _ => Err(Error::str("Path must be specified as an array")),
    }
}

/// `getpath`.
pub fn get_path(value: &Val, path: &[Val]) -> ValR {
    let [first, rest @ ..] = path else {
        return Ok(value.clone());
    };
    rest.iter()
        .try_fold(index(value, first)?, |value, key| index(&value, key))
}

/// Compute the bounds of a slice that is given as an object.
pub fn bounds_of(bounds: &Map, length: usize) -> Result<(usize, usize), Error> {
    slice_bounds(bound(bounds, "start"), bound(bounds, "end"), length)
}
