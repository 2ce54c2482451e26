//! Regular expressions: the natives behind `test`, `match`, `capture`, `scan`, `split` and `sub`.
//!
//! jq uses Oniguruma. Most expressions mean the same to the small engine that jaq uses, which takes
//! time linear in the text; those that look around, refer back or use other things of Oniguruma's
//! go to fancy-regex, whose backtracking is bounded by the run's fuel. An expression is compiled
//! once in a run and not once in a call: over many rows, compiling is most of the work.
#![forbid(unsafe_code)]

use crate::builtins::{each_of, filters};
use crate::run::context::{Kind, Machine};
use crate::value::{code_points, Error, Map, Val, ValR};
use bytes::Bytes;
use jaq_core::native::{bome, v, Filter};
use jaq_core::{Cv, RunPtr};
use std::collections::HashMap;
use std::rc::Rc;

/// How many compiled expressions a run keeps; a filter that makes more of them starts anew.
const CACHED: usize = 256;
/// What only Oniguruma's kin understand, besides a backslash with a digit other than 0.
const RICH: [&str; 16] = [
    "(?=", "(?!", "(?<=", "(?<!", "(?>", "\\k", "\\g", "\\K", "\\h", "\\H", "\\R", "\\X", "\\Z",
    "\\G", "++", "*+",
];

/// The natives of this module.
pub fn natives() -> Vec<Filter<RunPtr<Kind>>> {
    vec![
        ("_match", filters(2), |cv| {
            each_of(cv, |machine, input, [pattern, flags]| {
                matched(machine, &input, &pattern, &flags)
            })
        }),
        ("_match", filters(1), |cv| {
            each_of(cv, |machine, input, [both]| {
                let (pattern, flags) = pair(both)?;
                matched(machine, &input, &pattern, &flags)
            })
        }),
        ("_test", filters(2), |cv| {
            each_of(cv, |machine, input, [pattern, flags]| {
                tested(machine, &input, &pattern, &flags)
            })
        }),
        ("_test", filters(1), |cv| {
            each_of(cv, |machine, input, [both]| {
                let (pattern, flags) = pair(both)?;
                tested(machine, &input, &pattern, &flags)
            })
        }),
        ("_split", v(2), |cv| bome(split(cv))),
        ("_edits", v(2), |cv| bome(edits(cv))),
    ]
}

/// Compiled expressions by engine, pattern and flags.
#[derive(Default)]
pub struct Cache(HashMap<(bool, Box<str>, Box<str>), Compiled, foldhash::fast::FixedState>);

#[derive(Clone)]
enum Engine {
    Plain(Rc<regex_bites::bytes::Regex>),
    Rich(Rc<fancy_regex::Regex>),
}

#[derive(Clone)]
struct Compiled {
    engine: Engine,
    /// Names of the groups after group 0.
    names: Rc<[Option<Val>]>,
    /// Flag `g`: all matches, not just the first.
    global: bool,
    /// Flag `n`: empty matches are left out.
    skip_empty: bool,
}

/// Where the groups of a match stand, group 0 first.
type Groups = Vec<Option<(usize, usize)>>;

impl Cache {
    fn get(&mut self, pattern: &str, flags: &str, ascii: bool) -> Result<Compiled, Error> {
        let rich = is_rich(pattern, ascii, flags);
        let key = (rich, pattern.into(), flags.into());
        if let Some(compiled) = self.0.get(&key) {
            return Ok(compiled.clone());
        }
        if self.0.len() == CACHED {
            self.0.clear();
        }
        let compiled = compile(pattern, flags, rich)?;
        self.0.insert(key, compiled.clone());
        Ok(compiled)
    }
}

/// Whether the pattern needs the engine that knows Oniguruma's syntax, or Unicode's classes of
/// characters for a text that is not ASCII.
fn is_rich(pattern: &str, ascii: bool, flags: &str) -> bool {
    let classes = [
        "\\b", "\\B", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "[[:", "\\p", "\\P",
    ];
    if !ascii && (flags.contains('i') || classes.iter().any(|class| pattern.contains(class))) {
        return true;
    }
    let refers_back = pattern
        .as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b'\\' && matches!(pair[1], b'1'..=b'9'));
    refers_back || RICH.iter().any(|sign| pattern.contains(sign))
}

/// The pattern with a backslash before what the engines take for more than Oniguruma does in its
/// Perl syntax: a brace that begins no count, and in a class a bracket, `&` or `~`.
fn with_literals(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 2);
    let mut class = false;
    let mut chars = pattern.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &pattern[at + c.len_utf8()..];
        let literal = match c {
            '{' => !class && !counts(rest),
            '[' => class && !rest.starts_with(':'),
            '&' | '~' => class,
            _ => false,
        };
        if literal {
            out.push('\\');
        }
        out.push(c);
        match c {
            '\\' => {
                let Some((_, escaped)) = chars.next() else {
                    break;
                };
                out.push(escaped);
                // These keep their braces: `\p{L}`, `\x{e9}`.
                if matches!(escaped, 'p' | 'P' | 'x') {
                    out.extend(chars.next_if(|(_, c)| *c == '{').map(|(_, c)| c));
                }
            }
            '[' if !class => {
                class = true;
                // A closing bracket at the start stands for itself.
                out.extend(chars.next_if(|(_, c)| *c == '^').map(|(_, c)| c));
                if chars.next_if(|(_, c)| *c == ']').is_some() {
                    out.push_str("\\]");
                }
            }
            '[' if !literal => {
                // A class of POSIX, as in `[[:alpha:]]`.
                for (_, c) in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            ']' => class = false,
            _ => {}
        }
    }
    out
}

/// Whether a count follows an opening brace: `2}`, `2,}`, `2,3}`.
fn counts(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else {
        return false;
    };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

fn compile(pattern: &str, flags: &str, rich: bool) -> Result<Compiled, Error> {
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
            // `$` ends the text already.
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
                    // Fuel bounds it.
                    .backtrack_limit(usize::MAX)
                    .leftmost_longest(longest)
                    .build()
            };
            // The engine cannot look for the longest match of a lazy expression.
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

    /// Call `f` with each match until it answers false.
    fn each(&self, text: &str, mut f: impl FnMut(Groups) -> bool) -> Result<(), Error> {
        let mut from = 0;
        while let Some(groups) = self.find(text, from)? {
            let (start, end) = groups.first().copied().flatten().unwrap_or((from, from));
            let empty = start == end;
            let counts = !(empty && self.skip_empty);
            if counts && !(f(groups) && self.global) {
                return Ok(());
            }
            // After an empty match the search goes on behind the next character.
            let step = text[end..].chars().next().map_or(1, char::len_utf8);
            from = if empty { end + step } else { end };
            if from > text.len() {
                break;
            }
        }
        Ok(())
    }
}

/// The text, the pattern and the flags as strings.
fn compiled<'v>(
    machine: &Machine,
    input: &'v Val,
    pattern: &Val,
    flags: &Val,
) -> Result<(Compiled, &'v Bytes, &'v str), Error> {
    let Val::Str(text) = input else {
        return Err(input.error("cannot be matched, as it is not a string"));
    };
    let string = |value: &Val| match value {
        Val::Str(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        other => Err(other.error("is not a string")),
    };
    let pattern = string(pattern)?;
    let flags = if matches!(flags, Val::Null) {
        String::new()
    } else {
        string(flags)?
    };
    let compiled = machine
        .regexes
        .borrow_mut()
        .get(&pattern, &flags, text.is_ascii())?;
    let shown = core::str::from_utf8(text).map_err(Error::str)?;
    Ok((compiled, text, shown))
}

/// The expression and flags of a single argument: an expression, or an array of both.
fn pair(argument: Val) -> Result<(Val, Val), Error> {
    match &argument {
        Val::Str(_) => Ok((argument, Val::Null)),
        Val::Arr(both) if !both.is_empty() => {
            Ok((both[0].clone(), both.get(1).cloned().unwrap_or_default()))
        }
        _ => {
            let kind = argument.kind();
            Err(Error::str(format_args!("{kind} not a string or array")))
        }
    }
}

/// `_test(re; flags)`: whether there is a match.
fn tested(machine: &Machine, input: &Val, pattern: &Val, flags: &Val) -> ValR {
    let (compiled, _, text) = compiled(machine, input, pattern, flags)?;
    let mut found = false;
    compiled.each(text, |_| {
        found = true;
        false
    })?;
    Ok(Val::Bool(found))
}

/// `_match(re; flags)`: an array of matches.
fn matched(machine: &Machine, input: &Val, pattern: &Val, flags: &Val) -> ValR {
    let (compiled, bytes, text) = compiled(machine, input, pattern, flags)?;
    let mut positions = Positions {
        text: bytes,
        byte: 0,
        chars: 0,
    };
    let mut matches = Vec::new();
    compiled.each(text, |groups| {
        matches.push(object(bytes, &groups, &compiled.names, &mut positions));
        true
    })?;
    Ok(matches.into_iter().collect())
}

/// `_split(re; flags)`: the parts of the text between the matches.
fn split(mut cv: Cv<'_, Kind>) -> ValR {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let (compiled, bytes, text) = compiled(cv.0.data(), &cv.1, &pattern, &flags)?;
    let mut parts = Vec::new();
    let mut end = 0;
    compiled.each(text, |groups| {
        if let Some(Some((start, upto))) = groups.first() {
            parts.push(Val::str(bytes.slice(end..*start)));
            end = *upto;
        }
        true
    })?;
    parts.push(Val::str(bytes.slice(end..)));
    Ok(parts.into_iter().collect())
}

/// `_edits(re; flags)`: for each match the text before it and an object of its named groups, and
/// the text after the last one. This is what `sub` works on.
fn edits(mut cv: Cv<'_, Kind>) -> ValR {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let (compiled, bytes, text) = compiled(cv.0.data(), &cv.1, &pattern, &flags)?;
    let mut edits = Vec::new();
    let mut end = 0;
    compiled.each(text, |groups| {
        let (whole, rest) = groups.split_first().unwrap_or((&None, &[]));
        if let Some((start, upto)) = whole {
            let named = rest
                .iter()
                .zip(compiled.names.iter())
                .filter_map(|(group, name)| {
                    let string =
                        group.map_or(Val::Null, |(start, end)| Val::str(bytes.slice(start..end)));
                    Some((name.clone()?, string))
                });
            let gap = Val::str(bytes.slice(end..*start));
            edits.push([gap, Val::obj(named.collect())].into_iter().collect());
            end = *upto;
        }
        true
    })?;
    let edits: Val = edits.into_iter().collect();
    Ok([edits, Val::str(bytes.slice(end..))].into_iter().collect())
}

/// What `match` gives for one match.
fn object(
    text: &Bytes,
    groups: &[Option<(usize, usize)>],
    names: &[Option<Val>],
    positions: &mut Positions<'_>,
) -> Val {
    let (whole, rest) = groups.split_first().unwrap_or((&None, &[]));
    let mut members = group(text, *whole, positions);
    let captures = rest.iter().zip(names).map(|(capture, name)| {
        let mut members = group(text, *capture, positions);
        members.insert(Val::from("name"), name.clone().unwrap_or_default());
        Val::obj(members)
    });
    let captures: Val = captures.collect();
    members.insert(Val::from("captures"), captures);
    Val::obj(members)
}

/// Offset, length and text of a group; one that took no part has the offset -1 and no text, and its
/// members in jq's other order.
fn group(text: &Bytes, place: Option<(usize, usize)>, positions: &mut Positions<'_>) -> Map {
    let members = match place {
        Some((start, end)) => [
            ("offset", Val::from(positions.chars_before(start))),
            ("length", Val::from(code_points(&text[start..end]))),
            ("string", Val::str(text.slice(start..end))),
        ],
        None => [
            ("offset", Val::from(-1_i64)),
            ("string", Val::Null),
            ("length", Val::from(0_usize)),
        ],
    };
    let members = members.into_iter();
    members
        .map(|(key, value)| (Val::from(key), value))
        .collect()
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
