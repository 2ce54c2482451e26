//! Defines the errors that `catch` gets, and how a filter ends without an output.
#![forbid(unsafe_code)]

use super::Val;
use core::fmt::Display;

/// An error that `catch` gets: any value, most often a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Val);

impl Error {
    /// Make the error that raises `value`.
    pub fn new(value: Val) -> Self {
        Self(value)
    }

    /// Make the error of a message.
    pub fn str(message: impl Display) -> Self {
        Self(Val::from(message.to_string()))
    }

    /// Look at the value that `catch` gets.
    pub fn value(&self) -> &Val {
        &self.0
    }

    /// The value that `catch` gets.
    pub fn into_value(self) -> Val {
        self.0
    }
}

/// Why a built-in gives no output.
#[derive(Debug)]
pub enum Interruption {
    /// It raises an error.
    Error(Error),
    /// The run must end, for the reason that its context has.
    Stop,
}

impl From<Error> for Interruption {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
