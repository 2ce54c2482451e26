//! Has jaq compile a program with the built-ins that it calls, and explains why it cannot be compiled.
#![forbid(unsafe_code)]

use crate::language::prelude::Prelude;
use crate::language::{parse, Def};
use crate::run::context::JqData;
use crate::run::fault::Fault;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{compile::Undefined, Compiler, Filter};

const NO_MODULES: &str = "include and import are not available: the sandbox has no files";
/// The name under which the program is defined for jaq; the program's own definitions are inside of it.
const MAIN: &str = "_main";

/// Compile `source`, with `variables` (each with its `$`) bound from outside.
pub fn compile(
    prelude: &mut Prelude,
    source: &'static str,
    variables: &[&'static str],
    depth: usize,
) -> Result<Filter<JqData>, Fault> {
    let body = parse(source, depth)?;
    let reached = prelude.reach(&body);
    let main = Def {
        name: MAIN,
        args: Vec::new(),
        body,
    };
    let arena = Arena::default();
    let file = File {
        code: MAIN,
        path: (),
    };
    let modules = Loader::new(reached.defs.into_iter().chain([main]))
        .load(&arena, file)
        .expect("a call loads");
    Compiler::default()
        .with_funs(reached.natives)
        .with_global_vars(variables.iter().copied())
        .compile(modules)
        .map_err(|errors| undefined(prelude, source, variables, errors))
}

/// Explain the name that jaq found to be undefined.
fn undefined(
    prelude: &Prelude,
    source: &str,
    variables: &[&str],
    errors: jaq_core::compile::Errors<&str, ()>,
) -> Fault {
    let error = errors.into_iter().flat_map(|(_, errors)| errors).next();
    let (name, kind) = error.expect("an error is there");
    let (message, hint) = match kind {
        Undefined::Filter(arity) => (
            format!("{name}/{arity} is not defined"),
            filter_hint(prelude, name),
        ),
        Undefined::Var => {
            let known = variables.iter().copied();
            (
                format!("{name} is not defined"),
                closest(name, known).map(|near| format!("did you mean {near}?")),
            )
        }
        Undefined::Label => (format!("there is no label {name} around this"), None),
        Undefined::Mod => (NO_MODULES.into(), None),
        _ => (format!("{name} is not defined"), None),
    };
    Fault::Program {
        message,
        span: load::span(source, name),
        hint,
    }
}

/// Suggest other numbers of arguments for `name`, or a name like it.
fn filter_hint(prelude: &Prelude, name: &str) -> Option<String> {
    let mut arities: Vec<_> = prelude
        .signatures()
        .iter()
        .copied()
        .filter(|(known, _)| *known == name)
        .map(|(_, arity)| arity)
        .collect();
    arities.sort_unstable();
    arities.dedup();
    if arities.is_empty() {
        let near = closest(name, prelude.signatures().iter().map(|(known, _)| *known))?;
        return Some(format!("did you mean {near}?"));
    }
    let known: Vec<_> = arities
        .iter()
        .map(|arity| format!("{name}/{arity}"))
        .collect();
    Some(format!(
        "there is {}; arguments are separated by ;",
        known.join(" and ")
    ))
}

/// Find the name most like `name`: at most two edits away, and at most a third of its length.
fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.len() / 3).clamp(1, 2);
    known
        .filter(|known| !known.starts_with(['_', '?']))
        .map(|known| (distance(name.as_bytes(), known.as_bytes()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// Compute the Levenshtein distance in bytes.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut diagonal = core::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
