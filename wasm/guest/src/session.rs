//! Runs a compiled program over one input, and hands out the outputs in batches.
#![forbid(unsafe_code)]

use crate::json::writer::{Style, Writer};
use crate::language::prelude::Prelude;
use crate::language::program::Program;
use crate::regex::Cache;
use crate::run::context::{JqData, RunContext};
use crate::run::fault::{Fault, Limit};
use crate::run::inputs::Inputs;
use crate::run::text_buffer::TextBuffer;
use crate::value::Val;
use jaq_core::{Ctx, Exn, ValXs, Vars};
use jq_magic_shared::engine::{Counts, Engine};
pub use jq_magic_shared::engine::{Options, Publishers, Pulled};
use std::cell::{Cell, RefCell};

/// The engine: the built-ins, parsed once, then the compiled program, then its run.
#[derive(Default)]
pub struct Magic {
    prelude: Prelude,
    program: Option<Program>,
    session: Option<Session>,
}

impl Engine for Magic {
    fn compile(
        &mut self,
        program: &'static str,
        args: &'static [u8],
        depth: usize,
    ) -> Result<(), Fault> {
        self.program = Some(Program::compile(&mut self.prelude, program, args, depth)?);
        Ok(())
    }

    fn feed(&mut self, input: &'static [u8], options: Options, publishers: Publishers) {
        let program = self.program.take().expect("a compiled program");
        self.session = Some(Session::new(program, input, options, publishers));
    }

    fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled {
        self.session
            .as_mut()
            .expect("an input")
            .pull(bytes, outputs)
    }

    fn counts(&self) -> Counts {
        let context = self.session.as_ref().expect("an input").context();
        let inputs = context.inputs.borrow();
        Counts {
            inputs: inputs.read(),
            input_bytes: inputs.offset(),
            written_bytes: context.written.get(),
        }
    }
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
        let (left, style) = (self.context.bytes_left(), self.style);
        let added = self
            .batch
            .add(left, |out| Writer::new(out, left, style).value(value));
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
