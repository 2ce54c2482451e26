//! Finds the calls whose output is the output of the function that makes them.
#![forbid(unsafe_code)]

use crate::evaluation::code::{Call, Callee, Code, Instruction as I, Register};
use crate::evaluation::source::Place;

/// Mark the calls at the end of functions, so that a function that ends with a call of itself needs one frame only.
pub fn mark(code: &mut Code) {
    for at in 0..code.instructions.len() {
        let I::Call { call } = code.instructions[at] else {
            continue;
        };
        let details = code.calls[call as usize];
        if needs_no_frame(code, &details) && returns(code, at + 1, details.to) {
            code.instructions[at] = I::TailCall { call };
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

/// Whether the code at `at` returns what is in `register`.
fn returns(code: &Code, mut at: usize, mut register: Register) -> bool {
    // Code that jumps in circles does not return.
    for _ in 0..100 {
        match code.instructions[at] {
            I::Jump { address } => at = address as usize,
            I::Move { to, from } => match from.place() {
                Place::Register(from) if from == register => {
                    register = to;
                    at += 1;
                }
                _ => return false,
            },
            I::Return { from } => {
                return matches!(from.place(), Place::Register(from) if from == register);
            }
            _ => return false,
        }
    }
    false
}
