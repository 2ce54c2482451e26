//! Runs a compiled program over one input, and hands out the outputs in batches.
#![forbid(unsafe_code)]

use crate::prelude::Prelude;
use crate::program::Program;
use crate::texts::{Progress, Texts};
use crate::writer::{write, Style};
use jaq_core::data::HasLut;
use jaq_core::{Ctx, DataT, Exn, Filter, Lut, ValXs, Vars};
use jaq_json::Val;
use jaq_std::input::{HasInputs, Inputs, RcIter};
use jq_magic_shared::engine::{Counts, Engine, Gauges, Options, Publishers, Pulled};
use jq_magic_shared::fault::{Fault, Limit};
use jq_magic_shared::sink::{Sink, WriteError};
use jq_magic_shared::text_buffer::TextBuffer;
use std::cell::{Cell, RefCell};

/// Tells jaq which types its filters work on: its own values, and the run that they belong to.
pub struct JaqData;

impl DataT for JaqData {
    type V<'a> = Val;
    type Data<'a> = &'a Run;
}

impl<'a> HasLut<'a, JaqData> for &'a Run {
    fn lut(&self) -> &'a Lut<JaqData> {
        &self.filter.lut
    }
}

impl<'a> HasInputs<'a, Val> for &'a Run {
    fn inputs(&self) -> Inputs<'a, Val> {
        &self.inputs
    }
}

/// What the filter and the host share in one run.
pub struct Run {
    filter: Filter<JaqData>,
    inputs: RcIter<Texts>,
    progress: &'static Progress,
    options: Options,
    messages: RefCell<TextBuffer>,
    written: Cell<usize>,
    /// Why the run must end although no error was raised, so that `try` cannot catch it.
    fault: RefCell<Option<Fault>>,
}

impl Run {
    /// The time that `now` outputs: seconds since the Unix epoch.
    pub fn now(&self) -> f64 {
        self.options.now
    }

    /// Write the JSON text of `value`, which may be as long as what is left of the output limit.
    pub fn json(&self, value: &Val) -> Result<String, Fault> {
        let (mut out, style) = (Vec::new(), self.style());
        write(&mut Sink::new(&mut out, self.bytes_left()), value, style)
            .map_err(|error| self.write_fault(error, "value"))?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// Add a message of `debug` or `stderr`, which counts as output.
    pub fn add_message(&self, text: &[u8]) -> Result<(), Fault> {
        let left = self.bytes_left();
        let added = self
            .messages
            .borrow_mut()
            .add(left, |out| Sink::new(out, left).string(text));
        let length = added.map_err(|error| self.write_fault(error, "value"))?;
        self.written.set(self.written.get() + length);
        Ok(())
    }

    /// Store the reason why the run must end; the first one counts.
    pub fn stop(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    fn bytes_left(&self) -> usize {
        self.options.limits.output_bytes - self.written.get()
    }

    fn style(&self) -> Style {
        Style {
            depth: self.options.limits.depth,
            sort_keys: false,
        }
    }

    fn write_fault(&self, error: WriteError, place: &'static str) -> Fault {
        let limits = self.options.limits;
        Fault::Limit(match error {
            WriteError::Bytes => Limit::OutputBytes {
                allowed: limits.output_bytes,
            },
            WriteError::Depth => Limit::Depth {
                place,
                allowed: limits.depth,
                offset: None,
            },
        })
    }

    /// Make the fault of an exception that reached the end of the program.
    fn fault(&self, exception: Exn<'static, Val>) -> Fault {
        // `Run::stop` has stored the reason; its exception only unwinds the filter.
        if let Some(fault) = self.fault.borrow_mut().take() {
            return fault;
        }
        match exception.get_err() {
            Ok(error) => {
                let value = error.into_val();
                let refused = self.progress.refused.borrow_mut().take();
                match (refused, &value) {
                    (Some((message, fault)), Val::TStr(text)) if ***text == *message.as_bytes() => {
                        fault
                    }
                    _ => self.filter_error(&value),
                }
            }
            Err(exception) => match exception.get_halt() {
                Ok(code) => Fault::Halt { code, value: None },
                // jaq's only other exception that ends a program is `break`, whose label the compiler has found.
                Err(_) => self.filter_error(&Val::utf8_str("break")),
            },
        }
    }

    fn filter_error(&self, value: &Val) -> Fault {
        let json = match self.json(value) {
            Ok(json) => json,
            Err(fault) => return fault,
        };
        let message = match value {
            Val::TStr(message) => String::from_utf8_lossy(message).into_owned(),
            _ => format!("{json} (not a string)"),
        };
        Fault::Filter {
            value: json,
            message,
            index: self.progress.values.get().saturating_sub(1),
            trace: Vec::new(),
        }
    }
}

/// A run in progress.
struct Session {
    run: &'static Run,
    ctx: Ctx<'static, JaqData>,
    running: Option<ValXs<'static, Val>>,
    null_pending: bool,
    outputs: usize,
    batch: TextBuffer,
}

impl Session {
    /// Start `program` on `input`.
    ///
    /// The run is leaked, since outputs borrow from it: the instance is thrown away after it.
    fn new(
        program: Program,
        input: &'static [u8],
        options: Options,
        publishers: Publishers,
    ) -> Self {
        let progress: &'static Progress = Box::leak(Box::default());
        let inputs = Texts::new(input, options.mode, options.limits, progress);
        let run: &'static Run = Box::leak(Box::new(Run {
            filter: program.filter,
            inputs: RcIter::new(inputs),
            progress,
            options,
            messages: RefCell::new(TextBuffer::new(publishers.messages)),
            written: Cell::new(0),
            fault: RefCell::new(None),
        }));
        Self {
            run,
            ctx: Ctx::new(run, Vars::new(program.values)),
            running: None,
            null_pending: options.mode.null,
            outputs: 0,
            batch: TextBuffer::new(publishers.batch),
        }
    }

    fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled {
        self.batch.clear();
        self.run.messages.borrow_mut().clear();
        while self.batch.count() < outputs && self.batch.texts().len() < bytes {
            let produced = match self.running.as_mut().map(Iterator::next) {
                Some(Some(Ok(value))) => self.write(&value),
                Some(Some(Err(exception))) => Err(self.run.fault(exception)),
                Some(None) | None => match self.next_input() {
                    None => return Pulled::Done,
                    Some(started) => started,
                },
            };
            if let Err(fault) = produced {
                self.running = None;
                return Pulled::Fault(fault);
            }
        }
        Pulled::More
    }

    fn next_input(&mut self) -> Option<Result<(), Fault>> {
        let input = if self.run.options.mode.null {
            if !core::mem::replace(&mut self.null_pending, false) {
                return None;
            }
            Ok(Val::Null)
        } else {
            (&self.run.inputs).next()?
        };
        Some(match input {
            Ok(input) => {
                self.running = Some(self.run.filter.id.run((self.ctx.clone(), input)));
                Ok(())
            }
            Err(_) => {
                let refused = self.run.progress.refused.borrow_mut().take();
                Err(refused.expect("a text was refused").1)
            }
        })
    }

    fn write(&mut self, value: &Val) -> Result<(), Fault> {
        let Options {
            limits, sort_keys, ..
        } = self.run.options;
        if self.outputs == limits.outputs {
            let allowed = limits.outputs;
            return Err(Fault::Limit(Limit::Outputs { allowed }));
        }
        let left = self.run.bytes_left();
        let style = Style {
            sort_keys,
            ..self.run.style()
        };
        let added = self
            .batch
            .add(left, |out| write(&mut Sink::new(out, left), value, style));
        let length = added.map_err(|error| self.run.write_fault(error, "output"))?;
        self.run.written.set(self.run.written.get() + length);
        self.outputs += 1;
        Ok(())
    }
}

/// The engine: the definitions, parsed once, then the compiled program, then its run.
#[derive(Default)]
pub struct Jaq {
    prelude: Prelude,
    program: Option<Program>,
    session: Option<Session>,
}

impl Engine for Jaq {
    fn compile(
        &mut self,
        program: &'static str,
        args: &'static [u8],
        depth: usize,
        _gauges: Option<Gauges>,
    ) -> Result<(), Fault> {
        self.program = Some(Program::compile(&mut self.prelude, program, args, depth)?);
        Ok(())
    }

    fn feed(&mut self, input: &'static [u8], options: Options, publishers: Publishers) {
        let program = self.program.take().expect("a compiled program");
        self.session = Some(Session::new(program, input, options, publishers));
    }

    fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled {
        let session = self.session.as_mut().expect("an input");
        session.pull(bytes, outputs)
    }

    fn counts(&self) -> Counts {
        let run = self.session.as_ref().expect("an input").run;
        Counts {
            inputs: run.progress.values.get(),
            input_bytes: run.progress.bytes.get(),
            written_bytes: run.written.get(),
        }
    }
}
