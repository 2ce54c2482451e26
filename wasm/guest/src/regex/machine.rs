//! Runs the steps of an expression on a text.
//!
//! The machine goes the first way that a step allows, pushes the others, and takes the last one back when it
//! fails. Where failing at a step depends on nothing but the step and the place, it notes after a while where
//! it has failed and does not try that again: so the time is linear in the text.
#![forbid(unsafe_code)]

use super::place::{holds, step_back, width};
use super::program::{One, Program, Step};
use memchr::memchr;

/// No place.
pub(super) const NOWHERE: usize = usize::MAX;
/// How many ways are taken back at least before failures are noted.
const PATIENCE: usize = 2_000;

/// What to do when a way has failed.
#[derive(Debug)]
pub(super) enum Back {
    /// Go on at a step and place.
    Way(u32, usize),
    /// Go on at a step, a character before the last place, down to a first place.
    Shorter(u32, usize, usize),
    /// Put a place of a group back.
    Group(u32, usize),
    /// Put a register back.
    Register(u32, usize),
    /// Put the place back where the match begins.
    Keep(usize),
    /// Leave a call: the frame before it, and how many frames there were.
    Frame(usize, usize),
    /// Go back into a call: the registers that it had.
    Registers(usize, Box<[usize]>),
}

/// A call that goes on: where it returns to, the registers before it, the call around it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) to: usize,
    pub(super) registers: Box<[usize]>,
    pub(super) around: usize,
}

/// What a machine works with; kept between searches, so that they allocate nothing.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The places of groups, two each.
    pub(super) groups: Vec<usize>,
    pub(super) registers: Vec<usize>,
    pub(super) back: Vec<Back>,
    pub(super) frames: Vec<Frame>,
    pub(super) notes: Vec<u64>,
}

/// How the match is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// The longest of all, not the first.
    pub(super) longest: bool,
    /// None that is empty.
    pub(super) not_empty: bool,
}

/// A search in a text.
pub(super) struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) text: &'a [u8],
    pub(super) choice: Choice,
    pub(super) memory: &'a mut Memory,
    /// Where the search began.
    pub(super) from: usize,
    /// Where the match begins, and where `\K` says that it does.
    start: usize,
    pub(super) keep: usize,
    pub(super) frame: usize,
    pub(super) failures: usize,
    pub(super) noting: bool,
    /// How many notes a step has for each place.
    pub(super) levels: usize,
    /// How many ways are taken back before failures are noted.
    pub(super) patience: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        program: &'a Program,
        text: &'a [u8],
        choice: Choice,
        memory: &'a mut Memory,
    ) -> Self {
        let levels = program.loops.iter().map(|list| list.len()).max();
        let levels = levels.unwrap_or(0) + 1;
        let notes = program.way_count * levels * (text.len() + 1);
        Self {
            program,
            text,
            choice,
            memory,
            from: 0,
            start: 0,
            keep: 0,
            frame: NOWHERE,
            failures: 0,
            noting: false,
            levels,
            patience: PATIENCE.max(notes / 256),
        }
    }

    /// Find the match that begins first from `from` on; its groups are in the memory then.
    pub(super) fn find(&mut self, from: usize) -> bool {
        (self.from, self.failures, self.noting) = (from, 0, false);
        let mut longest: Option<(usize, Vec<usize>)> = None;
        let mut at = from;
        while let Some(start) = self.next_start(at) {
            if self.choice.longest {
                self.matches_longest(start, &mut longest);
            } else if let Some(end) = self.run_at(start) {
                self.set_whole(end);
                return true;
            }
            if start >= self.text.len() || self.program.at_start {
                break;
            }
            at = start + width(self.text[start]);
        }
        match longest {
            Some((_, groups)) => {
                self.memory.groups = groups;
                true
            }
            None => false,
        }
    }

    /// Whether the text matches at a place, and where the match that is chosen ends.
    pub(super) fn run_at(&mut self, start: usize) -> Option<usize> {
        self.reset(start);
        self.run(0, start)
    }

    /// Go through all matches that begin at a place, and note the longest of all.
    fn matches_longest(&mut self, start: usize, longest: &mut Option<(usize, Vec<usize>)>) {
        self.reset(start);
        let mut end = self.run(0, start);
        while let Some(place) = end {
            let length = place - start;
            if longest.as_ref().is_none_or(|(other, _)| length > *other) {
                self.set_whole(place);
                *longest = Some((length, self.memory.groups.clone()));
            }
            end = match self.back() {
                Some((step, place)) => self.run(step, place),
                None => None,
            };
        }
    }

    /// The next place where a match can begin.
    fn next_start(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        if self.program.at_start && at > 0 {
            return None;
        }
        if let Some(byte) = self.program.first_byte {
            return memchr(byte, rest).map(|place| at + place);
        }
        match &self.program.first {
            Some(first) => rest
                .iter()
                .position(|byte| first[usize::from(*byte)])
                .map(|place| at + place),
            None => Some(at),
        }
    }

    pub(super) fn reset(&mut self, start: usize) {
        (self.start, self.keep, self.frame) = (start, start, NOWHERE);
        let memory = &mut *self.memory;
        memory.groups.clear();
        memory.groups.resize(2 * self.program.groups, NOWHERE);
        memory.registers.clear();
        memory.registers.resize(self.program.registers, 0);
        memory.back.clear();
        memory.frames.clear();
    }

    /// The places of the groups of the match that was found, two each.
    pub(super) fn groups(&self) -> &[usize] {
        &self.memory.groups
    }

    /// Store the place of the whole match.
    fn set_whole(&mut self, end: usize) {
        self.memory.groups[0] = self.keep.min(end);
        self.memory.groups[1] = end;
    }

    pub(super) fn set_group(&mut self, slot: usize, place: usize) {
        let old = core::mem::replace(&mut self.memory.groups[slot], place);
        self.memory.back.push(Back::Group(slot as u32, old));
    }

    pub(super) fn set_register(&mut self, register: usize, value: usize) {
        let old = core::mem::replace(&mut self.memory.registers[register], value);
        self.memory.back.push(Back::Register(register as u32, old));
    }

    pub(super) fn push_way(&mut self, step: usize, place: usize) {
        self.memory.back.push(Back::Way(step as u32, place));
    }

    /// Match a character at a place, and return the place behind it.
    fn one(&self, one: &One, place: usize) -> Option<usize> {
        let byte = *self.text.get(place)?;
        match one {
            One::Byte(other) => (byte == *other).then_some(place + 1),
            One::NotNewline => (byte != b'\n').then(|| place + width(byte)),
            One::Any => Some(place + width(byte)),
            One::Set(set) => {
                let (code, end) = super::place::decode(self.text, place);
                set.has(code).then_some(end)
            }
        }
    }

    /// Match as many characters as there are, and push that fewer may do.
    fn run_of(&mut self, step: usize, place: usize) -> Option<usize> {
        let Step::Run {
            one,
            least,
            most,
            next,
        } = &self.program.steps[step]
        else {
            return None;
        };
        let mut low = place;
        for _ in 0..*least {
            low = self.one(one, low)?;
        }
        let mut last = low;
        if *most == super::node::ENDLESS {
            let mut tried = false;
            match one {
                One::NotNewline if !self.noting => {
                    let rest = &self.text[low..];
                    last = memchr(b'\n', rest).map_or(self.text.len(), |place| low + place);
                }
                One::Any if !self.noting => last = self.text.len(),
                _ => loop {
                    if self.noting && !self.note(step, last) {
                        tried = true;
                        break;
                    }
                    match self.one(one, last) {
                        Some(end) => last = end,
                        None => break,
                    }
                },
            }
            if tried {
                if last == low {
                    return None;
                }
                last = step_back(self.text, last);
            }
        } else {
            for _ in *least..*most {
                match self.one(one, last) {
                    Some(end) => last = end,
                    None => break,
                }
            }
        }
        let fits = next.is_none_or(|next| self.text.get(last) == Some(&next));
        if last > low {
            self.memory
                .back
                .push(Back::Shorter(step as u32 + 1, low, last));
        }
        (fits && (!self.noting || self.note(step + 1, last))).then_some(last)
    }

    /// Go on at another step, unless that goes back to where it was tried before.
    fn goes_to(&mut self, step: usize, to: usize, place: usize) -> Option<(usize, usize)> {
        let new = !self.noting || to > step || self.note(to, place);
        new.then_some((to, place))
    }

    /// Run from a step and a place on; return where the match ends.
    fn run(&mut self, step: usize, place: usize) -> Option<usize> {
        let (mut step, mut place) = (step, place);
        let program = self.program;
        loop {
            let goes_on = match &program.steps[step] {
                Step::Match => {
                    if !(self.choice.not_empty && place == self.start) {
                        return Some(place);
                    }
                    None
                }
                Step::Fail => None,
                Step::One(one) => self.one(one, place).map(|end| (step + 1, end)),
                Step::Bytes(bytes) => {
                    let rest = &self.text[place..];
                    rest.starts_with(bytes)
                        .then(|| (step + 1, place + bytes.len()))
                }
                Step::Place(what) => {
                    holds(*what, self.text, place, self.from).then_some((step + 1, place))
                }
                Step::Jump(to) => self.goes_to(step, *to, place),
                Step::Split(first, second) => {
                    self.push_way(*second, place);
                    self.goes_to(step, *first, place)
                }
                Step::Run { .. } => self.run_of(step, place).map(|end| (step + 1, end)),
                Step::Open(group) => {
                    self.set_group(2 * group, place);
                    if program.calls {
                        self.set_register(*group, place);
                    }
                    Some((step + 1, place))
                }
                Step::Close(group) => {
                    if program.calls {
                        self.set_group(2 * group, self.memory.registers[*group]);
                    }
                    self.set_group(2 * group + 1, place);
                    Some((step + 1, place))
                }
                other => self.rare(other, step, place),
            };
            match goes_on.or_else(|| self.back()) {
                Some(next) => (step, place) = next,
                None => return None,
            }
        }
    }
}
