//! What a running filter can reach: its inputs, its messages, the frozen clock, the regex cache.
#![forbid(unsafe_code)]

use crate::json::reader::{Cause, ReadError, Reader};
use crate::json::writer::{Style, WriteError, Writer};
use crate::regex::Cache;
use crate::run::fault::{Fault, Limit};
use crate::run::text_buffer::Tray;
use crate::value::Val;
use bytes::Bytes;
use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The kind of data that filters of this guest work on.
pub struct Kind;

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = &'a Machine;
}

impl<'a> HasLut<'a, Kind> for &'a Machine {
    fn lut(&self) -> &'a Lut<Kind> {
        &self.filter.lut
    }
}

/// How the input is cut into values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// Lines of text are the values, instead of JSON texts.
    pub raw: bool,
    /// All values become one array, or all lines one string.
    pub slurp: bool,
    /// The filter runs once on `null`; values come from `input` only.
    pub null: bool,
}

/// Limits of one run that the guest itself keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep values may nest when they are read or written.
    pub depth: usize,
    /// Bytes of output and messages.
    pub output_bytes: usize,
    /// Number of outputs.
    pub outputs: usize,
}

/// Everything that a run shares between its filter and its host.
pub struct Machine {
    /// The compiled program.
    pub filter: jaq_core::Filter<Kind>,
    /// The values that are still to come.
    pub inputs: RefCell<Inputs>,
    /// What `now` answers: seconds since the Unix epoch.
    pub now: f64,
    /// Limits that the guest keeps.
    pub limits: Limits,
    /// Why the run must end although no error was raised: `try` cannot catch it.
    pub fault: RefCell<Option<Fault>>,
    /// What `debug` and `stderr` said since the host asked last: a JSON string a line.
    pub messages: RefCell<Tray>,
    /// Bytes of output and messages written so far.
    pub written: Cell<usize>,
    /// Names and arities of everything that can be called.
    pub builtins: Rc<[(&'static str, usize)]>,
    /// Compiled regular expressions.
    pub regexes: RefCell<Cache>,
}

impl Machine {
    /// Bytes of output and messages that may still be written.
    pub fn bytes_left(&self) -> usize {
        self.limits.output_bytes - self.written.get()
    }

    /// How values are written, with keys in the order of the object.
    pub fn style(&self) -> Style {
        Style {
            depth: self.limits.depth,
            sort_keys: false,
        }
    }

    /// The fault that a refused write amounts to.
    pub fn write_fault(&self, error: WriteError, place: &'static str) -> Fault {
        match error {
            WriteError::Bytes => Fault::Limit(Limit::OutputBytes {
                allowed: self.limits.output_bytes,
            }),
            WriteError::Depth => Fault::Limit(Limit::Depth {
                place,
                allowed: self.limits.depth,
                offset: None,
            }),
        }
    }

    /// The JSON text of `value`, which may take what is left of the output limit.
    pub fn json(&self, value: &Val) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        match Writer::new(&mut out, self.bytes_left(), self.style()).value(value) {
            Ok(()) => Ok(out),
            Err(error) => Err(self.write_fault(error, "value")),
        }
    }

    /// Keep what `debug` or `stderr` said, counted as output.
    pub fn say(&self, text: &[u8]) -> Result<(), Fault> {
        let mut messages = self.messages.borrow_mut();
        let said = messages.add(self.bytes_left(), self.style(), |writer| {
            writer.string(text)
        });
        let length = said.map_err(|error| self.write_fault(error, "value"))?;
        self.written.set(self.written.get() + length);
        Ok(())
    }

    /// Remember why the run must end.
    pub fn stop(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }
}

/// The values that a run reads, in order.
pub struct Inputs {
    reader: Reader,
    text: &'static [u8],
    mode: Mode,
    depth: usize,
    read: usize,
    line: usize,
    counted: usize,
    counted_lines: usize,
    slurped: bool,
}

impl Inputs {
    /// Cut `text` into values as `mode` says.
    pub fn new(text: &'static [u8], mode: Mode, depth: usize) -> Self {
        Self {
            reader: Reader::new(text, depth),
            text,
            mode,
            depth,
            read: 0,
            line: 0,
            counted: 0,
            counted_lines: 0,
            slurped: false,
        }
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
        if self.mode.raw {
            self.line
        } else {
            self.reader.offset()
        }
    }

    /// How many line ends were read, which is what jq's `input_line_number` answers.
    pub fn lines(&mut self) -> usize {
        let upto = self.offset();
        // Each byte is looked at once in a run, however often the filter asks.
        self.counted_lines += self.text[self.counted..upto]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        self.counted = upto;
        self.counted_lines
    }

    /// The next value; `None` at the end.
    pub fn next_value(&mut self) -> Option<Result<Val, Fault>> {
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
            Mode { .. } => self.reader.next_text()?,
        };
        self.read += 1;
        Some(value.map_err(|error| self.fault(error)))
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
        core::iter::from_fn(|| self.reader.next_text()).collect()
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
