//! Names the places from which instructions read values.
#![forbid(unsafe_code)]

use super::code::Register;

/// Where an instruction reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(u32);

/// The register is moved out: nothing reads it after this.
const LAST: u32 = 1 << 31;
/// The number is that of a constant; the machine keeps the constants before the registers of all frames.
const CONSTANT: u32 = 1 << 30;
/// The register is in a frame further out.
const OUTER: u32 = 3 << 30;
const NUMBER: u32 = (1 << 30) - 1;
const OUTER_BITS: u32 = 18;

/// Where a source is, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A register of this frame.
    Register(Register),
    /// A constant of the program.
    Constant(usize),
    /// A register of the frame that is so many definitions further out.
    Outer(u32, Register),
}

impl Source {
    /// Read a register.
    pub fn register(register: Register) -> Self {
        Self(register)
    }

    /// Read a constant.
    pub fn constant(index: usize) -> Self {
        Self(CONSTANT | index as u32)
    }

    /// Read a register of a frame further out.
    pub fn outer(depth: u32, register: Register) -> Self {
        Self(OUTER | depth << OUTER_BITS | register)
    }

    /// Read the same place as the last one that does: a register is moved out instead of copied.
    #[must_use]
    pub fn last(self, is_last: bool) -> Self {
        if is_last && self.is_register() {
            return Self(self.0 | LAST);
        }
        self
    }

    /// Whether both read the same register of this frame.
    pub fn is_same_register(self, other: Self) -> bool {
        self.is_register() && other.is_register() && self.0 & NUMBER == other.0 & NUMBER
    }

    /// Whether it is a register of this frame.
    pub fn is_register(self) -> bool {
        self.0 & CONSTANT == 0
    }

    /// Whether a register is moved out.
    #[inline(always)]
    pub fn is_last(self) -> bool {
        self.0 & OUTER == LAST
    }

    /// Take it apart.
    #[inline(always)]
    pub fn place(self) -> Place {
        let number = self.0 & NUMBER;
        match self.0 & OUTER {
            OUTER => Place::Outer(number >> OUTER_BITS, number & ((1 << OUTER_BITS) - 1)),
            CONSTANT => Place::Constant(number as usize),
            _ => Place::Register(number),
        }
    }
}

/// The most registers that a frame can have, and definitions that can nest, so that a source holds both.
pub const MOST_REGISTERS: u32 = 1 << OUTER_BITS;
/// The most definitions that can nest.
pub const MOST_NESTED: u32 = 1 << (30 - OUTER_BITS);
