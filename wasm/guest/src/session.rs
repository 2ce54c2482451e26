//! One run: a compiled program over one input, pulled in batches.
#![forbid(unsafe_code)]

use crate::json::reader::Reader;
use crate::json::writer::Style;
use crate::language::compile::compile;
use crate::language::prelude::Prelude;
use crate::regex::Cache;
use crate::run::context::{Inputs, Kind, Limits, Machine, Mode};
use crate::run::fault::{Fault, Limit};
use crate::run::text_buffer::{Publish, Tray};
use crate::value::{Map, Val};
use jaq_core::{Ctx, Exn, Filter, ValXs, Vars};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A compiled program with the values of its variables.
pub struct Program {
    filter: Filter<Kind>,
    values: Vec<Val>,
    builtins: Rc<[(&'static str, usize)]>,
}

impl Program {
    /// Compile `source` with `args`: the JSON text of an object whose members become variables, or of
    /// an array of such an object and an array of positional arguments.
    ///
    /// Besides them a program sees `$ENV`, `$__prog_args` and `$ARGS`, which tell nothing of the host.
    pub fn compile(
        prelude: &mut Prelude,
        source: &'static str,
        args: &'static [u8],
        depth: usize,
    ) -> Result<Self, Fault> {
        let given = Reader::new(args, depth).next_text().transpose();
        let given = given.map_err(|error| Fault::Program {
            message: format!("the arguments are not JSON: {}", error.cause.message()),
            span: 0..0,
            hint: None,
        })?;
        let (named, positional) = match given {
            Some(Val::Arr(both)) => (
                both.first().cloned().unwrap_or_default(),
                both.get(1).cloned(),
            ),
            Some(named) => (named, None),
            None => (Val::Null, None),
        };
        let named = match named {
            Val::Obj(named) => (*named).clone(),
            _ => Map::default(),
        };
        let members = [
            (
                "positional",
                positional.unwrap_or_else(|| Val::Arr(Vec::new().into())),
            ),
            ("named", Val::obj(named.clone())),
        ];
        let all = Val::obj(
            members
                .into_iter()
                .map(|(key, value)| (Val::str(key), value))
                .collect(),
        );
        let mut names: Vec<&'static str> = vec!["$ENV", "$__prog_args", "$ARGS"];
        let mut values = vec![Val::obj(Map::default()), Val::Arr(Vec::new().into()), all];
        for (name, value) in named {
            if let Val::Str(name) = name {
                let name = format!("${}", String::from_utf8_lossy(&name));
                names.push(Box::leak(name.into_boxed_str()));
                values.push(value);
            }
        }
        let filter = compile(prelude, source, &names, depth)?;
        Ok(Self {
            filter,
            values,
            builtins: prelude.signatures().clone(),
        })
    }
}

/// What the host gives besides the program.
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

/// How the host learns of what a run produces, while it runs.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Told of the outputs of the batch.
    pub batch: Publish,
    /// Told of what `debug` and `stderr` said.
    pub messages: Publish,
}

impl Published {
    /// Nobody is told, where the texts are read after the pull only.
    pub const TO_NOBODY: Self = Self {
        batch: |_, _| (),
        messages: |_, _| (),
    };
}

/// How a pull ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The batch is full; the run goes on.
    More,
    /// There are no more outputs.
    Done,
    /// The run ended early; the batch holds what came before.
    Fault(Fault),
}

/// A run in progress.
pub struct Session {
    machine: &'static Machine,
    ctx: Ctx<'static, Kind>,
    running: Option<ValXs<'static, Val>>,
    null_pending: bool,
    style: Style,
    outputs: usize,
    /// JSON texts, each followed by a line end.
    pub batch: Tray,
}

impl Session {
    /// Start `program` on `input`. Nothing is read or computed before the first pull.
    ///
    /// The machine is leaked: outputs borrow from it, and the instance is thrown away with the run.
    pub fn new(
        program: Program,
        input: &'static [u8],
        options: Options,
        published: Published,
    ) -> Self {
        let machine: &'static Machine = Box::leak(Box::new(Machine {
            filter: program.filter,
            inputs: RefCell::new(Inputs::new(input, options.mode, options.limits.depth)),
            now: options.now,
            limits: options.limits,
            fault: RefCell::new(None),
            messages: RefCell::new(Tray::new(published.messages)),
            written: Cell::new(0),
            builtins: program.builtins,
            regexes: RefCell::new(Cache::default()),
        }));
        Self {
            machine,
            ctx: Ctx::new(machine, Vars::new(program.values)),
            running: None,
            null_pending: options.mode.null,
            style: Style {
                sort_keys: options.sort_keys,
                ..machine.style()
            },
            outputs: 0,
            batch: Tray::new(published.batch),
        }
    }

    /// What the run shares with its host.
    pub fn machine(&self) -> &'static Machine {
        self.machine
    }

    /// Fill a new batch: up to `outputs` texts, or until it holds `bytes` bytes.
    pub fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled {
        self.batch.clear();
        self.machine.messages.borrow_mut().clear();
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
        let input = if self.machine.inputs.borrow().mode().null {
            if !core::mem::replace(&mut self.null_pending, false) {
                return None;
            }
            Ok(Val::Null)
        } else {
            self.machine.inputs.borrow_mut().next_value()?
        };
        Some(input.map(|input| {
            self.running = Some(self.machine.filter.id.run((self.ctx.clone(), input)))
        }))
    }

    fn write(&mut self, value: &Val) -> Result<(), Fault> {
        let allowed = self.machine.limits.outputs;
        if self.outputs == allowed {
            return Err(Fault::Limit(Limit::Outputs { allowed }));
        }
        let left = self.machine.bytes_left();
        let added = self
            .batch
            .add(left, self.style, |writer| writer.value(value));
        let length = added.map_err(|error| self.machine.write_fault(error, "output"))?;
        let written = &self.machine.written;
        written.set(written.get() + length);
        self.outputs += 1;
        Ok(())
    }

    /// What an exception that reached the end of the program amounts to.
    fn fault(&self, exception: Exn<'static, Val>) -> Fault {
        // A reason of ours travels beside the exception, which only unwinds the filter.
        if let Some(fault) = self.machine.fault.borrow_mut().take() {
            return fault;
        }
        match exception.get_err() {
            Ok(error) => self.filter_error(error.into_val()),
            Err(exception) => match exception.get_halt() {
                Ok(code) => Fault::Halt { code, value: None },
                // jaq raises nothing else past the end of a program: a `break` has its label around it.
                Err(_) => self.filter_error(Val::str("break")),
            },
        }
    }

    fn filter_error(&self, value: Val) -> Fault {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let json = match self.machine.json(&value) {
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
            index: self.machine.inputs.borrow().read().saturating_sub(1),
        }
    }
}
