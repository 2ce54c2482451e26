//! What a running filter can reach: its inputs, its messages, the frozen clock, the regex cache.
#![forbid(unsafe_code)]

use crate::json::writer::{Style, WriteError, Writer};
use crate::regex::Cache;
use crate::run::fault::{Fault, Limit};
use crate::run::inputs::Inputs;
use crate::run::text_buffer::TextBuffer;
use crate::value::Val;
use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The kind of data that filters of this guest work on.
pub struct JqData;

impl DataT for JqData {
    type V<'a> = Val;
    type Data<'a> = &'a RunContext;
}

impl<'a> HasLut<'a, JqData> for &'a RunContext {
    fn lut(&self) -> &'a Lut<JqData> {
        &self.filter.lut
    }
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
pub struct RunContext {
    /// The compiled program.
    pub filter: jaq_core::Filter<JqData>,
    /// The values that are still to come.
    pub inputs: RefCell<Inputs>,
    /// What `now` answers: seconds since the Unix epoch.
    pub now: f64,
    /// Limits that the guest keeps.
    pub limits: Limits,
    /// Why the run must end although no error was raised: `try` cannot catch it.
    pub fault: RefCell<Option<Fault>>,
    /// What `debug` and `stderr` said since the host asked last: a JSON string a line.
    pub messages: RefCell<TextBuffer>,
    /// Bytes of output and messages written so far.
    pub written: Cell<usize>,
    /// Names and arities of everything that can be called.
    pub builtins: Rc<[(&'static str, usize)]>,
    /// Compiled regular expressions.
    pub regexes: RefCell<Cache>,
}

impl RunContext {
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
