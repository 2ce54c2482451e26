//! Native filters: ours, and jaq's generic ones that mean the same in jq.
//!
//! Ours see the sandbox only: the environment is empty, the clock is frozen, messages go to the
//! host, JSON text is strict and limited, and regular expressions are cached.
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

/// A native without paths.
type Simple = Filter<RunPtr<JqData>>;

/// jaq's natives that jq has with the same meaning, or that definitions build on.
const KEPT: [&str; 2] = ["error_empty", "path"];

/// All native filters.
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
    let kept = jaq_core::funs().filter(|(name, ..)| KEPT.contains(name));
    let simple = simple.into_iter().flatten().map(run::<JqData>);
    kept.chain(simple).chain(paths::natives()).collect()
}

/// A native that gives one value or an error.
fn value<'a>(result: ValR) -> ValXs<'a, Val> {
    bome(result)
}

/// End the run for a reason that `try` cannot catch.
fn stop<'a>(context: &RunContext, fault: Fault) -> ValX<'a, Val> {
    context.stop(fault);
    Err(Exn::halt(0))
}

/// The outcome of something that limits may end.
fn limited<'a>(context: &RunContext, result: Result<Val, Fault>) -> ValXs<'a, Val> {
    box_once(result.or_else(|fault| stop(context, fault)))
}

/// The native's one argument, and its input.
fn unary(mut cv: Cv<'_, JqData>) -> (Val, Val) {
    let argument = cv.0.pop_var();
    (cv.1, argument)
}

/// What a native of `N` filters makes of its input and one output of each.
type OfEach<const N: usize> = fn(&RunContext, Val, [Val; N]) -> ValR;

/// Call `f` with all combinations of the outputs of a native's `N` filters. As for jq's functions
/// in C, the last filter is run first, and its outputs are outermost.
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
    // With one output, as nearly always, the input is handed on and can be changed in place.
    let found = filter(input.clone());
    let rest = (filters, input, outputs);
    flat_map_then_with(found, rest, move |output, (filters, input, mut outputs)| {
        outputs[filters.len()] = output;
        combined(context, filters, input, outputs, f)
    })
}

/// The filters that a native takes.
pub fn filters(count: usize) -> Box<[Bind]> {
    vec![Bind::Fun(()); count].into()
}

fn text(value: &Val, message: &str) -> Result<bytes::Bytes, Error> {
    match value {
        Val::Str(text) => Ok((**text).clone()),
        _ => Err(Error::str(message)),
    }
}
