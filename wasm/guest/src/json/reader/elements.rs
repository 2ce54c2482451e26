//! Reads the items of an array one by one, so that each can go before the next one is read.
#![forbid(unsafe_code)]

use super::{Read, Reader};
use crate::value::{Need, Val};

impl Reader {
    /// Whether the next JSON text is an array.
    pub fn is_array(&mut self) -> bool {
        self.space();
        self.peek() == Some(b'[')
    }

    /// Go into the array that begins here, and return whether it has items.
    pub fn open_array(&mut self) -> Read<bool> {
        self.deeper(0)?;
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Read what is needed of the next item of the array that was opened, which has more. Returns: the item, and
    /// whether it is the last.
    #[inline]
    pub fn next_item(&mut self, need: &Need) -> Read<(Val, bool)> {
        self.space();
        let item = self.needed(1, need)?;
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok((item, false))
            }
            Some(b']') => {
                self.at += 1;
                Ok((item, true))
            }
            _ => self.fail(super::AFTER_ITEM),
        }
    }
}
