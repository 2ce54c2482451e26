//! Implements the built-ins on arrays and objects.
#![forbid(unsafe_code)]

use super::{each_of, filters, unary, value, Simple};
use crate::run::context::JqData;
use crate::value::{
    code_points, delete_paths, index, position, set_path, sorted, Error, Map, Num, Val, ValR,
};
use jaq_core::native::v;
use jaq_core::{Bind, Cv, Exn, ValT as _, ValXs};
use std::rc::Rc;

const UNSORTED: &str = "cannot be sorted, as they are not both arrays";
const UNREAD: &str = "cannot be iterated over";

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    let f = || [Bind::Fun(())].into();
    vec![
        ("null", v(0), |_| value(Ok(Val::Null))),
        ("true", v(0), |_| value(Ok(Val::Bool(true)))),
        ("false", v(0), |_| value(Ok(Val::Bool(false)))),
        ("not", v(0), |cv| value(Ok(Val::Bool(!cv.1.as_bool())))),
        ("type", v(0), |cv| value(Ok(Val::from(cv.1.kind())))),
        ("length", v(0), |cv| value(length(&cv.1))),
        ("keys", v(0), |cv| value(keys(&cv.1, true))),
        ("keys_unsorted", v(0), |cv| value(keys(&cv.1, false))),
        ("has", v(1), |cv| {
            let (input, key) = unary(cv);
            value(has(&input, &key))
        }),
        ("contains", v(1), |cv| {
            let (input, other) = unary(cv);
            let comparable = input.kind() == other.kind();
            value(if comparable {
                Ok(Val::Bool(input.contains(&other)))
            } else {
                Err(input.error2(&other, "cannot have their containment checked"))
            })
        }),
        ("indices", v(1), |cv| {
            let (input, wanted) = unary(cv);
            value(match (&input, &wanted) {
                (Val::Str(_), Val::Str(_)) => super::strings::places(&input, &wanted),
                (Val::Arr(_), Val::Arr(_)) => index(&input, &wanted),
                (Val::Arr(_), _) => index(&input, &Val::Arr(Rc::new(vec![wanted]))),
                _ => index(&input, &wanted),
            })
        }),
        ("to_entries", v(0), |cv| value(to_entries(&cv.1))),
        ("from_entries", v(0), |cv| value(from_entries(cv.1))),
        ("join", v(1), |cv| {
            let (input, separator) = unary(cv);
            value(join(input, &separator))
        }),
        ("reverse", v(0), |cv| value(reverse(cv.1))),
        ("sort", v(0), |cv| {
            value(array(cv.1).map(|mut items| {
                Rc::make_mut(&mut items).sort();
                Val::Arr(items)
            }))
        }),
        ("unique", v(0), |cv| {
            value(array(cv.1).map(|mut items| {
                let sorted = Rc::make_mut(&mut items);
                sorted.sort();
                sorted.dedup();
                Val::Arr(items)
            }))
        }),
        ("min", v(0), |cv| value(extreme_of(cv.1, true))),
        ("max", v(0), |cv| value(extreme_of(cv.1, false))),
        ("sort_by", f(), |cv| {
            by(cv, UNSORTED, |keyed| {
                keyed.sort_by(|(x, _), (y, _)| x.cmp(y));
                keyed.drain(..).map(|(_, item)| item).collect()
            })
        }),
        ("group_by", f(), |cv| {
            by(cv, UNSORTED, |keyed| {
                groups(keyed)
                    .map(|group| group.into_iter().collect())
                    .collect()
            })
        }),
        ("unique_by", f(), |cv| {
            by(cv, UNSORTED, |keyed| {
                groups(keyed)
                    .filter_map(|group| group.into_iter().next())
                    .collect()
            })
        }),
        ("min_by", f(), |cv| {
            by(cv, UNREAD, |keyed| extreme(keyed, true))
        }),
        ("max_by", f(), |cv| {
            by(cv, UNREAD, |keyed| extreme(keyed, false))
        }),
        ("bsearch", v(1), |cv| {
            let (input, wanted) = unary(cv);
            value(match &input {
                Val::Arr(items) => Ok(Val::from(search(items, &wanted))),
                _ => Err(input.error("cannot be searched from")),
            })
        }),
        ("setpath", filters(2), |cv| {
            each_of(cv, |_, input, [path, new]| set_path(input, &path, new))
        }),
        ("delpaths", v(1), |cv| {
            let (input, paths) = unary(cv);
            value(delete_paths(input, &paths))
        }),
    ]
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
    for entry in input.values() {
        let entry = entry?;
        let mut key = Val::Null;
        for name in ["key", "Key", "name", "Name"] {
            key = index(&entry, &Val::from(name))?;
            if key.as_bool() {
                break;
            }
        }
        let has_value = has(&entry, &Val::from("value"))?.as_bool();
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
    for item in input.values() {
        let left = match joined {
            Val::Null => Val::from(""),
            joined => (joined + separator.clone())?,
        };
        let right = match item? {
            Val::Null => Val::from(""),
            item @ (Val::Bool(_) | Val::Num(_)) => Val::from(item.to_string()),
            item => item,
        };
        joined = (left + right)?;
    }
    Ok(if joined.as_bool() {
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

/// An item after its key: the outputs of the filter by which items are compared.
type Keyed = (Vec<Val>, Val);

/// Apply `f` to the items of the input with their keys, the outputs of the native's argument; `refusal` is the
/// message for an input that is not an array.
fn by<'a>(mut cv: Cv<'a, JqData>, refusal: &str, f: fn(&mut Vec<Keyed>) -> Val) -> ValXs<'a, Val> {
    let (filter, ctx) = cv.0.pop_fun();
    let input = cv.1.clone();
    let keyed = cv.1.values().map(|item| {
        let item = item?;
        let key = filter
            .run((ctx.clone(), item.clone()))
            .collect::<Result<_, _>>()?;
        Ok((key, item))
    });
    let result = match keyed.collect::<Result<Vec<Keyed>, Exn<'a, Val>>>() {
        Err(error) => Err(error),
        Ok(mut keyed) => match input {
            Val::Arr(_) => Ok(f(&mut keyed)),
            other => {
                let keys = keyed.into_iter().map(|(key, _)| key.into_iter().collect());
                Err(other.error2(&keys.collect(), refusal).into())
            }
        },
    };
    jaq_core::box_iter::box_once(result)
}

/// Group the items whose keys are equal, in the order of the keys.
fn groups(keyed: &mut Vec<Keyed>) -> impl Iterator<Item = Vec<Val>> {
    keyed.sort_by(|(x, _), (y, _)| x.cmp(y));
    let mut groups: Vec<(Vec<Val>, Vec<Val>)> = Vec::new();
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
