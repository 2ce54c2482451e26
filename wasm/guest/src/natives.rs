//! Native filters: jaq's own, but for those that would reach out of the sandbox.
//!
//! Ours replace jaq's of the same name and arity: the environment is empty, the clock is frozen,
//! messages go to the host, JSON text is strict and limited, and regular expressions are cached.
#![forbid(unsafe_code)]

use crate::fault::Fault;
use crate::machine::{Kind, Machine};
use crate::reader::{Cause, Reader};
use crate::regex::{self, Parts};
use bytes::Bytes;
use jaq_core::box_iter::box_once;
use jaq_core::native::{bome, run, v, Filter, Fun};
use jaq_core::{Cv, Error, Exn, RunPtr, ValX, ValXs};
use jaq_json::{Map, Val};
use jaq_std::ValT;

/// Characters of a text that an error message quotes.
const QUOTED: usize = 64;

/// All native filters.
pub fn all() -> Vec<Fun<Kind>> {
    let own: Vec<_> = own().into_vec();
    let replaced: Vec<_> = own
        .iter()
        .map(|(name, args, _)| (*name, args.len()))
        .collect();
    let standard = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let kept = standard.filter(|(name, args, _)| !replaced.contains(&(*name, args.len())));
    kept.chain(own.into_iter().map(run::<Kind>)).collect()
}

fn own() -> Box<[Filter<RunPtr<Kind>>]> {
    Box::new([
        ("env", v(0), |_| bome(Ok(Val::obj(Map::default())))),
        ("now", v(0), |cv| bome(Ok(Val::from(cv.0.data().now)))),
        ("input", v(0), |cv| box_once(input(cv.0.data()))),
        ("inputs", v(0), |cv| {
            let machine = *cv.0.data();
            Box::new(core::iter::from_fn(move || next_input(machine)))
        }),
        ("input_filename", v(0), |_| bome(Ok(Val::Null))),
        ("input_line_number", v(0), |cv| {
            bome(Ok(Val::from(cv.0.data().inputs.borrow_mut().lines())))
        }),
        ("get_search_list", v(0), |_| {
            bome(Ok(Val::Arr(Vec::new().into())))
        }),
        ("debug_empty", v(0), |cv| {
            let machine = *cv.0.data();
            let said = machine
                .json(&cv.1)
                .and_then(|json| machine.say(&[b"[\"DEBUG:\",", &json[..], b"]"].concat()));
            empty_unless(machine, said)
        }),
        ("stderr_empty", v(0), |cv| {
            let machine = *cv.0.data();
            let said = match cv.1.as_utf8_bytes() {
                Some(text) => machine.say(text),
                None => machine.json(&cv.1).and_then(|json| machine.say(&json)),
            };
            empty_unless(machine, said)
        }),
        ("halt_with", v(1), |mut cv| {
            let code = cv.0.pop_var();
            let Some(code) = code.as_isize().and_then(|code| i32::try_from(code).ok()) else {
                return bome(Err(Error::str(
                    "halt_error/1: the exit code must be a number",
                )));
            };
            let machine = *cv.0.data();
            let value = machine
                .json(&cv.1)
                .map(|json| String::from_utf8_lossy(&json).into_owned());
            box_once(stop(
                machine,
                value.map_or_else(
                    |fault| fault,
                    |value| Fault::Halt {
                        code,
                        value: Some(value),
                    },
                ),
            ))
        }),
        ("tojson", v(0), |cv| {
            let machine = *cv.0.data();
            box_once(
                machine
                    .json(&cv.1)
                    .map(Val::utf8_str)
                    .or_else(|fault| stop(machine, fault)),
            )
        }),
        ("fromjson", v(0), from_json),
        ("matches", v(2), |cv| {
            bome(regex::apply(
                cv,
                Parts {
                    between: false,
                    matches: true,
                },
            ))
        }),
        ("split_", v(2), |cv| {
            bome(regex::apply(
                cv,
                Parts {
                    between: true,
                    matches: false,
                },
            ))
        }),
        ("split_matches", v(2), |cv| {
            bome(regex::apply(
                cv,
                Parts {
                    between: true,
                    matches: true,
                },
            ))
        }),
    ])
}

/// End the run for a reason that `try` cannot catch.
fn stop<'a>(machine: &Machine, fault: Fault) -> ValX<'a, Val> {
    machine.stop(fault);
    Err(Exn::halt(0))
}

fn empty_unless<'a>(machine: &Machine, said: Result<(), Fault>) -> ValXs<'a, Val> {
    match said {
        Ok(()) => Box::new(core::iter::empty()),
        Err(fault) => box_once(stop(machine, fault)),
    }
}

fn next_input<'a>(machine: &Machine) -> Option<ValX<'a, Val>> {
    let next = machine.inputs.borrow_mut().next_value()?;
    Some(next.or_else(|fault| stop(machine, fault)))
}

fn input<'a>(machine: &Machine) -> ValX<'a, Val> {
    next_input(machine).unwrap_or_else(|| Err(Error::str("No more inputs").into()))
}

fn from_json(cv: Cv<'_, Kind>) -> ValXs<'_, Val> {
    let machine = *cv.0.data();
    let Val::TStr(text) = &cv.1 else {
        return bome(Err(Error::typ(cv.1, "string")));
    };
    // Strings of the value point into the text, which therefore lives as long as the instance.
    let text: &'static Bytes = Box::leak(text.clone());
    let mut reader = Reader::new(text, machine.limits.depth);
    let Some(first) = reader.next_text() else {
        return Box::new(core::iter::empty());
    };
    let one = first.and_then(|value| match reader.next_text() {
        None => Ok(value),
        Some(_) => Err(crate::reader::ReadError {
            offset: reader.offset(),
            cause: Cause::Syntax("one JSON value only"),
        }),
    });
    bome(one.map_err(|error| {
        let quoted: String = String::from_utf8_lossy(text).chars().take(QUOTED).collect();
        let (message, offset) = (error.cause.message(), error.offset);
        Error::str(format_args!(
            "{message} at byte {offset} (while parsing '{quoted}')"
        ))
    }))
}
