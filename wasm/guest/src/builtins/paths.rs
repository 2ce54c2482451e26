//! Implements the built-ins that take filters and work on paths, too.
#![forbid(unsafe_code)]

use crate::run::context::JqData;
use crate::value::{delete_paths, get_path, index, keys, put, update_path, Error, Val};
use jaq_core::box_iter::{box_once, flat_map_then_with, map_with, BoxIter};
use jaq_core::native::{v, Fun};
use jaq_core::{Bind, Exn, Native, ValT as _, ValX};
use std::rc::Rc;

/// Makes `first(f)` and `?last(f)`; `f` is run for values or for paths.
macro_rules! one_output {
    ($run:ident, $pick:expr) => {
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            $pick(f.$run((ctx, cv.1)))
        }
    };
}

/// Makes `limit(n; f)` and `skip(n; f)`.
macro_rules! counted {
    ($run:ident, $message:literal, $whole:expr, $cut:expr) => {
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            let count = match cv.0.pop_var() {
                Val::Num(count) => count.as_f64(),
                // Other types are greater than all numbers or less than all; jq fails when it subtracts 1.
                other if other > Val::from(0_usize) => {
                    let error = other.error2(&Val::from(1_usize), "cannot be subtracted");
                    let mut outputs = f.$run((ctx, cv.1));
                    let first = outputs.next();
                    return first.map(|output| output.and(Err(error.into()))).into();
                }
                _ => -1.0,
            };
            if count < 0.0 || count.is_nan() {
                return box_once(Err(Error::str($message).into()));
            }
            // The cast saturates, far above any number of outputs.
            let count = $whole(count) as usize;
            if count == 0 {
                return $cut(None, || f.$run((ctx, cv.1)));
            }
            $cut(Some(count), || f.$run((ctx, cv.1)))
        }
    };
}

/// Makes an operator on two filters; the right one runs first, and its outputs vary last.
macro_rules! right_first {
    ($op:tt) => {
        |mut cv| {
            let (right, right_ctx) = cv.0.pop_fun();
            let (left, left_ctx) = cv.0.pop_fun();
            let rights = right.run((right_ctx, cv.1.clone()));
            flat_map_then_with(rights, (left_ctx, cv.1), move |y, cv| {
                map_with(left.run(cv), y, |x, y| Ok((x? $op y)?))
            })
        }
    };
}

fn limit<'a, T: 'a>(
    count: Option<usize>,
    outputs: impl FnOnce() -> BoxIter<'a, T>,
) -> BoxIter<'a, T> {
    match count {
        None => BoxIter::Empty,
        Some(count) => BoxIter::new(outputs().take(count)),
    }
}

fn skip<'a, T: 'a, E: 'a>(
    count: Option<usize>,
    outputs: impl FnOnce() -> BoxIter<'a, Result<T, E>>,
) -> BoxIter<'a, Result<T, E>> {
    let mut left = count.unwrap_or(0);
    let outputs = outputs();
    if left == 0 {
        return outputs;
    }
    // Skip outputs only; errors pass.
    BoxIter::new(outputs.filter(move |output| {
        let skipped = left > 0 && output.is_ok();
        left -= usize::from(skipped);
        !skipped
    }))
}

fn first<'a, T: 'a>(mut outputs: BoxIter<'a, T>) -> BoxIter<'a, T> {
    outputs.next().into()
}

/// Run to the end, and keep the last output, or the first error.
fn last<'a, T: 'a, E: 'a>(mut outputs: BoxIter<'a, Result<T, E>>) -> BoxIter<'a, Result<T, E>> {
    let last = outputs.try_fold(None, |_, output| output.map(Some));
    last.transpose().into()
}

/// Whether two values are the same in memory, as jq's `jv_identical` has it: jq takes the output of a filter that is
/// not a path for a path when it is the very value that the path before it points to.
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

/// List the natives of this module.
pub fn natives() -> Vec<Fun<JqData>> {
    let f = || [Bind::Fun(())].into();
    let vf = || [Bind::Var(()), Bind::Fun(())].into();
    let ff = || [Bind::Fun(()), Bind::Fun(())].into();
    let fv = || [Bind::Fun(()), Bind::Var(())].into();
    vec![
        (
            "first",
            f(),
            Native::new(one_output!(run, first)).with_paths(one_output!(paths, first)),
        ),
        (
            "last",
            f(),
            Native::new(one_output!(run, last)).with_paths(one_output!(paths, last)),
        ),
        (
            "?last",
            f(),
            Native::new(one_output!(run, |outputs| -> BoxIter<'_, ValX<'_, Val>> {
                let mut last = last(outputs);
                box_once(last.next().unwrap_or(Ok(Val::Null)))
            }))
            .with_paths(one_output!(paths, last)),
        ),
        (
            "limit",
            vf(),
            Native::new(counted!(
                run,
                "limit doesn't support negative count",
                f64::ceil,
                limit
            ))
            .with_paths(counted!(
                paths,
                "limit doesn't support negative count",
                f64::ceil,
                limit
            )),
        ),
        (
            "skip",
            vf(),
            Native::new(counted!(
                run,
                "skip doesn't support negative count",
                f64::floor,
                skip
            ))
            .with_paths(counted!(
                paths,
                "skip doesn't support negative count",
                f64::floor,
                skip
            )),
        ),
        (
            "getpath",
            v(1),
            Native::new(|mut cv| {
                let path = cv.0.pop_var();
                let value = keys(&path).and_then(|keys| get_path(&cv.1, keys));
                box_once(value.map_err(Exn::from))
            })
            .with_paths(|mut cv| {
                let path = cv.0.pop_var();
                let (mut value, mut trail) = cv.1;
                let Val::Arr(keys) = &path else {
                    return box_once(Err(Error::str("Path must be specified as an array").into()));
                };
                for key in keys.iter() {
                    // A path may lead where nothing is yet: `index` gives null there.
                    value = match index(&value, key) {
                        Ok(value) => value,
                        Err(error) => return box_once(Err(error.into())),
                    };
                    trail = trail.cons(key.clone());
                }
                box_once(Ok((value, trail)))
            }),
        ),
        (
            "?value",
            f(),
            Native::new(one_output!(run, core::convert::identity)).with_paths(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                let (input, trail) = cv.1;
                BoxIter::new(f.run((ctx, input.clone())).map(move |output| {
                    let output = output?;
                    if identical(&output, &input) {
                        return Ok((output, trail.clone()));
                    }
                    let quoted = output.quoted();
                    let message = format_args!("Invalid path expression with result {quoted}");
                    Err(Error::str(message).into())
                }))
            }),
        ),
        (
            "?value_step",
            fv(),
            Native::new(|mut cv| {
                cv.0.pop_var();
                let (f, ctx) = cv.0.pop_fun();
                f.run((ctx, cv.1))
            })
            .with_paths(|mut cv| {
                let key = cv.0.pop_var();
                let (f, ctx) = cv.0.pop_fun();
                let (input, trail) = cv.1;
                BoxIter::new(f.run((ctx, input.clone())).map(move |output| {
                    let output = output?;
                    if identical(&output, &input) {
                        return Ok((output, trail.clone()));
                    }
                    let attempt = match &key {
                        Val::Null => "iterate through ".into(),
                        key => format!("access element {} of ", key.quoted()),
                    };
                    let quoted = output.quoted();
                    let message =
                        format_args!("Invalid path expression near attempt to {attempt}{quoted}");
                    Err(Error::str(message).into())
                }))
            }),
        ),
        (
            "paths",
            v(0),
            Native::new(|cv| BoxIter::new(Walk::new(cv.1).map(|(path, _)| Ok(path)))),
        ),
        (
            "paths",
            f(),
            Native::new(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                // jq runs `f` on the value itself too: it has no path to output, but `f` may fail.
                let whole = core::iter::once((Val::Arr(Rc::default()), cv.1.clone()));
                BoxIter::new(whole.chain(Walk::new(cv.1)).flat_map(move |(path, value)| {
                    let outputs = f.run((ctx.clone(), value));
                    outputs.filter_map(move |output| match (output, &path) {
                        (Err(error), _) => Some(Err(error)),
                        (Ok(_), Val::Arr(keys)) if keys.is_empty() => None,
                        (Ok(output), _) => output.as_bool().then(|| Ok(path.clone())),
                    })
                }))
            }),
        ),
        ("?add", ff(), Native::new(right_first!(+))),
        ("?sub", ff(), Native::new(right_first!(-))),
        ("?mul", ff(), Native::new(right_first!(*))),
        ("?div", ff(), Native::new(right_first!(/))),
        ("?rem", ff(), Native::new(right_first!(%))),
        ("?modify", ff(), Native::new(|cv| modify(cv))),
        (
            "?assign",
            fv(),
            Native::new(|mut cv| {
                let new = cv.0.pop_var();
                let (paths, ctx) = cv.0.pop_fun();
                let mut value = cv.1.clone();
                for output in paths.paths((ctx, (cv.1, Default::default()))) {
                    let updated = output.and_then(|(_, trail)| {
                        let mut keys: Vec<Val> = trail.iter().cloned().collect();
                        keys.reverse();
                        put(core::mem::take(&mut value), &keys, new.clone()).map_err(Exn::from)
                    });
                    match updated {
                        Ok(updated) => value = updated,
                        Err(error) => return box_once(Err(error)),
                    }
                }
                box_once(Ok(value))
            }),
        ),
    ]
}

/// Walks over all values below a value, each with its path; a container comes before its items.
struct Walk {
    /// The open containers, each with the place of its next item.
    open: Vec<(Val, usize)>,
    path: Vec<Val>,
}

impl Walk {
    fn new(value: Val) -> Self {
        Self {
            open: vec![(value, 0)],
            path: Vec::new(),
        }
    }
}

impl Iterator for Walk {
    type Item = (Val, Val);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (container, place) = self.open.last_mut()?;
            let next = match container {
                Val::Arr(items) => items
                    .get(*place)
                    .map(|item| (Val::from(*place), item.clone())),
                Val::Obj(members) => members
                    .get_index(*place)
                    .map(|(key, item)| (key.clone(), item.clone())),
                _ => None,
            };
            let Some((key, item)) = next else {
                self.open.pop();
                self.path.pop();
                continue;
            };
            *place += 1;
            self.path.push(key);
            let path = self.path.iter().cloned().collect();
            if let Val::Arr(_) | Val::Obj(_) = item {
                self.open.push((item.clone(), 0));
            } else {
                self.path.pop();
            }
            return Some((path, item));
        }
    }
}

/// `?modify(paths; f)`: each path's value becomes the first output of `f`; the paths for which `f` has no output
/// are deleted together at the end.
fn modify(mut cv: jaq_core::Cv<'_, JqData>) -> BoxIter<'_, ValX<'_, Val>> {
    let (f, f_ctx) = cv.0.pop_fun();
    let (paths, ctx) = cv.0.pop_fun();
    let mut value = cv.1.clone();
    let mut deleted = Vec::new();
    for output in paths.paths((ctx, (cv.1, Default::default()))) {
        let mut empty = false;
        let updated = output.and_then(|(_, trail)| {
            let mut keys: Vec<Val> = trail.iter().cloned().collect();
            keys.reverse();
            // A place with null may not exist, and must not be created when `f` has no output. A place that an
            // array or a slice selects cannot be set to null now and deleted later.
            let old = get_path(&value, &keys)?;
            let selects = |key: &Val| matches!(key, Val::Arr(_) | Val::Obj(_));
            if matches!(old, Val::Null) || keys.iter().any(selects) {
                let taken = core::mem::take(&mut value);
                return match f.run((f_ctx.clone(), old)).next().transpose()? {
                    Some(new) => Ok(put(taken, &keys, new)?),
                    None => {
                        deleted.push(keys.into_iter().collect());
                        Ok(taken)
                    }
                };
            }
            drop(old);
            let taken = core::mem::take(&mut value);
            let updated = update_path(taken, &keys, &mut |old| match f
                .run((f_ctx.clone(), old))
                .next()
                .transpose()?
            {
                Some(new) => Ok(new),
                None => {
                    empty = true;
                    Ok(Val::Null)
                }
            });
            if empty {
                deleted.push(keys.into_iter().collect());
            }
            updated
        });
        match updated {
            Ok(updated) => value = updated,
            Err(error) => return box_once(Err(error)),
        }
    }
    box_once(delete_paths(value, &deleted.into_iter().collect()).map_err(Exn::from))
}
