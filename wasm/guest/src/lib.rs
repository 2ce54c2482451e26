//! Runs jq programs as a bare WebAssembly module: it imports nothing, and an instance serves one run.
//!
//! It is the engine `magic`: jq 1.8.2's language, compiled to code for a machine that keeps all its state in the heap.
//! How the host calls the guest stands in the crate `jq_magic_shared`.
//!
//! # Where things are
//!
//! A program goes from `language` (its text becomes a filter) through `builtins` (the filters that Rust code
//! implements); a document goes from `json` (its text becomes values) to `value` and back. Each folder uses
//! those below it in this list, and none above.
//!
//! | folder | question |
//! |---|---|
//! | [`session`] | What happens in one run, from its start through its batches to its end? |
//! | [`language`] | How does a program's text become code? |
//! | [`evaluation`] | How is code executed? |
//! | [`builtins`] | What do the built-in filters do that are written in Rust? |
//! | [`run`] | What do a running filter and its host share: input, limits, messages, the reason of an end? |
//! | [`regex`] | How is a regular expression compiled, matched and cached? |
//! | [`arrow`] | How are the columns of a data frame read? |
//! | [`json`] | How is JSON text read and written? |
//! | [`value`] | What is a value, and what do operators and paths mean on it? |

pub mod session;

pub mod language;

pub mod evaluation;

pub mod builtins;

pub mod run {
    //! Holds what a running filter and its host share.
    pub mod context;
    pub mod elements;
    pub mod inputs;
    pub use jq_magic_shared::{fault, text_buffer};
}

pub mod regex;

pub mod arrow;

pub mod json {
    //! Reads and writes JSON text.
    pub(crate) mod complaint;
    pub(crate) mod numeral;
    pub mod quote;
    pub mod reader;
    pub mod writer;
    pub use jq_magic_shared::scan;
}

pub mod value;

pub mod rows;

jq_magic_shared::guest!(session::Magic::default());
