//! Emits pipelines, and finds out which code each term has.
#![forbid(unsafe_code)]

use super::scope::{Named, Scope};
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register};
use crate::evaluation::source::Source;
use crate::language::term::{Kind as K, Pattern, Span, Term};
use crate::value::Val;

impl Compiler<'_> {
    /// Emit the code of a filter. Its output goes to the register `to`, or where it happens to be.
    pub(super) fn emit(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        self.level += 1;
        let part = self.enter(term);
        let emitted = self.emit_pipeline(term, scope.clone(), input, to);
        self.leave(term.span, part);
        self.level -= 1;
        emitted
    }

    /// Emit the parts of a pipeline one after the other, so that a long pipeline does not nest.
    fn emit_pipeline(
        &mut self,
        mut term: &'static Term,
        mut scope: Scope,
        mut input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let mut before = Emitted::kept(input.from);
        let whole = term;
        // The mark of the last label, as long as nothing after it left forks.
        let mut label = None;
        let mut labelled = false;
        loop {
            match &term.kind {
                K::Pipe(left, right) => {
                    let left = self.emit(left, &scope, input, None)?;
                    before = before.after(&left);
                    if left.forks {
                        label = None;
                    }
                    input = Input::from(&left);
                    term = right;
                }
                K::Binding(source, patterns, body) => {
                    let source = self.emit_aside(source, &scope, input.kept())?;
                    before = before.after(&source);
                    let (bound, inner) = self.bind(term.span, patterns, &scope, source)?;
                    before = before.after(&bound);
                    if !matches!(patterns[..], [Pattern::Variable(_)]) {
                        // In jq the steps of patterns are added to a path, which the body's input is not at.
                        self.loaded(term.span, input.from);
                    }
                    if source.forks || bound.forks {
                        label = None;
                    }
                    let is_alias = source.from.is_same_register(input.from);
                    input = input.last_if(!before.forks && !is_alias);
                    scope = inner;
                    term = body;
                }
                K::Label(name, body) => {
                    let (mark, number) = (self.register(), self.register());
                    self.push(
                        term.span,
                        I::Label {
                            mark,
                            label: number,
                        },
                    );
                    scope = scope.with(Named::Label(name, number, self.current));
                    labelled = true;
                    label = Some(mark);
                    term = body;
                }
                K::Definition(definition, body) => {
                    scope = scope.with(Named::Definition(definition, self.current, self.text));
                    term = body;
                }
                _ => break,
            }
        }
        let part = if core::ptr::eq(whole, term) {
            None
        } else {
            self.enter(term)
        };
        let mut last = self.emit_term(term, &scope, input, to)?;
        self.leave(term.span, part);
        if labelled {
            match label {
                // Nothing can break to the label any more.
                Some(mark) if !last.forks && !before.forks => {
                    let mark = Source::register(mark);
                    self.push(term.span, I::Cut { mark });
                }
                _ => last.forks = true,
            }
            last.one = false;
        }
        Ok(last.after(&before))
    }

    fn emit_term(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let span = term.span;
        match &term.kind {
            K::Identity => Ok(Emitted::from(input)),
            K::Recurse => self.recurse(span, input, to),
            K::Constant(value) => {
                let from = self.constant(value.clone());
                self.made(span, from);
                Ok(Emitted {
                    from,
                    forks: false,
                    one: true,
                    owned: false,
                })
            }
            K::Variable(name) => Ok(self.variable(span, name, scope)),
            K::Text(format, pieces) => self.text(span, *format, pieces, scope, input, to),
            K::Array(body) => self.array(span, body, scope, input, to),
            K::Object(members) => self.object(span, members, scope, input, to),
            K::Negation(body) => {
                let body = self.emit(body, scope, input, None)?;
                let to = self.target(to);
                self.push(
                    span,
                    I::Negate {
                        to,
                        from: body.source(),
                    },
                );
                self.made(span, Source::register(to));
                Ok(Emitted::fresh(to).after(&body))
            }
            K::Comma(..) => self.comma(term, scope, input, to),
            K::Binary(..) => self.binary(term, scope, input, to),
            K::And(..) | K::Or(..) => self.logic(term, scope, input, to),
            K::Alternative(left, right) => self.alternative(span, left, right, scope, input, to),
            K::Assignment(..) => self.assignment(term, scope, input, to),
            K::Reduce(fold) => self.reduce(span, fold, scope, input),
            K::Foreach(fold, extract) => {
                self.foreach(span, fold, extract.as_deref(), scope, input, to)
            }
            K::If(..) => self.conditional(term, scope, input, to),
            K::Try(body, catch) => self.attempt(span, body, catch.as_deref(), scope, input, to),
            K::Break(name) => {
                let label = scope
                    .find(|named, _| match named {
                        Named::Label(known, register, function) if known == name => {
                            Some((*register, *function))
                        }
                        _ => None,
                    })
                    .expect("the parser has looked for the label");
                let label = self.seen_from_here(Source::register(label.0), label.1);
                self.push(span, I::Break { label });
                Ok(self.nothing())
            }
            K::Call(name, arguments) => self.call(span, name, arguments, scope, input, to),
            K::Index(..) | K::Slice(..) | K::Iteration(..) => self.steps(term, scope, input, to),
            K::Pipe(..) | K::Binding(..) | K::Label(..) | K::Definition(..) => {
                unreachable!("these are parts of a pipeline")
            }
        }
    }

    /// What code without outputs emits.
    pub(super) fn nothing(&mut self) -> Emitted {
        Emitted {
            from: self.constant(Val::Null),
            forks: false,
            one: false,
            owned: false,
        }
    }

    pub(super) fn target(&mut self, to: Option<Register>) -> Register {
        to.unwrap_or_else(|| self.register())
    }

    pub(super) fn recurse(
        &mut self,
        span: Span,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let to = self.target(to);
        self.push(
            span,
            I::Recurse {
                to,
                of: input.source(),
                followed: self.follow,
            },
        );
        Ok(Emitted::several(to))
    }

    fn variable(&mut self, span: Span, name: &str, scope: &Scope) -> Emitted {
        let (from, function) = scope
            .find(|named, _| match named {
                Named::Variable(known, from, function) if *known == name => {
                    Some((*from, *function))
                }
                _ => None,
            })
            .expect("the parser has looked for the variable");
        let from = self.seen_from_here(from, function);
        self.loaded(span, from);
        Emitted {
            from,
            forks: false,
            one: true,
            owned: false,
        }
    }
}
