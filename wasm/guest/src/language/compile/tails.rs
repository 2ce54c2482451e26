//! Finds the calls whose output is the output of the function that makes them.
#![forbid(unsafe_code)]

use crate::evaluation::code::{Call, Callee, Code, Instruction as I, Register};
use crate::evaluation::profile::{Event, Part};
use crate::evaluation::source::Place;

/// Mark the calls at the end of functions, so that a function that ends with a call of itself needs one frame only.
pub fn mark(code: &mut Code) {
    for at in 0..code.instructions.len() {
        let I::Call { call } = code.instructions[at] else {
            continue;
        };
        let details = code.calls[call as usize];
        if !needs_no_frame(code, &details) {
            continue;
        }
        if let Some(passed) = returns(code, at + 1, details.to) {
            code.instructions[at] = I::TailCall { call };
            count_later(code, at, passed);
        }
    }
}

/// Whether nothing in a call refers to the frame that makes it.
fn needs_no_frame(code: &Code, call: &Call) -> bool {
    let is_outside = |callee: &Callee| match callee {
        Callee::Function(_, depth) => *depth > 0,
        Callee::Argument(..) => true,
    };
    let filters = call.filters.start as usize..(call.filters.start + call.filters.count) as usize;
    is_outside(&call.callee) && code.arguments[filters].iter().all(is_outside)
}

/// Let the call at `at` say which parts have an output when what it calls returns: those whose code is passed over.
fn count_later(code: &mut Code, at: usize, passed: Vec<Part>) {
    let before = at.checked_sub(1).map(|before| code.instructions[before]);
    if let (Some(I::Count { event }), Some(profile)) = (before, &mut code.profile) {
        if let Event::Call { tail, .. } = &mut profile.events[event as usize] {
            *tail = Some(profile.tails.len() as u32);
            profile.tails.push(passed);
        }
    }
}

/// If the code at `at` returns what is in `register`, list the parts that have an output on the way.
fn returns(code: &Code, mut at: usize, mut register: Register) -> Option<Vec<Part>> {
    let mut passed = Vec::new();
    // Code that jumps in circles does not return.
    for _ in 0..100 {
        while let (I::Count { event }, Some(profile)) = (code.instructions[at], &code.profile) {
            if let Event::Leave(part, _) = profile.events[event as usize] {
                passed.push(part);
            }
            at += 1;
        }
        match code.instructions[at] {
            I::Jump { address } => at = address as usize,
            I::Move { to, from } => match from.place() {
                Place::Register(from) if from == register => {
                    register = to;
                    at += 1;
                }
                _ => return None,
            },
            I::Return { from } => {
                let is_returned = matches!(from.place(), Place::Register(from) if from == register);
                return is_returned.then_some(passed);
            }
            _ => return None,
        }
    }
    None
}
