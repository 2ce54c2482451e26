//! Turns what was read of an expression into steps.
#![forbid(unsafe_code)]

use super::behind::{self, fold_behind};
use super::fold;
use super::lengths::Groups;
use super::loops::one_of;
use super::node::{Fault, Node, ENDLESS};
use super::parser::Parsed;
use super::program::{One, Program, Step};
use super::set::Set;
use std::rc::Rc;

/// How far a look-behind may look.
const MOST_BEHIND: u32 = u16::MAX as u32;
const BEHIND: &str = "invalid pattern in look-behind";

/// A program while it is made.
pub(super) struct Compiler<'n> {
    pub(super) groups: &'n Groups<'n>,
    pub(super) steps: Vec<Step>,
    pub(super) inside: Vec<u16>,
    loops: Vec<Box<[usize]>>,
    pub(super) open_loops: Vec<usize>,
    pub(super) registers: usize,
    /// The calls, whose steps hold groups until those are placed.
    pub(super) calls: Vec<usize>,
    /// Whether we are in a look-behind.
    behind: bool,
    /// The group whose calls lead here.
    within: Option<usize>,
}

/// Compile what was read.
pub(super) fn compile(parsed: &Parsed) -> Result<Program, Fault> {
    let groups = Groups::of(&parsed.root, parsed.groups);
    let mut compiler = Compiler::new(&groups);
    // Registers for where a group began, which a call must not lose.
    compiler.registers = parsed.groups + 1;
    if groups.called[0].get() {
        compiler.call(0);
    } else {
        compiler.node(&parsed.root)?;
    }
    compiler.push(Step::Match);
    let mut starts = Vec::with_capacity(parsed.groups + 1);
    for group in 0..=parsed.groups {
        starts.push(compiler.steps.len());
        if let (true, Some(body)) = (groups.called[group].get(), groups.body(group)) {
            compiler.within = Some(group);
            if group > 0 {
                compiler.open(group);
            }
            compiler.node(body)?;
            if group > 0 {
                compiler.push(Step::Close(group));
            }
            compiler.push(Step::Return);
        }
    }
    for at in core::mem::take(&mut compiler.calls) {
        if let Step::Call(to) = &mut compiler.steps[at] {
            *to = starts[*to];
        }
    }
    Ok(compiler.program(parsed.groups + 1))
}

impl<'n> Compiler<'n> {
    fn new(groups: &'n Groups<'n>) -> Self {
        Self {
            groups,
            steps: Vec::new(),
            inside: Vec::new(),
            loops: vec![Box::default()],
            open_loops: Vec::new(),
            registers: 0,
            calls: Vec::new(),
            behind: false,
            within: None,
        }
    }

    fn program(self, groups: usize) -> Program {
        let calls = self.groups.called.iter().any(std::cell::Cell::get);
        let mut program = Program {
            steps: self.steps,
            groups,
            registers: self.registers,
            calls,
            inside: self.inside,
            loops: self.loops,
            ways: None,
            way_count: 0,
            first: None,
            first_byte: None,
            at_start: false,
        };
        program.finish();
        program
    }

    /// Append a step, and return its place.
    pub(super) fn push(&mut self, step: Step) -> usize {
        if self
            .loops
            .last()
            .is_some_and(|last| **last != *self.open_loops)
        {
            self.loops.push(self.open_loops.as_slice().into());
        }
        self.inside
            .push(u16::try_from(self.loops.len() - 1).unwrap_or(u16::MAX));
        self.steps.push(step);
        self.steps.len() - 1
    }

    fn call(&mut self, group: usize) {
        let at = self.push(Step::Call(group));
        self.calls.push(at);
    }

    /// Begin a group. What it matched before is no longer there to refer to.
    fn open(&mut self, group: usize) {
        if self.groups.used[group].get() {
            self.push(Step::Forget(group));
        }
        self.push(Step::Open(group));
    }

    pub(super) fn registers(&mut self, count: usize) -> usize {
        self.registers += count;
        self.registers - count
    }

    /// Let a split, jump or empty check that was pushed lead to the next step.
    pub(super) fn lead_here(&mut self, at: usize) {
        let here = self.steps.len();
        match &mut self.steps[at] {
            Step::Jump(to) | Step::Split(_, to) | Step::IfEmpty { leave: to, .. } => *to = here,
            _ => {}
        }
    }

    /// Push a split that tries the next step first.
    pub(super) fn split(&mut self) -> usize {
        let next = self.steps.len() + 1;
        self.push(Step::Split(next, next))
    }

    pub(super) fn node(&mut self, node: &Node) -> Result<(), Fault> {
        match node {
            Node::Text { codes, fold: false } => self.text(codes),
            Node::Text { codes, .. } if self.behind => self.node(&fold_behind(codes))?,
            Node::Text { codes, .. } => self.folded(codes)?,
            Node::Set(_) | Node::Any { .. } => {
                if let Some(one) = one_of(node) {
                    self.push(Step::One(one));
                }
            }
            Node::Assert(place) => drop(self.push(Step::Place(*place))),
            Node::Look {
                behind: true,
                negated,
                body,
            } => self.look_behind(body, *negated)?,
            Node::Look { negated, body, .. } => self.look(body, *negated, 0)?,
            Node::Atomic(body) => {
                let register = self.registers(2);
                self.push(Step::Mark(register));
                self.node(body)?;
                self.push(Step::Cut {
                    register,
                    back: false,
                });
            }
            Node::Scope(body) => self.node(body)?,
            Node::Group(group, _) if self.groups.called[*group].get() => self.call(*group),
            Node::Group(group, body) => {
                self.open(*group);
                self.node(body)?;
                self.push(Step::Close(*group));
            }
            Node::List(parts) => parts.iter().try_for_each(|part| self.node(part))?,
            Node::Alternatives(parts) => self.alternatives(parts)?,
            Node::Repeat {
                least,
                most,
                greedy,
                body,
            } => self.repeat(body, *least, *most, *greedy)?,
            Node::Backref { groups, fold, .. } => {
                // The group that was defined last is tried first.
                let groups = groups.iter().rev().copied().collect();
                self.push(Step::Backref {
                    groups,
                    fold: *fold,
                });
            }
            Node::Captured(groups) => {
                self.push(Step::Captured(groups.as_slice().into()));
            }
            Node::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let register = self.registers(2);
                self.push(Step::Mark(register));
                let split = self.split();
                self.node(condition)?;
                self.push(Step::Cut {
                    register,
                    back: false,
                });
                self.node(then)?;
                let jump = self.push(Step::Jump(0));
                self.lead_here(split);
                self.node(otherwise)?;
                self.lead_here(jump);
            }
            Node::Call(group) => self.call(*group),
            Node::Keep => drop(self.push(Step::Keep)),
            Node::Fail => drop(self.push(Step::Fail)),
            Node::Absent(body) => {
                if body.has_absent() {
                    return Err("absent functions in absent functions are not supported".into());
                }
                let mut inner = Compiler::new(self.groups);
                inner.registers = self.groups.called.len();
                inner.node(body)?;
                inner.push(Step::Match);
                if !inner.calls.is_empty() {
                    return Err("calls in absent functions are not supported".into());
                }
                let program = Rc::new(inner.program(self.groups.called.len()));
                self.push(Step::Absent(program));
            }
        }
        Ok(())
    }

    /// Characters as they are; those that no text has match nothing.
    fn text(&mut self, codes: &[u32]) {
        if let [code] = codes {
            if let Ok(byte @ ..0x80) = u8::try_from(*code) {
                self.push(Step::One(One::Byte(byte)));
                return;
            }
        }
        let text: Option<String> = codes.iter().map(|code| char::from_u32(*code)).collect();
        match text {
            Some(text) if text.is_empty() => {}
            Some(text) => drop(self.push(Step::Bytes(text.into_bytes().into()))),
            None => drop(self.push(Step::Fail)),
        }
    }

    /// Characters in any case: some become several, and some together become one.
    fn folded(&mut self, codes: &[u32]) -> Result<(), Fault> {
        let mut codes = codes;
        while let [first, rest @ ..] = codes {
            let joined = [3, 2]
                .into_iter()
                .find_map(|length| Some((length, fold::sequence_at(codes, length)?)));
            let sequence = joined
                .map(|(_, sequence)| sequence)
                .or_else(|| fold::sequence_of(*first));
            if let Some(sequence) = sequence {
                let mut set = Set::default();
                fold::sources(sequence).for_each(|code| set.add(code, code));
                set.settle();
                let parts = [Node::sequence(sequence), Node::Set(Rc::new(set))];
                self.alternatives(&parts)?;
                codes = &codes[joined.map_or(1, |(length, _)| length)..];
            } else {
                self.letter(*first);
                codes = rest;
            }
        }
        Ok(())
    }

    /// One character in any case.
    fn letter(&mut self, code: u32) {
        let set = fold::variants(code);
        let mut alone = Set::default();
        alone.add(code, code);
        if set == alone {
            self.text(&[code]);
        } else {
            self.push(Step::One(One::Set(Rc::new(set))));
        }
    }

    fn alternatives(&mut self, parts: &[Node]) -> Result<(), Fault> {
        let mut jumps = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let more = number + 1 < parts.len();
            let split = more.then(|| self.split());
            self.node(part)?;
            if let Some(split) = split {
                jumps.push(self.push(Step::Jump(0)));
                self.lead_here(split);
            }
        }
        jumps.into_iter().for_each(|jump| self.lead_here(jump));
        Ok(())
    }

    /// A look at what comes, or `back` characters back.
    fn look(&mut self, body: &Node, negated: bool, back: u32) -> Result<(), Fault> {
        let register = self.registers(2);
        self.push(Step::Mark(register));
        let split = negated.then(|| self.split());
        if back > 0 {
            self.push(Step::Back(back));
        }
        let loops = core::mem::take(&mut self.open_loops);
        self.node(body)?;
        self.open_loops = loops;
        match split {
            Some(split) => {
                self.push(Step::CutAndFail(register));
                self.lead_here(split);
            }
            None => drop(self.push(Step::Cut {
                register,
                back: true,
            })),
        }
        Ok(())
    }

    /// A look back, whose body has one length.
    fn look_behind(&mut self, body: &Node, negated: bool) -> Result<(), Fault> {
        let mut used = false;
        if !behind::allows(self.groups, self.within, body, negated, &mut used) {
            return Err(BEHIND.into());
        }
        let mut body = body.clone();
        behind::reduce(&mut body)?;
        let count = self.groups.characters(&body)?;
        if (count.most != ENDLESS && count.most > MOST_BEHIND) || count.least > MOST_BEHIND {
            return Err(BEHIND.into());
        }
        if count.least == 0 && count.sure && !used {
            if negated {
                self.push(Step::Fail);
            }
            return self.check(&body);
        }
        if count.least != count.most {
            return Err(BEHIND.into());
        }
        let outer = core::mem::replace(&mut self.behind, true);
        self.look(&body, negated, count.least)?;
        self.behind = outer;
        Ok(())
    }
}
