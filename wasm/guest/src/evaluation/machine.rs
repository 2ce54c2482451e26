//! Holds the state of a program at work, and runs it from output to output.
#![forbid(unsafe_code)]

use super::code::{Code, List, Register};
use super::follow::Followed;
use super::forks::Fork;
use super::frames::{Argument, Frame};
use super::profile::Profile;
use super::source::{Place, Source};
use crate::run::context::RunContext;
use crate::value::{Error, Interruption, Val};
use jq_magic_shared::engine::Gauges;

/// Why a program ended early.
#[derive(Debug)]
pub enum Ended {
    /// It raised an error that nothing caught, in the code of these origins: the innermost first.
    Error(Error, Vec<u32>),
    /// The run must end, for the reason that its context has.
    Stopped,
    /// It has no more outputs.
    Done,
}

/// A program at work on one input.
pub struct Machine {
    pub(super) code: &'static Code,
    pub(super) context: &'static RunContext,
    /// The registers of all frames.
    pub(super) slots: Vec<Val>,
    pub(super) frames: Vec<Frame>,
    pub(super) arguments: Vec<Argument>,
    pub(super) forks: Vec<Fork>,
    /// The frame that is active.
    pub(super) frame: u32,
    /// Its first register.
    pub(super) base: usize,
    /// Where the code goes on.
    pub(super) address: usize,
    /// The path that is followed.
    pub(super) path: Option<Followed>,
    /// How many labels there were.
    pub(super) labels: i64,
    /// What is counted, if the program is profiled.
    pub(super) profile: Option<Box<Profile>>,
}

/// Why [`Machine::execute`] ends.
pub(super) enum Paused {
    /// There is an output.
    Output(Val),
    /// The machine goes back to the last fork.
    Fail,
    /// An instruction gives no value.
    Interrupted(Interruption),
}

/// The key of the object that `break` raises, as in jq, where a filter can see it.
pub(super) const BREAK: &str = "__jq";

impl Machine {
    /// Prepare to run `code`.
    pub fn new(code: &'static Code, context: &'static RunContext) -> Self {
        Self {
            code,
            context,
            slots: Vec::new(),
            frames: Vec::new(),
            arguments: Vec::new(),
            forks: Vec::new(),
            frame: 0,
            base: 0,
            address: 0,
            path: None,
            labels: 0,
            profile: None,
        }
    }

    /// Count from now on what the parts of the program do, if it was compiled for that.
    pub fn measure(&mut self, gauges: Gauges) {
        let events = self.code.profile.as_ref();
        self.profile = events.map(|events| Box::new(Profile::new(events, gauges)));
    }

    /// Say that the next input is read.
    pub fn read(&mut self) {
        if let Some(profile) = &mut self.profile {
            profile.read();
        }
    }

    /// Forget what earlier inputs left, as a filter could see it: how many labels there were.
    pub fn renew(&mut self) {
        self.labels = 0;
    }

    /// Begin with a new input, and compute the first output.
    pub fn start(&mut self, input: Val) -> Option<Result<Val, Ended>> {
        self.forks.clear();
        self.frames.clear();
        let constants = self.code.constants.len();
        self.slots.truncate(constants);
        if self.slots.is_empty() {
            self.slots.extend_from_slice(&self.code.constants);
        }
        self.arguments.clear();
        let main = self.code.functions[0];
        self.frames.push(Frame {
            caller: 0,
            outer: 0,
            base: constants as u32,
            arguments: 0,
            forks: 0,
            to: 0,
            address: 0,
            path: None,
        });
        self.slots
            .resize(constants + main.registers as usize, Val::Null);
        self.slots[constants] = input;
        self.frame = 0;
        self.base = constants;
        self.address = main.entry as usize;
        self.path = None;
        self.run()
    }

    /// Compute the next output.
    pub fn resume(&mut self) -> Option<Result<Val, Ended>> {
        if let Some(profile) = &mut self.profile {
            profile.back();
        }
        self.run()
    }

    /// Read a value, and move it out of a register that nothing reads later.
    #[inline]
    pub(super) fn take(&mut self, source: Source) -> Val {
        if source.is_last() {
            let at = self.at(source);
            return core::mem::take(&mut self.slots[at]);
        }
        self.peek(source).copy()
    }

    /// Look at a value.
    #[inline(always)]
    pub(super) fn peek(&self, source: Source) -> &Val {
        &self.slots[self.at(source)]
    }

    /// Find the place of a source among the constants and registers.
    #[inline(always)]
    fn at(&self, source: Source) -> usize {
        match source.place() {
            Place::Register(number) => self.base + number as usize,
            Place::Constant(number) => number,
            Place::Outer(depth, register) => self.outer_slot(depth, register),
        }
    }

    #[cold]
    fn outer_slot(&self, depth: u32, register: Register) -> usize {
        (self.frames[self.outer(depth) as usize].base + register) as usize
    }

    /// Write a register.
    #[inline(always)]
    pub(super) fn set(&mut self, to: Register, value: Val) {
        self.put(self.base + to as usize, value);
    }

    /// Write the register at a place in the list of all.
    #[inline(always)]
    pub(super) fn put(&mut self, at: usize, value: Val) {
        let slot = &mut self.slots[at];
        if slot.is_plain() {
            // What was there frees nothing: this is less code than to drop it.
            core::mem::forget(core::mem::replace(slot, value));
        } else {
            *slot = value;
        }
    }

    pub(super) fn list(&self, list: List) -> core::ops::Range<usize> {
        list.start as usize..(list.start + list.count) as usize
    }

    pub(super) fn source(&self, list: List, place: u32) -> Source {
        self.code.sources[(list.start + place) as usize]
    }

    /// Execute until there is an output, an end or an error.
    fn run(&mut self) -> Option<Result<Val, Ended>> {
        loop {
            let done = match self.execute() {
                Paused::Output(value) => return Some(Ok(value)),
                Paused::Fail => self.fail(),
                Paused::Interrupted(Interruption::Error(error)) => self.raise(error).map(|()| true),
                Paused::Interrupted(Interruption::Stop) => Err(Ended::Stopped),
            };
            match done {
                Ok(true) => {}
                Ok(false) | Err(Ended::Done) => return None,
                Err(ended) => return Some(Err(ended)),
            }
        }
    }
}
