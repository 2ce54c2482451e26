//! Natives that take filters and also work on paths.
#![forbid(unsafe_code)]

use crate::machine::Kind;
use crate::value::{delete_paths, get_path, index, update_path, Error, Val};
use jaq_core::box_iter::{box_once, BoxIter};
use jaq_core::native::{v, Fun};
use jaq_core::{Bind, Exn, Native, ValX};

/// `first(f)`, `_last(f)`: with `f` run for values or for paths.
macro_rules! one_output {
    ($run:ident, $pick:expr) => {
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            $pick(f.$run((ctx, cv.1)))
        }
    };
}

/// `limit(n; f)` and `skip(n; f)`.
macro_rules! counted {
    ($run:ident, $message:literal, $cut:expr) => {
        |mut cv| {
            let (f, ctx) = cv.0.pop_fun();
            let count = match cv.0.pop_var() {
                Val::Num(count) => count.as_f64(),
                // Every other type is above all numbers or below them.
                other if other > Val::from(0_usize) => f64::INFINITY,
                _ => -1.0,
            };
            if count < 0.0 || count.is_nan() {
                return box_once(Err(Error::str($message).into()));
            }
            // The cast saturates: nothing gives that many outputs.
            let count = count.ceil() as usize;
            if count == 0 {
                return $cut(None, || f.$run((ctx, cv.1)));
            }
            $cut(Some(count), || f.$run((ctx, cv.1)))
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
    // Errors are no outputs to skip.
    BoxIter::new(outputs.filter(move |output| {
        let skipped = left > 0 && output.is_ok();
        left -= usize::from(skipped);
        !skipped
    }))
}

fn first<'a, T: 'a>(mut outputs: BoxIter<'a, T>) -> BoxIter<'a, T> {
    outputs.next().into()
}

/// The last output before the end, or the first error.
fn last<'a, T: 'a, E: 'a>(mut outputs: BoxIter<'a, Result<T, E>>) -> BoxIter<'a, Result<T, E>> {
    let last = outputs.try_fold(None, |_, output| output.map(Some));
    last.transpose().into()
}

/// The natives of this module.
pub fn natives() -> Vec<Fun<Kind>> {
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
            "_last",
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
            Native::new(counted!(run, "limit doesn't support negative count", limit)).with_paths(
                counted!(paths, "limit doesn't support negative count", limit),
            ),
        ),
        (
            "skip",
            vf(),
            Native::new(counted!(run, "skip doesn't support negative count", skip))
                .with_paths(counted!(paths, "skip doesn't support negative count", skip)),
        ),
        (
            "getpath",
            v(1),
            Native::new(|mut cv| {
                let path = cv.0.pop_var();
                box_once(get_path(&cv.1, &path).map_err(Exn::from))
            })
            .with_paths(|mut cv| {
                let path = cv.0.pop_var();
                let (mut value, mut trail) = cv.1;
                let Val::Arr(keys) = &path else {
                    return box_once(Err(Error::str("Path must be specified as an array").into()));
                };
                for key in keys.iter() {
                    // What cannot be reached is null, as far as paths are concerned.
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
            "_value",
            f(),
            Native::new(one_output!(run, core::convert::identity)).with_paths(|mut cv| {
                let (f, ctx) = cv.0.pop_fun();
                BoxIter::new(f.run((ctx, cv.1 .0)).map(|output| {
                    let quoted = output?.quoted();
                    Err(
                        Error::str(format_args!("Invalid path expression with result {quoted}"))
                            .into(),
                    )
                }))
            }),
        ),
        (
            "_value_step",
            fv(),
            Native::new(|_| box_once(Ok(Val::Null))).with_paths(|mut cv| {
                let key = cv.0.pop_var();
                let (f, ctx) = cv.0.pop_fun();
                BoxIter::new(f.run((ctx, cv.1 .0)).map(move |output| {
                    let attempt = match &key {
                        Val::Null => "iterate through ".into(),
                        key => format!("access element {} of ", key.quoted()),
                    };
                    let quoted = output?.quoted();
                    let message =
                        format_args!("Invalid path expression near attempt to {attempt}{quoted}");
                    Err(Error::str(message).into())
                }))
            }),
        ),
        ("_modify", ff(), Native::new(|cv| modify(cv))),
        (
            "_assign",
            fv(),
            Native::new(|mut cv| {
                let new = cv.0.pop_var();
                let (paths, ctx) = cv.0.pop_fun();
                let mut value = cv.1.clone();
                for output in paths.paths((ctx, (cv.1, Default::default()))) {
                    let updated = output.and_then(|(_, trail)| {
                        let mut keys: Vec<Val> = trail.iter().cloned().collect();
                        keys.reverse();
                        update_path(core::mem::take(&mut value), &keys, &mut |_| Ok(new.clone()))
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

/// `_modify(paths; f)`: each path's value becomes the first output of `f`; those without one are
/// deleted together at the end.
fn modify(mut cv: jaq_core::Cv<'_, Kind>) -> BoxIter<'_, ValX<'_, Val>> {
    let (f, f_ctx) = cv.0.pop_fun();
    let (paths, ctx) = cv.0.pop_fun();
    let mut value = cv.1.clone();
    let mut deleted = Vec::new();
    for output in paths.paths((ctx, (cv.1, Default::default()))) {
        let mut empty = false;
        let updated = output.and_then(|(_, trail)| {
            let mut keys: Vec<Val> = trail.iter().cloned().collect();
            keys.reverse();
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
