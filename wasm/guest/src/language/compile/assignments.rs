//! Emits assignments: `=`, `|=`, `+=` and their like.
//!
//! jq defines them by paths: it lists the paths of the left side in the old value, and replaces what is there one
//! after the other. That is done for every left side. Where the left side is one plain path, or the items of one, and
//! the new value exists for each place, the code takes the old value out, changes it, and puts the new one back,
//! which gives the same and makes no paths.
#![forbid(unsafe_code)]

use super::places::Place;
use super::scope::Scope;
use super::{Compiled, Compiler, Emitted, Input};
use crate::evaluation::code::{Arithmetic, Instruction as I, Register, Step};
use crate::evaluation::source::Source;
use crate::language::term::{Assignment, Kind as K, Span, Term};
use crate::value::Val;

/// What becomes of an old value.
#[derive(Clone, Copy)]
enum Change<'s> {
    /// It is replaced.
    Set(Source),
    /// It is the left side of an operator.
    Compute(Arithmetic, Source),
    /// It is replaced if it is null or false.
    Default(Source),
    /// A filter changes it; it is removed when the filter has no output.
    Update(&'static Term, &'s Scope),
}

impl Compiler<'_> {
    /// Emit an assignment.
    pub(super) fn assignment(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let K::Assignment(op, paths, value) = &term.kind else {
            unreachable!("the caller looked");
        };
        let span = term.span;
        let mut all = Emitted::kept(input.from);
        let mut right = || -> Compiled<Source> {
            let right = self.emit_aside(value, scope, input.kept())?;
            all = all.after(&right);
            Ok(right.from)
        };
        let change = match *op {
            Assignment::Update => Change::Update(value, scope),
            Assignment::Set => Change::Set(right()?),
            Assignment::Compute(op) => Change::Compute(op, right()?),
            Assignment::Default => Change::Default(right()?),
        };
        let is_alias = match change {
            Change::Set(from) | Change::Compute(_, from) | Change::Default(from) => {
                from.is_same_register(input.from)
            }
            Change::Update(..) => false,
        };
        let input = input.last_if(!all.forks && !is_alias);
        let root = self.register();
        let mut planned = Vec::new();
        let is_plain = !self.follow && self.plan(paths, scope, true, &mut planned) && {
            let many = planned.len() > 1;
            match change {
                Change::Update(update, scope) => !many || self.has_one_output(update, scope),
                _ => true,
            }
        };
        if let Change::Update(update, scope) = change {
            self.prepare_to_meet(span, [update], scope);
        }
        if is_plain && !planned.is_empty() {
            let places = self.keys(planned, scope, input)?;
            let is_alias = places
                .iter()
                .any(|place| matches!(place, Place::Key(key) if key.is_same_register(input.from)));
            self.push(
                span,
                I::Move {
                    to: root,
                    from: input.last_if(!is_alias).source(),
                },
            );
            self.change_places(span, &places, scope, root, change)?;
        } else {
            self.change_paths(span, paths, scope, input, root, change)?;
        }
        let result = Emitted::fresh(root).after(&all);
        Ok(match to {
            Some(to) => self.moved(span, result, to),
            None => result,
        })
    }

    /// Change what is at the places below the value in `container`.
    fn change_places(
        &mut self,
        span: Span,
        places: &[Place],
        scope: &Scope,
        container: Register,
        change: Change<'_>,
    ) -> Compiled<()> {
        let Some((place, rest)) = places.split_first() else {
            return self.change_value(span, container, change);
        };
        match place {
            Place::Key(key) => {
                let key = *key;
                let inner = self.register();
                self.push(
                    span,
                    I::Take {
                        to: inner,
                        container,
                        key,
                    },
                );
                let skip = self.change_or_skip(span, rest, scope, inner, change)?;
                self.push(
                    span,
                    I::Put {
                        container,
                        key,
                        value: Source::register(inner).last(true),
                    },
                );
                if let Some(fork) = skip {
                    let end = self.push(span, I::Jump { address: 0 });
                    self.patch(fork);
                    self.push(span, I::Remove { container, key });
                    self.patch(end);
                }
            }
            Place::Items => {
                let (inner, place, removed) = (self.register(), self.register(), self.register());
                self.push(
                    span,
                    I::BeginItems {
                        container,
                        place,
                        removed,
                    },
                );
                let start = self.here();
                let met = self.failing;
                let next = self.push(
                    span,
                    I::TakeItem {
                        to: inner,
                        container,
                        place,
                        address: 0,
                    },
                );
                let skip = self.change_or_skip(span, rest, scope, inner, change)?;
                self.meet(met);
                self.push(
                    span,
                    I::PutItem {
                        container,
                        place,
                        value: Source::register(inner).last(true),
                        address: start,
                    },
                );
                if let Some(fork) = skip {
                    self.patch(fork);
                    self.push(span, I::RemoveItem { removed, place });
                    self.push(span, I::Jump { address: start });
                }
                self.patch(next);
                if skip.is_some() {
                    self.push(span, I::EndItems { container, removed });
                }
            }
            Place::Selected(condition) => {
                let input = Input::register(container).kept();
                let (jumps, _) =
                    self.aside(|compiler| compiler.condition(condition, scope, input))?;
                let met = self.failing;
                self.change_places(span, rest, scope, container, change)?;
                self.meet(met);
                self.patch_all(jumps);
            }
        }
        Ok(())
    }

    /// Change what is at the places below `inner`. If that is one value and its update may have no output, return the
    /// fork that is taken then.
    fn change_or_skip(
        &mut self,
        span: Span,
        rest: &[Place],
        scope: &Scope,
        inner: Register,
        change: Change<'_>,
    ) -> Compiled<Option<usize>> {
        if let (true, Change::Update(update, outer)) = (rest.is_empty(), change) {
            if !self.has_one_output(update, outer) {
                return self.first_of_update(span, inner, update, outer).map(Some);
            }
        }
        self.change_places(span, rest, scope, inner, change)?;
        Ok(None)
    }

    /// Replace a value by the first output of an update; return the fork that is taken when there is none.
    fn first_of_update(
        &mut self,
        span: Span,
        value: Register,
        update: &'static Term,
        scope: &Scope,
    ) -> Compiled<usize> {
        let mark = self.register();
        self.push(span, I::Mark { to: mark });
        let fork = self.push(span, I::Fork { address: 0 });
        let old = Input::register(value);
        let new = self.emit_aside(update, scope, old)?;
        self.push(
            span,
            I::Cut {
                mark: Source::register(mark),
            },
        );
        if new.from != Source::register(value) {
            self.push(
                span,
                I::Move {
                    to: value,
                    from: new.from,
                },
            );
        }
        Ok(fork)
    }

    /// Change the value in a register; there is exactly one new value.
    fn change_value(&mut self, span: Span, value: Register, change: Change<'_>) -> Compiled<()> {
        let old = Source::register(value);
        match change {
            Change::Set(from) => {
                self.push(span, I::Move { to: value, from });
            }
            Change::Compute(operator, right) => {
                self.push(
                    span,
                    I::Arithmetic {
                        operator,
                        to: value,
                        left: old.last(true),
                        right,
                    },
                );
            }
            Change::Default(from) => {
                let keep = self.push(
                    span,
                    I::JumpIf {
                        from: old,
                        address: 0,
                    },
                );
                self.push(span, I::Move { to: value, from });
                self.patch(keep);
            }
            Change::Update(update, scope) => {
                let input = Input {
                    from: old,
                    last: true,
                };
                let new = self.emit_aside(update, scope, input)?;
                self.moved(span, new, value);
            }
        }
        Ok(())
    }

    /// Change what is at each path of the left side in the input; the result is in `root`.
    fn change_paths(
        &mut self,
        span: Span,
        paths: &'static Term,
        scope: &Scope,
        input: Input,
        root: Register,
        change: Change<'_>,
    ) -> Compiled<()> {
        let removed = self.register();
        self.push(
            span,
            I::Move {
                to: root,
                from: input.from,
            },
        );
        self.push(span, I::NewArray { to: removed });
        let end = self.push(span, I::Fork { address: 0 });
        let path = self.path(span, paths, scope, input.kept(), None)?;
        if let Change::Set(value) = change {
            self.push(
                span,
                I::SetPath {
                    root,
                    path: path.from,
                    value,
                },
            );
            self.push(span, I::Fail);
            self.patch(end);
            self.made(span, Source::register(root));
            return Ok(());
        }
        let value = self.register();
        self.push(
            span,
            I::TakePath {
                to: value,
                root,
                path: path.from,
            },
        );
        let skip = match change {
            Change::Update(update, outer) => {
                Some(self.first_of_update(span, value, update, outer)?)
            }
            change => {
                self.change_value(span, value, change)?;
                None
            }
        };
        self.push(
            span,
            I::SetPath {
                root,
                path: path.from,
                value: Source::register(value).last(true),
            },
        );
        self.push(span, I::Fail);
        if let Some(fork) = skip {
            self.patch(fork);
            self.append(span, removed, path.from);
        }
        self.patch(end);
        if self.follow {
            // jq keeps the value beside the paths to delete, and then takes it out, which leaves every path.
            let items = self.list([Source::register(root), Source::register(removed)]);
            let both = self.register();
            self.push(span, I::Array { to: both, items });
            self.made(span, Source::register(both));
            let key = self.constant(Val::from(0_usize));
            self.push(
                span,
                I::Index {
                    to: root,
                    of: Source::register(both),
                    key,
                    step: Step::Followed,
                },
            );
        }
        if skip.is_some() {
            self.push(
                span,
                I::DeletePaths {
                    root,
                    paths: removed,
                },
            );
        }
        Ok(())
    }
}
