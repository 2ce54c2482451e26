//! Cuts the input, JSON texts or a data frame, into the values that a run reads, and counts what was read.
#![forbid(unsafe_code)]

use crate::arrow::{Broken, Frame, Values};
use crate::json::complaint;
use crate::json::reader::{Cause, ReadError, Reader};
use crate::run::elements::Elements;
use crate::run::fault::{Fault, Limit};
use crate::value::{Need, Val};
use bytes::Bytes;
pub use jq_magic_shared::engine::Mode;

/// The values that a run reads, in order.
pub struct Inputs {
    reader: Reader,
    text: &'static [u8],
    mode: Mode,
    depth: usize,
    /// What is needed of each value, or of the array of all.
    need: Need,
    read: usize,
    line: usize,
    counted: usize,
    counted_lines: usize,
    slurped: bool,
    /// The data frame that the input is, until it is read.
    frame: Option<Result<Frame<Values>, Broken>>,
    /// Bytes of the data frame.
    columns: usize,
    /// Whether the last text could not be read; nothing is read after it.
    refused: bool,
    /// The items of the text that the program takes one by one, if it does so.
    elements: Option<Elements>,
}

impl Inputs {
    /// Prepare to cut `input` into values as `mode` says, of which `need` is needed.
    pub fn new(input: &'static [u8], mode: Mode, depth: usize, need: Need) -> Self {
        // Columns have no lines and no places that a text has.
        let text = if mode.columns { &[] } else { input };
        Self {
            reader: Reader::new(text, depth),
            frame: mode.columns.then(|| Frame::open(Values, input, depth)),
            columns: if mode.columns { input.len() } else { 0 },
            text,
            mode,
            depth,
            need,
            read: 0,
            line: 0,
            counted: 0,
            counted_lines: 0,
            slurped: false,
            refused: false,
            elements: None,
        }
    }

    /// Let the program take the items of arrays one by one: it only iterates its input.
    pub fn iterate(&mut self) {
        self.elements = Some(Elements::default());
    }

    /// How the input is cut, and what is needed of it.
    pub fn way(&self) -> (Mode, Need) {
        (self.mode, self.need.clone())
    }

    /// How the input is cut.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How many values were read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// How many bytes of the input were read.
    pub fn offset(&self) -> usize {
        if self.mode.columns {
            // A data frame is read as a whole.
            self.columns * usize::from(self.frame.is_none())
        } else if self.mode.raw {
            self.line
        } else {
            self.reader.offset()
        }
    }

    /// Count the line ends that were read, for `input_line_number`. jq reads whole lines, so that of the line in
    /// which the last value ends counts.
    pub fn lines(&mut self) -> usize {
        let upto = self.end_of_line(self.offset());
        // Count on from the last call, so that a run looks at each byte once.
        self.counted_lines += self.text[self.counted..upto]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        self.counted = upto;
        self.counted_lines
    }

    fn end_of_line(&self, offset: usize) -> usize {
        if self.mode.raw || self.read == 0 {
            return offset;
        }
        let rest = &self.text[offset..];
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |length| length + 1);
        offset + length
    }

    /// Find what jq says about the text that could not be read; `None` if jq would read it.
    pub fn complaint(&self) -> Option<String> {
        complaint::of_texts(self.text)
    }

    /// Read the next value; `None` at the end, and after a text that is not JSON.
    pub fn next_value(&mut self) -> Option<Result<Val, Fault>> {
        if self.refused {
            return None;
        }
        if self.mode.columns {
            return self.next_frame();
        }
        let value = match self.mode {
            Mode { slurp: true, .. } if core::mem::replace(&mut self.slurped, true) => return None,
            Mode {
                raw: true,
                slurp: true,
                ..
            } => {
                self.line = self.text.len();
                Ok(text(self.text))
            }
            Mode { raw: true, .. } => Ok(self.next_line()?),
            Mode { slurp: true, .. } => self.slurp(),
            Mode { .. } => match &mut self.elements {
                Some(elements) if self.reader.is_array() => elements.open(&mut self.reader),
                _ => self.reader.next_needed(&self.need)?,
            },
        };
        self.read += 1;
        Some(value.map_err(|error| {
            self.refused = true;
            self.fault(error)
        }))
    }

    /// Whether the input is an array whose items are read now.
    pub fn has_elements(&self) -> bool {
        self.elements.as_ref().is_some_and(|each| each.is_array)
    }

    /// Whether the input is an array in which a mistake may still be met.
    pub fn is_unread(&self) -> bool {
        self.elements.as_ref().is_some_and(|each| each.has_more)
    }

    /// Read the next item of the input, and say whether it is the last. After a mistake [`Self::finish`] has the fault.
    #[inline]
    pub fn next_element(&mut self) -> Option<Result<(Val, bool), ()>> {
        let elements = self.elements.as_mut()?;
        let next = elements.next(&mut self.reader, self.need.of_items())?;
        Some(next.map_err(|error| self.refuse(error)))
    }

    /// Read all that is left of the input.
    pub fn read_rest(&mut self) -> Result<(), Fault> {
        if let Some(elements) = &mut self.elements {
            let read = elements.read_rest(&mut self.reader, self.need.of_items());
            read.map_err(|error| self.refuse(error)).ok();
        }
        self.mistake()
    }

    /// Leave the input, which the program needs no more, and check what is left of it.
    pub fn finish(&mut self) -> Result<(), Fault> {
        if let Some(elements) = &mut self.elements {
            let passed = elements.pass_rest(&mut self.reader);
            passed.map_err(|error| self.refuse(error)).ok();
        }
        self.mistake()
    }

    fn refuse(&mut self, error: ReadError) {
        self.refused = true;
        let fault = self.fault(error);
        if let Some(elements) = &mut self.elements {
            elements.fault = Some(fault);
        }
    }

    fn mistake(&mut self) -> Result<(), Fault> {
        let fault = self.elements.as_mut().and_then(|each| each.fault.take());
        fault.map_or(Ok(()), Err)
    }

    /// Read the data frame: one value, which is an array of its own when values are slurped.
    fn next_frame(&mut self) -> Option<Result<Val, Fault>> {
        let frame = self.frame.take()?;
        self.read += 1;
        let rows = frame.and_then(|mut frame| frame.rest());
        Some(match rows {
            Ok(rows) if self.mode.slurp => Ok(Val::Arr(vec![rows].into())),
            Ok(rows) => Ok(rows),
            Err(broken) => {
                self.refused = true;
                Err(self.broken(broken))
            }
        })
    }

    fn broken(&self, broken: Broken) -> Fault {
        if broken.is_deep {
            return Fault::Limit(Limit::Depth {
                place: "input",
                allowed: self.depth,
                offset: None,
            });
        }
        Fault::Input {
            message: broken.message,
            index: self.read - 1,
            offset: 0,
        }
    }

    fn next_line(&mut self) -> Option<Val> {
        let rest = &self.text[self.line..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.iter().position(|byte| *byte == b'\n');
        self.line += length.map_or(rest.len(), |length| length + 1);
        Some(text(&rest[..length.unwrap_or(rest.len())]))
    }

    fn slurp(&mut self) -> Result<Val, ReadError> {
        let mut items = Vec::new();
        let mut place = 0;
        while let Some(text) = self.reader.next_needed(self.need.of_item(place)) {
            let item = text?;
            if self.need.has_item(place) {
                items.push(item);
            }
            place += 1;
        }
        Ok(Val::Arr(items.into()))
    }

    fn fault(&self, error: ReadError) -> Fault {
        match error.cause {
            Cause::Depth => Fault::Limit(Limit::Depth {
                place: "input",
                allowed: self.depth,
                offset: Some(error.offset),
            }),
            Cause::Syntax(_) => Fault::Input {
                message: error.cause.message(),
                index: self.read - 1,
                offset: error.offset,
            },
        }
    }
}

fn text(bytes: &'static [u8]) -> Val {
    match core::str::from_utf8(bytes) {
        Ok(_) => Val::str(Bytes::from_static(bytes)),
        Err(_) => Val::str(String::from_utf8_lossy(bytes).into_owned()),
    }
}
