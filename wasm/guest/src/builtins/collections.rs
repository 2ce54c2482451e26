//! Implements the built-ins on arrays and objects.
#![forbid(unsafe_code)]

use super::{each_of, filters, unary, v, value, Call, Outcome, Simple};
use crate::value::{
    code_points, delete_paths, index, position, set_path, sorted, Error, Map, Num, Val, ValR,
};
use std::rc::Rc;

const UNSORTED: &str = "cannot be sorted, as they are not both arrays";
const UNREAD: &str = "cannot be iterated over";

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("type", v(0), |call| value(Ok(Val::from(call.input.kind())))),
        ("length", v(0), |call| value(length(&call.input))),
        ("keys", v(0), |call| value(keys(&call.input, true))),
        ("keys_unsorted", v(0), |call| {
            value(keys(&call.input, false))
        }),
        ("has", v(1), |call| {
            let (input, key) = unary(call);
            value(has(&input, &key))
        }),
        ("contains", v(1), |call| {
            let (input, other) = unary(call);
            let comparable = input.kind() == other.kind();
            value(if comparable {
                Ok(Val::Bool(input.contains(&other)))
            } else {
                Err(input.error2(&other, "cannot have their containment checked"))
            })
        }),
        ("indices", v(1), |call| {
            let (input, wanted) = unary(call);
            value(match (&input, &wanted) {
                (Val::Str(_), Val::Str(_)) => super::strings::places(&input, &wanted),
                (Val::Arr(_), Val::Arr(_)) => index(&input, &wanted),
                (Val::Arr(_), _) => index(&input, &Val::Arr(Rc::new(vec![wanted]))),
                _ => index(&input, &wanted),
            })
        }),
        ("to_entries", v(0), |call| value(to_entries(&call.input))),
        ("from_entries", v(0), |call| value(from_entries(call.input))),
        ("join", v(1), |call| {
            let (input, separator) = unary(call);
            value(join(input, &separator))
        }),
        ("reverse", v(0), |call| value(reverse(call.input))),
        ("sort", v(0), |call| {
            value(array(call.input).map(|mut items| {
                Rc::make_mut(&mut items).sort();
                Val::Arr(items)
            }))
        }),
        ("unique", v(0), |call| {
            value(array(call.input).map(|mut items| {
                let sorted = Rc::make_mut(&mut items);
                sorted.sort();
                sorted.dedup();
                Val::Arr(items)
            }))
        }),
        ("min", v(0), |call| value(extreme_of(call.input, true))),
        ("max", v(0), |call| value(extreme_of(call.input, false))),
        ("_quoted_keys", v(1), |call| {
            let (input, keys) = unary(call);
            value(Ok(quoted_keys(&input, keys)))
        }),
        ("_sort_by", v(1), |call| {
            by(call, UNSORTED, |keyed| {
                keyed.sort_by(|(x, _), (y, _)| x.cmp(y));
                keyed.drain(..).map(|(_, item)| item).collect()
            })
        }),
        ("_group_by", v(1), |call| {
            by(call, UNSORTED, |keyed| {
                groups(keyed)
                    .map(|group| group.into_iter().collect())
                    .collect()
            })
        }),
        ("_unique_by", v(1), |call| {
            by(call, UNSORTED, |keyed| {
                groups(keyed)
                    .filter_map(|group| group.into_iter().next())
                    .collect()
            })
        }),
        ("_min_by", v(1), |call| {
            by(call, UNREAD, |keyed| extreme(keyed, true))
        }),
        ("_max_by", v(1), |call| {
            by(call, UNREAD, |keyed| extreme(keyed, false))
        }),
        ("bsearch", v(1), |call| {
            let (input, wanted) = unary(call);
            value(match &input {
                Val::Arr(items) => Ok(Val::from(search(items, &wanted))),
                _ => Err(input.error("cannot be searched from")),
            })
        }),
        ("setpath", filters(2), |call| {
            each_of(call, |_, input, [path, new]| set_path(input, &path, new))
        }),
        ("delpaths", v(1), |call| {
            let (input, paths) = unary(call);
            value(delete_paths(input, &paths))
        }),
    ]
}

/// Put each key into an array, as jq has them, where an error is going to quote them: only arrays can be ordered.
fn quoted_keys(input: &Val, keys: Val) -> Val {
    match (input, keys) {
        (Val::Obj(_), Val::Arr(keys)) => {
            let wrapped = keys.iter().map(|key| Val::Arr(Rc::new(vec![key.clone()])));
            Val::Arr(Rc::new(wrapped.collect()))
        }
        (_, keys) => keys,
    }
}

fn array(input: Val) -> Result<Rc<Vec<Val>>, Error> {
    match input {
        Val::Arr(items) => Ok(items),
        other => Err(other.error("cannot be sorted, as it is not an array")),
    }
}

/// Find the place of `wanted` among sorted items, or -1 less the place where it would be. Halve the items where
/// jq does, so that the result is jq's for items that are not sorted, too.
fn search(items: &[Val], wanted: &Val) -> i64 {
    let (mut start, mut end) = (0, items.len());
    while start < end {
        let middle = (start + end) / 2;
        match wanted.cmp(&items[middle]) {
            core::cmp::Ordering::Equal => return middle as i64,
            core::cmp::Ordering::Less => end = middle,
            core::cmp::Ordering::Greater => start = middle + 1,
        }
    }
    -1 - start as i64
}

fn length(input: &Val) -> ValR {
    Ok(match input {
        Val::Null => Val::from(0_usize),
        Val::Bool(_) => return Err(input.error("has no length")),
        Val::Num(number) => Val::Num(number.abs()),
        Val::Str(text) => Val::from(code_points(text)),
        Val::Arr(items) => Val::from(items.len()),
        Val::Obj(members) => Val::from(members.len()),
    })
}

fn keys(input: &Val, in_order: bool) -> ValR {
    match input {
        Val::Obj(members) if in_order => Ok(sorted(members)
            .into_iter()
            .map(|(key, _)| key.clone())
            .collect()),
        Val::Obj(members) => Ok(members.keys().cloned().collect()),
        Val::Arr(items) => Ok((0..items.len()).map(Val::from).collect()),
        _ => Err(input.error("has no keys")),
    }
}

fn has(input: &Val, key: &Val) -> ValR {
    match (input, key) {
        (Val::Null, _) => Ok(Val::Bool(false)),
        (Val::Obj(members), Val::Str(_)) => Ok(Val::Bool(members.contains_key(key))),
        (Val::Arr(items), Val::Num(index)) => {
            let index = index.as_f64();
            let place = if index < 0.0 {
                None
            } else {
                position(index, items.len())
            };
            Ok(Val::Bool(place.is_some_and(|place| place < items.len())))
        }
        _ => Err(Error::str(format_args!(
            "Cannot check whether {} has a {} key",
            input.kind(),
            key.kind()
        ))),
    }
}

fn to_entries(input: &Val) -> ValR {
    let entry = |key: Val, item: &Val| {
        let mut members = Map::with_capacity(2);
        members.insert(Val::from("key"), key);
        members.insert(Val::from("value"), item.clone());
        Val::obj(members)
    };
    match input {
        Val::Obj(members) => Ok(members
            .iter()
            .map(|(key, item)| entry(key.clone(), item))
            .collect()),
        Val::Arr(items) => Ok(items
            .iter()
            .enumerate()
            .map(|(key, item)| entry(Val::from(key), item))
            .collect()),
        _ => Err(input.error("has no keys")),
    }
}

fn from_entries(input: Val) -> ValR {
    let mut members = Map::default();
    for entry in input.items()? {
        let mut key = Val::Null;
        for name in ["key", "Key", "name", "Name"] {
            key = index(&entry, &Val::from(name))?;
            if key.is_true() {
                break;
            }
        }
        let has_value = has(&entry, &Val::from("value"))?.is_true();
        let name = if has_value { "value" } else { "Value" };
        let value = index(&entry, &Val::from(name))?;
        if !matches!(key, Val::Str(_)) {
            let (kind, quoted) = (key.kind(), key.quoted());
            return Err(Error::str(format_args!(
                "Cannot use {kind} ({quoted}) as object key"
            )));
        }
        members.insert(key, value);
    }
    Ok(Val::obj(members))
}

fn join(input: Val, separator: &Val) -> ValR {
    let mut joined = Val::Null;
    for item in input.items()? {
        let left = match joined {
            Val::Null => Val::from(""),
            joined => (joined + separator.clone())?,
        };
        let right = match item {
            Val::Null => Val::from(""),
            item @ (Val::Bool(_) | Val::Num(_)) => Val::from(item.to_string()),
            item => item,
        };
        joined = (left + right)?;
    }
    Ok(if joined.is_true() {
        joined
    } else {
        Val::from("")
    })
}

fn reverse(input: Val) -> ValR {
    match input {
        Val::Null => Ok(Val::Arr(Rc::default())),
        Val::Str(text) if text.is_empty() => Ok(Val::Arr(Rc::default())),
        Val::Str(text) => {
            let last = Val::from(code_points(&text) - 1);
            index(&Val::Str(text), &last)
        }
        Val::Arr(mut items) => {
            Rc::make_mut(&mut items).reverse();
            Ok(Val::Arr(items))
        }
        Val::Obj(members) if members.is_empty() => Ok(Val::Arr(Rc::default())),
        Val::Num(number) if number.as_f64() == 0.0 => Ok(Val::Arr(Rc::default())),
        Val::Bool(_) => length(&input),
        Val::Num(number) => {
            let last = Val::Num(number.abs().sub(&Num::Int(1)));
            index(&Val::Num(number), &last)
        }
        Val::Obj(members) => {
            let last = Val::from(members.len() - 1);
            index(&Val::Obj(members), &last)
        }
    }
}

/// An item after its key, by which items are compared.
type Keyed = (Val, Val);

/// Apply `f` to the items of the input with their keys, which are the items of the native's argument; `refusal` is
/// the message for an input that is not an array.
fn by(call: Call<'_>, refusal: &str, f: fn(&mut Vec<Keyed>) -> Val) -> Outcome {
    let (input, keys) = unary(call);
    value(match (input, keys) {
        (Val::Arr(items), Val::Arr(keys)) => {
            let items = Rc::unwrap_or_clone(items);
            let keys = Rc::unwrap_or_clone(keys);
            Ok(f(&mut keys.into_iter().zip(items).collect()))
        }
        (input, keys) => Err(input.error2(&keys, refusal)),
    })
}

/// Group the items whose keys are equal, in the order of the keys.
fn groups(keyed: &mut Vec<Keyed>) -> impl Iterator<Item = Vec<Val>> {
    keyed.sort_by(|(x, _), (y, _)| x.cmp(y));
    let mut groups: Vec<(Val, Vec<Val>)> = Vec::new();
    for (key, item) in keyed.drain(..) {
        match groups.last_mut() {
            Some((last, items)) if *last == key => items.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    groups.into_iter().map(|(_, items)| items)
}

/// Find the item with the least key, the first of several, or with the greatest, the last of several.
fn extreme(keyed: &mut Vec<Keyed>, least: bool) -> Val {
    let mut items = keyed.drain(..);
    let Some(mut best) = items.next() else {
        return Val::Null;
    };
    for item in items {
        if (item.0 < best.0) == least {
            best = item;
        }
    }
    best.1
}

fn extreme_of(input: Val, least: bool) -> ValR {
    let Val::Arr(items) = &input else {
        return Err(input.error2(&input, "cannot be iterated over"));
    };
    let mut best = items.first();
    for item in items.iter().skip(1) {
        if best.is_some_and(|best| (item < best) == least) {
            best = Some(item);
        }
    }
    Ok(best.cloned().unwrap_or_default())
}
