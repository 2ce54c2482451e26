//! Evaluates compiled programs.
//!
//! The rules of jq's language stand in two places: `language/compile` says in which order the parts of a term run,
//! and [`execute`] what each instruction does. Nothing here lives on the stack of WebAssembly: calls, forks and
//! paths are in lists, so that a filter can recurse as deep as memory allows, and can be stopped after any output.
#![forbid(unsafe_code)]

mod backtrack;
#[expect(
    missing_docs,
    reason = "the text of an instruction says what its operands are"
)]
pub mod code;
mod compute;
mod elements;
mod errors;
mod execute;
mod follow;
mod forks;
mod frames;
mod items;
mod loops;
pub mod machine;
pub mod profile;
pub mod source;
mod steps;

pub use machine::{Ended, Machine};
