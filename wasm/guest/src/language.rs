//! Turns a program's text into a filter that jaq-core evaluates.
//!
//! The way of a program: [`program`] takes its text and arguments, the lexer and the parser read the text by
//! jq 1.8's grammar (`lexer.l` and `parser.y` of jq 1.8.2), `rewrite` changes the terms that jaq evaluates
//! differently, [`prelude`] adds the built-ins that it calls, and [`compile`] has jaq compile all of it.
//!
//! jaq has a parser too, but it knows neither `?//` nor `$__loc__`, and binds `%` tighter than `*`. Every name
//! in a term is a slice of the program, so that jaq's errors about a name tell its place.
#![forbid(unsafe_code)]

pub mod compile;
mod lexer;
mod parser;
pub mod prelude;
pub mod program;
mod rewrite;

pub use parser::parse;

use jaq_core::load;

/// A term of a program; its text lives as long as the instance.
pub type Term = load::parse::Term<&'static str>;
/// A pattern that binds variables.
pub type Pattern = load::parse::Pattern<&'static str>;
/// A definition.
pub type Def = load::parse::Def<&'static str>;
