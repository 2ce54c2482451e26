//! Compiles an expression with its flags, and finds its matches in a text.
#![forbid(unsafe_code)]

use super::pattern::with_literals;
use crate::value::{Error, Val};
use std::rc::Rc;

/// The engine that an expression was compiled for.
#[derive(Clone)]
enum Engine {
    /// regex-bites, which takes time linear in the text.
    Plain(Rc<regex_bites::bytes::Regex>),
    /// fancy-regex, which goes back and tries again.
    Rich(Rc<fancy_regex::Regex>),
}

/// An expression, compiled with its flags.
#[derive(Clone)]
pub(crate) struct Compiled {
    engine: Engine,
    /// The names of the groups after group 0.
    pub(crate) names: Rc<[Option<Val>]>,
    /// Flag `g`: [`Self::each`] finds all matches, not just the first.
    global: bool,
    /// Flag `n`: [`Self::each`] leaves out empty matches.
    skip_empty: bool,
}

/// Where the groups of a match stand, group 0 first.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

/// Compile `pattern` for the engine that it needs; `rich` selects fancy-regex from the start.
pub(super) fn compile(pattern: &str, flags: &str, rich: bool) -> Result<Compiled, Error> {
    let literals = pattern.contains(['{', '[']).then(|| with_literals(pattern));
    let pattern = literals.as_deref().unwrap_or(pattern);
    let [mut global, mut skip_empty, mut ignore_case, mut extended, mut dot_all, mut longest] =
        [false; 6];
    for flag in flags.chars() {
        match flag {
            'g' => global = true,
            'n' => skip_empty = true,
            'i' => ignore_case = true,
            'x' => extended = true,
            'm' | 'p' => dot_all = true,
            'l' => longest = true,
            // Oniguruma's single-line flag: `$` matches at the end of the text only, as it does here without it.
            's' => {}
            _ => {
                return Err(Error::str(format_args!(
                    "{flags} is not a valid modifier string"
                )))
            }
        }
    }
    let plain = || {
        regex_bites::bytes::RegexBuilder::new(pattern)
            .case_insensitive(ignore_case)
            .ignore_whitespace(extended)
            .dot_matches_new_line(dot_all)
            .build()
    };
    let plain = if rich || longest { None } else { plain().ok() };
    let (engine, names): (_, Vec<Option<Val>>) = match plain {
        Some(regex) => {
            let names = regex.capture_names().skip(1);
            let names = names
                .map(|name| name.map(|name| Val::from(name.to_string())))
                .collect();
            (Engine::Plain(Rc::new(regex)), names)
        }
        None => {
            let rich = |longest| {
                fancy_regex::RegexBuilder::new(pattern)
                    .case_insensitive(ignore_case)
                    .ignore_whitespace(extended)
                    .dot_matches_new_line(dot_all)
                    .oniguruma_mode(true)
                    // The run's fuel is the bound.
                    .backtrack_limit(usize::MAX)
                    .leftmost_longest(longest)
                    .build()
            };
            // fancy-regex refuses to look for the longest match of an expression with lazy repetitions.
            let regex = if longest {
                rich(true).or_else(|_| rich(false))
            } else {
                rich(false)
            };
            let regex =
                regex.map_err(|error| Error::str(format_args!("Regex failure: {error}")))?;
            let names = regex.capture_names().skip(1);
            let names = names
                .map(|name| name.map(|name| Val::from(name.to_string())))
                .collect();
            (Engine::Rich(Rc::new(regex)), names)
        }
    };
    Ok(Compiled {
        engine,
        names: names.into(),
        global,
        skip_empty,
    })
}

impl Compiled {
    /// The first match that begins at `from` or later.
    fn find(&self, text: &str, from: usize) -> Result<Option<Groups>, Error> {
        Ok(match &self.engine {
            Engine::Plain(regex) => regex.captures_at(text.as_bytes(), from).map(|captures| {
                let groups = captures.iter();
                groups
                    .map(|group| group.map(|group| (group.start(), group.end())))
                    .collect()
            }),
            Engine::Rich(regex) => regex
                .captures_from_pos(text, from)
                .map_err(|error| Error::str(format_args!("Regex failure: {error}")))?
                .map(|captures| {
                    let groups = captures.iter();
                    groups
                        .map(|group| group.map(|group| (group.start(), group.end())))
                        .collect()
                }),
        })
    }

    /// Call `f` with each match until it returns false.
    pub(crate) fn each(&self, text: &str, mut f: impl FnMut(Groups) -> bool) -> Result<(), Error> {
        let mut from = 0;
        while let Some(groups) = self.find(text, from)? {
            let (start, end) = groups.first().copied().flatten().unwrap_or((from, from));
            let empty = start == end;
            let counts = !(empty && self.skip_empty);
            if counts && !(f(groups) && self.global) {
                return Ok(());
            }
            // After an empty match, search on behind the next character: at the same place it would match again.
            let step = text[end..].chars().next().map_or(1, char::len_utf8);
            from = if empty { end + step } else { end };
            if from > text.len() {
                break;
            }
        }
        Ok(())
    }
}
