//! Calls functions and returns from them.
#![forbid(unsafe_code)]

use super::code::{Call, Callee};
use super::follow::Followed;
use super::machine::Machine;
use crate::value::Val;

/// What a function needs while it runs.
pub struct Frame {
    /// The frame that goes on after it.
    pub caller: u32,
    /// The frame in which it was defined.
    pub outer: u32,
    /// Its first register.
    pub base: u32,
    /// Its first argument that is a filter.
    pub arguments: u32,
    /// How many forks there were when it was called.
    pub forks: u32,
    /// The caller's register that gets the output.
    pub to: u32,
    /// Where the caller goes on.
    pub address: u32,
    /// The path that the caller follows, if this function does not follow it.
    pub path: Option<Option<Followed>>,
}

/// A filter that is an argument: a function and the frame in which it was written.
#[derive(Clone, Copy)]
pub struct Argument {
    function: u32,
    frame: u32,
}

impl Machine {
    /// Find the frame that is `depth` definitions further out.
    pub(super) fn outer(&self, depth: u32) -> u32 {
        let mut frame = self.frame;
        for _ in 0..depth {
            frame = self.frames[frame as usize].outer;
        }
        frame
    }

    fn resolve(&self, callee: Callee) -> Argument {
        match callee {
            Callee::Function(function, depth) => Argument {
                function,
                frame: self.outer(depth),
            },
            Callee::Argument(depth, index) => {
                let first = self.frames[self.outer(depth) as usize].arguments;
                self.arguments[(first + index) as usize]
            }
        }
    }

    /// Add the input of a call and its arguments that are values to the registers.
    fn push_values(&mut self, call: Call) {
        let input = self.take(call.input);
        self.slots.push(input);
        for place in self.list(call.values) {
            let value = self.take(self.code.sources[place]);
            self.slots.push(value);
        }
    }

    /// Call a function.
    pub(super) fn call(&mut self, call: Call) {
        let callee = self.resolve(call.callee);
        let base = self.slots.len();
        self.push_values(call);
        let arguments = self.arguments.len();
        for place in self.list(call.filters) {
            let argument = self.resolve(self.code.arguments[place]);
            self.arguments.push(argument);
        }
        let path = (!call.followed).then(|| self.path.take());
        // All of these count things in memory, which has 32 bits.
        self.frames.push(Frame {
            caller: self.frame,
            outer: callee.frame,
            base: base as u32,
            arguments: arguments as u32,
            forks: self.forks.len() as u32,
            to: call.to,
            address: self.address as u32,
            path,
        });
        self.frame = self.frames.len() as u32 - 1;
        self.enter(callee.function, base);
    }

    /// Whether no fork can come back to the frame that is active.
    #[inline(always)]
    pub(super) fn is_frame_free(&self) -> bool {
        self.forks.len() == self.frames[self.frame as usize].forks as usize
    }

    /// Call a function whose output is that of this one. The frame is used again unless a fork can come back to it.
    ///
    /// The compiler uses this only where nothing refers to the frame.
    pub(super) fn tail_call(&mut self, call: Call) {
        let frame = &self.frames[self.frame as usize];
        let (base, arguments) = (frame.base as usize, frame.arguments as usize);
        if !self.is_frame_free() {
            return self.call(call);
        }
        let callee = self.resolve(call.callee);
        let filters: Vec<Argument> = self
            .list(call.filters)
            .map(|place| self.resolve(self.code.arguments[place]))
            .collect();
        let top = self.slots.len();
        self.push_values(call);
        // Move the new input and values to where the old ones are.
        for (place, at) in (top..self.slots.len()).enumerate() {
            self.slots[base + place] = core::mem::take(&mut self.slots[at]);
        }
        self.slots.truncate(base + 1 + call.values.count as usize);
        self.arguments.truncate(arguments);
        self.arguments.extend(filters);
        self.frames.truncate(self.frame as usize + 1);
        let frame = &mut self.frames[self.frame as usize];
        frame.outer = callee.frame;
        if !call.followed {
            let path = self.path.take();
            frame.path.get_or_insert(path);
        }
        self.enter(callee.function, base);
    }

    fn enter(&mut self, function: u32, base: usize) {
        let function = self.code.functions[function as usize];
        self.base = base;
        self.slots
            .resize(base + function.registers as usize, Val::Null);
        self.address = function.entry as usize;
    }

    /// Return `value` from the function of this frame.
    pub(super) fn return_value(&mut self, value: Val) {
        let frame = &self.frames[self.frame as usize];
        let (to, address, caller) = (frame.to, frame.address, frame.caller);
        if let Some(path) = &frame.path {
            self.path.clone_from(path);
        }
        // A fork that was left since the call may come back to the frame.
        if self.forks.len() == frame.forks as usize {
            self.slots.truncate(frame.base as usize);
            self.arguments.truncate(frame.arguments as usize);
            self.frames.truncate(self.frame as usize);
        }
        self.frame = caller;
        self.base = self.frames[caller as usize].base as usize;
        self.address = address as usize;
        self.set(to, value);
    }
}
