//! Emits the code that takes values apart and binds variables.
#![forbid(unsafe_code)]

use super::scope::{Named, Scope};
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register, Step};
use crate::evaluation::source::Source;
use crate::language::term::{Pattern, Span};
use crate::value::Val;

/// The variables of patterns, each with the register that holds it.
type Registers = Vec<(&'static str, Register)>;

impl Compiler<'_> {
    /// Bind the variables of patterns to parts of `value`; what follows sees them in the scope that is returned.
    ///
    /// An error in the code of a pattern, or in what comes after it, goes on with the next pattern, as in jq.
    pub(super) fn bind(
        &mut self,
        span: Span,
        patterns: &'static [Pattern],
        scope: &Scope,
        value: Emitted,
    ) -> Compiled<(Emitted, Scope)> {
        if let [Pattern::Variable(name)] = patterns {
            let variable = Named::Variable(name, value.from, self.current);
            return Ok((value, scope.with(variable)));
        }
        let mut registers = Registers::new();
        for pattern in patterns {
            self.variables(pattern, &mut registers);
        }
        let null = self.constant(Val::Null);
        let mut all = Emitted {
            forks: patterns.len() > 1,
            ..value
        };
        let mut ends = Vec::new();
        for (place, pattern) in patterns.iter().enumerate() {
            let is_last = place + 1 == patterns.len();
            let other = (!is_last).then(|| self.push(span, I::OtherPattern { address: 0 }));
            if patterns.len() > 1 {
                for (_, register) in &registers {
                    self.push(
                        span,
                        I::Move {
                            to: *register,
                            from: null,
                        },
                    );
                }
            }
            let taken = self.take_apart(span, pattern, scope, value.from, &registers)?;
            all = all.after(&taken);
            if let Some(other) = other {
                ends.push(self.push(span, I::Jump { address: 0 }));
                self.patch(other);
            }
        }
        self.patch_all(ends);
        let mut inner = scope.clone();
        for (name, register) in registers {
            let from = Source::register(register);
            inner = inner.with(Named::Variable(name, from, self.current));
        }
        Ok((all, inner))
    }

    fn variables(&mut self, pattern: &'static Pattern, registers: &mut Registers) {
        match pattern {
            Pattern::Variable(name) => {
                if registers.iter().all(|(known, _)| known != name) {
                    let register = self.register();
                    registers.push((name, register));
                }
            }
            Pattern::Array(items, _) => {
                for item in items {
                    self.variables(item, registers);
                }
            }
            Pattern::Object(members) => {
                for (_, value) in members {
                    self.variables(value, registers);
                }
            }
        }
    }

    fn take_apart(
        &mut self,
        span: Span,
        pattern: &'static Pattern,
        scope: &Scope,
        value: Source,
        registers: &Registers,
    ) -> Compiled<Emitted> {
        let mut all = Emitted::kept(value);
        match pattern {
            Pattern::Variable(name) => {
                let register = registers.iter().find(|(known, _)| known == name);
                let (_, to) = *register.expect("all variables have a register");
                self.push(span, I::Move { to, from: value });
            }
            // jq takes the last item first.
            Pattern::Array(items, span) => {
                for (place, item) in items.iter().enumerate().rev() {
                    let key = self.constant(Val::from(place));
                    let part = self.part(*span, value, key);
                    all = all.after(&self.take_apart(*span, item, scope, part, registers)?);
                }
            }
            Pattern::Object(members) => {
                for (key, item) in members {
                    let input = Input {
                        from: value,
                        last: false,
                    };
                    let at = self.emit_aside(key, scope, input)?;
                    all = all.after(&at);
                    let part = self.part(key.span, value, at.from);
                    all = all.after(&self.take_apart(key.span, item, scope, part, registers)?);
                }
            }
        }
        Ok(all)
    }

    fn part(&mut self, span: Span, of: Source, key: Source) -> Source {
        let to = self.register();
        let step = Step::new(false, self.follow);
        self.push(span, I::Index { to, of, key, step });
        Source::register(to)
    }
}
