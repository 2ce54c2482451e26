//! Compiles a program with the arguments that the host passes to it.
#![forbid(unsafe_code)]

use super::compile::compile;
use super::prelude::Prelude;
use super::suggest;
use super::{parse, Known};
use crate::evaluation::code::Code;
use crate::json::reader::Reader;
use crate::run::fault::Fault;
use crate::value::{Map, Val};
use std::rc::Rc;

/// A compiled program.
pub struct Program {
    pub(crate) code: Code,
    pub(crate) builtins: Rc<[(&'static str, usize)]>,
}

impl Program {
    /// Compile `source` with `args`: the JSON text of an object whose members become variables, or of
    /// an array of such an object and an array of positional arguments.
    ///
    /// A program also sees `$ENV`, which is empty, and `$ARGS`, whatever the arguments are called.
    pub fn compile(
        prelude: &Prelude,
        source: &'static str,
        args: &'static [u8],
        depth: usize,
    ) -> Result<Self, Fault> {
        let args = Reader::new(args, depth).next_text().transpose();
        let args = args.map_err(|error| Fault::Program {
            message: format!("the arguments are not JSON: {}", error.cause.message()),
            span: 0..0,
            hint: None,
        })?;
        let (named, positional) = match args {
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
        let none = Val::obj(Map::default());
        let mut globals: Vec<(&'static str, Val)> = vec![("$ENV", none), ("$ARGS", all)];
        for (name, value) in named {
            let Val::Str(name) = name else { continue };
            // As in jq, an argument hides neither of these; it is among the named ones.
            if !matches!(&name[..], b"ENV" | b"ARGS") {
                let name = format!("${}", String::from_utf8_lossy(&name));
                globals.push((Box::leak(name.into_boxed_str()), value));
            }
        }
        let names = Names {
            prelude,
            globals: &globals,
        };
        let body = parse(source, depth, &names)?;
        // Terms live as long as the instance.
        let code = compile(prelude, Box::leak(Box::new(body)), globals, true)?;
        Ok(Self {
            code,
            builtins: prelude.signatures().clone(),
        })
    }
}

/// The names that a program can use: those of the built-ins, and the variables that the host passes.
struct Names<'n> {
    prelude: &'n Prelude,
    globals: &'n [(&'static str, Val)],
}

impl Known for Names<'_> {
    fn has_filter(&self, name: &str, arity: usize) -> bool {
        self.prelude.has_filter(name, arity)
    }

    fn has_variable(&self, name: &str) -> bool {
        self.globals.iter().any(|(known, _)| *known == name)
    }

    fn filter_hint(&self, name: &str) -> Option<String> {
        self.prelude.filter_hint(name)
    }

    fn variable_hint(&self, name: &str) -> Option<String> {
        let known = self.globals.iter().map(|(known, _)| *known);
        suggest::closest(name, known).map(|near| format!("did you mean {near}?"))
    }
}
