//! Emits operators on two values, `//`, and `try`.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register};
use crate::evaluation::source::Source;
use crate::language::term::{Binary, Kind as K, Span, Term};
use crate::value::Val;

impl Compiler<'_> {
    /// Emit operators on two values: a loop, since a long sum nests to the left. The right side runs first.
    pub(super) fn binary(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let mut operators = Vec::new();
        let mut terms = Vec::new();
        let mut left = term;
        while let K::Binary(op, inner, right) = &left.kind {
            operators.push((*op, left.span));
            terms.push(&**right);
            left = inner;
        }
        terms.push(left);
        let (mut sources, all) = self.operands(terms.into_iter(), scope, input)?;
        let mut result = sources.pop().expect("there are two operands");
        let mut is_owned = false;
        while let Some((op, span)) = operators.pop() {
            let right = sources.pop().expect("each operator has one");
            let register = if operators.is_empty() {
                self.target(to)
            } else {
                self.register()
            };
            let left = if is_owned { result.last(true) } else { result };
            self.operator(span, op, register, left, right);
            result = Source::register(register);
            is_owned = true;
        }
        self.made(term.span, result);
        Ok(Emitted {
            from: result,
            owned: true,
            ..all
        })
    }

    /// Emit an operator on two values that are there.
    pub(super) fn operator(
        &mut self,
        span: Span,
        op: Binary,
        to: Register,
        left: Source,
        right: Source,
    ) {
        let instruction = match op {
            Binary::Arithmetic(operator) => I::Arithmetic {
                operator,
                to,
                left,
                right,
            },
            Binary::Comparison(comparison) => I::Compare {
                comparison,
                to,
                left,
                right,
            },
        };
        self.push(span, instruction);
    }

    /// Emit `left // right`.
    pub(super) fn alternative(
        &mut self,
        span: Span,
        left: &'static Term,
        right: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let to = self.target(to);
        // A path that is followed begins again on the right side, which only a fork remembers.
        if !self.follow && self.has_one_output(left, scope) {
            self.prepare_to_meet(span, [right], scope);
            let left = self.emit(left, scope, input.kept(), None)?;
            let met = self.failing;
            let none = self.push(
                span,
                I::JumpUnless {
                    from: left.from,
                    address: 0,
                },
            );
            self.moved(span, left, to);
            let end = self.push(span, I::Jump { address: 0 });
            self.patch(none);
            let right = self.emit_to(right, scope, input, to)?;
            self.meet(met);
            self.patch(end);
            return Ok(right);
        }
        let any = self.register();
        let no = self.constant(Val::Bool(false));
        let yes = self.constant(Val::Bool(true));
        self.push(span, I::Move { to: any, from: no });
        let fork = self.push(span, I::Fork { address: 0 });
        let left = self.emit(left, scope, input.kept(), None)?;
        let counts = self.push(
            span,
            I::JumpIf {
                from: left.from,
                address: 0,
            },
        );
        self.fail(span);
        self.patch(counts);
        self.push(span, I::Move { to: any, from: yes });
        self.moved(span, left, to);
        let end = self.push(span, I::Jump { address: 0 });
        self.patch(fork);
        let none = self.push(
            span,
            I::JumpUnless {
                from: Source::register(any),
                address: 0,
            },
        );
        self.fail(span);
        self.patch(none);
        self.emit_to(right, scope, input, to)?;
        self.patch(end);
        Ok(Emitted::several(to))
    }

    /// Emit `try body catch handler`.
    pub(super) fn attempt(
        &mut self,
        span: Span,
        body: &'static Term,
        catch: Option<&'static Term>,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        // A loop in the body would go on after the end of the part in which errors are caught.
        self.prepare_to_meet(span, [body].into_iter().chain(catch), scope);
        let to = self.target(to);
        let (mark, error) = (self.register(), self.register());
        let (start, inside) = self.begin_try(span, mark, error);
        let body = self.emit_to(body, scope, input, to)?;
        self.push(span, I::EndTry { mark });
        let end = self.push(span, I::Jump { address: 0 });
        let met = self.end_try(span, &inside, mark);
        self.patch(start);
        let handler = match catch {
            Some(catch) => {
                self.made(span, Source::register(error));
                let input = Input::register(error);
                let handler = self.emit_to(catch, scope, input, to)?;
                self.meet(met);
                handler
            }
            None => {
                self.fail(span);
                self.nothing()
            }
        };
        self.failing = met;
        self.patch(end);
        Ok(Emitted::fresh(to).after(&body).after(&handler))
    }
}
