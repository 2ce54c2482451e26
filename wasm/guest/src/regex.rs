//! Matches regular expressions as jq's library Oniguruma does, in linear time where that is possible.
//!
//! Most expressions mean the same to the small engine that jaq uses (regex-bites), which takes time linear in
//! the text; those that look around, refer back or use other things of Oniguruma's go to fancy-regex, whose
//! backtracking is bounded by the run's fuel. An expression is compiled once in a run and not once in a
//! call: over many rows, compiling is most of the work.
#![forbid(unsafe_code)]

mod cache;
mod compiled;
mod pattern;

pub use cache::Cache;
pub(crate) use compiled::Compiled;
