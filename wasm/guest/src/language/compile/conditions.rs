//! Emits conditions: `if`, `and`, `or` and what jumps on them.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register};
use crate::evaluation::source::Source;
use crate::language::term::{Binary, Kind as K, Term};

impl Compiler<'_> {
    /// Emit `if condition then f else g end`, whose condition is aside.
    pub(super) fn conditional(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let K::If(condition, then, otherwise) = &term.kind else {
            unreachable!("the caller looked");
        };
        let selects = otherwise
            .as_deref()
            .is_some_and(|otherwise| self.is_empty(otherwise, scope));
        if !selects {
            let filters = [&**then].into_iter().chain(otherwise.as_deref());
            self.prepare_to_meet(term.span, filters, scope);
        }
        let (jumps, tested) =
            self.aside(|compiler| compiler.condition(condition, scope, input.kept()))?;
        let input = input.last_if(!tested.forks);
        // `select(f)`: the output is the input, where it is.
        if selects {
            let none = self.failing;
            let then = self.emit(then, scope, input, to)?;
            let end = self.push(term.span, I::Jump { address: 0 });
            self.patch_all(jumps);
            let some = core::mem::replace(&mut self.failing, none);
            let part = otherwise.as_deref().and_then(|empty| self.enter(empty));
            self.fail(term.span);
            self.leave(term.span, part);
            self.failing = some;
            self.patch(end);
            let mut all = then.after(&tested);
            all.one = false;
            return Ok(all);
        }
        let to = self.target(to);
        let begin = self.failing;
        let then = self.emit_to(then, scope, input, to)?;
        let end = self.push(term.span, I::Jump { address: 0 });
        let met = core::mem::replace(&mut self.failing, begin);
        self.patch_all(jumps);
        let otherwise = match otherwise {
            Some(otherwise) => self.emit_to(otherwise, scope, input, to)?,
            None => {
                let input = Emitted::from(input);
                self.moved(term.span, input, to)
            }
        };
        self.meet(met);
        self.patch(end);
        Ok(Emitted::fresh(to)
            .after(&then)
            .after(&otherwise)
            .after(&tested))
    }

    /// Emit a condition: the code goes on if it is true, and else takes one of the jumps that are returned.
    pub(super) fn condition(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
    ) -> Compiled<(Vec<usize>, Emitted)> {
        match &term.kind {
            K::Binary(Binary::Comparison(comparison), left, right) => {
                let part = self.enter(term);
                let terms = [&**right, &**left];
                let (sources, all) = self.operands(terms.into_iter(), scope, input)?;
                self.count_output(term.span, part);
                let jump = self.push(
                    term.span,
                    I::JumpUnlessHolds {
                        comparison: *comparison,
                        left: sources[1],
                        right: sources[0],
                        address: 0,
                    },
                );
                self.leave_by_jump(part);
                Ok((vec![jump], all))
            }
            // A part that jumps from several places would not have its outputs counted.
            K::And(left, right) if self.marks.is_none() => {
                self.prepare_to_meet(term.span, [&**left, &**right], scope);
                let (mut jumps, first) = self.condition(left, scope, input.kept())?;
                let input = input.last_if(!first.forks);
                let met = self.failing;
                let (others, second) = self.condition(right, scope, input)?;
                self.meet(met);
                jumps.extend(others);
                Ok((jumps, second.after(&first)))
            }
            K::Or(left, right) if self.marks.is_none() => {
                self.prepare_to_meet(term.span, [&**left, &**right], scope);
                let first = self.emit(left, scope, input.kept(), None)?;
                let holds = self.push(
                    term.span,
                    I::JumpIf {
                        from: first.from,
                        address: 0,
                    },
                );
                let input = input.last_if(!first.forks);
                let met = self.failing;
                let (jumps, second) = self.condition(right, scope, input)?;
                self.meet(met);
                self.patch(holds);
                Ok((jumps, second.after(&first)))
            }
            _ => {
                let value = self.emit(term, scope, input, None)?;
                let jump = self.push(
                    term.span,
                    I::JumpUnless {
                        from: value.from,
                        address: 0,
                    },
                );
                Ok((vec![jump], value))
            }
        }
    }

    /// Emit `left and right` or `left or right` as a boolean. As in jq, a path is followed into both sides.
    pub(super) fn logic(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let (left, right, is_and) = match &term.kind {
            K::And(left, right) => (left, right, true),
            K::Or(left, right) => (left, right, false),
            _ => unreachable!("the caller looked"),
        };
        let to = self.target(to);
        let ends = self.is_empty(right, scope);
        if !ends {
            self.prepare_to_meet(term.span, [&**right], scope);
        }
        let left = self.emit(left, scope, input.kept(), None)?;
        let from = left.from;
        let met = self.failing;
        let decided = self.push(
            term.span,
            if is_and {
                I::JumpUnless { from, address: 0 }
            } else {
                I::JumpIf { from, address: 0 }
            },
        );
        self.loaded(term.span, input.from);
        let right = self.emit(right, scope, input.last_if(!left.forks), None)?;
        self.push(
            term.span,
            I::Truth {
                to,
                from: right.from,
            },
        );
        let end = self.push(term.span, I::Jump { address: 0 });
        self.meet(met);
        self.patch(decided);
        self.push(term.span, I::Truth { to, from });
        self.patch(end);
        self.made(term.span, Source::register(to));
        Ok(Emitted::fresh(to).after(&left).after(&right))
    }
}
