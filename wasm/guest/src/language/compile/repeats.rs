//! Emits `while` and `until` of filters with one output, which are loops.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register};
use crate::evaluation::source::Source;
use crate::language::term::{Span, Term};

impl Compiler<'_> {
    /// Emit the next value of a loop, in place of the one before.
    fn next_value(
        &mut self,
        update: &'static Term,
        scope: &Scope,
        value: Register,
    ) -> Compiled<()> {
        // The last instruction of an update reads the old value before it writes the new one.
        self.emit_to(update, scope, Input::register(value), value)?;
        Ok(())
    }

    /// Emit `until(condition; update)`.
    pub(super) fn repeat_until(
        &mut self,
        span: Span,
        condition: &'static Term,
        update: &'static Term,
        scope: &Scope,
        input: Input,
    ) -> Compiled<Emitted> {
        let value = self.register();
        self.moved(span, Emitted::from(input), value);
        let start = self.here();
        let begin = self.failing;
        let (jumps, _) = self.condition(condition, scope, Input::register(value).kept())?;
        let end = self.push(span, I::Jump { address: 0 });
        self.patch_all(jumps);
        self.next_value(update, scope, value)?;
        self.push(span, I::Jump { address: start });
        self.meet(begin);
        self.patch(end);
        // What follows may run again after a fork that was left before, but then the loop has run again, too.
        Ok(Emitted::fresh(value))
    }

    /// Emit `while(condition; update)`: the code comes back to the update for the next output.
    pub(super) fn repeat_while(
        &mut self,
        span: Span,
        condition: &'static Term,
        update: &'static Term,
        scope: &Scope,
        input: Input,
    ) -> Compiled<Emitted> {
        let (value, output) = (self.register(), self.register());
        self.moved(span, Emitted::from(input), value);
        let begin = self.failing;
        let first = self.push(span, I::Jump { address: 0 });
        let none = self.here();
        self.fail(span);
        let next = self.here();
        self.next_value(update, scope, value)?;
        self.meet(begin);
        self.patch(first);
        let (jumps, _) = self.condition(condition, scope, Input::register(value).kept())?;
        self.meet(begin);
        for jump in jumps {
            *self.address_of(jump) = none;
        }
        self.come_back_to(span, next);
        self.push(
            span,
            I::Move {
                to: output,
                from: Source::register(value),
            },
        );
        Ok(Emitted::several(output))
    }
}
