//! Puts what a program imports into scope.
#![forbid(unsafe_code)]

use super::scope::{Export, Named, Scope};
use super::Compiler;
use crate::language::modules::{Bound, Module};
use std::rc::Rc;

impl Compiler<'_> {
    /// Add what `imports` bind to a scope, which holds what modules see, too: the built-ins and the global variables.
    pub(super) fn imports(
        &mut self,
        global: Scope,
        modules: &[Module],
        imports: &[Bound],
    ) -> Scope {
        // What a module imports comes before it.
        let mut exported: Vec<Rc<[Export]>> = Vec::new();
        for module in modules {
            let mut scope = self.bound(global.clone(), &exported, &module.imports);
            let definitions = module.definitions.iter().map(|definition| {
                scope = scope.with(Named::Definition(definition, 0, self.text));
                (definition, scope.clone())
            });
            let exports = definitions.collect();
            exported.push(exports);
        }
        self.bound(global, &exported, imports)
    }

    fn bound(&mut self, mut scope: Scope, exported: &[Rc<[Export]>], imports: &[Bound]) -> Scope {
        for import in imports {
            match import {
                Bound::Module(prefix, index) => {
                    let exports = exported[*index].clone();
                    scope = scope.with(Named::Module(*prefix, exports, self.text));
                }
                Bound::Data(names, value) => {
                    let constant = self.constant(value.clone());
                    for name in names {
                        scope = scope.with(Named::Variable(name, constant, 0));
                    }
                }
            }
        }
        scope
    }
}
