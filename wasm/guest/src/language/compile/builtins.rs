//! Emits calls of natives, and of the built-ins that are code themselves.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::builtins::{Native, Order};
use crate::evaluation::code::{Instruction as I, Register, Step};
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
        let native = self.named_native(span, format, 0)?;
        Ok(self.apply(span, native, vec![input.source()], None))
    }

    fn named_native(&self, span: Span, name: &str, arity: usize) -> Compiled<Native> {
        match self.prelude.find(name, arity, usize::MAX) {
            Some(Meaning::Native(index)) => Ok(self.prelude.native(index)),
            _ => Err(crate::run::fault::Fault::Program {
                message: format!("{name}/{arity} is not defined"),
                span: span.start as usize..span.end as usize,
                hint: None,
            }),
        }
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
                self.fail(span);
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
                let wanted = self.begin_first(span);
                let first = self.emit(&arguments[0], scope, input, to)?;
                self.end_first(span, &wanted);
                Ok(Emitted {
                    forks: false,
                    ..first
                })
            }
            Special::While | Special::Until => {
                let is_while = special == Special::While;
                let parts = arguments.iter();
                // A path is followed through the definitions in `defs.jq`, which several outputs need, too.
                if self.follow || !parts.clone().all(|part| self.has_one_output(part, scope)) {
                    let name = if is_while { "_while" } else { "_until" };
                    return self.call(span, name, arguments, scope, input, to);
                }
                let [condition, update] = arguments else {
                    unreachable!("the parser has counted the arguments");
                };
                if is_while {
                    self.repeat_while(span, condition, update, scope, input)
                } else {
                    self.repeat_until(span, condition, update, scope, input)
                }
            }
            Special::Keys => self.keys_of_items(span, &arguments[0], scope, input),
            Special::IsEmpty => self.is_without_output(span, &arguments[0], scope, input, to),
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
        let to = self.target(to);
        if let ([from, upto, _], Some(_)) = (&bounds[..], by) {
            if let Some(numbers) = self.numbers(span, to, *from, *upto) {
                return Ok(numbers);
            }
        }
        let bounds = self.list(bounds);
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

    /// Emit the list of the keys by which items are ordered.
    fn keys_of_items(
        &mut self,
        span: Span,
        key: &'static Term,
        scope: &Scope,
        input: Input,
    ) -> Compiled<Emitted> {
        let (keys, item) = (self.register(), self.register());
        self.push(span, I::NewArray { to: keys });
        let consumer = self.begin_consumer(span);
        self.each(span, item, input.from, Step::Plain);
        let element = Input::register(item);
        let one = self.has_one_output(key, scope);
        let key = if one {
            self.emit_aside(key, scope, element)?
        } else {
            self.aside(|compiler| compiler.array(span, key, scope, element, None))?
        };
        self.append(span, keys, key.source());
        self.end_consumer(&consumer);
        if !one {
            return Ok(Emitted::fresh(keys));
        }
        let operands = vec![input.from, Source::register(keys).last(true)];
        let native = self.named_native(span, "_quoted_keys", 1)?;
        Ok(self.apply(span, native, operands, None))
    }

    /// Emit `isempty(f)`, which ends with the first output.
    fn is_without_output(
        &mut self,
        span: Span,
        body: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let to = self.target(to);
        let mark = self.register();
        let (no, yes) = (Val::Bool(false), Val::Bool(true));
        let (no, yes) = (self.constant(no), self.constant(yes));
        self.push(span, I::Mark { to: mark });
        let consumer = self.begin_consumer(span);
        self.emit_aside(body, scope, input)?;
        self.cut(span, mark, consumer.loops);
        self.push(span, I::Move { to, from: no });
        let end = self.push(span, I::Jump { address: 0 });
        self.end_consumer(&consumer);
        self.push(span, I::Move { to, from: yes });
        self.patch(end);
        self.made(span, Source::register(to));
        Ok(Emitted::fresh(to))
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
        let consumer = self.begin_consumer(span);
        self.emit_to(body, scope, input, last)?;
        self.push(span, I::Move { to: any, from: yes });
        self.fail(span);
        self.end_consumer(&consumer);
        let end = self.push(
            span,
            I::JumpIf {
                from: Source::register(any),
                address: 0,
            },
        );
        self.fail(span);
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
