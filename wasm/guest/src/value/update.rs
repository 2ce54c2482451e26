//! Changes values in place: the value at a key, and removals.
#![forbid(unsafe_code)]

use super::path::{bound, bounds_of, index, position, slice_bounds};
use super::{Error, Map, Val, ValR};
use std::rc::Rc;

/// Writing past the end makes an array at most this long, as in jq.
const LONGEST: usize = (1 << 29) - 1;

/// Replace the value at `key` by the result of `f`, or delete it when that is `None`.
///
/// # Errors
/// The errors of jq's `jv_set`, and those of `f`.
pub fn replace<E: From<Error>>(
    value: Val,
    key: &Val,
    f: impl FnOnce(Val) -> Result<Option<Val>, E>,
) -> Result<Val, E> {
    match (value, key) {
        (Val::Obj(mut members), Val::Str(_)) => {
            member(Rc::make_mut(&mut members), key, f)?;
            Ok(Val::Obj(members))
        }
        (Val::Null, Val::Str(_)) => {
            let mut members = Map::default();
            member(&mut members, key, f)?;
            Ok(if members.is_empty() {
                Val::Null
            } else {
                Val::obj(members)
            })
        }
        (value @ (Val::Arr(_) | Val::Null), Val::Num(number)) => {
            let missing = matches!(value, Val::Null);
            let mut items = match value {
                Val::Arr(items) => items,
                _ => Rc::default(),
            };
            let items_now = Rc::make_mut(&mut items);
            item(items_now, number.as_f64(), f)?;
            Ok(if missing && items_now.is_empty() {
                Val::Null
            } else {
                Val::Arr(items)
            })
        }
        (value @ (Val::Arr(_) | Val::Null), Val::Obj(bounds)) => {
            let old = index(&value, key)?;
            let missing = matches!(value, Val::Null);
            let mut items = match value {
                Val::Arr(items) => items,
                _ => Rc::default(),
            };
            let new = f(old)?;
            if missing && new.is_none() {
                return Ok(Val::Null);
            }
            let (start, end) = bounds_of(bounds, items.len())?;
            let new = match new {
                Some(Val::Arr(new)) => new,
                Some(_) => {
                    return Err(Error::str(
                        "A slice of an array can only be assigned another array",
                    )
                    .into())
                }
                None => Rc::default(),
            };
            Rc::make_mut(&mut items).splice(start..end, new.iter().cloned());
            Ok(Val::Arr(items))
        }
        (value, key) => {
            // jq reads first, so an error of reading comes first.
            let old = index(&value, key)?;
            if f(old)?.is_none() {
                return Ok(delete_keys(value, &[key])?);
            }
            Err(match (&value, key) {
                (Val::Str(_), Val::Obj(_)) => Error::str("Cannot update string slices"),
                _ => Error::str(format_args!(
                    "Cannot update field at {} index of {}",
                    key.kind(),
                    value.kind()
                )),
            }
            .into())
        }
    }
}

fn member<E>(
    members: &mut Map,
    key: &Val,
    f: impl FnOnce(Val) -> Result<Option<Val>, E>,
) -> Result<(), E> {
    match members.get_mut(key) {
        Some(value) => match f(core::mem::take(value))? {
            Some(new) => *value = new,
            None => members.shift_remove(key),
        },
        None => {
            if let Some(new) = f(Val::Null)? {
                members.insert(key.clone(), new);
            }
        }
    }
    Ok(())
}

fn item<E: From<Error>>(
    items: &mut Vec<Val>,
    index: f64,
    f: impl FnOnce(Val) -> Result<Option<Val>, E>,
) -> Result<(), E> {
    let place = position(index, items.len());
    if let Some(item) = place.and_then(|place| items.get_mut(place)) {
        match f(core::mem::take(item))? {
            Some(value) => *item = value,
            None => drop(items.remove(place.unwrap_or_default())),
        }
        return Ok(());
    }
    let Some(new) = f(Val::Null)? else {
        return Ok(());
    };
    items.resize(writable(index, items.len())?, Val::Null);
    items.push(new);
    Ok(())
}

/// Find the place of a write to an array of `length`.
///
/// # Errors
/// The errors of jq's `jv_array_set`.
pub fn writable(index: f64, length: usize) -> Result<usize, Error> {
    match position(index, length) {
        None if index.is_nan() => Err(Error::str("Cannot set array element at NaN index")),
        None => Err(Error::str("Out of bounds negative array index")),
        Some(place) if place > LONGEST => Err(Error::str("Array index too large")),
        Some(place) => Ok(place),
    }
}

/// Delete sorted keys.
pub fn delete_keys(value: Val, keys: &[&Val]) -> ValR {
    if keys.is_empty() {
        return Ok(value);
    }
    match value {
        Val::Null => Ok(Val::Null),
        Val::Obj(mut members) => {
            let map = Rc::make_mut(&mut members);
            for key in keys {
                if !matches!(key, Val::Str(_)) {
                    let kind = key.kind();
                    return Err(Error::str(format_args!(
                        "Cannot delete {kind} field of object"
                    )));
                }
            }
            if let [key] = keys {
                map.shift_remove(key);
            } else {
                // Sorted as the paths are.
                map.retain(|key, _| keys.binary_search(&key).is_err());
            }
            Ok(Val::Obj(members))
        }
        Val::Arr(mut items) => {
            let mut deleted = vec![false; items.len()];
            for key in keys {
                match key {
                    Val::Num(number) => {
                        // Between -1 and 0 an index counts neither from the end nor from the start.
                        let number = number.as_f64();
                        let place = position(number, items.len())
                            .filter(|_| number >= 0.0 || number <= -1.0);
                        if let Some(flag) = place.and_then(|place| deleted.get_mut(place)) {
                            *flag = true;
                        }
                    }
                    Val::Obj(bounds) => {
                        let (start, end) = slice_bounds(
                            bound(bounds, "start"),
                            bound(bounds, "end"),
                            items.len(),
                        )?;
                        deleted[start..end].fill(true);
                    }
                    other => {
                        let kind = other.kind();
                        return Err(Error::str(format_args!(
                            "Cannot delete {kind} element of array"
                        )));
                    }
                }
            }
            let mut flags = deleted.into_iter();
            Rc::make_mut(&mut items).retain(|_| !flags.next().unwrap_or(false));
            Ok(Val::Arr(items))
        }
        other => {
            let kind = other.kind();
            Err(Error::str(format_args!("Cannot delete fields from {kind}")))
        }
    }
}
