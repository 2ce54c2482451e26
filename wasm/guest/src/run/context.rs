//! Gives a running filter what it shares with its host: input, messages, limits, the frozen clock, the regex cache.
#![forbid(unsafe_code)]

use crate::json::writer::{Style, WriteError, Writer};
use crate::language::files::Files;
use crate::regex::Cache;
use crate::run::fault::{Fault, Limit};
use crate::run::inputs::Inputs;
use crate::run::text_buffer::TextBuffer;
use crate::value::Val;
pub use jq_magic_shared::engine::Limits;
use jq_magic_shared::sink::Sink;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What the filter and the host share in one run.
pub struct RunContext {
    /// The values that the run has not read yet.
    pub inputs: RefCell<Inputs>,
    /// The time that `now` outputs: seconds since the Unix epoch.
    pub now: f64,
    /// Limits that the guest keeps.
    pub limits: Limits,
    /// Why the run must end although no error was raised, so that `try` cannot catch it.
    pub fault: RefCell<Option<Fault>>,
    /// jq's message about a text that is not JSON, which `input` raised, and where that text is.
    pub refused: RefCell<Option<(String, Fault)>>,
    /// The messages of `debug` and `stderr` in this pull: a JSON string a line.
    pub messages: RefCell<TextBuffer>,
    /// Bytes of output and messages written so far.
    pub written: Cell<usize>,
    /// Names and arities of all built-ins.
    pub builtins: Rc<[(&'static str, usize)]>,
    /// The texts of modules.
    pub files: Rc<Files>,
    /// Compiled regular expressions.
    pub regexes: RefCell<Cache>,
}

impl RunContext {
    /// Bytes of output and messages that may still be written.
    pub fn bytes_left(&self) -> usize {
        self.limits.output_bytes - self.written.get()
    }

    /// The style in which built-ins write values: keys in the order of the object.
    pub fn style(&self) -> Style {
        Style {
            depth: self.limits.depth,
            sort_keys: false,
        }
    }

    /// Make the fault of a write that was refused.
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

    /// Write the JSON text of `value`, which may be as long as what is left of the output limit.
    pub fn json(&self, value: &Val) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        match Writer::new(&mut out, self.bytes_left(), self.style()).value(value) {
            Ok(()) => Ok(out),
            Err(error) => Err(self.write_fault(error, "value")),
        }
    }

    /// Add a message of `debug` or `stderr`, which counts as output.
    pub fn add_message(&self, text: &[u8]) -> Result<(), Fault> {
        let mut messages = self.messages.borrow_mut();
        let left = self.bytes_left();
        let added = messages.add(left, |out| Sink::new(out, left).string(text));
        let length = added.map_err(|error| self.write_fault(error, "value"))?;
        self.written.set(self.written.get() + length);
        Ok(())
    }

    /// Store the reason why the run must end; the first one counts.
    pub fn stop(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }
}
