//! Parses patterns, which take values apart.
#![forbid(unsafe_code)]

use super::super::lexer::Kind;
use super::super::rewrite::array_pattern;
use super::super::{Pattern, Term};
use super::literals::text;
use super::{Parsed, Parser};

impl Parser {
    pub(super) fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut patterns = vec![self.pattern()?];
        while self.take("?//") {
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    pub(super) fn pattern(&mut self) -> Parsed<Pattern> {
        let first = self.next;
        if first.kind == Kind::Var {
            return Ok(Pattern::Var(self.advance().text));
        }
        if first.is("[") {
            return self.nested(first.at, |parser| {
                parser.advance();
                let mut items = vec![parser.pattern()?];
                while parser.take(",") {
                    items.push(parser.pattern()?);
                }
                parser.close(first, "]")?;
                Ok(array_pattern(items))
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
                Ok(Pattern::Obj(members))
            });
        }
        Err(self.unexpected("a pattern: $name, [...] or {...}"))
    }

    pub(super) fn pattern_member(&mut self, members: &mut Vec<(Term, Pattern)>) -> Parsed<()> {
        let first = self.next;
        let key = match first.kind {
            Kind::Var => {
                let name = self.advance().text;
                members.push((text(&name[1..]), Pattern::Var(name)));
                if !self.take(":") {
                    return Ok(());
                }
                text(&name[1..])
            }
            Kind::Word => {
                self.advance();
                self.expect(":")?;
                text(first.text)
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
