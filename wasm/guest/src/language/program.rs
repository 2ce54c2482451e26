//! Compiles a program with the arguments that the host passes to it.
#![forbid(unsafe_code)]

use super::compile::compile;
use super::prelude::Prelude;
use crate::json::reader::Reader;
use crate::run::context::JqData;
use crate::run::fault::Fault;
use crate::value::{Map, Val};
use jaq_core::Filter;
use std::rc::Rc;

/// A compiled program, with the values of its variables.
pub struct Program {
    pub(crate) filter: Filter<JqData>,
    pub(crate) values: Vec<Val>,
    pub(crate) builtins: Rc<[(&'static str, usize)]>,
}

impl Program {
    /// Compile `source` with `args`: the JSON text of an object whose members become variables, or of
    /// an array of such an object and an array of positional arguments.
    ///
    /// A program also sees `$ENV` and `$__prog_args`, which are empty, and `$ARGS`.
    pub fn compile(
        prelude: &mut Prelude,
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
