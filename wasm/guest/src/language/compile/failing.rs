//! Finds out where code goes on when a filter has no more outputs.
//!
//! Where a filter's outputs are consumed at once (`[f]`, `reduce`, `first`, the outputs of the program), the innermost
//! loop is known while the program is compiled, as long as no fork was left: the code jumps back to it. Everything that
//! leaves a fork first leaves one that goes on there, and from then on the machine goes back to the last fork.
#![forbid(unsafe_code)]

use super::scope::Scope;
use super::{Compiler, Emitted};
use crate::evaluation::code::{Address, Instruction as I, Register, Step};
use crate::evaluation::source::Source;
use crate::language::term::{Span, Term};

/// Where the code goes on when there is no more output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failing {
    /// At the last fork.
    Fork,
    /// At this place; no fork was left since then.
    Place(usize),
}

/// A place in the code to which others jump, maybe before it is known.
#[derive(Default)]
pub(super) struct Target {
    address: Option<Address>,
    /// The instructions that get the address.
    jumps: Vec<usize>,
}

/// A consumer of outputs while its filter is emitted.
pub(super) struct Consumer {
    outer: Failing,
    end: usize,
    /// How many loops were open.
    pub(super) loops: usize,
}

/// A filter whose errors are caught, while it is emitted.
pub(super) struct Try {
    outer: Failing,
    /// Where the code goes on when the filter has no more outputs.
    none: Option<usize>,
}

/// A filter of whose outputs only the first is wanted, while it is emitted.
pub(super) struct First {
    outer: Failing,
    mark: Register,
    /// Where the code goes on when there is no output.
    none: Option<usize>,
    loops: usize,
}

impl Compiler<'_> {
    fn target_of_jumps(&mut self, address: Option<Address>) -> usize {
        self.targets.push(Target {
            address,
            jumps: Vec::new(),
        });
        self.targets.len() - 1
    }

    /// Let the instruction at `at` jump to a target.
    fn jump_to(&mut self, target: usize, at: usize) {
        match self.targets[target].address {
            Some(address) => *self.address_of(at) = address,
            None => self.targets[target].jumps.push(at),
        }
    }

    /// Emit code that goes on where there is another output.
    pub(super) fn fail(&mut self, span: Span) {
        match self.failing {
            Failing::Fork => {
                self.push(span, I::Fail);
            }
            Failing::Place(target) => {
                let jump = self.push(span, I::Jump { address: 0 });
                self.jump_to(target, jump);
            }
        }
    }

    /// Emit code that adds a value to an array, and goes on where there is another output.
    pub(super) fn append(&mut self, span: Span, array: Register, from: Source) {
        match self.failing {
            Failing::Fork => {
                self.push(span, I::Push { array, from });
                self.push(span, I::Fail);
            }
            Failing::Place(target) => {
                let address = 0;
                let jump = self.push(
                    span,
                    I::Append {
                        array,
                        from,
                        address,
                    },
                );
                self.jump_to(target, jump);
            }
        }
    }

    /// Prepare for code that leaves forks, or goes back to the last one.
    pub(super) fn leave_loops(&mut self, span: Span) {
        if let Failing::Place(target) = core::mem::replace(&mut self.failing, Failing::Fork) {
            let fork = self.push(span, I::Fork { address: 0 });
            self.jump_to(target, fork);
        }
    }

    /// Whether code may jump to where there is another output. A path that is followed is remembered by forks only.
    fn may_loop(&self) -> bool {
        !self.follow && self.loops_allowed
    }

    /// Begin with a filter whose outputs are consumed one after the other.
    pub(super) fn begin_consumer(&mut self, span: Span) -> Consumer {
        let end = self.target_of_jumps(None);
        let outer = self.failing;
        if self.may_loop() {
            self.failing = Failing::Place(end);
        } else {
            self.leave_loops(span);
            let fork = self.push(span, I::Fork { address: 0 });
            self.jump_to(end, fork);
        }
        Consumer {
            outer: if self.may_loop() {
                outer
            } else {
                Failing::Fork
            },
            end,
            loops: self.loops.len(),
        }
    }

    /// Go on here when the filter has no more outputs.
    pub(super) fn end_consumer(&mut self, consumer: &Consumer) {
        let here = self.here();
        let target = &mut self.targets[consumer.end];
        target.address = Some(here);
        let jumps = core::mem::take(&mut target.jumps);
        self.patch_all(jumps);
        self.failing = consumer.outer;
        self.loops.truncate(consumer.loops);
    }

    /// Begin with a filter of whose outputs only the first is wanted.
    pub(super) fn begin_first(&mut self, span: Span) -> First {
        let mark = self.register();
        self.push(span, I::Mark { to: mark });
        let outer = self.failing;
        let none = (outer == Failing::Fork && self.may_loop()).then(|| self.target_of_jumps(None));
        if let Some(target) = none {
            self.failing = Failing::Place(target);
        }
        First {
            outer,
            mark,
            none,
            loops: self.loops.len(),
        }
    }

    /// Go on with the first output.
    pub(super) fn end_first(&mut self, span: Span, first: &First) {
        self.cut(span, first.mark, first.loops);
        self.failing = first.outer;
        if let Some(target) = first.none {
            let jumps = core::mem::take(&mut self.targets[target].jumps);
            if !jumps.is_empty() {
                let end = self.push(span, I::Jump { address: 0 });
                self.patch_all(jumps);
                self.fail(span);
                self.patch(end);
            }
        }
    }

    /// Begin with a filter whose errors are caught: return the instruction that says where they are.
    pub(super) fn begin_try(
        &mut self,
        span: Span,
        mark: Register,
        error: Register,
    ) -> (usize, Try) {
        let outer = self.failing;
        // The fork of the filter's errors is removed where the filter has no more outputs.
        let none = matches!(outer, Failing::Place(_)).then(|| self.target_of_jumps(None));
        self.failing = Failing::Fork;
        let start = self.push(
            span,
            I::Try {
                address: 0,
                error,
                mark,
            },
        );
        if let Some(target) = none {
            self.failing = Failing::Place(target);
        }
        (start, Try { outer, none })
    }

    /// End the filter, and return where what follows it goes on without outputs. The handler's code comes next.
    pub(super) fn end_try(&mut self, span: Span, inside: &Try, mark: Register) -> Failing {
        let ended = core::mem::replace(&mut self.failing, inside.outer);
        let Some(target) = inside.none else {
            return ended;
        };
        let jumps = core::mem::take(&mut self.targets[target].jumps);
        if !jumps.is_empty() {
            self.patch_all(jumps);
            let mark = Source::register(mark);
            self.push(span, I::Cut { mark });
            self.fail(span);
        }
        self.loops_fit &= ended == Failing::Fork || ended == Failing::Place(target);
        match ended {
            Failing::Fork => Failing::Fork,
            Failing::Place(_) => inside.outer,
        }
    }

    /// Remove what a filter left since the mark, which would give the outputs that nobody wants.
    pub(super) fn cut(&mut self, span: Span, mark: Register, loops: usize) {
        if self.failing == Failing::Fork {
            let mark = Source::register(mark);
            self.push(span, I::Cut { mark });
        }
        // What the loops hold would keep values from being changed in place.
        let null = self.null();
        for at in loops..self.loops.len() {
            let to = self.loops[at];
            self.push(span, I::Move { to, from: null });
        }
        self.loops.truncate(loops);
    }

    /// Emit `of[]`: a loop, if the code can jump to the next output.
    pub(super) fn each(&mut self, span: Span, to: Register, of: Source, step: Step) -> Emitted {
        let (Failing::Place(outer), Step::Plain) = (self.failing, step) else {
            self.push(span, I::Each { to, of, step });
            return Emitted::several(to);
        };
        let (container, place) = (self.register(), self.register());
        self.push(
            span,
            I::BeginLoop {
                container,
                place,
                of,
            },
        );
        let head = self.here();
        let next = self.push(
            span,
            I::NextItem {
                to,
                container,
                place,
                address: 0,
            },
        );
        self.jump_to(outer, next);
        self.failing = Failing::Place(self.target_of_jumps(Some(head)));
        self.loops.push(container);
        Emitted::several(to)
    }

    /// Emit a range of numbers as a loop, likewise.
    pub(super) fn numbers(
        &mut self,
        span: Span,
        to: Register,
        from: Source,
        upto: Source,
    ) -> Option<Emitted> {
        let Failing::Place(outer) = self.failing else {
            return None;
        };
        let (next, end) = (self.register(), self.register());
        self.push(
            span,
            I::BeginRange {
                next,
                end,
                from,
                upto,
            },
        );
        let head = self.here();
        let at = self.push(
            span,
            I::NextNumber {
                to,
                next,
                end,
                address: 0,
            },
        );
        self.jump_to(outer, at);
        self.failing = Failing::Place(self.target_of_jumps(Some(head)));
        Some(Emitted::several(to))
    }

    /// Let the code that is at `address` make the next output.
    pub(super) fn come_back_to(&mut self, span: Span, address: Address) {
        if self.failing == Failing::Fork {
            self.push(span, I::Fork { address });
        } else {
            self.failing = Failing::Place(self.target_of_jumps(Some(address)));
        }
    }

    /// Prepare for several ways through the code that meet again, through these filters.
    pub(super) fn prepare_to_meet(
        &mut self,
        span: Span,
        filters: impl IntoIterator<Item = &'static Term>,
        scope: &Scope,
    ) {
        let is_loop = matches!(self.failing, Failing::Place(_));
        if is_loop
            && !filters
                .into_iter()
                .all(|term| self.has_one_output(term, scope))
        {
            self.leave_loops(span);
        }
    }

    /// Note that a way through the code that goes on at `failing` without outputs meets this one.
    pub(super) fn meet(&mut self, failing: Failing) {
        self.loops_fit &= self.failing == failing;
    }
}
