//! Runs programs with jaq, as its authors publish it, behind the calls of `jq_magic_shared`.
//!
//! Nothing of jaq is edited. What would reach the host is replaced by natives of the same name ([`natives`]): the
//! environment is empty, the clock stands still, local time is UTC, messages are collected, and a module cannot be
//! imported. Values are read by jaq's own reader, one text at a time ([`texts`]), and written as strict JSON
//! ([`writer`]).
//!
//! | module | question |
//! |---|---|
//! | [`session`] | What happens in one run? |
//! | [`program`] | How does a text become a filter, and what is said of one that cannot? |
//! | [`prelude`] | Which of jaq's definitions does a program reach? |
//! | [`natives`] | What do filters get in the place of the host? |
//! | [`texts`] | How is the input cut into values? |
//! | [`writer`] | How are values written? |

pub mod natives;
pub mod prelude;
pub mod program;
pub mod session;
pub mod texts;
pub mod writer;

jq_magic_shared::guest!(session::Jaq::default());
