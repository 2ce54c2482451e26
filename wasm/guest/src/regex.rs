//! Regular expressions: the natives behind `test`, `match`, `capture`, `scan`, `split` and `sub`.
//!
//! The same engine and the same results as jaq-std's natives, but an expression is compiled once in
//! a run and not once in a call: over many rows, compiling is most of the work.
#![forbid(unsafe_code)]

use crate::machine::Kind;
use jaq_core::{Cv, Error};
use jaq_json::{Val, ValR};
use jaq_std::ValT;
use regex_bites::bytes::{Captures, Regex, RegexBuilder};
use std::collections::HashMap;
use std::rc::Rc;

/// How many compiled expressions a run keeps; a filter that makes more of them starts anew.
const CACHED: usize = 256;

/// Compiled expressions by pattern and flags.
#[derive(Default)]
pub struct Cache(HashMap<(Box<str>, Box<str>), Compiled, foldhash::fast::FixedState>);

#[derive(Clone)]
struct Compiled {
    regex: Rc<Regex>,
    /// Flag `g`: all matches, not just the first.
    global: bool,
    /// Flag `n`: empty matches are left out.
    skip_empty: bool,
}

/// Which parts of the text a native answers with.
#[derive(Clone, Copy)]
pub struct Parts {
    /// The text between matches.
    pub between: bool,
    /// The matches, each an array of its groups.
    pub matches: bool,
}

impl Cache {
    fn get(&mut self, pattern: &str, flags: &str) -> Result<Compiled, Error<Val>> {
        let key = (pattern.into(), flags.into());
        if let Some(compiled) = self.0.get(&key) {
            return Ok(compiled.clone());
        }
        if self.0.len() == CACHED {
            self.0.clear();
        }
        let compiled = compile(pattern, flags)?;
        self.0.insert(key, compiled.clone());
        Ok(compiled)
    }
}

fn compile(pattern: &str, flags: &str) -> Result<Compiled, Error<Val>> {
    let mut builder = RegexBuilder::new(pattern);
    let (mut global, mut skip_empty) = (false, false);
    for flag in flags.chars() {
        match flag {
            'g' => global = true,
            'n' => skip_empty = true,
            'i' => drop(builder.case_insensitive(true)),
            'x' => drop(builder.ignore_whitespace(true)),
            's' => drop(builder.dot_matches_new_line(true)),
            'm' => drop(builder.multi_line(true)),
            'p' => drop(builder.multi_line(true).dot_matches_new_line(true)),
            'l' => drop(builder.swap_greed(true)),
            _ => {
                return Err(Error::str(format_args!(
                "{flags} is not a valid modifier string: {flag} is none of g, n, i, x, s, m, p, l"
            )))
            }
        }
    }
    let regex = builder.build().map_err(|error| {
        Error::str(format_args!(
            "{pattern} is not a regular expression: {error}"
        ))
    })?;
    Ok(Compiled {
        regex: Rc::new(regex),
        global,
        skip_empty,
    })
}

/// Apply `$pattern` with `$flags`, the native's two variables, to the input.
pub fn apply(mut cv: Cv<'_, Kind>, parts: Parts) -> ValR {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let compiled =
        cv.0.data()
            .regexes
            .borrow_mut()
            .get(utf8(&pattern)?, utf8(&flags)?)?;
    let text =
        cv.1.as_utf8_bytes()
            .ok_or_else(|| Error::typ(cv.1.clone(), "string"))?;
    let mut positions = Positions {
        text,
        byte: 0,
        chars: 0,
    };
    let mut out = Vec::new();
    let mut end = 0;
    for captures in compiled.regex.captures_iter(text) {
        let whole = captures.get(0).expect("group 0 is the match").range();
        if compiled.skip_empty && whole.is_empty() {
            continue;
        }
        if parts.between {
            out.push(cv.1.as_sub_str(&text[end..whole.start]));
            end = whole.end;
        }
        if parts.matches {
            out.push(groups(&cv.1, &compiled.regex, &captures, &mut positions));
        }
        if !compiled.global {
            break;
        }
    }
    if parts.between {
        out.push(cv.1.as_sub_str(&text[end..]));
    }
    Ok(out.into_iter().collect())
}

fn utf8(value: &Val) -> Result<&str, Error<Val>> {
    let bytes = value
        .as_utf8_bytes()
        .ok_or_else(|| Error::typ(value.clone(), "string"))?;
    core::str::from_utf8(bytes).map_err(Error::str)
}

/// An array of what the groups matched; groups that took no part are left out, as jaq does.
fn groups(
    text: &Val,
    regex: &Regex,
    captures: &Captures<'_>,
    positions: &mut Positions<'_>,
) -> Val {
    let matched = captures
        .iter()
        .zip(regex.capture_names())
        .filter_map(|(group, name)| Some((group?, name)));
    let object = |(group, name): (regex_bites::bytes::Match<'_>, Option<&str>)| {
        let offset = positions.chars_before(group.start());
        let length = code_points(group.as_bytes());
        let mut members: Vec<(Val, Val)> = vec![
            (key("offset"), Val::from(offset)),
            (key("length"), Val::from(length)),
            (key("string"), text.as_sub_str(group.as_bytes())),
        ];
        if let Some(name) = name {
            members.push((key("name"), Val::from(name.to_string())));
        }
        Val::obj(members.into_iter().collect())
    };
    matched.map(object).collect()
}

fn key(name: &'static str) -> Val {
    Val::utf8_str(name)
}

/// Code points in UTF-8: every byte that does not continue one.
fn code_points(text: &[u8]) -> usize {
    text.iter()
        .filter(|byte| !matches!(byte, 0x80..=0xbf))
        .count()
}

/// Turns byte offsets into code points, remembering the last: offsets mostly grow.
struct Positions<'t> {
    text: &'t [u8],
    byte: usize,
    chars: usize,
}

impl Positions<'_> {
    fn chars_before(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.chars) = (0, 0);
        }
        self.chars += code_points(&self.text[self.byte..byte]);
        self.byte = byte;
        self.chars
    }
}
