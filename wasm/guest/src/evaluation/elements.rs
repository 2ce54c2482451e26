//! Takes the items of the input as they are read.
#![forbid(unsafe_code)]

use super::code::Register;
use super::machine::Machine;
use crate::value::{Interruption, Val};

impl Machine {
    /// Read the next item of the input, and say whether it is the last. After a mistake the inputs have the fault.
    #[inline]
    pub(super) fn next_element(&mut self) -> Result<Option<(Val, bool)>, Interruption> {
        if let Some(profile) = &mut self.profile {
            profile.pause();
        }
        let next = self.context.inputs.borrow_mut().next_element();
        if let Some(profile) = &mut self.profile {
            profile.has_read();
        }
        next.transpose().map_err(|()| Interruption::Stop)
    }

    /// Write the next item of the input to a register, and return whether there is one.
    pub(super) fn next_in_input(&mut self, to: Register) -> Result<bool, Interruption> {
        let Some((item, _)) = self.next_element()? else {
            return Ok(false);
        };
        self.set(to, item);
        Ok(true)
    }
}
