//! Implements the built-ins that are written in Rust: natives, as jaq calls them.
//!
//! A native sees the sandbox only: the environment is empty, the clock is frozen, messages go to the host,
//! JSON text is strict and limited. The built-ins that are written in jq are in `language/defs.jq`.
#![forbid(unsafe_code)]

mod collections;
mod formats;
mod host;
mod json;
mod math;
mod numbers;
mod paths;
mod regex;
mod strings;
mod tables;
mod time;

use crate::run::context::{JqData, RunContext};
use crate::run::fault::Fault;
use crate::value::{Error, Val, ValR};
use jaq_core::box_iter::{box_once, flat_map_then_with};
use jaq_core::native::{bome, run, Filter, Fun};
use jaq_core::{Bind, Cv, Exn, RunPtr, ValX, ValXs};

/// A native that has outputs only, not paths.
type Simple = Filter<RunPtr<JqData>>;

/// The natives that are jaq's own: our definitions build on them.
const FROM_JAQ: [&str; 2] = ["error_empty", "path"];

/// List all natives.
pub fn all() -> Vec<Fun<JqData>> {
    let simple = [
        host::natives(),
        json::natives(),
        strings::natives(),
        tables::natives(),
        collections::natives(),
        numbers::natives(),
        math::natives(),
        time::natives(),
        regex::natives(),
    ];
    let from_jaq = jaq_core::funs().filter(|(name, ..)| FROM_JAQ.contains(name));
    let simple = simple.into_iter().flatten().map(run::<JqData>);
    from_jaq.chain(simple).chain(paths::natives()).collect()
}

/// Make the one output of a native: a value or an error.
fn value<'a>(result: ValR) -> ValXs<'a, Val> {
    bome(result)
}

/// End the run for a reason that `try` cannot catch: jaq's halt unwinds the filter.
fn stop<'a>(context: &RunContext, fault: Fault) -> ValX<'a, Val> {
    context.stop(fault);
    Err(Exn::halt(0))
}

/// Make the one output of a native that may meet a limit, which ends the run.
fn limited<'a>(context: &RunContext, result: Result<Val, Fault>) -> ValXs<'a, Val> {
    box_once(result.or_else(|fault| stop(context, fault)))
}

/// Take the native's input and its one argument.
fn unary(mut cv: Cv<'_, JqData>) -> (Val, Val) {
    let argument = cv.0.pop_var();
    (cv.1, argument)
}

/// Makes an output of a native's input and of one output of each of its `N` filters.
type OfEach<const N: usize> = fn(&RunContext, Val, [Val; N]) -> ValR;

/// Call `f` with all combinations of the outputs of a native's `N` filters. As for jq's functions in C, the
/// last filter runs first, and its outputs vary last.
pub fn each_of<const N: usize>(mut cv: Cv<'_, JqData>, f: OfEach<N>) -> ValXs<'_, Val> {
    let context = *cv.0.data();
    let mut filters: Vec<_> = (0..N)
        .map(|_| {
            let (filter, ctx) = cv.0.pop_fun();
            move |input| filter.run((ctx.clone(), input))
        })
        .collect();
    filters.reverse();
    combined(context, filters, cv.1, [const { Val::Null }; N], f)
}

fn combined<'a, const N: usize>(
    context: &'a RunContext,
    mut filters: Vec<impl Fn(Val) -> ValXs<'a, Val> + Clone + 'a>,
    input: Val,
    outputs: [Val; N],
    f: OfEach<N>,
) -> ValXs<'a, Val> {
    let Some(filter) = filters.pop() else {
        return value(f(context, input, outputs));
    };
    // Nearly always there is one output: then `flat_map_then_with` moves the input on, and `f` can change it in place.
    let own_outputs = filter(input.clone());
    let rest = (filters, input, outputs);
    flat_map_then_with(
        own_outputs,
        rest,
        move |output, (filters, input, mut outputs)| {
            outputs[filters.len()] = output;
            combined(context, filters, input, outputs, f)
        },
    )
}

/// Declare that a native takes `count` filters.
pub fn filters(count: usize) -> Box<[Bind]> {
    vec![Bind::Fun(()); count].into()
}

/// Take the string that `value` must be.
fn text(value: &Val, message: &str) -> Result<bytes::Bytes, Error> {
    match value {
        Val::Str(text) => Ok((**text).clone()),
        _ => Err(Error::str(message)),
    }
}
