//! Emits `reduce` and `foreach`.
#![forbid(unsafe_code)]

use super::failing::Consumer;
use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register};
use crate::evaluation::source::Source;
use crate::language::term::{Fold, Span, Term};

impl Compiler<'_> {
    /// Emit the first state of a fold, the inputs and their patterns; return the register of the state, what was
    /// emitted for the state, and the scope of the update.
    fn begin_fold(
        &mut self,
        span: Span,
        fold: &'static Fold,
        scope: &Scope,
        input: Input,
        collects: bool,
    ) -> Compiled<(Register, Emitted, Scope, Option<Consumer>)> {
        let init = self.emit(&fold.init, scope, input.kept(), None)?;
        let state = self.register();
        self.moved(span, init, state);
        let consumer = collects.then(|| self.begin_consumer(span));
        // The inputs begin where the first state began, whatever became of the path there.
        self.loaded(span, input.from);
        let source = self.emit(&fold.source, scope, input.last_if(!init.forks), None)?;
        let (_, inner) = self.bind(span, &fold.patterns, scope, source)?;
        Ok((state, init, inner, consumer))
    }

    /// Emit the update of a fold; its output may go to the register `to`. The state is moved into it, so that it can be changed in place; an update without
    /// output leaves null.
    fn update(
        &mut self,
        span: Span,
        update: &'static Term,
        scope: &Scope,
        state: Register,
        to: Register,
    ) -> Compiled<Emitted> {
        if !self.follow && self.has_one_output(update, scope) {
            let input = Input::register(state);
            return self.emit(update, scope, input, Some(to));
        }
        let before = self.register();
        self.push(
            span,
            I::Move {
                to: before,
                from: Source::register(state).last(true),
            },
        );
        let input = Input::register(before);
        self.loaded(span, input.from);
        self.emit(update, scope, input, None)
    }

    /// Emit `reduce source as $x (init; update)`.
    pub(super) fn reduce(
        &mut self,
        span: Span,
        fold: &'static Fold,
        scope: &Scope,
        input: Input,
    ) -> Compiled<Emitted> {
        let (state, init, inner, consumer) = self.begin_fold(span, fold, scope, input, true)?;
        // The last instruction of an update reads the old state before it writes the new one.
        let update = self.update(span, &fold.update, &inner, state, state)?;
        self.moved(span, update, state);
        self.fail(span);
        self.end_consumer(&consumer.expect("reduce collects"));
        self.loaded(span, Source::register(state));
        Ok(Emitted::fresh(state).after(&init))
    }

    /// Emit `foreach source as $x (init; update; extract)`.
    pub(super) fn foreach(
        &mut self,
        span: Span,
        fold: &'static Fold,
        extract: Option<&'static Term>,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let (state, _, inner, _) = self.begin_fold(span, fold, scope, input, false)?;
        let output = self.register();
        let update = self.update(span, &fold.update, &inner, state, output)?;
        let after = if update.from == Source::register(state) {
            // The update gives its input: the output needs a register of its own.
            let to = self.register();
            let from = update.from;
            self.push(span, I::Move { to, from });
            Emitted::fresh(to)
        } else {
            self.push(
                span,
                I::Move {
                    to: state,
                    from: update.from,
                },
            );
            update
        };
        let output = match extract {
            Some(extract) => self.emit(extract, &inner, Input::from(&after), to)?,
            None => after,
        };
        Ok(Emitted {
            forks: true,
            one: false,
            ..output
        })
    }
}
