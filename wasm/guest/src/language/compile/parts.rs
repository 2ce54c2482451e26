//! Marks the parts of a program that is profiled: emits the instructions that count.
//!
//! Parts are the terms of the program's own text; what a built-in does is the work of the part that calls it. `.`,
//! constants and variables do nothing of their own, and are no parts.
#![forbid(unsafe_code)]

use super::Compiler;
use crate::evaluation::code::Instruction as I;
use crate::evaluation::profile::{Event, Owner, Part, OTHERS, WRITING};
use crate::evaluation::source::Source;
use crate::language::term::{Kind as K, Span, Term};
use std::collections::BTreeMap;

/// What is known about parts while a program is compiled.
pub(super) struct Marks {
    /// The parts, by the address of their term.
    parts: BTreeMap<usize, Part>,
    /// The part whose code is emitted now.
    owner: Owner,
    /// Whether the machine may come to the next instruction from elsewhere.
    is_target: bool,
    /// How many instructions only count.
    pub(super) emitted: usize,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            parts: BTreeMap::new(),
            owner: Owner::Part(WRITING),
            is_target: false,
            emitted: 0,
        }
    }
}

/// A part whose code is emitted, and the part around it.
#[derive(Clone, Copy)]
pub(super) struct Entered {
    part: Part,
    outer: Owner,
}

impl Compiler<'_> {
    /// Begin the code of the whole program.
    pub(super) fn enter_program(&mut self, body: &'static Term) -> Option<Entered> {
        let entered = self.enter_any(body);
        // What an event costs is measured between two that follow one another.
        self.event(body.span, Event::Measure);
        entered
    }

    /// Begin the code of a term, if it is a part.
    #[inline(always)]
    pub(super) fn enter(&mut self, term: &'static Term) -> Option<Entered> {
        self.marks.as_ref()?;
        self.enter_part(term)
    }

    fn enter_part(&mut self, term: &'static Term) -> Option<Entered> {
        let is_plain = matches!(term.kind, K::Identity | K::Constant(_) | K::Variable(_));
        if is_plain || !self.text.own {
            return None;
        }
        self.enter_any(term)
    }

    /// Begin the code of a part, whatever its term is.
    fn enter_any(&mut self, term: &'static Term) -> Option<Entered> {
        let marks = self.marks.as_mut()?;
        let parts = &mut self.code.profile.as_mut()?.parts;
        let part = *marks
            .parts
            .entry(core::ptr::from_ref(term) as usize)
            .or_insert_with(|| {
                parts.push(term.span);
                (OTHERS + parts.len() - 1) as Part
            });
        let outer = marks.owner;
        if outer == Owner::Part(part) {
            return None;
        }
        self.settle(term.span);
        self.event(term.span, Event::Enter(part));
        self.own(Owner::Part(part));
        Some(Entered { part, outer })
    }

    /// End the code of a part: it comes here with each output.
    #[inline(always)]
    pub(super) fn leave(&mut self, span: Span, entered: Option<Entered>) {
        if entered.is_some() {
            self.leave_part(span, entered);
        }
    }

    fn leave_part(&mut self, span: Span, entered: Option<Entered>) {
        if let (Some(Entered { part, outer }), Some(marks)) = (entered, &mut self.marks) {
            marks.is_target = false;
            self.event(span, Event::Leave(part, outer));
            self.own(outer);
        }
    }

    /// Count an output of a part whose code ends with a jump, which is emitted next.
    pub(super) fn count_output(&mut self, span: Span, entered: Option<Entered>) {
        if let Some(Entered { part, .. }) = entered {
            self.settle(span);
            self.event(span, Event::Output(part));
        }
    }

    /// End the code of a part whose outputs are counted.
    pub(super) fn leave_by_jump(&mut self, entered: Option<Entered>) {
        if let Some(Entered { outer, .. }) = entered {
            self.own(outer);
            self.arrive();
        }
    }

    /// Begin the code of a function: it is the work of the part that calls it.
    pub(super) fn begin_function(&mut self, span: Span) {
        if self.marks.is_some() {
            let register = self.register();
            self.event(span, Event::Save(register));
            self.own(Owner::Saved(register));
            if let Some(marks) = &mut self.marks {
                marks.is_target = false;
            }
        }
    }

    /// End the code of a function, which returns next.
    pub(super) fn end_function(&mut self, span: Span) {
        if let Some(passed) = self.functions[self.current].passed {
            self.settle(span);
            self.event(span, Event::Return(passed));
        }
    }

    /// Take the register for what a function counts when it returns; it is one more of its arguments.
    pub(super) fn receive(&mut self, function: usize) {
        if self.marks.is_some() {
            let building = &mut self.functions[function];
            building.passed = Some(building.registers);
            building.registers += 1;
        }
    }

    /// Emit what a function is passed to count when it returns.
    pub(super) fn pass(&mut self, span: Span, values: &mut Vec<Source>) {
        if self.marks.is_some() {
            let to = self.register();
            let passed = self.functions[self.current].passed;
            self.settle(span);
            self.event(
                span,
                Event::Call {
                    to,
                    passed,
                    tail: None,
                },
            );
            values.push(Source::register(to).last(true));
        }
    }

    /// Note that the machine may come to the next instruction from elsewhere.
    #[inline(always)]
    pub(super) fn arrive(&mut self) {
        if let Some(marks) = &mut self.marks {
            marks.is_target = true;
        }
    }

    /// Say which part goes on, if the machine may come here from elsewhere.
    pub(super) fn settle(&mut self, span: Span) {
        if let Some(marks) = &mut self.marks {
            if core::mem::replace(&mut marks.is_target, false) {
                let owner = marks.owner;
                self.event(span, Event::At(owner));
            }
        }
    }

    /// Emit an instruction of a program that is profiled.
    pub(super) fn push_counted(&mut self, span: Span, instruction: I) -> usize {
        self.settle(span);
        match instruction {
            // In two steps, since the second is the work of another part.
            I::Append {
                array,
                from,
                address,
            } => {
                self.add(span, I::Push { array, from });
                return self.push_counted(span, I::Jump { address });
            }
            I::Fail => self.event(span, Event::Back),
            _ => {}
        }
        let at = self.add(span, instruction);
        if let I::Call { .. }
        | I::Each { .. }
        | I::Recurse { .. }
        | I::Paths { .. }
        | I::Range { .. }
        | I::Inputs { .. } = instruction
        {
            self.arrive();
        }
        at
    }

    fn own(&mut self, owner: Owner) {
        if let Some(marks) = &mut self.marks {
            marks.owner = owner;
        }
    }

    fn event(&mut self, span: Span, event: Event) {
        if let (Some(marks), Some(profile)) = (&mut self.marks, &mut self.code.profile) {
            marks.emitted += 1;
            profile.events.push(event);
            let event = profile.events.len() as u32 - 1;
            self.add(span, I::Count { event });
        }
    }
}
