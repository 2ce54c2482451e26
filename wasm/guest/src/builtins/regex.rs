//! Implements the built-ins behind `test`, `match`, `capture`, `scan`, `split` and `sub`.
#![forbid(unsafe_code)]

use super::{each_of, filters, v, value, Call, Simple};
use crate::regex::Compiled;
use crate::run::context::RunContext;
use crate::value::{code_points, Error, Map, Val, ValR};
use bytes::Bytes;

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("_match", filters(2), |call| {
            each_of(call, |context, input, [pattern, flags]| {
                matched(context, &input, &pattern, &flags)
            })
        }),
        ("_match", filters(1), |call| {
            each_of(call, |context, input, [both]| {
                let (pattern, flags) = pair(both)?;
                matched(context, &input, &pattern, &flags)
            })
        }),
        ("_test", filters(2), |call| {
            each_of(call, |context, input, [pattern, flags]| {
                tested(context, &input, &pattern, &flags)
            })
        }),
        ("_test", filters(1), |call| {
            each_of(call, |context, input, [both]| {
                let (pattern, flags) = pair(both)?;
                tested(context, &input, &pattern, &flags)
            })
        }),
        ("_split", v(2), |call| value(split(call))),
        ("_edits", v(2), |call| value(edits(call))),
    ]
}

/// Compile the pattern with its flags, and return it with the text as bytes and as a string.
fn compiled<'v>(
    context: &RunContext,
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
    let compiled = context
        .regexes
        .borrow_mut()
        .get(&pattern, &flags, text.is_ascii())?;
    let string = core::str::from_utf8(text).map_err(Error::str)?;
    Ok((compiled, text, string))
}

/// Take apart the single argument of `test` and its kin: an expression, or an array of expression and flags.
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
fn tested(context: &RunContext, input: &Val, pattern: &Val, flags: &Val) -> ValR {
    let (compiled, _, text) = compiled(context, input, pattern, flags)?;
    let mut matches = false;
    compiled.each(text, |_| {
        matches = true;
        false
    });
    Ok(Val::Bool(matches))
}

/// `_match(re; flags)`: an array of matches.
fn matched(context: &RunContext, input: &Val, pattern: &Val, flags: &Val) -> ValR {
    let (compiled, bytes, text) = compiled(context, input, pattern, flags)?;
    let mut positions = Positions {
        text: bytes,
        byte: 0,
        chars: 0,
    };
    let mut matches = Vec::new();
    compiled.each(text, |groups| {
        matches.push(object(bytes, &groups, &compiled.names, &mut positions));
        true
    });
    Ok(matches.into_iter().collect())
}

/// `_split(re; flags)`: the parts of the text between the matches.
fn split(call: Call<'_>) -> ValR {
    let [pattern, flags, _] = call.arguments;
    let (compiled, bytes, text) = compiled(call.context, &call.input, &pattern, &flags)?;
    let mut parts = Vec::new();
    let mut end = 0;
    compiled.each(text, |groups| {
        if let Some(Some((start, upto))) = groups.first() {
            // With `\K` in a look-behind a match can begin before the end of the last one.
            parts.push(Val::str(bytes.slice(end.min(*start)..*start)));
            end = *upto;
        }
        true
    });
    parts.push(Val::str(bytes.slice(end..)));
    Ok(parts.into_iter().collect())
}

/// `_edits(re; flags)`: for each match the text before it and an object of its named groups, and
/// the text after the last one. This is what `sub` works on.
fn edits(call: Call<'_>) -> ValR {
    let [pattern, flags, _] = call.arguments;
    let (compiled, bytes, text) = compiled(call.context, &call.input, &pattern, &flags)?;
    let mut edits = Vec::new();
    let mut end = 0;
    compiled.each(text, |groups| {
        let (whole, rest) = groups.split_first().unwrap_or((&None, &[]));
        if let Some((start, upto)) = whole {
            // In an empty match jq has all groups empty, whatever they matched.
            let empty = start == upto;
            let named = rest
                .iter()
                .zip(compiled.names.iter())
                .filter_map(|(group, name)| {
                    let string = group.map_or(Val::Null, |(start, end)| {
                        Val::str(bytes.slice(start..if empty { start } else { end }))
                    });
                    Some((name.clone()?, string))
                });
            // With `\K` in a look-behind a match can begin before the end of the last one.
            let gap = Val::str(bytes.slice(end.min(*start)..*start));
            edits.push([gap, Val::obj(named.collect())].into_iter().collect());
            end = *upto;
        }
        true
    });
    let edits: Val = edits.into_iter().collect();
    Ok([edits, Val::str(bytes.slice(end..))].into_iter().collect())
}

/// Make the object that `match` outputs for one match.
fn object(
    text: &Bytes,
    groups: &[Option<(usize, usize)>],
    names: &[Option<Val>],
    positions: &mut Positions<'_>,
) -> Val {
    let (whole, rest) = groups.split_first().unwrap_or((&None, &[]));
    let empty = whole.filter(|(start, end)| start == end);
    let mut members = group(text, *whole, positions, true);
    let captures = rest.iter().zip(names).map(|(capture, name)| {
        // In an empty match jq has all groups where the match is, whatever they matched.
        let capture = capture.map(|capture| empty.unwrap_or(capture));
        let mut members = group(text, capture, positions, false);
        members.insert(Val::from("name"), name.clone().unwrap_or_default());
        Val::obj(members)
    });
    let captures: Val = captures.collect();
    members.insert(Val::from("captures"), captures);
    Val::obj(members)
}

/// Make the members for one group: offset, length and text. A group that took no part in the match has the
/// offset -1 and no text; jq lists its members, and those of an empty group, in another order than those of the
/// `whole` match.
fn group(
    text: &Bytes,
    place: Option<(usize, usize)>,
    positions: &mut Positions<'_>,
    whole: bool,
) -> Map {
    let (offset, string, length) = match place {
        Some((start, end)) => (
            Val::from(positions.chars_before(start)),
            Val::str(text.slice(start..end)),
            code_points(&text[start..end]),
        ),
        None => (Val::from(-1_i64), Val::Null, 0),
    };
    let (string, length) = (("string", string), ("length", Val::from(length)));
    let last = if length_first(place, whole) {
        [length, string]
    } else {
        [string, length]
    };
    let members = core::iter::once(("offset", offset)).chain(last);
    members
        .map(|(key, value)| (Val::from(key), value))
        .collect()
}

/// Whether jq lists the length of a group before its text.
fn length_first(place: Option<(usize, usize)>, whole: bool) -> bool {
    whole || place.is_some_and(|(start, end)| start < end)
}

/// Counts the code points before a byte offset, from the last one it was asked for: offsets mostly grow.
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
