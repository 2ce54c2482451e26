//! Raises errors, and says where they arose.
#![forbid(unsafe_code)]

use super::forks::Kind;
use super::machine::{Ended, Machine, BREAK};
use crate::value::{Error, Num, Val};

/// The most origins that an error keeps.
const TRACE: usize = 16;

impl Machine {
    /// Go on where an error is caught.
    ///
    /// # Errors
    /// Nothing catches it: then the program has ended.
    pub(super) fn raise(&mut self, error: Error) -> Result<(), Ended> {
        let broken = broken_label(error.value());
        let mut place = self.forks.len();
        while place > 0 {
            place -= 1;
            let to = match self.forks[place].kind {
                Kind::Left(mark) => {
                    place = mark;
                    continue;
                }
                Kind::Try(to) => Some(to),
                Kind::OtherPattern => None,
                Kind::Label(label) if broken == Some(label) => {
                    self.forks.truncate(place);
                    return match self.fail() {
                        Ok(true) => Ok(()),
                        Ok(false) => Err(Ended::Done),
                        Err(ended) => Err(ended),
                    };
                }
                _ => continue,
            };
            self.forks.truncate(place + 1);
            self.restore();
            self.forks.pop();
            if let Some(to) = to {
                self.set(to, error.into_value());
            }
            return Ok(());
        }
        let trace = self.trace();
        self.forks.clear();
        Err(Ended::Error(error, trace))
    }

    /// List the places in the program of origins; what stands in the built-ins is left out.
    pub fn places(&self, origins: &[u32]) -> Vec<core::ops::Range<usize>> {
        let origins = origins
            .iter()
            .map(|index| &self.code.origins[*index as usize]);
        origins
            .filter(|origin| origin.own)
            .map(|origin| origin.span.start as usize..origin.span.end as usize)
            .collect()
    }

    /// List the origins of the instruction that raised an error and of the calls around it.
    pub(super) fn trace(&self) -> Vec<u32> {
        let mut trace: Vec<u32> = Vec::new();
        let mut frame = self.frame;
        let mut address = self.address;
        while trace.len() < TRACE {
            let mut origin = Some(self.code.origin_of[address - 1]);
            while let (Some(index), true) = (origin, trace.len() < TRACE) {
                // The calls of a recursion are one.
                if trace.last() != Some(&index) {
                    trace.push(index);
                }
                origin = self.code.origins[index as usize].caller;
            }
            if frame == 0 {
                break;
            }
            let current = &self.frames[frame as usize];
            address = current.address as usize;
            frame = current.caller;
        }
        trace
    }
}

/// The label to which an error breaks.
fn broken_label(error: &Val) -> Option<i64> {
    let Val::Obj(members) = error else {
        return None;
    };
    match members.get_named(BREAK.as_bytes()) {
        Some(Val::Num(Num::Int(label))) if members.len() == 1 => Some(*label),
        _ => None,
    }
}
