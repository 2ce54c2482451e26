//! Finds the left sides of assignments that need no paths.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Input};
use crate::evaluation::source::Source;
use crate::language::prelude::Meaning;
use crate::language::term::{Kind as K, Term};

/// A step of a left side that is taken without a path.
pub(super) enum Place {
    Key(Source),
    Items,
    Selected(&'static Term),
}

/// The same before the code of its key is emitted.
pub(super) enum Planned {
    Key(&'static Term),
    Items,
    Selected(&'static Term),
}

impl Compiler<'_> {
    /// List the steps of a left side, if all are of a kind that needs no path; `at_input` says whether the input of
    /// the left side is that of the assignment.
    pub(super) fn plan(
        &self,
        paths: &'static Term,
        scope: &Scope,
        at_input: bool,
        planned: &mut Vec<Planned>,
    ) -> bool {
        match &paths.kind {
            K::Identity => true,
            K::Index(inner, key, false) => {
                planned.len() < 100 && self.plan(inner, scope, at_input, planned) && {
                    planned.push(Planned::Key(key));
                    matches!(&key.kind, K::Constant(_) | K::Variable(_))
                        || at_input && self.has_one_output(key, scope)
                }
            }
            K::Iteration(inner, false) => {
                planned.len() < 100 && self.plan(inner, scope, at_input, planned) && {
                    planned.push(Planned::Items);
                    true
                }
            }
            K::Pipe(left, right) => {
                self.plan(left, scope, at_input, planned) && {
                    let at_input = at_input && planned.is_empty();
                    self.plan(right, scope, at_input, planned)
                }
            }
            K::Call("select", arguments) => {
                let is_builtin = self.local("select", 1, scope).is_none()
                    && matches!(
                        self.prelude.find("select", arguments.len(), scope.builtins),
                        Some(Meaning::Definition(_))
                    );
                // Only items surely exist: putting back what was not selected must not create a place.
                let exists = matches!(planned.last(), Some(Planned::Items | Planned::Selected(_)));
                is_builtin && exists && {
                    planned.push(Planned::Selected(&arguments[0]));
                    self.has_one_output(&arguments[0], scope)
                }
            }
            _ => false,
        }
    }

    /// Emit the keys of a left side, the last first, as those of a path.
    pub(super) fn keys(
        &mut self,
        planned: Vec<Planned>,
        scope: &Scope,
        input: Input,
    ) -> Compiled<Vec<Place>> {
        let mut places = Vec::new();
        for step in planned.into_iter().rev() {
            places.push(match step {
                Planned::Key(key) => Place::Key(self.emit_aside(key, scope, input.kept())?.from),
                Planned::Items => Place::Items,
                Planned::Selected(condition) => Place::Selected(condition),
            });
        }
        places.reverse();
        Ok(places)
    }
}
