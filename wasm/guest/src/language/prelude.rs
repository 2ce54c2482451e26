//! Knows the built-ins: definitions in jq, natives in Rust, and those that the compiler emits code for.
//!
//! Parsing all definitions costs about as much as a hundred small filters, so the build does it once and stores the
//! memory that results (see `wasm/pack`). A program's compiler takes what it calls.
#![forbid(unsafe_code)]

use super::files::File;
use super::parser::{definitions, Known};
use super::suggest;
use super::term::Definition;
use crate::builtins::{self, Native};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep the terms in `defs.jq` may nest.
const DEPTH: usize = 100;

/// What a built-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A definition in jq, by its index.
    Definition(usize),
    /// A native, by its index.
    Native(usize),
    /// Code that the compiler emits.
    Special(Special),
}

/// The built-ins that the compiler emits code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// `empty`
    Empty,
    /// `error`
    Error,
    /// `not`
    Not,
    /// `recurse`
    Recurse,
    /// `path(f)`
    Path,
    /// `paths`
    Paths,
    /// `getpath(p)`
    GetPath,
    /// `range(from; upto)`
    Range,
    /// `range(from; upto; by)`
    RangeBy,
    /// `inputs`
    Inputs,
    /// `first(f)`
    First,
    /// `last(f)`
    Last,
    /// `isempty(f)`
    IsEmpty,
    /// `while(cond; update)`
    While,
    /// `until(cond; update)`
    Until,
    /// `map([f])`, or `map(f)` where `f` has exactly one output: what `sort_by(f)` and its kin order items by.
    Keys,
}

/// Names, numbers of arguments and meanings of the built-ins that the compiler emits code for.
const SPECIAL: [(&str, usize, Special); 16] = [
    ("empty", 0, Special::Empty),
    ("error", 0, Special::Error),
    ("not", 0, Special::Not),
    ("recurse", 0, Special::Recurse),
    ("path", 1, Special::Path),
    ("paths", 0, Special::Paths),
    ("getpath", 1, Special::GetPath),
    ("range", 2, Special::Range),
    ("range", 3, Special::RangeBy),
    ("inputs", 0, Special::Inputs),
    ("first", 1, Special::First),
    ("last", 1, Special::Last),
    ("isempty", 1, Special::IsEmpty),
    ("_keys", 1, Special::Keys),
    ("while", 2, Special::While),
    ("until", 2, Special::Until),
];

/// A name and a number of arguments.
type Signature = (&'static str, usize);

/// All built-ins.
pub struct Prelude {
    meanings: BTreeMap<Signature, Meaning>,
    definitions: Vec<&'static Definition>,
    natives: Vec<Native>,
    signatures: Rc<[Signature]>,
}

impl Prelude {
    /// Parse all definitions.
    pub fn new() -> Self {
        let mut prelude = Self {
            meanings: BTreeMap::new(),
            definitions: Vec::new(),
            natives: builtins::all(),
            signatures: Rc::default(),
        };
        for (index, native) in prelude.natives.iter().enumerate() {
            let signature = (native.name, native.arity);
            prelude.meanings.insert(signature, Meaning::Native(index));
        }
        for (name, arity, special) in SPECIAL {
            prelude
                .meanings
                .insert((name, arity), Meaning::Special(special));
        }
        let file = File {
            name: "defs.jq",
            source: include_str!("defs.jq"),
            start: 0,
        };
        let definitions = match definitions(file, 0, DEPTH, &prelude) {
            Ok(definitions) => definitions,
            Err(fault) => unreachable!("defs.jq does not parse: {}", fault.json()),
        };
        // Definitions live as long as the instance.
        for definition in Box::leak(definitions.into_boxed_slice()).iter() {
            let index = prelude.definitions.len();
            let signature = (definition.name, definition.parameters.len());
            prelude
                .meanings
                .insert(signature, Meaning::Definition(index));
            prelude.definitions.push(definition);
        }
        let known = prelude.meanings.keys().copied();
        prelude.signatures = known.filter(|(name, _)| !name.starts_with('_')).collect();
        prelude
    }

    /// Find a built-in; of the definitions in jq the first `upto` count.
    pub fn find(&self, name: &str, arity: usize, upto: usize) -> Option<Meaning> {
        let meaning = self.meanings.get(&(name, arity)).copied()?;
        match meaning {
            Meaning::Definition(index) if index >= upto => None,
            meaning => Some(meaning),
        }
    }

    /// The number of definitions in jq.
    pub fn definitions(&self) -> usize {
        self.definitions.len()
    }

    /// A definition.
    pub fn definition(&self, index: usize) -> &'static Definition {
        self.definitions[index]
    }

    /// A native.
    pub fn native(&self, index: usize) -> Native {
        self.natives[index]
    }

    /// Names and arities of all built-ins that a program can call, for hints and `builtins`.
    pub fn signatures(&self) -> &Rc<[Signature]> {
        &self.signatures
    }
}

impl Default for Prelude {
    fn default() -> Self {
        Self::new()
    }
}

impl Known for Prelude {
    fn has_filter(&self, name: &str, arity: usize) -> bool {
        self.find(name, arity, usize::MAX).is_some()
    }

    fn has_variable(&self, _name: &str) -> bool {
        false
    }

    fn filter_hint(&self, name: &str) -> Option<String> {
        suggest::filter(&self.signatures, name)
    }

    fn variable_hint(&self, _name: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_signature_has_one_meaning() {
        let prelude = Prelude::new();
        let all = prelude.definitions.len() + prelude.natives.len() + SPECIAL.len();
        assert_eq!(prelude.meanings.len(), all);
    }

    #[test]
    fn a_definition_sees_those_before_it() {
        let prelude = Prelude::new();
        let Some(Meaning::Definition(index)) = prelude.find("map", 1, usize::MAX) else {
            panic!("map is a definition");
        };
        assert_eq!(prelude.find("map", 1, index), None);
        assert!(prelude.find("map", 1, index + 1).is_some());
    }

    #[test]
    fn names_of_our_own_are_no_signatures() {
        let prelude = Prelude::new();
        assert!(prelude.signatures().contains(&("map", 1)));
        assert!(!prelude
            .signatures()
            .iter()
            .any(|(name, _)| name.starts_with('_')));
    }
}
