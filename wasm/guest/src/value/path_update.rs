//! Changes values at the end of a path: `setpath`, `delpaths`, and the updates of several paths.
#![forbid(unsafe_code)]

use super::path::{index, keys};
use super::update::{delete_keys, replace, writable};
use super::{Error, Val, ValR};

/// `setpath`: replace the value at `path`, and create missing containers on the way.
pub fn set_path(value: Val, path: &Val, new: Val) -> ValR {
    put(value, keys(path)?, new)
}

/// Put `new` at `path`. As in jq, the error about a place comes before errors inside of it.
pub fn put(value: Val, path: &[Val], new: Val) -> ValR {
    let [key, rest @ ..] = path else {
        return Ok(new);
    };
    if let (Val::Arr(_) | Val::Null, Val::Num(number)) = (&value, key) {
        let length = match &value {
            Val::Arr(items) => items.len(),
            _ => 0,
        };
        writable(number.as_f64(), length)?;
    }
    let is_place = matches!(
        (&value, key),
        (_, Val::Obj(_))
            | (Val::Arr(_) | Val::Null, Val::Num(_))
            | (Val::Obj(_) | Val::Null, Val::Str(_))
    );
    if !is_place {
        // jq writes null here before it goes on: this error comes before those of the rest.
        return replace(value, key, |_| Ok(Some(Val::Null)));
    }
    replace(value, key, |inner| put(inner, rest, new).map(Some))
}

/// Replace the value at `path` by the result of `f`, which is called once.
pub fn update_path<E: From<Error>>(
    value: Val,
    path: &[Val],
    f: &mut dyn FnMut(Val) -> Result<Val, E>,
) -> Result<Val, E> {
    match path {
        [] => f(value),
        [key, rest @ ..] => replace(value, key, |inner| update_path(inner, rest, f).map(Some)),
    }
}

/// `delpaths`: delete all paths at once, so that no deletion changes the meaning of another path.
pub fn delete_paths(value: Val, paths: &Val) -> ValR {
    let Val::Arr(paths) = paths else {
        return Err(Error::str("Paths must be specified as an array"));
    };
    // jq sorts first, so the least path that is none is told.
    let mut sorted: Vec<&Val> = paths.iter().collect();
    sorted.sort();
    let sorted = sorted.into_iter().map(|path| match path {
        Val::Arr(_) => keys(path).map(|keys| &keys[..]),
        other => {
            let kind = other.kind();
            Err(Error::str(format_args!(
                "Path must be specified as array, not {kind}"
            )))
        }
    });
    let sorted: Vec<&[Val]> = sorted.collect::<Result<_, _>>()?;
    match sorted.first() {
        None => Ok(value),
        Some([]) => Ok(Val::Null),
        Some(_) => delete_sorted(value, &sorted, 0),
    }
}

/// Delete sorted paths that are equal before `level`.
fn delete_sorted(mut value: Val, paths: &[&[Val]], level: usize) -> ValR {
    let mut here: Vec<&Val> = Vec::new();
    for group in paths.chunk_by(|x, y| x[level] == y[level]) {
        let key = &group[0][level];
        // The shortest path comes first; deleting it deletes all that is below.
        if group[0].len() == level + 1 {
            here.push(key);
        } else if !matches!(index(&value, key)?, Val::Null) {
            value = replace(value, key, |inner| {
                delete_sorted(inner, group, level + 1).map(Some)
            })?;
        }
    }
    delete_keys(value, &here)
}
