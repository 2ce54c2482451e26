//! Emits calls: the code of a definition in the place of its call, or a function and a call of it.
#![forbid(unsafe_code)]

use super::scope::{Named, Scope, Text, Thunk};
use super::{Compiled, Compiler, Emitted, Input, Pending, DEEP, LONG};
use crate::evaluation::code::{Call, Callee, Instruction as I, List, Register};
use crate::evaluation::source::Source;
use crate::language::modules::plain;
use crate::language::prelude::Meaning;
use crate::language::term::{Definition, Span, Term};

/// What the name of a call means.
pub(super) enum Local {
    /// A definition: the function in which it stands, its text, and the scope of its body.
    Definition(&'static Definition, usize, Text, Scope),
    /// An argument that is compiled where it is called.
    Thunk(Thunk),
    /// An argument of a function.
    Argument(u32, usize),
}

impl Compiler<'_> {
    /// Look for what the program itself means by a name.
    pub(super) fn local(&self, name: &str, arity: usize, scope: &Scope) -> Option<Local> {
        scope.find(|named, scope| match named {
            Named::Definition(definition, function, text)
                if definition.name == name && definition.parameters.len() == arity =>
            {
                Some(Local::Definition(definition, *function, *text, scope()))
            }
            Named::Module(prefix, exports, text) => {
                let name = plain(*prefix, name)?;
                let (definition, scope) = exports.iter().rev().find(|(definition, _)| {
                    definition.name == name && definition.parameters.len() == arity
                })?;
                Some(Local::Definition(definition, 0, *text, scope.clone()))
            }
            Named::Thunk(known, thunk) if *known == name && arity == 0 => {
                Some(Local::Thunk(thunk.clone()))
            }
            Named::Argument(known, index, function) if *known == name && arity == 0 => {
                Some(Local::Argument(*index, *function))
            }
            _ => None,
        })
    }

    /// Whether a filter is a call of the built-in `empty`.
    pub(super) fn is_empty(&self, term: &Term, scope: &Scope) -> bool {
        use crate::language::prelude::Special;
        use crate::language::term::Kind;
        let Kind::Call("empty", arguments) = &term.kind else {
            return false;
        };
        arguments.is_empty()
            && self.local("empty", 0, scope).is_none()
            && matches!(
                self.prelude.find("empty", 0, scope.builtins),
                Some(Meaning::Special(Special::Empty))
            )
    }

    /// Emit a call.
    pub(super) fn call(
        &mut self,
        span: Span,
        name: &'static str,
        arguments: &'static [Term],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        match self.local(name, arguments.len(), scope) {
            Some(Local::Definition(definition, function, text, inner)) => {
                let body = Body::new(definition, function, text, inner)?;
                self.call_definition(span, body, arguments, scope, input, to)
            }
            Some(Local::Thunk(thunk)) => self.call_thunk(span, &thunk, input, to),
            Some(Local::Argument(index, function)) => {
                let callee = Callee::Argument(self.distance(function), index);
                Ok(self.call_function(span, callee, Vec::new(), Vec::new(), input, to))
            }
            None => match self
                .prelude
                .find(name, arguments.len(), scope.builtins)
                .expect("the parser has looked for the filter")
            {
                Meaning::Native(index) => self.native(
                    span,
                    self.prelude.native(index),
                    arguments,
                    scope,
                    input,
                    to,
                ),
                Meaning::Special(special) => {
                    self.special(span, special, arguments, scope, input, to)
                }
                Meaning::Definition(index) => {
                    let definition = self.prelude.definition(index);
                    let text = Text {
                        own: false,
                        caller: None,
                    };
                    let body = Body::new(definition, 0, text, Scope::new(index + 1))?;
                    self.call_definition(span, body, arguments, scope, input, to)
                }
            },
        }
    }

    /// Whether calls still become the code of what they call.
    pub(super) fn is_short(&self) -> bool {
        let counting = self.marks.as_ref().map_or(0, |marks| marks.emitted);
        self.code.instructions.len() - counting < LONG && self.level < DEEP
    }

    fn call_definition(
        &mut self,
        span: Span,
        body: Body,
        arguments: &'static [Term],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        if body.is_recursive || !self.is_short() {
            return self.call_as_function(span, body, arguments, scope, input, to);
        }
        let caller = Some(self.origin(span));
        let mut inner = body.scope;
        let mut all = Emitted::kept(input.from);
        let mut is_alias = false;
        // Every parameter can be called as a filter; those with a dollar are variables, too.
        for (name, argument) in body.parameters.iter().zip(arguments) {
            let plain = name.trim_start_matches('$');
            let thunk = self.thunk(argument, scope);
            inner = inner.with(Named::Thunk(plain, thunk));
        }
        for (name, argument) in body.parameters.iter().zip(arguments) {
            if name.starts_with('$') {
                let value = self.emit_aside(argument, scope, input.kept())?;
                all = all.after(&value);
                is_alias |= value.from.is_same_register(input.from);
                inner = inner.with(Named::Variable(name, value.from, self.current));
            }
        }
        let input = input.last_if(!all.forks && !is_alias);
        let text = Text {
            caller,
            ..body.text
        };
        let outer = core::mem::replace(&mut self.text, text);
        let result = self.emit(body.term, &inner, input, to)?;
        self.text = outer;
        Ok(result.after(&all))
    }

    fn call_thunk(
        &mut self,
        span: Span,
        thunk: &Thunk,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        if self.is_short() {
            let outer = core::mem::replace(&mut self.text, thunk.text);
            let result = self.emit(thunk.term, &thunk.scope, input, to)?;
            self.text = outer;
            return Ok(result);
        }
        let function = self.thunk_function(thunk);
        let callee = Callee::Function(function, self.distance(thunk.function));
        Ok(self.call_function(span, callee, Vec::new(), Vec::new(), input, to))
    }

    /// Whether a path may be followed through a function, and so through what it is called with. Beyond the length
    /// up to which calls become code, there is one function for both cases.
    fn function_follows(&self) -> bool {
        self.follow || self.follows && !self.is_short()
    }

    /// Make an argument of what sees `scope` here.
    pub(super) fn thunk(&self, term: &'static Term, scope: &Scope) -> Thunk {
        Thunk {
            term,
            scope: scope.clone(),
            function: self.current,
            text: self.text,
        }
    }

    fn thunk_function(&mut self, thunk: &Thunk) -> u32 {
        let body = Body {
            term: thunk.term,
            parameters: &[],
            calls_values: false,
            is_recursive: false,
            function: thunk.function,
            text: thunk.text,
            scope: thunk.scope.clone(),
        };
        self.function_of(&body, self.follows)
    }

    /// Find the function of a body, or leave it to be compiled.
    fn function_of(&mut self, body: &Body, follow: bool) -> u32 {
        let at = core::ptr::from_ref(body.term) as usize;
        let key = (at, body.scope.number(), follow);
        if let Some((function, _)) = self.known.get(&key) {
            return *function as u32;
        }
        let function = self.new_function(Some(body.function), 1);
        let mut inner = body.scope.clone();
        let mut index = 0;
        for name in body.parameters {
            let is_value = name.starts_with('$');
            if !is_value || body.calls_values {
                let plain = name.trim_start_matches('$');
                inner = inner.with(Named::Argument(plain, index, function));
                index += 1;
            }
            if is_value {
                let registers = &mut self.functions[function].registers;
                let from = Source::register(*registers);
                *registers += 1;
                inner = inner.with(Named::Variable(name, from, function));
            }
        }
        self.receive(function);
        self.known.insert(key, (function, body.scope.clone()));
        self.pending.push(Pending {
            function,
            body: body.term,
            scope: inner,
            text: body.text,
            follow,
        });
        function as u32
    }

    fn call_as_function(
        &mut self,
        span: Span,
        body: Body,
        arguments: &'static [Term],
        scope: &Scope,
        input: Input,
        to: Option<Register>,
    ) -> Compiled<Emitted> {
        let depth = self.distance(body.function);
        let mut values = Vec::new();
        let mut filters = Vec::new();
        let mut all = Emitted::kept(input.from);
        for (name, argument) in body.parameters.iter().zip(arguments) {
            let is_value = name.starts_with('$');
            if is_value {
                let value = self.emit_aside(argument, scope, input.kept())?;
                all = all.after(&value);
                values.push(value.from);
            }
            if !is_value || body.calls_values {
                filters.push(self.argument(argument, scope));
            }
        }
        let follow = self.function_follows();
        let function = self.function_of(&body, follow);
        let is_alias = |value: &Source| value.is_same_register(input.from);
        let input = input.last_if(!all.forks && !values.iter().any(is_alias));
        let callee = Callee::Function(function, depth);
        let result = self.call_function(span, callee, values, filters, input, to);
        Ok(result.after(&all))
    }

    /// Make an argument of a function out of a filter. A filter that only calls an argument is that argument, so that
    /// a function that passes its arguments to itself does not make longer and longer chains.
    fn argument(&mut self, term: &'static Term, scope: &Scope) -> Callee {
        use crate::language::term::Kind;
        if let Kind::Call(name, arguments) = &term.kind {
            match self.local(name, arguments.len(), scope) {
                Some(Local::Argument(index, function)) => {
                    return Callee::Argument(self.distance(function), index);
                }
                Some(Local::Thunk(thunk)) => {
                    let function = self.thunk_function(&thunk);
                    return Callee::Function(function, self.distance(thunk.function));
                }
                _ => {}
            }
        }
        let thunk = self.thunk(term, scope);
        Callee::Function(self.thunk_function(&thunk), 0)
    }

    fn call_function(
        &mut self,
        span: Span,
        callee: Callee,
        mut values: Vec<Source>,
        filters: Vec<Callee>,
        input: Input,
        to: Option<Register>,
    ) -> Emitted {
        self.pass(span, &mut values);
        let values = self.list(values);
        let start = self.code.arguments.len() as u32;
        let count = filters.len() as u32;
        self.code.arguments.extend(filters);
        let to = self.target(to);
        self.code.calls.push(Call {
            callee,
            to,
            input: input.source(),
            values,
            filters: List { start, count },
            followed: self.follow,
        });
        let call = self.code.calls.len() as u32 - 1;
        self.push(span, I::Call { call });
        Emitted::several(to)
    }
}

/// The body of a definition, or an argument, which has no parameters.
struct Body {
    term: &'static Term,
    /// The parameters; those that are values have a dollar in front.
    parameters: &'static [&'static str],
    /// Whether the body calls a parameter `$name` as a filter, too.
    calls_values: bool,
    is_recursive: bool,
    /// The function in which it stands.
    function: usize,
    text: Text,
    /// What it sees.
    scope: Scope,
}

impl Body {
    /// Take the body of a definition, which sees the definition itself.
    fn new(
        definition: &'static Definition,
        function: usize,
        text: Text,
        scope: Scope,
    ) -> Compiled<Self> {
        if let Some(fault) = &definition.undefined {
            return Err(fault.clone());
        }
        Ok(Self {
            term: &definition.body,
            parameters: &definition.parameters,
            calls_values: definition.calls_values,
            is_recursive: definition.recursive,
            function,
            text,
            scope,
        })
    }
}
