//! Keeps the names that are in scope while a program is compiled.
#![forbid(unsafe_code)]

use crate::evaluation::code::Register;
use crate::evaluation::source::Source;
use crate::language::term::{Definition, Term};
use std::rc::Rc;

/// The text that a term stands in, and the call that brought it here.
#[derive(Clone, Copy)]
pub struct Text {
    /// Whether it is the program's; otherwise it is that of the built-ins.
    pub own: bool,
    /// The origin of the call in whose place the term stands.
    pub caller: Option<u32>,
}

/// A filter that is an argument of a call whose code stands in the place of the call.
#[derive(Clone)]
pub struct Thunk {
    /// The filter.
    pub term: &'static Term,
    /// What it sees.
    pub scope: Scope,
    /// The function in which it stands.
    pub function: usize,
    /// Its text.
    pub text: Text,
}

/// A definition of a module, and what its body sees.
pub type Export = (&'static Definition, Scope);

/// What a name means.
pub enum Named {
    /// A definition, in a function.
    Definition(&'static Definition, usize, Text),
    /// The definitions of a module, and what each sees, under names that begin with the prefix and `::`.
    Module(Option<&'static str>, Rc<[Export]>, Text),
    /// An argument that is compiled where it is called.
    Thunk(&'static str, Thunk),
    /// An argument of a function, by its number.
    Argument(&'static str, u32, usize),
    /// A variable: where a function finds it.
    Variable(&'static str, Source, usize),
    /// A label: the register with its mark, in a function.
    Label(&'static str, Register, usize),
}

/// An entry and those that were made before it.
pub struct Entry {
    /// What it names.
    pub named: Named,
    outer: Option<Rc<Entry>>,
}

/// The names in scope; the newest comes first.
#[derive(Clone, Default)]
pub struct Scope {
    newest: Option<Rc<Entry>>,
    /// How many of the definitions in `defs.jq` are in scope.
    pub builtins: usize,
}

impl Scope {
    /// Make the scope that has built-ins only.
    pub fn new(builtins: usize) -> Self {
        Self {
            newest: None,
            builtins,
        }
    }

    /// Add a name.
    #[must_use]
    pub fn with(&self, named: Named) -> Self {
        Self {
            newest: Some(Rc::new(Entry {
                named,
                outer: self.newest.clone(),
            })),
            builtins: self.builtins,
        }
    }

    /// Tell scopes apart: two that have the same number are the same, as long as both exist.
    pub fn number(&self) -> usize {
        self.newest
            .as_ref()
            .map_or(self.builtins, |entry| Rc::as_ptr(entry) as usize)
    }

    /// Look for the newest entry for which `f` has a result; it gets the scope that ends with the entry, too.
    pub fn find<T>(&self, f: impl Fn(&Named, &dyn Fn() -> Self) -> Option<T>) -> Option<T> {
        let mut next = self.newest.as_ref();
        while let Some(entry) = next {
            let scope = || Self {
                newest: Some(entry.clone()),
                builtins: self.builtins,
            };
            if let Some(result) = f(&entry.named, &scope) {
                return Some(result);
            }
            next = entry.outer.as_ref();
        }
        None
    }
}
