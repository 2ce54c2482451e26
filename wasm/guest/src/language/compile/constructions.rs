//! Emits what makes values out of several filters: strings, arrays, objects, and `,`.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register, Step};
use crate::evaluation::source::Source;
use crate::language::term::{Kind as K, Piece, Span, Term};
use crate::value::Val;

impl Compiler<'_> {
    /// Emit filters of the same input, of which the last in the list runs first, and its outputs vary last.
    pub(super) fn operands(
        &mut self,
        terms: impl Iterator<Item = &'static Term>,
        scope: &Scope,
        input: Input,
    ) -> Compiled<(Vec<Source>, Emitted)> {
        let mut emitted: Vec<Emitted> = Vec::new();
        let mut all = Emitted::kept(input.from);
        let mut terms = terms.peekable();
        while let Some(term) = terms.next() {
            let is_alias = |emitted: &Emitted| emitted.from.is_same_register(input.from);
            let last = terms.peek().is_none() && !all.forks && !emitted.iter().any(is_alias);
            let mut operand = self.emit_aside(term, scope, input.last_if(last))?;
            if operand.forks {
                // What was computed before is used again.
                emitted.iter_mut().for_each(|before| before.owned = false);
            }
            // An alias of the input is moved only by what reads it last.
            operand.owned &= last || !is_alias(&operand);
            all = all.after(&operand);
            emitted.push(operand);
        }
        let sources = emitted.iter().map(Emitted::source).collect();
        Ok((sources, all))
    }

    pub(super) fn text(
        &mut self,
        span: Span,
        format: Option<&'static str>,
        pieces: &'static [Piece],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let format = format.unwrap_or("@text");
        let mut parts = Vec::new();
        let mut all = Emitted::kept(input.from);
        // jq adds the pieces up, and an operator evaluates its right side first.
        for piece in pieces.iter().rev() {
            let from = match piece {
                Piece::Text(text) => self.constant(Val::from(text.clone())),
                Piece::Term(term) => {
                    let value = self.emit_aside(term, scope, input.kept())?;
                    all = all.after(&value);
                    let formatted = self.aside(|compiler| {
                        compiler.format(term.span, format, Input::from(&value))
                    })?;
                    all = all.after(&formatted);
                    formatted.from
                }
            };
            parts.push(from);
        }
        parts.reverse();
        let parts = self.list(parts);
        let to = self.target(to);
        self.push(span, I::Concatenate { to, parts });
        self.made(span, Source::register(to));
        Ok(Emitted::fresh(to).after(&all))
    }

    pub(super) fn array(
        &mut self,
        span: Span,
        body: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let items = comma_items(body);
        if !self.follow && items.iter().all(|item| self.has_one_output(item, scope)) {
            let (sources, _) = self.operands(items.into_iter(), scope, input)?;
            let items = self.list(sources);
            let to = self.target(to);
            self.push(span, I::Array { to, items });
            return Ok(Emitted::fresh(to));
        }
        // The array has a register of its own: `to` may be read by the body.
        let array = self.register();
        self.push(span, I::NewArray { to: array });
        let consumer = self.begin_consumer(span);
        let body = self.emit(body, scope, input, None)?;
        self.append(span, array, body.source());
        self.end_consumer(&consumer);
        self.made(span, Source::register(array));
        Ok(Emitted::fresh(array))
    }

    pub(super) fn object(
        &mut self,
        span: Span,
        members: &'static [(Term, Option<Term>)],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let mut parts: Vec<Emitted> = Vec::new();
        let mut all = Emitted::kept(input.from);
        for (place, (key, value)) in members.iter().enumerate() {
            let is_alias = |part: &Emitted| part.from.is_same_register(input.from);
            let last = place + 1 == members.len() && !all.forks && !parts.iter().any(is_alias);
            let key_at = self.emit_aside(key, scope, input.kept())?;
            if key_at.forks {
                parts.iter_mut().for_each(|part| part.owned = false);
            }
            all = all.after(&key_at);
            let input = input.last_if(last && !key_at.forks && !is_alias(&key_at));
            let value_at = match value {
                Some(value) => self.emit_aside(value, scope, input)?,
                None => {
                    let to = self.register();
                    self.push(
                        key.span,
                        I::Index {
                            to,
                            of: input.source(),
                            key: key_at.from,
                            step: Step::Plain,
                        },
                    );
                    Emitted::fresh(to)
                }
            };
            // jq adds a member when it has both, so an error about its key comes before those of later members.
            if !matches!(&key.kind, K::Constant(_) | K::Text(..)) {
                self.push(key.span, I::CheckKey { from: key_at.from });
            }
            if value_at.forks {
                parts.iter_mut().for_each(|part| part.owned = false);
            }
            all = all.after(&value_at);
            parts.push(Emitted {
                owned: key_at.owned && !value_at.forks && !is_alias(&key_at),
                ..key_at
            });
            parts.push(Emitted {
                owned: value_at.owned && (last || !is_alias(&value_at)),
                ..value_at
            });
        }
        let members = self.list(parts.iter().map(Emitted::source));
        let to = self.target(to);
        self.push(span, I::Object { to, members });
        self.made(span, Source::register(to));
        Ok(Emitted::fresh(to).after(&all))
    }

    /// Emit `a, b, …`: a loop, since a long list nests to the left.
    pub(super) fn comma(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let items = comma_items(term);
        let to = self.target(to);
        let mut ends = Vec::new();
        for (place, item) in items.iter().enumerate() {
            if place + 1 == items.len() {
                self.emit_to(item, scope, input, to)?;
                break;
            }
            let fork = self.push(term.span, I::Fork { address: 0 });
            self.emit_to(item, scope, input.kept(), to)?;
            ends.push(self.push(term.span, I::Jump { address: 0 }));
            self.patch(fork);
        }
        self.patch_all(ends);
        Ok(Emitted::several(to))
    }
}

/// List the items of `a, b, …`.
fn comma_items(term: &'static Term) -> Vec<&'static Term> {
    let mut items = Vec::new();
    let mut left = term;
    while let K::Comma(inner, right) = &left.kind {
        items.push(&**right);
        left = inner;
    }
    items.push(left);
    items.reverse();
    items
}
