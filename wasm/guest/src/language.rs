//! jq 1.8's grammar: program text to the terms that jaq compiles.
//!
//! jaq's own parser knows neither `?//` nor `$__loc__`, binds `%` tighter than `*`, and its
//! evaluator takes operands in another order. Here the text is read as jq reads it (`parser.y` and
//! `lexer.l` of jq 1.8.2), and what jaq evaluates differently is said in terms that it evaluates
//! alike (see `rewrite`). Every name in a term is a slice of the program, so that jaq's errors about
//! it still tell where it stands.
#![forbid(unsafe_code)]

pub mod compile;
mod lexer;
mod parser;
pub mod prelude;
pub mod program;
mod rewrite;

pub use parser::parse;

use jaq_core::load;

/// A term of a program that lives as long as the instance.
pub type Term = load::parse::Term<&'static str>;
/// A pattern that binds variables.
pub type Pattern = load::parse::Pattern<&'static str>;
/// A definition.
pub type Def = load::parse::Def<&'static str>;
