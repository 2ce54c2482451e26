//! Defines the code that a program is compiled to, which [`super::machine`] executes.
//!
//! A filter is code that reads its input from one place and writes its output to another, and then goes on with
//! what comes next. A filter with several outputs leaves a *fork* behind: when what comes next has nothing more
//! to do, the machine goes back to the last fork and takes the next output there. A register is written by one
//! place in the code only and never used for anything else, so going back restores no registers. Where the outputs
//! are consumed at once, the code jumps back itself: see `language/compile/failing.rs`. What a loop goes through is
//! then in registers that only its own instructions write.
#![forbid(unsafe_code)]

use super::profile::Events;
use super::source::Source;
use crate::builtins::Native;
use crate::language::term::Span;
use crate::value::Val;

/// The number of a register in a frame.
pub type Register = u32;
/// A place in the code.
pub type Address = u32;

/// How an instruction steps into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An error is an error.
    Plain,
    /// An error has no output: `?`.
    Optional,
    /// As `Plain`; the step is added to the path, if one is followed.
    Followed,
    /// As `Optional`, likewise.
    OptionalFollowed,
}

impl Step {
    /// Choose the step.
    pub fn new(optional: bool, followed: bool) -> Self {
        match (optional, followed) {
            (false, false) => Self::Plain,
            (true, false) => Self::Optional,
            (false, true) => Self::Followed,
            (true, true) => Self::OptionalFollowed,
        }
    }

    /// Whether an error has no output.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Optional | Self::OptionalFollowed)
    }

    /// Whether the step is added to the path.
    pub fn is_followed(self) -> bool {
        matches!(self, Self::Followed | Self::OptionalFollowed)
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`, which is not `<` with the sides changed: NaN is less than itself.
    Greater,
    /// `>=`
    AtLeast,
}

/// How two values are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// A range of [`Code::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The first.
    pub start: u32,
    /// How many.
    pub count: u32,
}

/// An instruction. `to` is the register that it writes; an address is where it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Instruction {
    /// Copy a value.
    Move { to: Register, from: Source },
    /// `.[key]`
    Index {
        to: Register,
        of: Source,
        key: Source,
        step: Step,
    },
    /// `.[from:upto]`
    Slice {
        to: Register,
        of: Source,
        bounds: List,
        step: Step,
    },
    /// `.[]`
    Each {
        to: Register,
        of: Source,
        step: Step,
    },
    /// The same of the input, whose items may not have been read: see [`crate::run::elements`].
    Elements {
        to: Register,
        of: Source,
        step: Step,
    },
    /// `..`
    Recurse {
        to: Register,
        of: Source,
        followed: bool,
    },
    /// `paths`
    Paths { to: Register, of: Source },
    /// `left op right`
    Arithmetic {
        operator: Arithmetic,
        to: Register,
        left: Source,
        right: Source,
    },
    /// Compare to a boolean.
    Compare {
        comparison: Comparison,
        to: Register,
        left: Source,
        right: Source,
    },
    /// Compare, and jump if the comparison does not hold.
    JumpUnlessHolds {
        comparison: Comparison,
        left: Source,
        right: Source,
        address: Address,
    },
    /// `-f`
    Negate { to: Register, from: Source },
    /// Whether the value is neither null nor false.
    Truth { to: Register, from: Source },
    /// The opposite.
    Not { to: Register, from: Source },
    /// Go on elsewhere.
    Jump { address: Address },
    /// Go on elsewhere if the value is null or false.
    JumpUnless { from: Source, address: Address },
    /// Go on elsewhere if it is neither.
    JumpIf { from: Source, address: Address },
    /// Leave a fork: go on, and come back to the address when nothing more is to be done.
    Fork { address: Address },
    /// Go back to the last fork.
    Fail,
    /// Leave a fork that goes on at the address with the error when one is raised before [`Instruction::EndTry`].
    Try {
        address: Address,
        error: Register,
        mark: Register,
    },
    /// End the part of the code in which [`Instruction::Try`] catches errors.
    EndTry { mark: Register },
    /// Leave a fork that goes on at the address when an error is raised, also by what comes next.
    OtherPattern { address: Address },
    /// Leave a fork for [`Instruction::Break`], write its number, and remember how many forks there were before.
    Label { mark: Register, label: Register },
    /// Go back to the fork before the label of this number.
    Break { label: Source },
    /// Remember how many forks there are.
    Mark { to: Register },
    /// Remove the forks that were left since the mark.
    Cut { mark: Source },
    /// Raise the value as an error.
    Raise { from: Source },
    /// Add a value to the array in a register, and go on at the address.
    Append {
        array: Register,
        from: Source,
        address: Address,
    },
    /// Add a value to the array in a register, and go on.
    Push { array: Register, from: Source },
    /// `[]`
    NewArray { to: Register },
    /// An array of values.
    Array { to: Register, items: List },
    /// An object: keys and values in turn.
    Object { to: Register, members: List },
    /// Check that a value can be the key of an object.
    CheckKey { from: Source },
    /// Join strings.
    Concatenate { to: Register, parts: List },
    /// Call a built-in with the input and the arguments of the list.
    Native {
        to: Register,
        native: u32,
        operands: List,
    },
    /// Call a function: see [`Call`].
    Call { call: u32 },
    /// The same; a frame that nobody needs any more is used again.
    TailCall { call: u32 },
    /// Return from a function.
    Return { from: Source },
    /// Count for the profile: see [`super::profile::Event`].
    Count { event: u32 },
    /// Give an output of the program.
    Output { from: Source },
    /// Begin to follow the path of the value.
    BeginPath { mark: Register, from: Source },
    /// End it, and write the path.
    EndPath {
        mark: Register,
        to: Register,
        from: Source,
    },
    /// Tell that the value is the result of this code, for a path that is followed.
    Made { from: Source },
    /// Tell that the value comes from a variable, for a path that is followed.
    Loaded { from: Source },
    /// `getpath`
    GetPath {
        to: Register,
        of: Source,
        path: Source,
        followed: bool,
    },
    /// `range(from; upto; by)`, of numbers only or of anything.
    Range {
        to: Register,
        bounds: List,
        numbers: bool,
    },
    /// `inputs`
    Inputs { to: Register },
    /// Check that a value has items, and begin a loop over them.
    BeginLoop {
        container: Register,
        place: Register,
        of: Source,
    },
    /// Go on with the next item of the loop, or at the address after the last.
    NextItem {
        to: Register,
        container: Register,
        place: Register,
        address: Address,
    },
    /// The same where the loop goes over the input: see [`Instruction::Elements`].
    NextElement {
        to: Register,
        container: Register,
        place: Register,
        address: Address,
    },
    /// Check that two values are numbers, and begin a loop over `range(from; upto)`.
    BeginRange {
        next: Register,
        end: Register,
        from: Source,
        upto: Source,
    },
    /// Go on with the next number of the loop, or at the address after the last.
    NextNumber {
        to: Register,
        next: Register,
        end: Register,
        address: Address,
    },
    /// Replace the value at a path: the operands are the path and the new value.
    SetPath {
        root: Register,
        path: Source,
        value: Source,
    },
    /// Take the value at a path, to replace it next.
    TakePath {
        to: Register,
        root: Register,
        path: Source,
    },
    /// Remove the values at the paths of an array.
    DeletePaths { root: Register, paths: Register },
    /// Take the value at a key out of a container, to put it back next.
    Take {
        to: Register,
        container: Register,
        key: Source,
    },
    /// Put a value into a container.
    Put {
        container: Register,
        key: Source,
        value: Source,
    },
    /// Remove the value at a key.
    Remove { container: Register, key: Source },
    /// Check that the value has items, and begin with the first.
    BeginItems {
        container: Register,
        place: Register,
        removed: Register,
    },
    /// Take the next item out of a container, or go on at the address after the last.
    TakeItem {
        to: Register,
        container: Register,
        place: Register,
        address: Address,
    },
    /// Put a value in its place, and go on at the address, where the next item is taken.
    PutItem {
        container: Register,
        place: Register,
        value: Source,
        address: Address,
    },
    /// Remember that it is to be removed.
    RemoveItem { removed: Register, place: Register },
    /// Remove all of these.
    EndItems {
        container: Register,
        removed: Register,
    },
}

impl Instruction {
    /// The same for the items of the input; only [`Instruction::Each`] and [`Instruction::NextItem`] can be changed so.
    #[must_use]
    pub fn of_elements(self) -> Self {
        match self {
            Self::Each { to, of, step } => Self::Elements { to, of, step },
            Self::NextItem {
                to,
                container,
                place,
                address,
            } => Self::NextElement {
                to,
                container,
                place,
                address,
            },
            other => other,
        }
    }

    /// The address at which the code may go on, besides after it.
    pub fn address_mut(&mut self) -> Option<&mut Address> {
        match self {
            Self::Jump { address }
            | Self::JumpUnless { address, .. }
            | Self::JumpIf { address, .. }
            | Self::JumpUnlessHolds { address, .. }
            | Self::Fork { address }
            | Self::Try { address, .. }
            | Self::OtherPattern { address }
            | Self::Append { address, .. }
            | Self::NextItem { address, .. }
            | Self::NextElement { address, .. }
            | Self::NextNumber { address, .. }
            | Self::TakeItem { address, .. }
            | Self::PutItem { address, .. } => Some(address),
            _ => None,
        }
    }

    /// Whether it leaves a fork, or may go back to the last one.
    pub fn needs_forks(&self) -> bool {
        match self {
            Self::Index { step, .. } | Self::Slice { step, .. } => step.is_optional(),
            Self::Each { .. }
            | Self::Recurse { .. }
            | Self::Paths { .. }
            | Self::Range { .. }
            | Self::Inputs { .. }
            | Self::Fork { .. }
            | Self::Fail
            | Self::Try { .. }
            | Self::OtherPattern { .. }
            | Self::Label { .. }
            | Self::Call { .. }
            | Self::BeginPath { .. } => true,
            _ => false,
        }
    }
}

/// A call of a function.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// What is called.
    pub callee: Callee,
    /// The register that gets the output.
    pub to: Register,
    /// The input.
    pub input: Source,
    /// The arguments that are values.
    pub values: List,
    /// The arguments that are filters, in [`Code::arguments`].
    pub filters: List,
    /// Whether the steps of the function are added to the path that is followed.
    pub followed: bool,
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    /// A function, and how many definitions further out the frame is in which it was defined.
    Function(u32, u32),
    /// A filter that is an argument: how many definitions further out, and which.
    Argument(u32, u32),
}

/// A function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Function {
    /// Where its code begins.
    pub entry: Address,
    /// How many registers its frame has. The first is the input; those after it are arguments that are values.
    pub registers: u32,
}

/// A place in the program that an error can name: its own text, and where that was called.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The place in the text.
    pub span: Span,
    /// Whether the text is the program's; otherwise it is that of the built-ins.
    pub own: bool,
    /// The place that called this code, when it was put in the place of the call.
    pub caller: Option<u32>,
}

/// A compiled program.
#[derive(Default)]
pub struct Code {
    /// The instructions.
    pub instructions: Vec<Instruction>,
    /// For each instruction the index of its origin.
    pub origin_of: Vec<u32>,
    /// The places in the program.
    pub origins: Vec<Origin>,
    /// The constants.
    pub constants: Vec<Val>,
    /// The functions; the first is the program itself.
    pub functions: Vec<Function>,
    /// Lists of sources.
    pub sources: Vec<Source>,
    /// Lists of arguments that are filters.
    pub arguments: Vec<Callee>,
    /// The calls.
    pub calls: Vec<Call>,
    /// The built-ins that are called.
    pub natives: Vec<Native>,
    /// What is counted where, if the program is profiled.
    pub profile: Option<Box<Events>>,
}
