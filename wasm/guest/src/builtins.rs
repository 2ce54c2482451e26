//! Implements the built-ins that are written in Rust: natives.
//!
//! A native sees the sandbox only: the environment is empty, the clock is frozen, messages go to the host,
//! JSON text is strict and limited. The built-ins that are written in jq are in `language/defs.jq`.
#![forbid(unsafe_code)]

mod collections;
mod formats;
pub mod host;
mod json;
mod math;
mod numbers;
mod regex;
mod strings;
mod tables;
mod time;

use crate::run::context::RunContext;
use crate::run::fault::Fault;
use crate::value::{Error, Interruption, Val, ValR};

/// What a native gives: one output, an error or a reason to stop.
pub type Outcome = Result<Val, Interruption>;

/// A call of a native: its input, and one output of each of its arguments.
pub struct Call<'a> {
    /// The run.
    pub context: &'a RunContext,
    /// The input.
    pub input: Val,
    /// The arguments; those that the native does not have are null.
    pub arguments: [Val; 3],
}

/// In which order the arguments of a native are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As those of a definition with `$` parameters: the outputs of the first argument vary last.
    FirstOutermost,
    /// As those of jq's functions in C: the outputs of the last argument vary last.
    LastOutermost,
}

/// A native.
#[derive(Clone, Copy)]
pub struct Native {
    /// Its name.
    pub name: &'static str,
    /// The number of its arguments.
    pub arity: usize,
    /// Their order.
    pub order: Order,
    /// Whether its output is always a new value; otherwise it may be the very input, which a path can go on from.
    pub is_new: bool,
    /// Computes the output.
    pub run: fn(Call<'_>) -> Outcome,
}

/// A native as its module lists it.
type Simple = (&'static str, (usize, Order), fn(Call<'_>) -> Outcome);

/// The natives whose output is their input.
const TRANSPARENT: [&str; 2] = ["_debug", "_stderr"];

/// List all natives.
pub fn all() -> Vec<Native> {
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
    let natives = simple.into_iter().flatten();
    natives
        .map(|(name, (arity, order), run)| Native {
            name,
            arity,
            order,
            is_new: !TRANSPARENT.contains(&name),
            run,
        })
        .collect()
}

/// Declare that a native takes `count` arguments like a definition with `$` parameters.
fn v(count: usize) -> (usize, Order) {
    (count, Order::FirstOutermost)
}

/// Declare that a native takes `count` arguments like a function in C.
fn filters(count: usize) -> (usize, Order) {
    (count, Order::LastOutermost)
}

/// Make the output of a native: a value or an error.
fn value(result: ValR) -> Outcome {
    result.map_err(Interruption::Error)
}

/// End the run for a reason that `try` cannot catch.
fn stop(context: &RunContext, fault: Fault) -> Interruption {
    context.stop(fault);
    Interruption::Stop
}

/// Make the output of a native that may meet a limit, which ends the run.
fn limited(context: &RunContext, result: Result<Val, Fault>) -> Outcome {
    result.map_err(|fault| stop(context, fault))
}

/// Take the native's input and its one argument.
fn unary(call: Call<'_>) -> (Val, Val) {
    let [argument, ..] = call.arguments;
    (call.input, argument)
}

/// Call `f` with the native's `N` arguments.
fn each_of<const N: usize>(call: Call<'_>, f: fn(&RunContext, Val, [Val; N]) -> ValR) -> Outcome {
    let mut arguments = call.arguments.into_iter();
    let arguments = core::array::from_fn(|_| arguments.next().unwrap_or_default());
    value(f(call.context, call.input, arguments))
}

/// Take the string that `value` must be.
fn text(value: &Val, message: &str) -> Result<bytes::Bytes, Error> {
    match value {
        Val::Str(text) => Ok((**text).clone()),
        _ => Err(Error::str(message)),
    }
}
