//! Judges before code is emitted whether a filter has exactly one output or an error, and leaves no forks.
#![forbid(unsafe_code)]

use super::calls::Local;
use super::scope::{Named, Scope};
use super::Compiler;
use crate::language::prelude::{Meaning, Special};
use crate::language::term::{Kind as K, Pattern, Piece, Term};

/// How many terms are looked at before the answer is no.
const PATIENCE: usize = 200;

impl Compiler<'_> {
    /// Whether a filter has exactly one output or an error, and leaves no forks behind. `false` may be wrong.
    pub(super) fn has_one_output(&self, term: &'static Term, scope: &Scope) -> bool {
        let mut patience = PATIENCE;
        self.one(term, scope, &mut patience)
    }

    fn one(&self, term: &'static Term, scope: &Scope, patience: &mut usize) -> bool {
        if *patience == 0 {
            return false;
        }
        *patience -= 1;
        let mut one = |term| self.one(term, scope, patience);
        match &term.kind {
            K::Identity | K::Constant(_) | K::Variable(_) | K::Array(_) => true,
            K::Text(_, pieces) => pieces.iter().all(|piece| match piece {
                Piece::Text(_) => true,
                Piece::Term(term) => one(term),
            }),
            K::Object(members) => members
                .iter()
                .all(|(key, value)| one(key) && value.as_ref().is_none_or(&mut one)),
            K::Negation(body) => one(body),
            K::Pipe(left, right) | K::And(left, right) | K::Or(left, right) => {
                one(left) && one(right)
            }
            K::Binary(_, left, right) | K::Alternative(left, right) => one(left) && one(right),
            K::If(condition, then, otherwise) => {
                one(condition) && one(then) && otherwise.as_deref().is_none_or(&mut one)
            }
            K::Try(body, Some(catch)) => one(body) && one(catch),
            K::Index(inner, key, false) => one(inner) && one(key),
            K::Slice(inner, from, upto, false) => {
                one(inner)
                    && from.as_deref().is_none_or(&mut one)
                    && upto.as_deref().is_none_or(&mut one)
            }
            K::Reduce(fold) => one(&fold.init),
            K::Binding(source, patterns, body) => {
                let plain = matches!(patterns[..], [Pattern::Variable(_)]);
                // The body may call only what is in scope here: what a pattern binds are variables.
                plain && one(source) && one(body)
            }
            K::Call(name, arguments) => self.calls_one(name, arguments, scope, patience),
            _ => false,
        }
    }

    fn calls_one(
        &self,
        name: &'static str,
        arguments: &'static [Term],
        scope: &Scope,
        patience: &mut usize,
    ) -> bool {
        let (definition, inner) = match self.local(name, arguments.len(), scope) {
            Some(Local::Thunk(thunk)) => return self.one(thunk.term, &thunk.scope, patience),
            Some(Local::Argument(..)) => return false,
            Some(Local::Definition(definition, _, _, inner)) => (definition, inner),
            None => match self.prelude.find(name, arguments.len(), scope.builtins) {
                Some(Meaning::Native(_)) => {
                    return arguments
                        .iter()
                        .all(|argument| self.one(argument, scope, patience));
                }
                Some(Meaning::Special(special)) => {
                    return match special {
                        Special::Not | Special::Error | Special::IsEmpty | Special::Keys => true,
                        Special::Until => arguments
                            .iter()
                            .all(|argument| self.one(argument, scope, patience)),
                        Special::GetPath => self.one(&arguments[0], scope, patience),
                        _ => false,
                    };
                }
                Some(Meaning::Definition(index)) => {
                    (self.prelude.definition(index), Scope::new(index + 1))
                }
                None => return false,
            },
        };
        // What becomes a function is not known here.
        if definition.recursive || !self.is_short() {
            return false;
        }
        let mut inner = inner;
        for (name, argument) in definition.parameters.iter().zip(arguments) {
            if name.starts_with('$') && !self.one(argument, scope, patience) {
                return false;
            }
            let thunk = self.thunk(argument, scope);
            inner = inner.with(Named::Thunk(name.trim_start_matches('$'), thunk));
        }
        self.one(&definition.body, &inner, patience)
    }
}
