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

/// What a native reads of its input. Its errors count: they quote all of a value that is neither array nor object, and
/// nothing else but where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// All of it.
    All,
    /// Nothing.
    Nothing,
    /// Nothing; the output is the next input of the run.
    NextInput,
    /// Its kind.
    Kind,
    /// The keys of an object, the length of an array.
    Shape,
    /// Whether the key that is the argument is there.
    Key,
    /// What the output has of the values of its entries.
    Entries,
    /// What the output has of its items, which are those of the input; all of an input that is no array.
    Items,
    /// The same, where the items of the output are arrays of items of the input.
    GroupedItems,
    /// The same, where the output is an item of the input.
    OneItem,
}

/// The natives that do not read all of their input.
const READS: [(&str, Reads); 14] = [
    ("type", Reads::Kind),
    ("length", Reads::Shape),
    ("keys", Reads::Shape),
    ("keys_unsorted", Reads::Shape),
    ("has", Reads::Key),
    ("to_entries", Reads::Entries),
    ("_quoted_keys", Reads::Kind),
    ("_sort_by", Reads::Items),
    ("_unique_by", Reads::Items),
    ("_group_by", Reads::GroupedItems),
    ("_min_by", Reads::OneItem),
    ("_max_by", Reads::OneItem),
    ("input", Reads::NextInput),
    ("now", Reads::Nothing),
];

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
    /// What it reads of its input; it reads all of its arguments.
    pub reads: Reads,
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
            reads: READS
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(Reads::All, |(_, reads)| *reads),
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
