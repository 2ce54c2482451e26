//! Parses objects, strings and numbers.
#![forbid(unsafe_code)]

use super::super::lexer::{token, Kind, Token};
use super::super::term::{Kind as K, Piece, Term};
use super::{Parsed, Parser};
use crate::value::{Map, Num, Val};
use std::rc::Rc;

/// A member of an object: its key, and its value unless that is the input's member of this key.
type Member = (Term, Option<Term>);

const ESCAPES: &str = r#"a string can contain \" \\ \/ \b \f \n \r \t \uXXXX and \(filter)"#;

impl Parser<'_> {
    /// Make the value of `$__loc__` at the byte offset `at`.
    pub(super) fn location(&self, at: usize) -> Val {
        let line = self.source[self.file.start..at].matches('\n').count() + 1;
        let members = [
            ("file", Val::from(self.file.name)),
            ("line", Val::from(line)),
        ];
        Val::obj(
            members
                .into_iter()
                .map(|(key, value)| (Val::from(key), value))
                .collect(),
        )
    }

    pub(super) fn object(&mut self) -> Parsed<Term> {
        let open = self.advance();
        let mut members = Vec::new();
        while !self.next.is("}") {
            members.push(self.member()?);
            if !self.take(",") {
                break;
            }
        }
        self.close(open, "}")?;
        let kind = if members.is_empty() {
            K::Constant(Val::obj(Map::default()))
        } else {
            K::Object(members)
        };
        Ok(self.term(open.at, kind))
    }

    fn member(&mut self) -> Parsed<Member> {
        let first = self.next;
        let key = match first.kind {
            Kind::Var if first.text == "$__loc__" => {
                self.advance();
                let key = self.term(first.at, K::Constant(Val::from("__loc__")));
                let location = K::Constant(self.location(first.at));
                return Ok((key, Some(self.term(first.at, location))));
            }
            Kind::Var => {
                let variable = self.variable_term()?;
                if !self.next.is(":") {
                    let key = K::Constant(Val::from(&first.text[1..]));
                    return Ok((self.term(first.at, key), Some(variable)));
                }
                variable
            }
            Kind::Word => {
                let key = K::Constant(Val::from(self.advance().text));
                self.term(first.at, key)
            }
            Kind::Num => {
                let message =
                    "object keys are strings: write a number in quotes or brackets".into();
                return Err(self.fault(first.at, first.end(), message, None));
            }
            Kind::Format | Kind::Quote => self.string_or_format()?,
            _ if first.is("(") => {
                self.advance();
                let key = self.computed_key(first)?;
                self.expect(":")?;
                return Ok((key, Some(self.query(false)?)));
            }
            _ => return Err(self.unexpected("a key")),
        };
        let value = if self.take(":") {
            Some(self.query(false)?)
        } else {
            None
        };
        Ok((key, value))
    }

    /// Parse `(key)`, which must not be a constant that is not a string.
    pub(super) fn computed_key(&mut self, open: Token) -> Parsed<Term> {
        let at = self.next.at;
        let key = self.query(true)?;
        if matches!(&key.kind, K::Constant(value) if value.as_str().is_none()) {
            let message = format!(
                "{} cannot be an object key, which is a string",
                &self.source[at..self.end]
            );
            return Err(self.fault(at, self.end, message, None));
        }
        self.close(open, ")")?;
        Ok(key)
    }

    pub(super) fn string_or_format(&mut self) -> Parsed<Term> {
        let at = self.next.at;
        let format = match self.next.kind {
            Kind::Format => Some(self.advance().text),
            _ => None,
        };
        match (self.next.kind, format) {
            (Kind::Quote, format) => self.string(format),
            (_, Some(format)) => Ok(self.term(at, K::Call(format, Vec::new()))),
            (_, None) => Err(self.unexpected("a string")),
        }
    }

    /// Parse a string from its opening quote on.
    pub(super) fn string(&mut self, format: Option<&'static str>) -> Parsed<Term> {
        let open = self.next;
        let mut at = open.end();
        let mut parts = Vec::new();
        loop {
            let rest = &self.source[at..];
            let plain = rest
                .find(['"', '\\'])
                .ok_or_else(|| self.never_closed(open))?;
            if plain > 0 {
                push(&mut parts, &rest[..plain]);
            }
            at += plain;
            if rest[plain..].starts_with('"') {
                break;
            }
            if rest[plain..].starts_with("\\(") {
                let paren = Token {
                    kind: Kind::Sym,
                    text: &rest[plain + 1..plain + 2],
                    at: at + 1,
                };
                self.next = token(self.source, at + 2);
                let inner = self.nested(at + 1, |parser| parser.query(true))?;
                if !self.next.is(")") {
                    self.close(paren, ")")?;
                }
                parts.push(Piece::Term(inner));
                at = self.next.end();
            } else {
                let (c, length) = self.escape(at)?;
                push(&mut parts, c.encode_utf8(&mut [0; 4]));
                at += length;
            }
        }
        self.end = at + 1;
        self.next = token(self.source, self.end);
        let kind = match (&mut parts[..], format) {
            ([], _) => K::Constant(Val::from("")),
            // A format changes what is interpolated only.
            ([Piece::Text(text)], _) => K::Constant(Val::from(core::mem::take(text))),
            _ => K::Text(format, parts),
        };
        Ok(self.term(open.at, kind))
    }

    /// Parse the escape at `at` to its character and its length.
    pub(super) fn escape(&self, at: usize) -> Parsed<(char, usize)> {
        let rest = &self.source[at + 1..];
        let c = match rest.chars().next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let high = self.hex(at)?;
                if (0xd800..0xdc00).contains(&high) && self.source[at + 6..].starts_with("\\u") {
                    let low = self.hex(at + 6)?;
                    if (0xdc00..0xe000).contains(&low) {
                        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        return Ok((
                            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                            12,
                        ));
                    }
                }
                if (0xd800..0xdc00).contains(&high) {
                    let message = "the first half of a surrogate pair has no second half".into();
                    return Err(self.fault(at, at + 6, message, Some(ESCAPES.into())));
                }
                return Ok((
                    char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER),
                    6,
                ));
            }
            other => {
                let other = other.map_or(String::new(), String::from);
                let message = format!("unexpected {other}, expected string escape sequence");
                return Err(self.fault(
                    at + 1,
                    at + 1 + other.len(),
                    message,
                    Some(ESCAPES.into()),
                ));
            }
        };
        Ok((c, 2))
    }

    /// Parse the code unit of the escape `\uXXXX` at `at`.
    pub(super) fn hex(&self, at: usize) -> Parsed<u32> {
        let digits = self.source.get(at + 2..at + 6).unwrap_or_default();
        if digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(u32::from_str_radix(digits, 16).unwrap_or_default());
        }
        let message = "expected four hexadecimal digits after \\u".into();
        Err(self.fault(at, at + 2, message, Some(ESCAPES.into())))
    }
}

/// Add plain text to the pieces of a string.
fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.into())),
    }
}

/// Make the value of a number.
pub(super) fn number(text: &'static str) -> Val {
    if text.starts_with('.') {
        return Val::Num(Num::literal(&format!("0{text}")));
    }
    Val::Num(Num::literal(text))
}

/// Make the value of `[]`.
pub(super) fn empty_array() -> Val {
    Val::Arr(Rc::default())
}
