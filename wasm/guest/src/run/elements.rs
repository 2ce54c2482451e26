//! Keeps how far the input was read of which a filter takes one item after the other.
//!
//! A program that only iterates its input gets the items as they are read, and an item is freed before the next one
//! is made. What an error or an end finds unread is then checked, and what was put out before a mistake is taken back:
//! so a run gives what it gives when all is read first. When a batch is full before the end of the input, all that
//! is left is read as well, since nothing can be taken back from the host.
#![forbid(unsafe_code)]

use crate::json::reader::{ReadError, Reader};
use crate::run::fault::Fault;
use crate::value::{Need, Val};

/// So many last bytes are looked at.
const END: usize = 64;

/// Whether a text may end with a whole array. One that was cut off is read first, since nothing is to be computed of it.
pub fn may_be_whole(text: &[u8]) -> bool {
    let end = &text[text.len().saturating_sub(END)..];
    end.trim_ascii_end().last() == Some(&b']')
}

/// The items of an array that is being read.
#[derive(Default)]
pub struct Elements {
    /// Whether the input is such an array, and not a value that was read as a whole.
    pub is_array: bool,
    /// Whether there are items that were not read.
    pub has_more: bool,
    /// Those that were read for a batch that is full.
    rest: std::vec::IntoIter<Val>,
    /// The mistake at which the reading ended.
    pub fault: Option<Fault>,
}

impl Elements {
    /// Go into the array that begins where the reader is. Returns: what stands for it.
    pub fn open(&mut self, reader: &mut Reader) -> Result<Val, ReadError> {
        self.has_more = reader.open_array()?;
        self.is_array = true;
        self.rest = Vec::new().into_iter();
        Ok(Val::Arr(Vec::new().into()))
    }

    /// Give the next item, and whether it is the last.
    #[inline]
    pub fn next(
        &mut self,
        reader: &mut Reader,
        need: &Need,
    ) -> Option<Result<(Val, bool), ReadError>> {
        if !self.has_more {
            let item = self.rest.next()?;
            return Some(Ok((item, self.rest.as_slice().is_empty())));
        }
        let item = reader.next_item(need);
        self.has_more = matches!(item, Ok((_, false)));
        Some(item)
    }

    /// Read all that is left of the array.
    pub fn read_rest(&mut self, reader: &mut Reader, need: &Need) -> Result<(), ReadError> {
        let mut rest = Vec::new();
        while let Some(item) = self.next(reader, need) {
            rest.push(item?.0);
        }
        self.rest = rest.into_iter();
        Ok(())
    }

    /// Pass over all that is left of the array.
    pub fn pass_rest(&mut self, reader: &mut Reader) -> Result<(), ReadError> {
        self.is_array = false;
        self.rest = Vec::new().into_iter();
        if core::mem::take(&mut self.has_more) {
            reader.pass_items()?;
        }
        Ok(())
    }
}
