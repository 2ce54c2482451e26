//! Runs a compiled program over one input, and hands out the outputs in batches.
#![forbid(unsafe_code)]

use crate::evaluation::{Ended, Machine};
use crate::json::writer::{Style, Writer};
use crate::language::needs::{self, Iterated};
use crate::language::prelude::Prelude;
use crate::language::program::Program;
use crate::regex::Cache;
use crate::rows::Rows;
use crate::run::context::RunContext;
use crate::run::elements;
use crate::run::fault::{Fault, Limit};
use crate::run::inputs::Inputs;
use crate::run::text_buffer::TextBuffer;
use crate::value::{Need, Val};
use jq_magic_shared::engine::{Counts, Engine, Gauges};
pub use jq_magic_shared::engine::{Options, Publishers, Pulled};
use std::cell::{Cell, RefCell};

/// The engine: the built-ins, parsed once, then the compiled program, then its run.
#[derive(Default)]
pub struct Magic {
    prelude: Prelude,
    program: Option<Program>,
    session: Option<Session>,
    rows: Option<Rows>,
    gauges: Option<Gauges>,
}

impl Engine for Magic {
    fn compile(
        &mut self,
        program: &'static str,
        args: &'static [u8],
        depth: usize,
        gauges: Option<Gauges>,
    ) -> Result<(), Fault> {
        let prelude = &self.prelude;
        let compiled = Program::compile_as(prelude, program, args, depth, gauges.is_some())?;
        self.program = Some(compiled);
        self.gauges = gauges;
        Ok(())
    }

    fn feed(&mut self, input: &'static [u8], options: Options, publishers: Publishers) {
        let program = self.program.take().expect("a compiled program");
        if options.mode.rows {
            let rows = Rows::new(input, options.mode.first, publishers.rows);
            self.rows = Some(rows);
            self.session = Some(Session::of_rows(program, input.len(), options, publishers));
            return;
        }
        let session = Session::new(program, input, options, publishers);
        let session = self.session.insert(session);
        if let Some(gauges) = self.gauges {
            session.machine.measure(gauges);
        }
    }

    fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled {
        let session = self.session.as_mut().expect("an input");
        match &mut self.rows {
            Some(rows) => rows.pull(session, bytes, outputs),
            None => session.pull(bytes, outputs),
        }
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

/// What a run has put out at some time.
#[derive(Clone, Copy, Default)]
struct Mark {
    outputs: usize,
    written: usize,
    /// Lengths and numbers of the texts of the batch and of the messages.
    batch: (usize, usize),
    messages: (usize, usize),
}

/// A run in progress.
pub struct Session {
    context: &'static RunContext,
    machine: Machine,
    /// Whether the machine may have more outputs of the last input.
    is_running: bool,
    null_pending: bool,
    style: Style,
    outputs: usize,
    mark: Mark,
    /// The tree of what the program needs, where that is asked for, until it is written.
    needs: Option<Val>,
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
        Self::begin(program, input, input.len(), options, publishers)
    }

    /// Prepare `program` for the rows of an input of so many bytes, each of which [`Self::renew`] takes.
    pub fn of_rows(
        program: Program,
        bytes: usize,
        options: Options,
        publishers: Publishers,
    ) -> Self {
        Self::begin(program, &[], bytes, options, publishers)
    }

    fn begin(
        program: Program,
        input: &'static [u8],
        bytes: usize,
        options: Options,
        publishers: Publishers,
    ) -> Self {
        let Program {
            mut code,
            builtins,
            files,
        } = program;
        let tree = || needs::needs(&code).of_all(false).shown();
        let needs = options.mode.needs.then(tree);
        let iterated = if options.mode.is_each_text() && elements::may_be_whole(input) {
            needs::iterated(&code, bytes)
        } else {
            None
        };
        let is_iterated = iterated.is_some();
        let need = match iterated {
            Some(Iterated { address, need }) => {
                code.instructions[address] = code.instructions[address].of_elements();
                need
            }
            None if options.mode.raw || options.mode.needs => Need::All,
            None => needs::worthwhile(&code, bytes).of_all(options.mode.null),
        };
        let mut inputs = Inputs::new(input, options.mode, options.limits.depth, need);
        if is_iterated {
            inputs.iterate();
        }
        let context: &'static RunContext = Box::leak(Box::new(RunContext {
            inputs: RefCell::new(inputs),
            now: options.now,
            limits: options.limits,
            fault: RefCell::new(None),
            refused: RefCell::new(None),
            messages: RefCell::new(TextBuffer::new(publishers.messages)),
            written: Cell::new(0),
            builtins,
            files,
            regexes: RefCell::new(Cache::default()),
        }));
        Self {
            context,
            machine: Machine::new(Box::leak(Box::new(code)), context),
            is_running: false,
            null_pending: options.mode.null,
            needs,
            style: Style {
                sort_keys: options.sort_keys,
                ..context.style()
            },
            outputs: 0,
            mark: Mark::default(),
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
        if let Some(needs) = self.needs.take() {
            self.style.depth = usize::MAX;
            return match self.write(&needs) {
                Ok(()) => Pulled::Done,
                Err(fault) => Pulled::Fault(fault),
            };
        }
        // What is put out while a mistake may still be met stays here, however long it is.
        while self.batch.count() < outputs
            && (self.batch.texts().len() < bytes || self.context.inputs.borrow().is_unread())
        {
            match self.step() {
                Ok(true) => {}
                Ok(false) => return Pulled::Done,
                Err(fault) => return Pulled::Fault(fault),
            }
        }
        let read = self.context.inputs.borrow_mut().read_rest();
        match self.unless_refused(read) {
            Ok(()) => Pulled::More,
            Err(fault) => Pulled::Fault(fault),
        }
    }

    /// Begin anew with another input, as a session of its own would.
    pub fn renew(&mut self, input: &'static [u8]) {
        let context = self.context;
        let (mode, need) = context.inputs.borrow().way();
        let inputs = Inputs::new(input, mode, context.limits.depth, need);
        context.inputs.replace(inputs);
        context.fault.take();
        context.refused.take();
        context.messages.borrow_mut().clear();
        context.written.set(0);
        self.machine.renew();
        self.is_running = false;
        self.null_pending = mode.null;
        self.outputs = 0;
    }

    /// How many outputs there were.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Compute the next output, or find that an input has no more; false at the end.
    #[inline(always)]
    pub fn step(&mut self) -> Result<bool, Fault> {
        let next = if self.is_running {
            self.machine.resume()
        } else {
            match self.next_input() {
                None => return Ok(false),
                Some(input) => {
                    self.mark = self.mark();
                    self.machine.start(input?)
                }
            }
        };
        if let Some(Ok(value)) = &next {
            self.is_running = true;
            if let Err(fault) = self.write(value) {
                self.leave()?;
                return Err(fault);
            }
            return Ok(true);
        }
        self.leave()?;
        match next {
            Some(Err(ended)) => Err(self.fault(ended)),
            _ => Ok(true),
        }
    }

    /// Leave the input, and check what the program left unread of it.
    fn leave(&mut self) -> Result<(), Fault> {
        self.is_running = false;
        let finished = self.context.inputs.borrow_mut().finish();
        self.unless_refused(finished)
    }

    /// Take back what was put out before a mistake in the input was met, as if all had been read first.
    fn unless_refused(&mut self, read: Result<(), Fault>) -> Result<(), Fault> {
        read.inspect_err(|_| {
            let Mark {
                outputs,
                written,
                batch,
                messages,
            } = self.mark;
            self.outputs = outputs;
            self.context.written.set(written);
            self.batch.take_back(batch.0, batch.1);
            let (length, count) = messages;
            self.context.messages.borrow_mut().take_back(length, count);
        })
    }

    fn mark(&self) -> Mark {
        let messages = self.context.messages.borrow();
        Mark {
            outputs: self.outputs,
            written: self.context.written.get(),
            batch: (self.batch.texts().len(), self.batch.count()),
            messages: (messages.texts().len(), messages.count()),
        }
    }

    fn next_input(&mut self) -> Option<Result<Val, Fault>> {
        self.machine.read();
        let mut inputs = self.context.inputs.borrow_mut();
        if !inputs.mode().null {
            return inputs.next_value();
        }
        core::mem::replace(&mut self.null_pending, false).then_some(Ok(Val::Null))
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

    /// Make the fault of a program that ended early.
    fn fault(&self, ended: Ended) -> Fault {
        if let Some(fault) = self.context.fault.borrow_mut().take() {
            return fault;
        }
        let Ended::Error(error, trace) = ended else {
            unreachable!("who stops a run stores the reason, and an end is no error");
        };
        let value = error.into_value();
        let refused = self.context.refused.borrow_mut().take();
        match refused {
            Some((message, fault)) if value.as_str() == Some(message.as_bytes()) => fault,
            _ => self.filter_error(value, &trace),
        }
    }

    fn filter_error(&self, value: Val, trace: &[u32]) -> Fault {
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
            trace: self.machine.places(trace),
        }
    }
}
