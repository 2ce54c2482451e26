//! Compiles a program to code: in which order the parts of a term run, and where their values are.
//!
//! The rules are those of jq 1.8.2 (`compile.c`, `parser.y` and `builtin.jq` there). A call of a definition that does
//! not call itself becomes the code of its body with the arguments in place, up to a length; other definitions
//! become functions.
#![forbid(unsafe_code)]

mod assignments;
mod builtins;
mod calls;
mod conditions;
mod constructions;
mod emitted;
mod failing;
mod folds;
mod imports;
mod operators;
mod outputs;
mod parts;
mod patterns;
mod places;
mod repeats;
mod scope;
mod steps;
mod tails;
mod terms;

use super::modules::{Bound, Module};
use super::prelude::Prelude;
use super::term::{Span, Term};
use crate::evaluation::code::{Address, Code, Function, Instruction, List, Origin, Register};
use crate::evaluation::source::{Place, Source, MOST_NESTED, MOST_REGISTERS};
use crate::run::fault::Fault;
use crate::value::Val;
use emitted::{Emitted, Input};
use failing::{Failing, Target};
use parts::Marks;
use scope::{Named, Scope, Text};
use std::collections::BTreeMap;

type Compiled<T> = Result<T, Fault>;

/// A function while it is compiled.
struct Building {
    /// The function in which it was defined.
    outer: Option<usize>,
    registers: u32,
    /// The register for what it counts when it returns, if the program is profiled.
    passed: Option<Register>,
}

/// A function whose code is still to be emitted.
struct Pending {
    function: usize,
    body: &'static Term,
    scope: Scope,
    text: Text,
    follow: bool,
}

/// Compiles a program.
struct Compiler<'p> {
    prelude: &'p Prelude,
    code: Code,
    functions: Vec<Building>,
    /// The function whose code is emitted now.
    current: usize,
    /// Whether a path may be followed through the code that is emitted now.
    follow: bool,
    /// Whether the program follows paths anywhere.
    follows: bool,
    /// Whether a frame has more registers, or definitions nest deeper, than a source can say.
    is_too_large: bool,
    /// How deep the calls of [`Self::emit`] nest.
    level: usize,
    text: Text,
    /// Where the code that is emitted now goes on when there is no more output.
    failing: Failing,
    targets: Vec<Target>,
    /// The registers that hold what the loops go through that are open now.
    loops: Vec<Register>,
    /// Whether loops are emitted, and whether all ways that meet went on at the same place without outputs.
    loops_allowed: bool,
    loops_fit: bool,
    pending: Vec<Pending>,
    /// Functions by the address of their body, the number of their scope, and whether they follow a path. The
    /// scope is here so that its number stays its own.
    known: BTreeMap<(usize, usize, bool), (usize, Scope)>,
    /// The parts of a program that is profiled.
    marks: Option<Box<Marks>>,
}

/// Up to this many instructions, calls become the code of what they call.
const LONG: usize = 4000;
/// Up to this many nested filters, likewise.
const DEEP: usize = 150;

/// Compile `body`, with the values of global variables, and with what it imports of `modules`. A program that is
/// profiled has instructions that count.
///
/// # Errors
/// A name in a definition that is called is not defined, or the program is too large for its code.
pub fn compile(
    prelude: &Prelude,
    body: &'static Term,
    globals: &[(&'static str, Val)],
    modules: &[Module],
    imports: &[Bound],
    follows: bool,
    is_profiled: bool,
) -> Compiled<Code> {
    let mut compiler = Compiler::new(prelude, follows, is_profiled, true);
    compiler.program(body, globals, modules, imports)?;
    if !compiler.loops_fit {
        // The length of the code decides which calls become functions, so that it can turn out too late that a filter
        // leaves forks.
        compiler = Compiler::new(prelude, follows, is_profiled, false);
        compiler.program(body, globals, modules, imports)?;
    }
    Ok(compiler.code)
}

impl<'p> Compiler<'p> {
    fn new(prelude: &'p Prelude, follows: bool, is_profiled: bool, loops_allowed: bool) -> Self {
        let mut code = Code::default();
        if is_profiled {
            code.profile = Some(Box::default());
        }
        Self {
            prelude,
            code,
            functions: Vec::new(),
            current: 0,
            follow: false,
            follows,
            is_too_large: false,
            level: 0,
            text: Text {
                own: true,
                caller: None,
            },
            failing: Failing::Fork,
            targets: Vec::new(),
            loops: Vec::new(),
            loops_allowed,
            loops_fit: true,
            pending: Vec::new(),
            known: BTreeMap::new(),
            marks: is_profiled.then(Box::default),
        }
    }

    /// Emit the code of a program.
    fn program(
        &mut self,
        body: &'static Term,
        globals: &[(&'static str, Val)],
        modules: &[Module],
        imports: &[Bound],
    ) -> Compiled<()> {
        let mut scope = Scope::new(self.prelude.definitions());
        for (name, value) in globals {
            let constant = self.constant(value.clone());
            scope = scope.with(Named::Variable(name, constant, 0));
        }
        let scope = self.imports(scope, modules, imports);
        self.new_function(None, 1);
        // The fork that is not there is where a program without more outputs ends.
        let one = self.has_one_output(body, &scope);
        let outputs = (!one).then(|| self.begin_consumer(body.span));
        let input = Input::register(0);
        let part = self.enter_program(body);
        let output = self.emit(body, &scope, input, None)?;
        self.leave(body.span, part);
        self.push(
            body.span,
            Instruction::Output {
                from: output.source(),
            },
        );
        self.fail(body.span);
        if let Some(outputs) = outputs {
            self.end_consumer(&outputs);
            self.fail(body.span);
        }
        self.finish(0);
        while let Some(pending) = self.pending.pop() {
            self.function(pending)?;
        }
        if self.is_too_large {
            return Err(Fault::Program {
                message: "this program is too large".into(),
                span: 0..0,
                hint: Some("split it into several".into()),
            });
        }
        tails::mark(&mut self.code);
        Ok(())
    }
}

impl Compiler<'_> {
    fn new_function(&mut self, outer: Option<usize>, registers: u32) -> usize {
        self.functions.push(Building {
            outer,
            registers,
            passed: None,
        });
        self.code.functions.push(Function::default());
        self.functions.len() - 1
    }

    /// Emit the code of a function.
    fn function(&mut self, pending: Pending) -> Compiled<()> {
        let Pending {
            function,
            body,
            scope,
            text,
            follow,
        } = pending;
        self.current = function;
        self.text = text;
        self.follow = follow;
        self.failing = Failing::Fork;
        self.code.functions[function].entry = self.here();
        let input = Input::register(0);
        self.begin_function(body.span);
        let output = self.emit(body, &scope, input, None)?;
        self.end_function(body.span);
        self.push(
            body.span,
            Instruction::Return {
                from: output.source(),
            },
        );
        self.finish(function);
        Ok(())
    }

    fn finish(&mut self, function: usize) {
        self.code.functions[function].registers = self.functions[function].registers;
    }

    /// The address of the next instruction.
    fn here(&mut self) -> u32 {
        self.arrive();
        self.code.instructions.len() as u32
    }

    fn push(&mut self, span: Span, instruction: Instruction) -> usize {
        if instruction.needs_forks() {
            self.leave_loops(span);
        }
        if self.marks.is_some() {
            return self.push_counted(span, instruction);
        }
        self.add(span, instruction)
    }

    #[inline(always)]
    fn add(&mut self, span: Span, instruction: Instruction) -> usize {
        let Text { own, caller } = self.text;
        let is_last = self
            .code
            .origins
            .last()
            .is_some_and(|last| last.span == span && last.own == own && last.caller == caller);
        if !is_last {
            self.code.origins.push(Origin { span, own, caller });
        }
        self.code.origin_of.push(self.code.origins.len() as u32 - 1);
        self.code.instructions.push(instruction);
        self.code.instructions.len() - 1
    }

    /// The index of an origin for calls in the place of which code is put.
    fn origin(&mut self, span: Span) -> u32 {
        let Text { own, caller } = self.text;
        self.code.origins.push(Origin { span, own, caller });
        self.code.origins.len() as u32 - 1
    }

    /// Let the jump or fork at `at` go to the next instruction.
    fn patch(&mut self, at: usize) {
        let here = self.here();
        *self.address_of(at) = here;
    }

    /// The address to which the jump or fork at `at` goes.
    fn address_of(&mut self, at: usize) -> &mut Address {
        let address = self.code.instructions[at].address_mut();
        address.expect("a jump or a fork has an address")
    }

    fn patch_all(&mut self, jumps: Vec<usize>) {
        for jump in jumps {
            self.patch(jump);
        }
    }

    fn register(&mut self) -> Register {
        let registers = &mut self.functions[self.current].registers;
        *registers += 1;
        self.is_too_large |= *registers >= MOST_REGISTERS;
        *registers - 1
    }

    fn constant(&mut self, value: Val) -> Source {
        self.code.constants.push(value);
        Source::constant(self.code.constants.len() - 1)
    }

    fn null(&mut self) -> Source {
        self.constant(Val::Null)
    }

    fn list(&mut self, sources: impl IntoIterator<Item = Source>) -> List {
        let start = self.code.sources.len();
        self.code.sources.extend(sources);
        List {
            start: start as u32,
            count: (self.code.sources.len() - start) as u32,
        }
    }

    /// Count how many definitions further out than the current function `function` is.
    fn distance(&mut self, function: usize) -> u32 {
        let mut distance = 0;
        let mut current = self.current;
        while current != function {
            let Some(outer) = self.functions[current].outer else {
                return 0;
            };
            current = outer;
            distance += 1;
        }
        self.is_too_large |= distance >= MOST_NESTED;
        distance
    }

    /// Make a source of `function` one of the current function.
    fn seen_from_here(&mut self, from: Source, function: usize) -> Source {
        let distance = match from.place() {
            Place::Constant(_) => 0,
            _ => self.distance(function),
        };
        match from.place() {
            Place::Register(register) if distance > 0 => Source::outer(distance, register),
            Place::Outer(depth, register) => Source::outer(depth + distance, register),
            _ => from,
        }
    }

    /// Emit `f` so that no path is followed through it: its steps begin elsewhere.
    fn aside<T>(&mut self, f: impl FnOnce(&mut Self) -> Compiled<T>) -> Compiled<T> {
        let follow = core::mem::replace(&mut self.follow, false);
        let result = f(self);
        self.follow = follow;
        result
    }

    /// Emit a filter through which no path is followed.
    fn emit_aside(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
    ) -> Compiled<Emitted> {
        self.aside(|compiler| compiler.emit(term, scope, input, None))
    }

    /// Emit a filter whose output goes to a register.
    fn emit_to(
        &mut self,
        term: &'static Term,
        scope: &Scope,
        input: Input,
        to: Register,
    ) -> Compiled<Emitted> {
        let emitted = self.emit(term, scope, input, Some(to))?;
        Ok(self.moved(term.span, emitted, to))
    }

    /// Move an output to a register, if it is not there.
    fn moved(&mut self, span: Span, emitted: Emitted, to: Register) -> Emitted {
        if emitted.from != Source::register(to) {
            self.push(
                span,
                Instruction::Move {
                    to,
                    from: emitted.source(),
                },
            );
        }
        Emitted::fresh(to).after(&emitted)
    }

    /// Tell a path that is followed that a value is new.
    fn made(&mut self, span: Span, from: Source) {
        if self.follow {
            self.push(span, Instruction::Made { from });
        }
    }

    /// Tell a path that is followed that a value was loaded.
    fn loaded(&mut self, span: Span, from: Source) {
        if self.follow {
            self.push(span, Instruction::Loaded { from });
        }
    }
}
