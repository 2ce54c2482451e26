//! Says what is known about emitted code: where its output is, and who may move it.
#![forbid(unsafe_code)]

use crate::evaluation::code::Register;
use crate::evaluation::source::Source;

/// Code that was emitted for a filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Emitted {
    /// Where its output is.
    pub(super) from: Source,
    /// Whether it may leave forks behind, so that what follows may run again.
    pub(super) forks: bool,
    /// Whether it has exactly one output or an error.
    pub(super) one: bool,
    /// Whether what follows may move the output out of its register.
    pub(super) owned: bool,
}

impl Emitted {
    /// An output that stays where it is; also what is known before the parts of a filter are emitted.
    pub(super) fn kept(from: Source) -> Self {
        Self {
            from,
            forks: false,
            one: true,
            owned: false,
        }
    }

    /// Outputs in a register that this code alone writes, with forks for those after the first.
    pub(super) fn several(register: Register) -> Self {
        Self {
            forks: true,
            one: false,
            ..Self::fresh(register)
        }
    }

    /// An output in a register that this code alone writes.
    pub(super) fn fresh(register: Register) -> Self {
        Self {
            from: Source::register(register),
            forks: false,
            one: true,
            owned: true,
        }
    }

    /// The output, moved out of its register if that is allowed.
    pub(super) fn source(&self) -> Source {
        self.from.last(self.owned)
    }

    /// The same output, after code that may leave forks or have another number of outputs.
    pub(super) fn after(mut self, other: &Self) -> Self {
        self.forks |= other.forks;
        self.one &= other.one;
        self
    }
}

/// The input of a filter.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) from: Source,
    /// Whether nothing reads it after the filter, so that the filter may move it.
    pub(super) last: bool,
}

impl Input {
    /// The value of a register that nothing reads after the filter.
    pub(super) fn register(register: Register) -> Self {
        Self {
            from: Source::register(register),
            last: true,
        }
    }

    /// The same input for a filter after which it is read again.
    pub(super) fn kept(self) -> Self {
        self.last_if(false)
    }

    pub(super) fn last_if(self, condition: bool) -> Self {
        Self {
            last: self.last && condition,
            ..self
        }
    }

    pub(super) fn source(self) -> Source {
        self.from.last(self.last)
    }
}

impl From<&Emitted> for Input {
    fn from(emitted: &Emitted) -> Self {
        Self {
            from: emitted.from,
            last: emitted.owned,
        }
    }
}

/// The input as an output: the filter `.`.
impl From<Input> for Emitted {
    fn from(input: Input) -> Self {
        Self {
            owned: input.last,
            ..Self::kept(input.from)
        }
    }
}
