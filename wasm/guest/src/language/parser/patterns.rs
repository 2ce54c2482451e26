//! Parses patterns, which take values apart.
#![forbid(unsafe_code)]

use super::super::lexer::Kind;
use super::super::term::{Kind as K, Pattern, Span, Term};
use super::{Parsed, Parser};
use crate::value::Val;

impl Parser<'_> {
    /// Let what follows see the variables that patterns bind.
    pub(super) fn bind(&mut self, patterns: &[Pattern]) {
        for pattern in patterns {
            match pattern {
                Pattern::Variable(name) => self.variables.push(name),
                Pattern::Array(items, _) => self.bind(items),
                Pattern::Object(members) => {
                    for (_, pattern) in members {
                        self.bind(core::slice::from_ref(pattern));
                    }
                }
            }
        }
    }

    pub(super) fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut patterns = vec![self.pattern()?];
        while self.take("?//") {
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    pub(super) fn pattern(&mut self) -> Parsed<Pattern> {
        let first = self.next;
        if self.is_binding() {
            return Ok(Pattern::Variable(self.advance().text));
        }
        if first.is("[") {
            return self.nested(first.at, |parser| {
                parser.advance();
                let mut items = vec![parser.pattern()?];
                while parser.take(",") {
                    items.push(parser.pattern()?);
                }
                parser.close(first, "]")?;
                Ok(Pattern::Array(items, Span::new(first.at, parser.end)))
            });
        }
        if first.is("{") {
            return self.nested(first.at, |parser| {
                parser.advance();
                let mut members = Vec::new();
                loop {
                    parser.pattern_member(&mut members)?;
                    if !parser.take(",") {
                        break;
                    }
                }
                parser.close(first, "}")?;
                Ok(Pattern::Object(members))
            });
        }
        Err(self.unexpected("a pattern: $name, [...] or {...}"))
    }

    pub(super) fn pattern_member(&mut self, members: &mut Vec<(Term, Pattern)>) -> Parsed<()> {
        let first = self.next;
        let key = match first.kind {
            Kind::Var if self.is_binding() => {
                let name = self.advance().text;
                let key = self.term(first.at, K::Constant(Val::from(&name[1..])));
                if !self.take(":") {
                    members.push((key, Pattern::Variable(name)));
                    return Ok(());
                }
                let again = self.term(first.at, K::Constant(Val::from(&name[1..])));
                members.push((again, Pattern::Variable(name)));
                key
            }
            Kind::Word => {
                self.advance();
                self.expect(":")?;
                self.term(first.at, K::Constant(Val::from(first.text)))
            }
            Kind::Quote | Kind::Format => {
                let key = self.string_or_format()?;
                self.expect(":")?;
                key
            }
            _ if first.is("(") => {
                self.advance();
                let key = self.computed_key(first)?;
                self.expect(":")?;
                key
            }
            _ => return Err(self.unexpected("a key")),
        };
        members.push((key, self.pattern()?));
        Ok(())
    }
}
