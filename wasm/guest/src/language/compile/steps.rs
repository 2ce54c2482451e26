//! Emits steps into values: `.a`, `.[0]`, `.[1:2]`, `.[]`.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Instruction as I, Register, Step};
use crate::evaluation::source::Source;
use crate::language::term::{Kind as K, Span, Term};

impl Compiler<'_> {
    /// Emit `.a[0][]`: a loop, since long paths nest to the left. The keys run first, the last of them first of all.
    pub(super) fn steps(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let mut steps = Vec::new();
        let mut start = term;
        let mut all = Emitted::kept(input.from);
        loop {
            let (inner, keys, optional) = match &start.kind {
                K::Index(inner, key, optional) => (inner, vec![Some(&**key)], *optional),
                K::Slice(inner, from, upto, optional) => {
                    (inner, vec![from.as_deref(), upto.as_deref()], *optional)
                }
                K::Iteration(inner, optional) => (inner, Vec::new(), *optional),
                _ => break,
            };
            let mut sources = Vec::new();
            for key in keys {
                let key = match key {
                    Some(key) => self.emit_aside(key, scope, input.kept())?,
                    None => {
                        let mut bound = self.nothing();
                        bound.one = true;
                        bound
                    }
                };
                all = all.after(&key);
                sources.push(key.from);
            }
            steps.push((start.span, sources, optional));
            start = inner;
        }
        let is_alias = |(_, keys, _): &(Span, Vec<Source>, bool)| {
            keys.iter().any(|key| key.is_same_register(input.from))
        };
        let input = input.last_if(!all.forks && !steps.iter().any(is_alias));
        let mut value = self.emit(start, scope, input, None)?;
        all = all.after(&value);
        while let Some((span, keys, optional)) = steps.pop() {
            let step = Step::new(optional, self.follow);
            let to = if steps.is_empty() {
                self.target(to)
            } else {
                self.register()
            };
            let of = value.source();
            value = Emitted::fresh(to);
            if optional {
                value.one = false;
            }
            match keys[..] {
                [key] => {
                    self.push(span, I::Index { to, of, key, step });
                }
                [] => value = self.each(span, to, of, step),
                _ => {
                    let bounds = self.list(keys);
                    self.push(
                        span,
                        I::Slice {
                            to,
                            of,
                            bounds,
                            step,
                        },
                    );
                }
            }
            all = all.after(&value);
        }
        Ok(value.after(&all))
    }
}
