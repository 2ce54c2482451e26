//! Parses the standard definitions once, and picks those that a program needs.
//!
//! Parsing all definitions costs about as much as a hundred small filters, so the build does it once and
//! stores the memory that results (see `wasm/pack`). Compiling them all costs even more, so a program gets
//! the definitions whose names it mentions, and those that they call in turn.
#![forbid(unsafe_code)]

use crate::builtins;
use crate::run::context::JqData;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::native::Fun;
use jaq_core::path::{Part, Path};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep the terms in `defs.jq` may nest.
const DEPTH: usize = 100;

/// The definitions and natives of one name, of any arity, by index.
#[derive(Default)]
struct Meaning {
    defs: Vec<usize>,
    natives: Vec<usize>,
}

/// A parsed definition, taken out when a program needs it, and the indices of all that it calls.
struct Entry {
    item: Option<Def>,
    defs: Vec<usize>,
    natives: Vec<usize>,
}

/// All built-ins: definitions in jq, and natives, which are written in Rust.
pub struct Prelude {
    meanings: BTreeMap<&'static str, Meaning>,
    defs: Vec<Entry>,
    natives: Vec<Option<Fun<JqData>>>,
    signatures: Rc<[(&'static str, usize)]>,
}

/// The built-ins that one program needs, in the order of their definition.
pub struct Reached {
    /// Definitions for jaq's loader.
    pub defs: Vec<Def>,
    /// Natives for jaq's compiler.
    pub natives: Vec<Fun<JqData>>,
}

impl Prelude {
    /// Parse all definitions.
    pub fn new() -> Self {
        let program = crate::language::parse(include_str!("defs.jq"), DEPTH)
            .unwrap_or_else(|_| unreachable!("defs.jq parses"));
        let Term::Def(own, _) = program else {
            unreachable!("it is definitions");
        };
        let mut prelude = Self {
            meanings: BTreeMap::new(),
            defs: Vec::new(),
            natives: Vec::new(),
            signatures: Rc::default(),
        };
        let mut signatures = Vec::new();
        for native in builtins::all() {
            let index = prelude.natives.len();
            signatures.push((native.0, native.1.len()));
            prelude
                .meanings
                .entry(native.0)
                .or_default()
                .natives
                .push(index);
            prelude.natives.push(Some(native));
        }
        for def in own {
            signatures.push((def.name, def.args.len()));
            prelude.define(def);
        }
        signatures.retain(|(name, _)| !name.starts_with(['_', '?']));
        signatures.sort_unstable();
        signatures.dedup();
        prelude.signatures = signatures.into();
        prelude
    }

    fn define(&mut self, def: Def) {
        let mut calls = Vec::new();
        names_in_term(&def.body, &mut calls);
        calls.sort_unstable();
        calls.dedup();
        let mut entry = Entry {
            item: None,
            defs: Vec::new(),
            natives: Vec::new(),
        };
        // A definition calls those before it, also when a later one has the same name.
        for meaning in calls.iter().filter_map(|name| self.meanings.get(name)) {
            entry.defs.extend(&meaning.defs);
            entry.natives.extend(&meaning.natives);
        }
        let index = self.defs.len();
        self.meanings.entry(def.name).or_default().defs.push(index);
        entry.item = Some(def);
        self.defs.push(entry);
    }

    /// Take out the built-ins that `program` calls, directly or through others. Every name counts, also one that
    /// the program defines itself: a definition too many costs a little fuel, one too few would be an error.
    pub fn reach(&mut self, program: &Term<&'static str>) -> Reached {
        let mut names = Vec::new();
        names_in_term(program, &mut names);
        // Flags say whether a built-in is in; the list of indices spares a walk over all flags.
        let mut defs = (vec![false; self.defs.len()], Vec::new());
        let mut natives = (vec![false; self.natives.len()], Vec::new());
        let meet = |(flags, met): &mut (Vec<bool>, Vec<usize>), index: usize| {
            let new = !core::mem::replace(&mut flags[index], true);
            if new {
                met.push(index);
            }
            new
        };
        let mut open: Vec<usize> = Vec::new();
        for meaning in names.iter().filter_map(|name| self.meanings.get(name)) {
            open.extend(&meaning.defs);
            for native in &meaning.natives {
                meet(&mut natives, *native);
            }
        }
        while let Some(def) = open.pop() {
            if meet(&mut defs, def) {
                open.extend(&self.defs[def].defs);
                for native in &self.defs[def].natives {
                    meet(&mut natives, *native);
                }
            }
        }
        let (mut defs, mut natives) = (defs.1, natives.1);
        defs.sort_unstable();
        natives.sort_unstable();
        Reached {
            defs: defs
                .into_iter()
                .filter_map(|def| self.defs[def].item.take())
                .collect(),
            natives: natives
                .into_iter()
                .filter_map(|native| self.natives[native].take())
                .collect(),
        }
    }

    /// Names and arities of all built-ins that a program can call, for hints and `builtins`.
    pub fn signatures(&self) -> &Rc<[(&'static str, usize)]> {
        &self.signatures
    }
}

impl Default for Prelude {
    fn default() -> Self {
        Self::new()
    }
}

/// Collect the names of all filters that `term` calls.
fn names_in_term<'s>(term: &Term<&'s str>, names: &mut Vec<&'s str>) {
    let mut all = |terms: &mut dyn Iterator<Item = &Term<&'s str>>| {
        terms.for_each(|term| names_in_term(term, names))
    };
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => {}
        Term::Str(format, parts) => {
            all(&mut parts.iter().filter_map(|part| match part {
                StrPart::Term(term) => Some(term),
                StrPart::Str(_) | StrPart::Char(_) => None,
            }));
            names.extend(format);
        }
        Term::Arr(items) => all(&mut items.as_deref().into_iter()),
        Term::Obj(members) => all(&mut members
            .iter()
            .flat_map(|(key, value)| [Some(key), value.as_ref()])
            .flatten()),
        Term::Neg(term) | Term::Label(_, term) => all(&mut [&**term].into_iter()),
        Term::BinOp(left, op, right) => {
            all(&mut [&**left, &**right].into_iter());
            if let BinaryOp::Pipe(Some(pattern)) = op {
                names_in_pattern(pattern, names);
            }
        }
        Term::Fold(_, inputs, pattern, args) => {
            all(&mut core::iter::once(&**inputs).chain(args));
            names_in_pattern(pattern, names);
        }
        Term::TryCatch(body, catch) => all(&mut core::iter::once(&**body).chain(catch.as_deref())),
        Term::IfThenElse(arms, otherwise) => {
            all(&mut arms
                .iter()
                .flat_map(|(test, then)| [test, then])
                .chain(otherwise.as_deref()));
        }
        Term::Def(defs, body) => all(&mut defs.iter().map(|def| &def.body).chain([&**body])),
        Term::Call(name, args) => {
            all(&mut args.iter());
            names.push(name);
        }
        Term::Path(term, Path(parts)) => {
            all(&mut parts
                .iter()
                .flat_map(|(part, _)| match part {
                    Part::Index(index) => [Some(index), None],
                    Part::Range(from, upto) => [from.as_ref(), upto.as_ref()],
                })
                .flatten()
                .chain([&**term]));
        }
    }
}

fn names_in_pattern<'s>(pattern: &Pattern<&'s str>, names: &mut Vec<&'s str>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(patterns) => patterns
            .iter()
            .for_each(|pattern| names_in_pattern(pattern, names)),
        Pattern::Obj(members) => {
            for (key, pattern) in members {
                names_in_term(key, names);
                names_in_pattern(pattern, names);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(program: &'static str) -> Vec<&'static str> {
        let term = crate::language::parse(program, 100).unwrap();
        let reached = Prelude::new().reach(&term);
        let natives = reached.natives.iter().map(|native| native.0);
        let defs = reached.defs.iter().map(|def| def.name);
        defs.chain(natives).collect()
    }

    #[test]
    fn a_path_reaches_nothing() {
        assert!(reached(".a[0].b").is_empty());
    }

    #[test]
    fn a_definition_brings_what_it_calls() {
        let defs = reached("with_entries(.)");
        for name in ["with_entries", "map"] {
            assert!(defs.contains(&name), "{name} in {defs:?}");
        }
        assert!(!defs.contains(&"del"));
    }

    #[test]
    fn names_in_strings_formats_and_blocks_are_reached() {
        for (program, name) in [
            ("\"a\\(del(.a))\"", "del"),
            ("@csv", "@csv"),
            ("@base64 \"a\\(.)\"", "@base64"),
            ("[(map(.))]", "map"),
            ("{a: select(.)}", "select"),
        ] {
            assert!(reached(program).contains(&name), "{program}");
        }
    }
}
