//! Compiles a program with the arguments that the host passes to it.
#![forbid(unsafe_code)]

use crate::prelude::Prelude;
use crate::session::JaqData;
use crate::texts;
use jaq_core::compile::Undefined;
use jaq_core::load::{self, Arena, Error, File, Loader};
use jaq_core::{Compiler, Filter};
use jaq_json::{read, Map, Val};
use jq_magic_shared::fault::Fault;

/// A compiled program, with the values of its variables.
pub struct Program {
    pub(crate) filter: Filter<JaqData>,
    pub(crate) values: Vec<Val>,
}

impl Program {
    /// Compile `source` with `args`: the JSON text of an object whose members become variables, or of an array of
    /// such an object and an array of positional arguments.
    ///
    /// A program also sees `$ENV`, which is empty, and `$ARGS`.
    pub fn compile(
        prelude: &mut Prelude,
        source: &'static str,
        args: &'static [u8],
        depth: usize,
    ) -> Result<Self, Fault> {
        let (named, positional) = arguments(args, depth)?;
        let mut names: Vec<&'static str> = vec!["$ENV", "$ARGS"];
        let members = [("positional", positional), ("named", object(named.clone()))];
        let all = members
            .into_iter()
            .map(|(name, value)| (Val::utf8_str(name), value))
            .collect();
        let mut values = vec![object(Vec::new()), Val::obj(all)];
        for (name, value) in named {
            if let Val::TStr(name) = name {
                let name = format!("${}", String::from_utf8_lossy(&name));
                names.push(Box::leak(name.into_boxed_str()));
                values.push(value);
            }
        }
        // Compiled filters live as long as the instance, which is thrown away after the run.
        let arena: &'static Arena = Box::leak(Box::new(Arena::default()));
        let file = File {
            code: source,
            path: (),
        };
        let (definitions, natives) = prelude.reached(source, depth)?;
        let modules = Loader::new(definitions)
            .load(arena, file)
            .map_err(|errors| refused(source, errors))?;
        load::import(&modules, |_| Err(NO_MODULES.into()))
            .map_err(|errors| refused(source, errors))?;
        let filter = Compiler::default()
            .with_funs(natives)
            .with_global_vars(names)
            .compile(modules)
            .map_err(|errors| undefined(source, errors))?;
        Ok(Self { filter, values })
    }
}

const NO_MODULES: &str = "include and import are not available";

fn object(members: Vec<(Val, Val)>) -> Val {
    Val::obj(members.into_iter().collect::<Map>())
}

/// Read the arguments: the members that are named, and the array of those that are not.
fn arguments(args: &'static [u8], depth: usize) -> Result<(Vec<(Val, Val)>, Val), Fault> {
    let refused = |message: String| Fault::Program {
        message: format!("the arguments are not JSON: {message}"),
        span: 0..0,
        hint: None,
    };
    if args.is_empty() {
        return Ok((Vec::new(), Val::from_iter([])));
    }
    texts::extent(args, depth).map_err(|_| refused("they nest too deep".into()))?;
    let args = read::parse_single(args).map_err(|error| refused(error.to_string()))?;
    let (named, positional) = match args {
        Val::Arr(both) => (
            both.first().cloned().unwrap_or_default(),
            both.get(1).cloned(),
        ),
        named => (named, None),
    };
    let named = match named {
        Val::Obj(named) => named.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        _ => Vec::new(),
    };
    Ok((named, positional.unwrap_or_else(|| Val::from_iter([]))))
}

/// Make the fault of a program that cannot be lexed or parsed, or that imports.
fn refused(source: &str, errors: load::Errors<&str, ()>) -> Fault {
    let (_, error) = errors.into_iter().next().expect("an error is there");
    let (message, found) = match error {
        Error::Lex(errors) => {
            let (expected, found) = errors.into_iter().next().expect("an error is there");
            (format!("expected {}", expected.as_str()), found)
        }
        Error::Parse(errors) => {
            let (expected, found) = errors.into_iter().next().expect("an error is there");
            (format!("expected {}", expected.as_str()), found)
        }
        Error::Io(errors) => {
            let (path, _) = errors.into_iter().next().expect("an error is there");
            (NO_MODULES.into(), path)
        }
    };
    // What was found can be all that is left of the program; the first character shows where that is.
    let start = load::span(source, found).start;
    let first = found.chars().next().map_or(0, char::len_utf8);
    Fault::Program {
        message,
        span: start..start + first,
        hint: None,
    }
}

/// Make the fault of a name that jaq does not know.
fn undefined(source: &str, errors: jaq_core::compile::Errors<&str, ()>) -> Fault {
    let error = errors.into_iter().flat_map(|(_, errors)| errors).next();
    let (name, kind) = error.expect("an error is there");
    let message = match kind {
        Undefined::Filter(arity) => format!("{name}/{arity} is not defined"),
        Undefined::Mod => NO_MODULES.into(),
        kind => format!("the {} {name} is not defined", kind.as_str()),
    };
    Fault::Program {
        message,
        span: load::span(source, name),
        hint: None,
    }
}
