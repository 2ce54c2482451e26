//! Defines what the parser makes of a program: terms, patterns and definitions, each with its place in the text.
#![forbid(unsafe_code)]

use crate::evaluation::code::{Arithmetic, Comparison};
use crate::run::fault::Fault;
use crate::value::Val;

/// A place in a program: byte offsets of its first byte and after its last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Make the span of two offsets; a program is far shorter than 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }
}

/// A term and its place.
#[derive(Debug)]
pub struct Term {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
}

/// What a term is, in the words of jq's manual.
#[derive(Debug)]
pub enum Kind {
    /// `.`
    Identity,
    /// `..`
    Recurse,
    /// A number, a string without interpolation, `null`, `true`, `false`, `[]` or `{}`.
    Constant(Val),
    /// `$name`, with the dollar.
    Variable(&'static str),
    /// A string with interpolations, and the format of these.
    Text(Option<&'static str>, Vec<Piece>),
    /// `[f]`
    Array(Box<Term>),
    /// `{k: v, …}`; without a value it is the input's member of this key.
    Object(Vec<(Term, Option<Term>)>),
    /// `-f`
    Negation(Box<Term>),
    /// `f | g`
    Pipe(Box<Term>, Box<Term>),
    /// `f, g`
    Comma(Box<Term>, Box<Term>),
    /// `f + g` and its like, and comparisons.
    Binary(Binary, Box<Term>, Box<Term>),
    /// `f and g`
    And(Box<Term>, Box<Term>),
    /// `f or g`
    Or(Box<Term>, Box<Term>),
    /// `f // g`
    Alternative(Box<Term>, Box<Term>),
    /// `f = g`, `f |= g`, `f += g` and their like.
    Assignment(Assignment, Box<Term>, Box<Term>),
    /// `f as P ?// Q | g`
    Binding(Box<Term>, Vec<Pattern>, Box<Term>),
    /// `reduce f as P (init; update)`
    Reduce(Box<Fold>),
    /// `foreach f as P (init; update; extract)`
    Foreach(Box<Fold>, Option<Box<Term>>),
    /// `if c then f else g end`; without `else` the input is the output.
    If(Box<Term>, Box<Term>, Option<Box<Term>>),
    /// `try f catch g`, and `f?`
    Try(Box<Term>, Option<Box<Term>>),
    /// `label $name | f`
    Label(&'static str, Box<Term>),
    /// `break $name`
    Break(&'static str),
    /// `def name: f; g`
    Definition(Box<Definition>, Box<Term>),
    /// `name(f; g)`, and `@name`.
    Call(&'static str, Vec<Term>),
    /// `f[k]` and `f.k`; with `?` an error of the access has no output.
    Index(Box<Term>, Box<Term>, bool),
    /// `f[from:upto]`
    Slice(Box<Term>, Option<Box<Term>>, Option<Box<Term>>, bool),
    /// `f[]`
    Iteration(Box<Term>, bool),
}

/// A piece of a string.
#[derive(Debug)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// `\(f)`
    Term(Term),
}

/// An operator on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// Computes.
    Arithmetic(Arithmetic),
    /// Compares to a boolean.
    Comparison(Comparison),
}

/// An assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// `=`
    Set,
    /// `|=`
    Update,
    /// `+=` and its like.
    Compute(Arithmetic),
    /// `//=`
    Default,
}

/// The parts that `reduce` and `foreach` have in common.
#[derive(Debug)]
pub struct Fold {
    /// The filter whose outputs are folded.
    pub source: Term,
    /// The patterns that take them apart.
    pub patterns: Vec<Pattern>,
    /// The first state.
    pub init: Term,
    /// The next state.
    pub update: Term,
}

/// A pattern that binds variables.
#[derive(Debug)]
pub enum Pattern {
    /// `$name`, with the dollar.
    Variable(&'static str),
    /// `[P, …]`
    Array(Vec<Pattern>, Span),
    /// `{k: P, …}`
    Object(Vec<(Term, Pattern)>),
}

/// A definition.
#[derive(Debug)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Its parameters; those that are values have a dollar in front.
    pub parameters: Vec<&'static str>,
    /// Its body.
    pub body: Term,
    /// Whether the body mentions the definition.
    pub recursive: bool,
    /// Whether the body calls a parameter `$name` as a filter, too.
    pub calls_values: bool,
    /// A name in the body that is not defined: an error for who calls this.
    pub undefined: Option<Fault>,
}
