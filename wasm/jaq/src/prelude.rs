//! Holds jaq's definitions, parsed once, and finds those that a program reaches.
//!
//! jaq compiles every definition that it is given, which takes hundred times what a small program does. So it is
//! given those whose names the program says, and those whose names these say, and so on: more than are called, but
//! never fewer.
#![forbid(unsafe_code)]

use crate::natives;
use crate::session::JaqData;
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::parse::Def;
use jaq_core::load::{self, Lexer};
use jaq_core::native::Fun;
use jq_magic_shared::fault::{Fault, Limit};
use std::collections::BTreeSet;

/// Definitions and natives.
pub type Reached = (Vec<Def>, Vec<Fun<JaqData>>);

/// jaq's definitions and natives, but for those that something of ours replaces.
pub struct Prelude {
    /// Each with the names that it says.
    definitions: Vec<(Def, Vec<String>)>,
    /// A program takes those that it reaches: natives cannot be cloned.
    natives: Vec<Option<Fun<JaqData>>>,
}

impl Prelude {
    /// Parse the definitions.
    pub fn new() -> Self {
        let theirs = jaq_core::defs()
            .chain(jaq_std::defs())
            .chain(jaq_json::defs())
            .filter(|Def { name, args, .. }| !natives::replaces(name, args.len()));
        let ours = load::parse(natives::IN_UTC, |parser| parser.defs()).expect("it parses");
        let definitions = theirs.chain(ours).map(|def| {
            // A term shows its names as quoted strings.
            let shown = format!("{:?}", def.body);
            let names = shown.split('"').skip(1).step_by(2).map(String::from);
            let names = names.collect();
            (def, names)
        });
        Self {
            definitions: definitions.collect(),
            natives: natives::all().map(Some).collect(),
        }
    }

    /// Give the definitions that `program` reaches, in their order, and the natives; refuse a program whose brackets
    /// nest deeper than `depth`. An instance compiles one program.
    pub fn reached(&mut self, program: &str, depth: usize) -> Result<Reached, Fault> {
        let mut reached = BTreeSet::new();
        let mut waiting = Vec::new();
        // What cannot be lexed reaches nothing, and is refused when it is loaded.
        let tokens = Lexer::new(program).lex().unwrap_or_default();
        names(&tokens, depth, &mut waiting).map_err(|bracket| {
            Fault::Limit(Limit::Depth {
                place: "program",
                allowed: depth,
                offset: Some(load::span(program, bracket).start),
            })
        })?;
        while let Some(name) = waiting.pop() {
            if !reached.insert(name) {
                continue;
            }
            let called = self.definitions.iter().filter(|(def, _)| def.name == name);
            waiting.extend(called.flat_map(|(_, names)| names.iter().map(String::as_str)));
        }
        let definitions = self.definitions.iter().map(|(def, _)| def);
        let natives = self.natives.iter_mut();
        Ok((
            definitions
                .filter(|def| reached.contains(def.name))
                .cloned()
                .collect(),
            natives
                .filter_map(|native| native.take_if(|(name, ..)| reached.contains(name)))
                .collect(),
        ))
    }
}

impl Default for Prelude {
    fn default() -> Self {
        Self::new()
    }
}

/// Collect the words and formats of tokens; as an error the bracket that nests deeper than allowed.
fn names<'s>(
    tokens: &[Token<&'s str>],
    depth: usize,
    into: &mut Vec<&'s str>,
) -> Result<(), &'s str> {
    for Token(text, token) in tokens {
        match token {
            Tok::Word | Tok::Fmt => into.push(text),
            Tok::Block(_) if depth == 0 => return Err(text),
            Tok::Block(tokens) => names(tokens, depth - 1, into)?,
            Tok::Str(parts) => {
                for part in parts {
                    if let StrPart::Term(token) = part {
                        names(std::slice::from_ref(token), depth, into)?;
                    }
                }
            }
            _ => (),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_reached_is_given() {
        let given = |program: &str| {
            let (definitions, _) = Prelude::new().reached(program, 3).unwrap();
            definitions.iter().map(|def| def.name).collect::<Vec<_>>()
        };
        assert_eq!(given(".a | length"), Vec::<&str>::new());
        assert_eq!(given("\"\\(.a | map(.))\""), ["map"]);
        assert!(given("@json").contains(&"@json"));
        assert!(given("gsub(\"a\"; \"b\")").contains(&"capture_of_match"));
        assert!(given("(").is_empty());
    }

    #[test]
    fn brackets_nest_as_deep_as_allowed() {
        for program in ["[[1]]", "\"\\((1))\"", "(1), {a: (2)}"] {
            assert!(Prelude::new().reached(program, 2).is_ok(), "{program}");
        }
        for (program, place) in [("[[1]]", 1), ("\"\\((1))\"", 3), ("(1), {a: (2)}", 9)] {
            let limit = Limit::Depth {
                place: "program",
                allowed: 1,
                offset: Some(place),
            };
            let refused = Prelude::new().reached(program, 1).err();
            assert_eq!(refused, Some(Fault::Limit(limit)), "{program}");
        }
    }
}
