//! Turns a program's text into code that [`crate::evaluation`] executes.
//!
//! The way of a program: [`program`] takes its text and arguments, the lexer and the parser read the text by
//! jq 1.8's grammar (`lexer.l` and `parser.y` of jq 1.8.2) into a [`term`], and [`compile`] emits the code of that
//! and of the built-ins of [`prelude`] that it calls. [`modules`] loads what a program imports, out of the [`files`]
//! that the host passes. [`needs`] finds in the code what of its input it can reach.
#![forbid(unsafe_code)]

pub mod compile;
pub mod files;
mod lexer;
pub mod modules;
pub mod needs;
mod parser;
pub mod prelude;
pub mod program;
mod suggest;
pub mod term;

pub use parser::{parse, Known};
