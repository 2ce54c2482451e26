//! Parses terms: steps, calls, and the terms that begin with a keyword.
#![forbid(unsafe_code)]

use super::super::lexer::Kind;
use super::super::rewrite::{call, fold, fold_inputs, own, step};
use super::super::Term;
use super::literals::{number, text};
use super::{Parsed, Parser, KEYWORDS};
use jaq_core::path::{Opt, Part};

impl Parser {
    /// Parse a term with its steps: `.a[0]?`.
    pub(super) fn postfix(&mut self) -> Parsed<Term> {
        let at = self.next.at;
        let mut term = self.primary()?;
        loop {
            if self.next.is("?") {
                self.advance();
                term = Term::TryCatch(Box::new(term), None);
            } else if self.next.kind == Kind::Field {
                let name = &self.advance().text[1..];
                term = step(term, Part::Index(text(name)), self.optional());
            } else if self.next.is(".") {
                self.advance();
                if self.next.kind == Kind::Quote || self.next.kind == Kind::Format {
                    let key = self.string_or_format()?;
                    term = step(term, Part::Index(key), self.optional());
                } else if self.next.is("[") {
                    term = self.nested(at, |parser| parser.brackets(term))?;
                } else {
                    return Err(self.unexpected("a key or ["));
                }
            } else if self.next.is("[") {
                term = self.nested(at, |parser| parser.brackets(term))?;
            } else {
                return Ok(term);
            }
        }
    }

    pub(super) fn optional(&mut self) -> Opt {
        let mut opt = Opt::Essential;
        while self.take("?") {
            opt = Opt::Optional;
        }
        opt
    }

    /// Parse `[]`, `[f]`, `[f:g]`, `[f:]` or `[:g]` after a term.
    pub(super) fn brackets(&mut self, term: Term) -> Parsed<Term> {
        let open = self.advance();
        let part = if self.next.is("]") {
            Part::Range(None, None)
        } else if self.take(":") {
            Part::Range(None, Some(self.query(true)?))
        } else {
            let from = self.query(true)?;
            if !self.take(":") {
                Part::Index(from)
            } else if self.next.is("]") {
                Part::Range(Some(from), None)
            } else {
                Part::Range(Some(from), Some(self.query(true)?))
            }
        };
        self.close(open, "]")?;
        Ok(step(term, part, self.optional()))
    }

    pub(super) fn primary(&mut self) -> Parsed<Term> {
        let first = self.next;
        match first.kind {
            Kind::Num => Ok(number(self.advance().text)),
            Kind::Var if first.text == "$__loc__" => {
                self.advance();
                Ok(self.location(first.at))
            }
            Kind::Var => Ok(Term::Var(self.advance().text)),
            Kind::Field => {
                let name = &self.advance().text[1..];
                Ok(step(Term::Id, Part::Index(text(name)), self.optional()))
            }
            Kind::Format | Kind::Quote => self.string_or_format(),
            Kind::Word => self.word(),
            Kind::Sym if matches!(first.text, "(" | "[" | "{" | "-") => {
                self.nested(first.at, Self::symbol)
            }
            Kind::Sym => self.symbol(),
            Kind::End => Err(self.unexpected("a filter")),
            Kind::Unknown => Err(self.unknown()),
        }
    }

    pub(super) fn symbol(&mut self) -> Parsed<Term> {
        let first = self.next;
        match first.text {
            "." => {
                self.advance();
                if self.next.kind == Kind::Quote {
                    let key = self.string(None)?;
                    return Ok(step(Term::Id, Part::Index(key), self.optional()));
                }
                Ok(Term::Id)
            }
            ".." => {
                self.advance();
                Ok(Term::Recurse)
            }
            "-" => {
                self.advance();
                Ok(Term::Neg(Box::new(self.postfix()?)))
            }
            "(" => {
                self.advance();
                let inner = self.query(true)?;
                self.close(first, ")")?;
                Ok(inner)
            }
            "[" => {
                self.advance();
                if self.take("]") {
                    return Ok(Term::Arr(None));
                }
                let inner = self.query(true)?;
                self.close(first, "]")?;
                Ok(Term::Arr(Some(Box::new(inner))))
            }
            "{" => self.object(),
            _ => Err(self.unexpected("a filter")),
        }
    }

    pub(super) fn word(&mut self) -> Parsed<Term> {
        let first = self.next;
        match first.text {
            "if" => self.nested(first.at, Self::conditional),
            "try" => self.nested(first.at, |parser| {
                parser.advance();
                let body = parser.postfix()?;
                let catch = if parser.take("catch") {
                    Some(Box::new(parser.postfix()?))
                } else {
                    None
                };
                Ok(Term::TryCatch(Box::new(body), catch))
            }),
            "reduce" | "foreach" => self.nested(first.at, Self::fold),
            "break" => {
                self.advance();
                Ok(Term::Break(self.variable()?))
            }
            // jq wants brackets around these where an operand is expected; here they may be left out.
            "def" | "label" => self.nested(first.at, |parser| parser.query(false)),
            word if KEYWORDS.contains(&word) => Err(self.unexpected("a filter")),
            _ => {
                self.advance();
                let args = if self.next.is("(") {
                    self.nested(first.at, Self::arguments)?
                } else {
                    Vec::new()
                };
                let mut values = self.values.iter_mut().rev();
                let value = values.find(|(name, _)| args.is_empty() && *name == first.text);
                if let Some((_, called)) = value {
                    *called = true;
                    return Ok(own(first.text, args));
                }
                if self.defined.contains(&first.text) {
                    return Ok(own(first.text, args));
                }
                Ok(call(first.text, args))
            }
        }
    }

    pub(super) fn arguments(&mut self) -> Parsed<Vec<Term>> {
        let open = self.advance();
        let mut args = vec![self.query(true)?];
        while self.take(";") {
            args.push(self.query(true)?);
        }
        self.close(open, ")")?;
        Ok(args)
    }

    pub(super) fn conditional(&mut self) -> Parsed<Term> {
        let opening = self.advance();
        let mut arms = Vec::new();
        let otherwise = loop {
            let test = self.query(true)?;
            self.expect("then")?;
            arms.push((test, self.query(true)?));
            if self.take("elif") {
                continue;
            }
            break if self.take("else") {
                Some(Box::new(self.query(true)?))
            } else {
                None
            };
        };
        if self.next.kind == Kind::End {
            let message = "this if has no end".into();
            return Err(self.fault(opening.at, opening.end(), message, None));
        }
        if !self.take("end") {
            return Err(self.unexpected(if otherwise.is_some() {
                "end"
            } else {
                "else or end"
            }));
        }
        Ok(Term::IfThenElse(arms, otherwise))
    }

    pub(super) fn fold(&mut self) -> Parsed<Term> {
        let keyword = self.advance();
        let inputs = self.expression(0)?;
        self.expect("as")?;
        let patterns = self.patterns()?;
        if !self.next.is("(") {
            return Err(self.unexpected("("));
        }
        let args = self.arguments()?;
        let allowed = if keyword.text == "reduce" {
            2..=2
        } else {
            2..=3
        };
        if !allowed.contains(&args.len()) {
            let message = match keyword.text {
                "reduce" => "reduce takes two arguments: reduce f as $x (init; update)",
                _ => "foreach takes two or three arguments",
            };
            return Err(self.fault(keyword.at, keyword.end(), message.into(), None));
        }
        let (inputs, pattern) = fold_inputs(inputs, patterns);
        Ok(fold(keyword.text, inputs, pattern, args))
    }
}
