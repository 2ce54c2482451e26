//! Counts for each part of a program how often it runs, its outputs, its fuel and its memory.
//!
//! A program that is compiled for this has instructions that say which part goes on; no other program does. Between
//! two of them all fuel is that of the part at work. A part is at work while its own code runs: what it calls that is
//! a part, too, is charged by itself. So the sum over all parts is what the run used.
#![forbid(unsafe_code)]

use super::code::Register;
use super::machine::Machine;
use super::source::Source;
use crate::language::term::Span;
use crate::value::{Num, Val};
use jq_magic_shared::engine::Gauges;
use std::rc::Rc;

/// The number of a part.
pub type Part = u32;
/// What reads the input.
pub const READING: Part = 0;
/// What writes outputs.
pub const WRITING: Part = 1;
/// What counts for the profile.
pub const COUNTING: Part = 2;
/// How many parts are none of the program.
pub const OTHERS: usize = 3;

/// Which part goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This one.
    Part(Part),
    /// The one whose number is in the register: the code is that of a built-in, and serves any part.
    Saved(Register),
}

/// What an instruction counts.
#[derive(Clone, Debug)]
pub enum Event {
    /// Measure what an event costs: this one follows another one.
    Measure,
    /// A part begins to run.
    Enter(Part),
    /// A part has an output, and goes on for a moment.
    Output(Part),
    /// A part has an output, with which another part goes on.
    Leave(Part, Owner),
    /// This part goes on here, wherever the machine comes from.
    At(Owner),
    /// The machine is about to go back to a fork: that is the work of the part that goes on there.
    Back,
    /// Save in a register which part is at work.
    Save(Register),
    /// A function is called next.
    Call {
        /// The register for what it counts when it returns: see [`Tail`].
        to: Register,
        /// The same of the function that calls.
        passed: Option<Register>,
        /// The call whose output is that of the function that makes it.
        tail: Option<u32>,
    },
    /// A function returns next; the register has what it counts then.
    Return(Register),
}

/// The parts that have an output when a function returns that was called in the place of another one. The frame of
/// that one is used again, so its register has how many such calls there were: an array of numbers, one for each tail.
pub type Tail = Vec<Part>;

/// What is counted where in a program.
#[derive(Default)]
pub struct Events {
    /// The parts after [`OTHERS`], and where they stand.
    pub parts: Vec<Span>,
    /// What the instructions count.
    pub events: Vec<Event>,
    /// What calls at the end of functions count.
    pub tails: Vec<Tail>,
}

/// Numbers in the row of a part: start, end, runs, outputs, fuel, memory.
const ROW: usize = 6;
const RUNS: usize = 2;
const OUTPUTS: usize = 3;
const FUEL: usize = 4;
const MEMORY: usize = 5;

/// The counts of a run.
pub struct Profile {
    gauges: Gauges,
    /// As the host reads them: the part at work, then the rows. They stay where they are.
    counts: Box<[u64]>,
    /// The fuel that was left when the last part was charged.
    fuel: i64,
    /// The memory that was used then.
    memory: usize,
    /// The fuel from the end of an event to the beginning of another one that follows it.
    price: u64,
    /// Whether the machine goes back to a fork.
    is_back: bool,
}

/// What a part is charged: fuel and memory since the last charge.
type Spent = (u64, u64);

impl Profile {
    /// Begin with the reading of the input.
    pub fn new(events: &Events, gauges: Gauges) -> Self {
        let mut counts = vec![0; 1 + (OTHERS + events.parts.len()) * ROW].into_boxed_slice();
        for (place, span) in events.parts.iter().enumerate() {
            let row = 1 + (OTHERS + place) * ROW;
            counts[row] = u64::from(span.start);
            counts[row + 1] = u64::from(span.end);
        }
        (gauges.publish)(&counts);
        Self {
            gauges,
            counts,
            fuel: (gauges.fuel)(),
            memory: (gauges.memory)(),
            price: 0,
            is_back: false,
        }
    }

    fn add(&mut self, part: Part, what: usize, count: u64) {
        self.counts[1 + part as usize * ROW + what] += count;
    }

    fn current(&self) -> Part {
        self.counts[0] as Part
    }

    /// Read what was spent since the last time.
    #[inline(always)]
    fn spent(&mut self) -> Spent {
        let memory = (self.gauges.memory)();
        let grown = memory - core::mem::replace(&mut self.memory, memory);
        let fuel = (self.gauges.fuel)();
        let used = core::mem::replace(&mut self.fuel, fuel) - fuel;
        (used as u64, grown as u64)
    }

    fn charge(&mut self, part: Part, (fuel, memory): Spent) {
        self.add(part, FUEL, fuel);
        self.add(part, MEMORY, memory);
    }

    /// Charge a part for what was spent until an event, and the counting for what the event costs.
    fn charge_at_event(&mut self, part: Part, (fuel, memory): Spent) {
        let price = self.price.min(fuel);
        self.add(COUNTING, FUEL, price);
        self.charge(part, (fuel - price, memory));
    }

    /// Charge a part that goes on after the machine went back, or else the one that was at work.
    fn arrive(&mut self, part: Part, spent: Spent) {
        let payer = if core::mem::replace(&mut self.is_back, false) {
            part
        } else {
            self.current()
        };
        self.charge_at_event(payer, spent);
    }

    fn turn_to(&mut self, part: Part) {
        self.counts[0] = u64::from(part);
    }

    /// Charge what was at work until now; the input is read next.
    pub fn read(&mut self) {
        let spent = self.spent();
        self.charge(self.current(), spent);
        self.is_back = false;
        self.turn_to(READING);
    }

    /// Charge what was at work until now; an item of the input is read next, and the same goes on after that.
    pub fn pause(&mut self) {
        let spent = self.spent();
        self.charge(self.current(), spent);
    }

    /// Charge what was spent since [`Self::pause`] for the reading of the input.
    pub fn has_read(&mut self) {
        let spent = self.spent();
        self.charge(READING, spent);
    }

    /// Charge what was at work until now; the machine goes back next.
    pub fn back(&mut self) {
        let spent = self.spent();
        self.charge(self.current(), spent);
        self.is_back = true;
    }
}

impl Machine {
    /// Count what an instruction says.
    #[cold]
    #[inline(never)]
    pub(super) fn note(&mut self, event: u32) {
        let (Some(mut profile), Some(events)) = (self.profile.take(), &self.code.profile) else {
            return;
        };
        let spent = profile.spent();
        match &events.events[event as usize] {
            Event::Measure => {
                profile.price = spent.0;
                profile.charge(COUNTING, spent);
            }
            Event::Enter(part) => {
                profile.arrive(*part, spent);
                profile.add(*part, RUNS, 1);
                profile.turn_to(*part);
            }
            Event::Output(part) => {
                profile.charge_at_event(profile.current(), spent);
                profile.add(*part, OUTPUTS, 1);
            }
            Event::Leave(part, next) => {
                profile.arrive(*part, spent);
                profile.add(*part, OUTPUTS, 1);
                profile.turn_to(self.owner(*next));
            }
            Event::At(owner) => {
                let part = self.owner(*owner);
                profile.arrive(part, spent);
                profile.turn_to(part);
            }
            Event::Back => {
                profile.charge_at_event(profile.current(), spent);
                profile.is_back = true;
            }
            Event::Save(to) => {
                profile.charge_at_event(profile.current(), spent);
                self.set(*to, Val::Num(Num::Int(i64::from(profile.current()))));
            }
            Event::Call { to, passed, tail } => {
                profile.charge_at_event(profile.current(), spent);
                let counts = self.counts_of_call(*passed, *tail);
                self.set(*to, counts);
            }
            Event::Return(passed) => {
                profile.charge_at_event(profile.current(), spent);
                self.count_tails(*passed, &events.tails, &mut profile);
            }
        }
        let spent = profile.spent();
        profile.charge(COUNTING, spent);
        self.profile = Some(profile);
    }

    fn owner(&self, owner: Owner) -> Part {
        match owner {
            Owner::Part(part) => part,
            Owner::Saved(register) => match self.peek(Source::register(register)) {
                Val::Num(Num::Int(part)) => *part as Part,
                _ => unreachable!("a function saves it first"),
            },
        }
    }

    /// What a function counts when it returns: with a call in its place, as many times more as that.
    fn counts_of_call(&mut self, passed: Option<Register>, tail: Option<u32>) -> Val {
        let (Some(passed), Some(tail)) = (passed, tail) else {
            return Val::Null;
        };
        if !self.is_frame_free() {
            // It is a call like others.
            return Val::Null;
        }
        let mut counts = match self.take(Source::register(passed).last(true)) {
            Val::Arr(counts) => counts,
            _ => Rc::default(),
        };
        let numbers = Rc::make_mut(&mut counts);
        let tail = tail as usize;
        if numbers.len() <= tail {
            numbers.resize(tail + 1, Val::Num(Num::Int(0)));
        }
        if let Val::Num(Num::Int(number)) = &mut numbers[tail] {
            *number += 1;
        }
        Val::Arr(counts)
    }

    fn count_tails(&self, passed: Register, tails: &[Tail], profile: &mut Profile) {
        let Val::Arr(counts) = self.peek(Source::register(passed)) else {
            return;
        };
        for (tail, number) in tails.iter().zip(counts.iter()) {
            if let Val::Num(Num::Int(number)) = number {
                for part in tail {
                    profile.add(*part, OUTPUTS, *number as u64);
                }
            }
        }
    }
}
