//! Emits calls of natives, and of the built-ins that are code themselves.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::builtins::{Native, Order};
use crate::evaluation::code::{Instruction as I, Register};
use crate::evaluation::source::Source;
use crate::language::prelude::{Meaning, Special};
use crate::language::term::{Span, Term};
use crate::value::Val;

impl Compiler<'_> {
    /// Emit a call of a native.
    pub(super) fn native(
        &mut self,
        span: Span,
        native: Native,
        arguments: &'static [Term],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let (mut sources, all) = match native.order {
            Order::FirstOutermost => self.operands(arguments.iter(), scope, input.kept())?,
            Order::LastOutermost => {
                let (mut sources, all) =
                    self.operands(arguments.iter().rev(), scope, input.kept())?;
                sources.reverse();
                (sources, all)
            }
        };
        // The machine reads the arguments before the input, so that the input may be one of them.
        sources.insert(0, input.last_if(!all.forks).source());
        let result = self.apply(span, native, sources, to);
        Ok(result.after(&all))
    }

    /// Emit a native with operands that are there: the input and the arguments.
    fn apply(
        &mut self,
        span: Span,
        native: Native,
        operands: Vec<Source>,
        to: Option<Register>,
    ) -> Emitted {
        let operands = self.list(operands);
        self.code.natives.push(native);
        let native_at = self.code.natives.len() as u32 - 1;
        let to = self.target(to);
        self.push(
            span,
            I::Native {
                to,
                native: native_at,
                operands,
            },
        );
        if native.is_new {
            self.made(span, Source::register(to));
        } else {
            self.loaded(span, Source::register(to));
        }
        Emitted::fresh(to)
    }

    /// Emit the format of a value in a string: `@base64` and its like.
    pub(super) fn format(
        &mut self,
        span: Span,
        format: &'static str,
        input: Input,
    ) -> Compiled<Emitted> {
        let Some(Meaning::Native(index)) = self.prelude.find(format, 0, usize::MAX) else {
            return Err(crate::run::fault::Fault::Program {
                message: format!("{format}/0 is not defined"),
                span: span.start as usize..span.end as usize,
                hint: None,
            });
        };
        let native = self.prelude.native(index);
        Ok(self.apply(span, native, vec![input.source()], None))
    }

    /// Emit a built-in that is code.
    pub(super) fn special(
        &mut self,
        span: Span,
        special: Special,
        arguments: &'static [Term],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        match special {
            Special::Empty => {
                self.push(span, I::Fail);
                Ok(self.nothing())
            }
            Special::Error => {
                self.push(
                    span,
                    I::Raise {
                        from: input.source(),
                    },
                );
                let mut nothing = self.nothing();
                nothing.one = true;
                Ok(nothing)
            }
            Special::Not => {
                let to = self.target(to);
                self.push(
                    span,
                    I::Not {
                        to,
                        from: input.from,
                    },
                );
                self.made(span, Source::register(to));
                Ok(Emitted::fresh(to))
            }
            Special::Recurse => self.recurse(span, input, to),
            Special::Path => self.path(span, &arguments[0], scope, input, to),
            Special::Paths => {
                let to = self.target(to);
                self.push(
                    span,
                    I::Paths {
                        to,
                        of: input.source(),
                    },
                );
                self.made(span, Source::register(to));
                Ok(Emitted::several(to))
            }
            Special::GetPath => {
                let path = self.emit_aside(&arguments[0], scope, input.kept())?;
                let to = self.target(to);
                self.push(
                    span,
                    I::GetPath {
                        to,
                        of: input.from,
                        path: path.from,
                        followed: self.follow,
                    },
                );
                Ok(Emitted::fresh(to).after(&path))
            }
            Special::Range => {
                let by = self.constant(Val::from(1_usize));
                self.range(span, arguments, Some(by), scope, input, to)
            }
            Special::RangeBy => self.range(span, arguments, None, scope, input, to),
            Special::Inputs => {
                let to = self.target(to);
                self.push(span, I::Inputs { to });
                self.made(span, Source::register(to));
                Ok(Emitted::several(to))
            }
            Special::First => {
                let mark = self.register();
                self.push(span, I::Mark { to: mark });
                let first = self.emit(&arguments[0], scope, input, to)?;
                if first.forks {
                    self.push(
                        span,
                        I::Cut {
                            mark: Source::register(mark),
                        },
                    );
                }
                Ok(Emitted {
                    forks: false,
                    one: first.one,
                    ..first
                })
            }
            Special::Last => self.last(span, &arguments[0], scope, input, to),
        }
    }

    /// Emit `path(f)`.
    pub(super) fn path(
        &mut self,
        span: Span,
        body: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let mark = self.register();
        self.push(
            span,
            I::BeginPath {
                mark,
                from: input.from,
            },
        );
        let outer = core::mem::replace(&mut self.follow, true);
        let end = self.emit(body, scope, input.kept(), None)?;
        self.follow = outer;
        let to = self.target(to);
        self.push(
            span,
            I::EndPath {
                mark,
                to,
                from: end.from,
            },
        );
        self.made(span, Source::register(to));
        Ok(Emitted::fresh(to).after(&end))
    }

    fn range(
        &mut self,
        span: Span,
        arguments: &'static [Term],
        by: Option<Source>,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let (mut bounds, _) = self.operands(arguments.iter(), scope, input.kept())?;
        bounds.extend(by);
        let bounds = self.list(bounds);
        let to = self.target(to);
        self.push(
            span,
            I::Range {
                to,
                bounds,
                numbers: by.is_some(),
            },
        );
        self.made(span, Source::register(to));
        Ok(Emitted::several(to))
    }

    /// Emit `last(f)`, which has no output when `f` has none.
    fn last(
        &mut self,
        span: Span,
        body: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let (last, any) = (self.register(), self.register());
        let no = self.constant(Val::Bool(false));
        let yes = self.constant(Val::Bool(true));
        self.push(span, I::Move { to: any, from: no });
        let fork = self.push(span, I::Fork { address: 0 });
        self.emit_to(body, scope, input, last)?;
        self.push(span, I::Move { to: any, from: yes });
        self.push(span, I::Fail);
        self.patch(fork);
        let end = self.push(
            span,
            I::JumpIf {
                from: Source::register(any),
                address: 0,
            },
        );
        self.push(span, I::Fail);
        self.patch(end);
        let to = self.target(to);
        self.push(
            span,
            I::Move {
                to,
                from: Source::register(last).last(true),
            },
        );
        self.loaded(span, Source::register(to));
        Ok(Emitted {
            one: false,
            ..Emitted::fresh(to)
        })
    }
}
