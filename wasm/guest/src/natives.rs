//! Native filters: ours, and jaq's generic ones that mean the same in jq.
//!
//! Ours see the sandbox only: the environment is empty, the clock is frozen, messages go to the
//! host, JSON text is strict and limited, and regular expressions are cached.
#![forbid(unsafe_code)]

mod collections;
mod host;
mod json;
mod math;
mod numbers;
mod paths;
mod strings;
mod tables;
mod time;

use crate::fault::Fault;
use crate::machine::{Kind, Machine};
use crate::value::{Error, Val, ValR};
use jaq_core::box_iter::box_once;
use jaq_core::native::{bome, run, Filter, Fun};
use jaq_core::{Cv, Exn, RunPtr, ValX, ValXs};

/// A native without paths.
type Simple = Filter<RunPtr<Kind>>;

/// jaq's natives that jq has with the same meaning, or that definitions build on.
const KEPT: [&str; 2] = ["error_empty", "path"];

/// All native filters.
pub fn all() -> Vec<Fun<Kind>> {
    let simple = [
        host::natives(),
        json::natives(),
        strings::natives(),
        tables::natives(),
        collections::natives(),
        numbers::natives(),
        math::natives(),
        time::natives(),
        crate::regex::natives(),
    ];
    let kept = jaq_core::funs().filter(|(name, ..)| KEPT.contains(name));
    let simple = simple.into_iter().flatten().map(run::<Kind>);
    kept.chain(simple).chain(paths::natives()).collect()
}

/// A native that gives one value or an error.
fn value<'a>(result: ValR) -> ValXs<'a, Val> {
    bome(result)
}

/// End the run for a reason that `try` cannot catch.
fn stop<'a>(machine: &Machine, fault: Fault) -> ValX<'a, Val> {
    machine.stop(fault);
    Err(Exn::halt(0))
}

/// The outcome of something that limits may end.
fn limited<'a>(machine: &Machine, result: Result<Val, Fault>) -> ValXs<'a, Val> {
    box_once(result.or_else(|fault| stop(machine, fault)))
}

/// The native's one argument, and its input.
fn unary(mut cv: Cv<'_, Kind>) -> (Val, Val) {
    let argument = cv.0.pop_var();
    (cv.1, argument)
}

fn text(value: &Val, message: &str) -> Result<bytes::Bytes, Error> {
    match value {
        Val::Str(text) => Ok((**text).clone()),
        _ => Err(Error::str(message)),
    }
}
