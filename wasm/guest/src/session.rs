//! Runs a compiled program over one input, and hands out the outputs in batches.
#![forbid(unsafe_code)]

use crate::json::writer::Style;
use crate::language::program::Program;
use crate::regex::Cache;
use crate::run::context::{JqData, Limits, RunContext};
use crate::run::fault::{Fault, Limit};
use crate::run::inputs::{Inputs, Mode};
use crate::run::text_buffer::{Publish, TextBuffer};
use crate::value::Val;
use jaq_core::{Ctx, Exn, ValXs, Vars};
use std::cell::{Cell, RefCell};

/// What the host sets for a run, besides its program and its input.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How the input is cut into values.
    pub mode: Mode,
    /// Write the members of objects in the order of their keys.
    pub sort_keys: bool,
    /// Limits that the guest keeps.
    pub limits: Limits,
    /// Seconds since the Unix epoch, for `now`.
    pub now: f64,
}

/// The functions that show the host, while a run goes on, where its texts are.
#[derive(Clone, Copy, Debug)]
pub struct Publishers {
    /// Called for the outputs of the batch.
    pub batch: Publish,
    /// Called for the messages of `debug` and `stderr`.
    pub messages: Publish,
}

impl Publishers {
    /// Show nobody: for callers that read the texts after a pull only.
    pub const NONE: Self = Self {
        batch: |_, _| (),
        messages: |_, _| (),
    };
}

/// How a pull ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The batch is full, and the run can go on.
    More,
    /// The run is over.
    Done,
    /// The run ended early; the batch holds the outputs before.
    Fault(Fault),
}

/// A run in progress.
pub struct Session {
    context: &'static RunContext,
    ctx: Ctx<'static, JqData>,
    running: Option<ValXs<'static, Val>>,
    null_pending: bool,
    style: Style,
    outputs: usize,
    /// JSON texts, each followed by a line end.
    pub batch: TextBuffer,
}

impl Session {
    /// Start `program` on `input`. The first pull begins to read and to compute.
    ///
    /// The context is leaked, since outputs borrow from it: the instance is thrown away after the run.
    pub fn new(
        program: Program,
        input: &'static [u8],
        options: Options,
        publishers: Publishers,
    ) -> Self {
        let context: &'static RunContext = Box::leak(Box::new(RunContext {
            filter: program.filter,
            inputs: RefCell::new(Inputs::new(input, options.mode, options.limits.depth)),
            now: options.now,
            limits: options.limits,
            fault: RefCell::new(None),
            refused: RefCell::new(None),
            messages: RefCell::new(TextBuffer::new(publishers.messages)),
            written: Cell::new(0),
            builtins: program.builtins,
            regexes: RefCell::new(Cache::default()),
        }));
        Self {
            context,
            ctx: Ctx::new(context, Vars::new(program.values)),
            running: None,
            null_pending: options.mode.null,
            style: Style {
                sort_keys: options.sort_keys,
                ..context.style()
            },
            outputs: 0,
            batch: TextBuffer::new(publishers.batch),
        }
    }

    /// What the filter and the host share in this run.
    pub fn context(&self) -> &'static RunContext {
        self.context
    }

    /// Fill a new batch: up to `outputs` texts, or until it holds `bytes` bytes.
    pub fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled {
        self.batch.clear();
        self.context.messages.borrow_mut().clear();
        while self.batch.count() < outputs && self.batch.texts().len() < bytes {
            let produced = match self.running.as_mut().map(Iterator::next) {
                Some(Some(Ok(value))) => self.write(&value),
                Some(Some(Err(exception))) => Err(self.fault(exception)),
                Some(None) | None => match self.next_input() {
                    None => return Pulled::Done,
                    Some(started) => started,
                },
            };
            if let Err(fault) = produced {
                self.running = None;
                return match fault {
                    Fault::Halt { code: 0, .. } => Pulled::Done,
                    fault => Pulled::Fault(fault),
                };
            }
        }
        Pulled::More
    }

    fn next_input(&mut self) -> Option<Result<(), Fault>> {
        let input = if self.context.inputs.borrow().mode().null {
            if !core::mem::replace(&mut self.null_pending, false) {
                return None;
            }
            Ok(Val::Null)
        } else {
            self.context.inputs.borrow_mut().next_value()?
        };
        Some(input.map(|input| {
            self.running = Some(self.context.filter.id.run((self.ctx.clone(), input)))
        }))
    }

    fn write(&mut self, value: &Val) -> Result<(), Fault> {
        let allowed = self.context.limits.outputs;
        if self.outputs == allowed {
            return Err(Fault::Limit(Limit::Outputs { allowed }));
        }
        let left = self.context.bytes_left();
        let added = self
            .batch
            .add(left, self.style, |writer| writer.value(value));
        let length = added.map_err(|error| self.context.write_fault(error, "output"))?;
        let written = &self.context.written;
        written.set(written.get() + length);
        self.outputs += 1;
        Ok(())
    }

    /// Make the fault of an exception that reached the end of the program.
    fn fault(&self, exception: Exn<'static, Val>) -> Fault {
        // `RunContext::stop` has stored the reason; its exception only unwinds the filter.
        if let Some(fault) = self.context.fault.borrow_mut().take() {
            return fault;
        }
        match exception.get_err() {
            Ok(error) => {
                let value = error.into_val();
                let refused = self.context.refused.borrow_mut().take();
                match refused {
                    Some((message, fault)) if value.as_str() == Some(message.as_bytes()) => fault,
                    _ => self.filter_error(value),
                }
            }
            Err(exception) => match exception.get_halt() {
                Ok(code) => Fault::Halt { code, value: None },
                // jaq's only other exception is `break`, and the compiler has checked that its label is around it.
                Err(_) => self.filter_error(Val::str("break")),
            },
        }
    }

    fn filter_error(&self, value: Val) -> Fault {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let json = match self.context.json(&value) {
            Ok(json) => text(json),
            Err(fault) => return fault,
        };
        let message = match &value {
            Val::Str(message) => text(message.to_vec()),
            _ => format!("{json} (not a string)"),
        };
        Fault::Filter {
            value: json,
            message,
            index: self.context.inputs.borrow().read().saturating_sub(1),
        }
    }
}
