//! Compiles a program with the arguments that the host passes to it.
#![forbid(unsafe_code)]

use super::compile::compile;
use super::files::Files;
use super::modules::{Loader, Names};
use super::parser::{header, parse};
use super::prelude::Prelude;
use crate::evaluation::code::Code;
use crate::json::reader::Reader;
use crate::run::fault::Fault;
use crate::value::{Map, Val};
use std::rc::Rc;

/// A compiled program.
pub struct Program {
    pub(crate) code: Code,
    pub(crate) builtins: Rc<[(&'static str, usize)]>,
    pub(crate) files: Rc<Files>,
}

impl Program {
    /// Compile `source` with `args`: the JSON text of an object whose members become variables, or of
    /// an array of such an object, an array of positional arguments, and what [`Files`] takes.
    ///
    /// A program also sees `$ENV`, which is empty, and `$ARGS`, whatever the arguments are called.
    pub fn compile(
        prelude: &Prelude,
        source: &'static str,
        args: &'static [u8],
        depth: usize,
    ) -> Result<Self, Fault> {
        Self::compile_as(prelude, source, args, depth, false)
    }

    /// Compile a program as [`Self::compile`] does, perhaps with code that counts for a profile.
    pub fn compile_as(
        prelude: &Prelude,
        source: &'static str,
        args: &'static [u8],
        depth: usize,
        is_profiled: bool,
    ) -> Result<Self, Fault> {
        let args = Reader::new(args, depth).next_text().transpose();
        let args = args.map_err(|error| Fault::Program {
            message: format!("the arguments are not JSON: {}", error.cause.message()),
            span: 0..0,
            hint: None,
        })?;
        let mut passed = Val::Null;
        let (named, positional) = match args {
            Some(Val::Arr(all)) => {
                passed = all.get(2).cloned().unwrap_or_default();
                let named = all.first().cloned().unwrap_or_default();
                (named, all.get(1).cloned())
            }
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
        let (file, files) = Files::new(source, &passed)?;
        let header = header(file, depth)?;
        let mut loader = Loader::new(&files, prelude, &globals, depth);
        let imports = loader.imports(&header.imports, &files.origin)?;
        let modules = loader.modules;
        let names = Names {
            prelude,
            globals: &globals,
            modules: &modules,
            imports: &imports,
        };
        let body = parse(file, header.end, depth, &names)?;
        // Terms live as long as the instance.
        let body = Box::leak(Box::new(body));
        let code = compile(
            prelude,
            body,
            &globals,
            &modules,
            &imports,
            true,
            is_profiled,
        )?;
        Ok(Self {
            code,
            builtins: prelude.signatures().clone(),
            files: Rc::new(files),
        })
    }
}
