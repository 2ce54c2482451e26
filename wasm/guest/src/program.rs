//! Compilation of a program, and what is wrong with one that cannot be compiled.
#![forbid(unsafe_code)]

use crate::fault::{Fault, Limit};
use crate::machine::Kind;
use crate::prelude::Prelude;
use jaq_core::compile::Undefined;
use jaq_core::load::lex::{Expect, Lexer};
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Filter};

const NO_MODULES: &str = "include and import are not available: the sandbox has no files";

/// Compile `source`, with `variables` (each with its `$`) bound from outside.
pub fn compile(
    prelude: &mut Prelude,
    source: &'static str,
    variables: &[&'static str],
    depth: usize,
) -> Result<Filter<Kind>, Fault> {
    check_nesting(source, depth)?;
    let tokens = Lexer::new(source)
        .lex()
        .map_err(|errors| lexical(source, errors))?;
    let reached = prelude.reach(&tokens);
    let arena = Arena::default();
    let file = File {
        code: source,
        path: (),
    };
    let modules = Loader::new(reached.defs)
        .with_read(|_: load::Import<&str, ()>| Err(String::new()))
        .load(&arena, file)
        .map_err(|errors| loading(source, errors))?;
    load::import(&modules, |_| Err(String::new())).map_err(|errors| loading(source, errors))?;
    Compiler::default()
        .with_funs(reached.natives)
        .with_global_vars(variables.iter().copied())
        .compile(modules)
        .map_err(|errors| undefined(prelude, source, variables, errors))
}

/// Refuse brackets that nest too deep before anything recurses into them.
fn check_nesting(source: &str, depth: usize) -> Result<(), Fault> {
    // What is open: brackets by themselves, a string by its quote.
    let mut open: Vec<u8> = Vec::new();
    let mut bytes = source.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let in_string = open.last() == Some(&b'"');
        match byte {
            b'\\' if in_string => match bytes.next() {
                Some((_, b'(')) => open.push(b'('),
                _ => continue,
            },
            b'"' if in_string => {
                open.pop();
            }
            _ if in_string => {}
            b'#' => {
                bytes.by_ref().find(|(_, byte)| *byte == b'\n');
            }
            b'"' | b'(' | b'[' | b'{' => open.push(byte),
            b')' | b']' | b'}' => {
                open.pop();
            }
            _ => {}
        }
        if open.len() > depth {
            return Err(Fault::Limit(Limit::Depth {
                place: "program",
                allowed: depth,
                offset: Some(at),
            }));
        }
    }
    Ok(())
}

fn program(source: &str, part: &str, message: String, hint: Option<String>) -> Fault {
    Fault::Program {
        message,
        span: load::span(source, part),
        hint,
    }
}

/// The first character of `rest`, or nothing at the end of the program.
fn first(rest: &str) -> &str {
    &rest[..rest.chars().next().map_or(0, char::len_utf8)]
}

fn lexical(source: &str, errors: Vec<load::lex::Error<&str>>) -> Fault {
    let (expected, found) = errors.into_iter().next().expect("a failed lexer says why");
    if let Expect::Delim(open) = expected {
        let open = first(open);
        return program(source, open, format!("this {open} is never closed"), None);
    }
    let found = first(found);
    let what = if found.is_empty() {
        "the program ends here".into()
    } else {
        format!("unexpected {found}")
    };
    let hint = match (found, &expected) {
        ("'", _) => Some("strings are written with double quotes".into()),
        (_, Expect::Escape) => {
            Some(r#"a string can contain \" \\ \/ \b \f \n \r \t \uXXXX and \(filter)"#.into())
        }
        _ => None,
    };
    let message = match expected {
        // Anything could stand there, but not this.
        Expect::Token => what,
        _ => format!("{what}, expected {}", expected.as_str()),
    };
    program(source, found_at(source, found), message, hint)
}

/// `found`, unless it is empty and stands apart from the program.
fn found_at<'s>(source: &'s str, found: &'s str) -> &'s str {
    if found.is_empty() {
        &source[source.len()..]
    } else {
        found
    }
}

fn loading(source: &str, errors: load::Errors<&str, ()>) -> Fault {
    let (_, error) = errors.into_iter().next().expect("a failed loader says why");
    match error {
        load::Error::Io(paths) => {
            let path = paths.first().map_or("", |(path, _)| path);
            program(source, found_at(source, path), NO_MODULES.into(), None)
        }
        load::Error::Lex(errors) => lexical(source, errors),
        load::Error::Parse(errors) => {
            let (expected, found) = errors.into_iter().next().expect("a failed parser says why");
            let what = match found {
                "" => "the program ends here".into(),
                found if found.len() > 20 || found.contains('\n') => {
                    format!("unexpected {}", first(found))
                }
                found => format!("unexpected {found}"),
            };
            let expected = match expected.as_str() {
                "nothing" => "an operator or the end".into(),
                "term" => "a filter".into(),
                other => other.to_string(),
            };
            let part = if found.starts_with(['(', '[', '{', '"']) {
                first(found)
            } else {
                found
            };
            program(
                source,
                found_at(source, part),
                format!("{what}, expected {expected}"),
                None,
            )
        }
    }
}

fn undefined(
    prelude: &Prelude,
    source: &str,
    variables: &[&str],
    errors: jaq_core::compile::Errors<&str, ()>,
) -> Fault {
    let error = errors.into_iter().flat_map(|(_, errors)| errors).next();
    let (name, kind) = error.expect("a failed compiler says why");
    let (message, hint) = match kind {
        Undefined::Filter(arity) => match name {
            "reduce" => (
                "reduce takes two arguments: reduce f as $x (init; update)".into(),
                None,
            ),
            "foreach" => ("foreach takes two or three arguments".into(), None),
            _ => (
                format!("{name}/{arity} is not defined"),
                filter_hint(prelude, name),
            ),
        },
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
    program(source, name, message, hint)
}

fn filter_hint(prelude: &Prelude, name: &str) -> Option<String> {
    let mut arities: Vec<_> = prelude
        .signatures()
        .filter(|(known, _)| *known == name)
        .map(|(_, arity)| arity)
        .collect();
    arities.sort_unstable();
    arities.dedup();
    if arities.is_empty() {
        let near = closest(name, prelude.signatures().map(|(known, _)| known))?;
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

/// The name most like `name`, if any is within two edits and a third of its length.
fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.len() / 3).clamp(1, 2);
    known
        .filter(|known| !known.ends_with('_') && !known.starts_with('!'))
        .map(|known| (distance(name.as_bytes(), known.as_bytes()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein distance in bytes.
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
