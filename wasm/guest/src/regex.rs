//! Matches regular expressions as jq's library Oniguruma does, in linear time where that is possible.
//!
//! An expression goes from [`parser`] (its text becomes nodes, as Oniguruma reads it; [`lexer`], [`names`], [`groups`],
//! [`class`], [`repeat`] and [`calls`] are parts of it) through [`compile`] (nodes become the steps of a [`program`];
//! [`loops`] has repetitions, [`behind`] look-behinds) to [`machine`], which runs the steps on a text ([`ways`] goes
//! back where a way fails, [`rare`] has the steps that few expressions need). [`lengths`] measures nodes; [`set`],
//! [`unicode`] and [`fold`] know characters, [`place`] the places of a text. An expression is compiled once in a
//! run and not once in a call: over many rows, compiling is most of the work.
#![forbid(unsafe_code)]

mod behind;
mod cache;
mod calls;
mod class;
mod compile;
mod compiled;
mod fold;
mod groups;
mod lengths;
mod lexer;
mod loops;
mod machine;
mod names;
mod node;
mod parser;
mod place;
mod program;
mod rare;
mod repeat;
mod set;
mod unicode;
mod ways;

pub use cache::Cache;
pub use compiled::Compiled;
