//! Parses terms: steps, calls, and the terms that begin with a keyword.
#![forbid(unsafe_code)]

use super::super::lexer::{Kind, Token};
use super::super::term::{Fold, Kind as K, Pattern, Term};
use super::literals::{empty_array, number};
use super::{Parsed, Parser, Span, KEYWORDS};
use crate::value::Val;

impl Parser<'_> {
    /// Parse a term with its steps: `.a[0]?`.
    pub(super) fn postfix(&mut self) -> Parsed<Term> {
        let at = self.next.at;
        let mut term = self.primary()?;
        loop {
            if self.next.is("?") {
                self.advance();
                term = self.term(at, K::Try(Box::new(term), None));
            } else if self.next.kind == Kind::Field {
                term = self.field(at, term);
            } else if self.next.is(".") {
                self.advance();
                if self.next.kind == Kind::Quote || self.next.kind == Kind::Format {
                    let key = self.string_or_format()?;
                    let optional = self.optional();
                    term = self.term(at, K::Index(Box::new(term), Box::new(key), optional));
                } else if self.next.is("[") {
                    term = self.nested(at, |parser| parser.brackets(at, term))?;
                } else {
                    return Err(self.unexpected("a key or ["));
                }
            } else if self.next.is("[") {
                term = self.nested(at, |parser| parser.brackets(at, term))?;
            } else {
                return Ok(term);
            }
        }
    }

    /// Parse `.name` after a term that began at the byte offset `at`.
    fn field(&mut self, at: usize, term: Term) -> Term {
        let token = self.advance();
        let key = Term {
            kind: K::Constant(Val::from(&token.text[1..])),
            span: Span::new(token.at, token.end()),
        };
        let optional = self.optional();
        self.term(at, K::Index(Box::new(term), Box::new(key), optional))
    }

    fn optional(&mut self) -> bool {
        let mut optional = false;
        while self.take("?") {
            optional = true;
        }
        optional
    }

    /// Parse `[]`, `[f]`, `[f:g]`, `[f:]` or `[:g]` after a term that began at the byte offset `at`.
    fn brackets(&mut self, at: usize, term: Term) -> Parsed<Term> {
        let open = self.advance();
        let (mut from, mut upto) = (None, None);
        let mut slice = false;
        if !self.next.is("]") {
            if !self.next.is(":") {
                from = Some(Box::new(self.query(true)?));
            }
            slice = self.take(":");
            if slice && (from.is_none() || !self.next.is("]")) {
                upto = Some(Box::new(self.query(true)?));
            }
        }
        self.close(open, "]")?;
        let optional = self.optional();
        let term = Box::new(term);
        let kind = match from {
            _ if slice => K::Slice(term, from, upto, optional),
            Some(key) => K::Index(term, key, optional),
            None => K::Iteration(term, optional),
        };
        Ok(self.term(at, kind))
    }

    fn primary(&mut self) -> Parsed<Term> {
        let first = self.next;
        match first.kind {
            Kind::Num => {
                let value = number(self.advance().text);
                Ok(self.term(first.at, K::Constant(value)))
            }
            Kind::Var if first.text == "$__loc__" => {
                self.advance();
                let location = self.location(first.at);
                Ok(self.term(first.at, K::Constant(location)))
            }
            Kind::Var => self.variable_term(),
            Kind::Field => {
                let input = self.identity(first.at);
                Ok(self.field(first.at, input))
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

    /// Make `.` at the byte offset `at`, where it is written or left out.
    fn identity(&self, at: usize) -> Term {
        Term {
            kind: K::Identity,
            span: Span::new(at, at),
        }
    }

    fn symbol(&mut self) -> Parsed<Term> {
        let first = self.next;
        let kind = match first.text {
            "." => {
                self.advance();
                if self.next.kind == Kind::Quote {
                    let key = self.string(None)?;
                    let input = Box::new(self.identity(first.at));
                    K::Index(input, Box::new(key), self.optional())
                } else {
                    K::Identity
                }
            }
            ".." => {
                self.advance();
                K::Recurse
            }
            "-" => {
                self.advance();
                K::Negation(Box::new(self.postfix()?))
            }
            "(" => {
                self.advance();
                let inner = self.query(true)?;
                self.close(first, ")")?;
                return Ok(inner);
            }
            "[" => {
                self.advance();
                if self.take("]") {
                    K::Constant(empty_array())
                } else {
                    let inner = self.query(true)?;
                    self.close(first, "]")?;
                    K::Array(Box::new(inner))
                }
            }
            "{" => return self.object(),
            _ => return Err(self.unexpected("a filter")),
        };
        Ok(self.term(first.at, kind))
    }

    fn word(&mut self) -> Parsed<Term> {
        let first = self.next;
        match first.text {
            "if" => self.nested(first.at, Self::conditional),
            "try" => self.nested(first.at, |parser| {
                parser.advance();
                let body = Box::new(parser.postfix()?);
                let catch = if parser.take("catch") {
                    Some(Box::new(parser.postfix()?))
                } else {
                    None
                };
                Ok(parser.term(first.at, K::Try(body, catch)))
            }),
            "reduce" | "foreach" => self.nested(first.at, Self::fold),
            "break" => {
                self.advance();
                let at = self.next.at;
                let name = self.variable()?;
                if !self.labels.contains(&name) {
                    let message = format!("there is no label {name} around this");
                    self.is_undefined(at, name, message, None);
                }
                Ok(self.term(first.at, K::Break(name)))
            }
            // jq wants brackets around these where an operand is expected; here they may be left out.
            "def" | "label" => self.nested(first.at, |parser| parser.query(false)),
            word if KEYWORDS.contains(&word) => Err(self.unexpected("a filter")),
            _ => self.call(),
        }
    }

    /// Parse `$name`, which must be bound.
    pub(super) fn variable_term(&mut self) -> Parsed<Term> {
        let Token { text, at, .. } = self.advance();
        if !self.variables.contains(&text) && !self.known.has_variable(text) {
            let message = format!("{text} is not defined");
            self.is_undefined(at, text, message, self.known.variable_hint(text));
        }
        Ok(self.term(at, K::Variable(text)))
    }

    fn call(&mut self) -> Parsed<Term> {
        let first = self.advance();
        let args = if self.next.is("(") {
            self.nested(first.at, Self::arguments)?
        } else {
            Vec::new()
        };
        if args.is_empty() {
            let constant = match first.text {
                "null" => Some(Val::Null),
                "true" => Some(Val::Bool(true)),
                "false" => Some(Val::Bool(false)),
                _ => None,
            };
            if let Some(value) = constant {
                return Ok(self.term(first.at, K::Constant(value)));
            }
            let mut values = self.values.iter_mut().rev();
            if let Some((_, called)) = values.find(|(name, _)| *name == first.text) {
                *called = true;
            }
        }
        let (name, arity) = (first.text, args.len());
        if !self.filters.contains(&(name, arity)) && !self.known.has_filter(name, arity) {
            let message = format!("{name}/{arity} is not defined");
            self.is_undefined(first.at, name, message, self.known.filter_hint(name));
        }
        for (name, arity, mentioned) in &mut self.open {
            *mentioned |= *name == first.text && *arity == args.len();
        }
        Ok(self.term(first.at, K::Call(first.text, args)))
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

    fn conditional(&mut self) -> Parsed<Term> {
        let opening = self.advance();
        let mut arms = Vec::new();
        let otherwise = loop {
            let at = self.next.at;
            let condition = self.query(true)?;
            self.expect("then")?;
            arms.push((at, condition, self.query(true)?));
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
        let mut rest = otherwise;
        for (at, condition, then) in arms.into_iter().rev() {
            let kind = K::If(Box::new(condition), Box::new(then), rest);
            rest = Some(Box::new(self.term(at, kind)));
        }
        let mut whole = *rest.expect("there is a condition");
        whole.span.start = opening.at as u32;
        Ok(whole)
    }

    /// Parse the arguments of a fold; all but the first see what the patterns bind.
    fn folding(&mut self, patterns: &[Pattern]) -> Parsed<Vec<Term>> {
        let open = self.advance();
        let mut args = vec![self.query(true)?];
        let scope = self.scope();
        self.bind(patterns);
        while self.take(";") {
            args.push(self.query(true)?);
        }
        self.leave(scope);
        self.close(open, ")")?;
        Ok(args)
    }

    fn fold(&mut self) -> Parsed<Term> {
        let keyword = self.advance();
        let source = self.expression(0)?;
        self.expect("as")?;
        let patterns = self.patterns()?;
        if !self.next.is("(") {
            return Err(self.unexpected("("));
        }
        let mut args = self.nested(keyword.at, |parser| parser.folding(&patterns))?;
        let mut args = args.drain(..);
        let parts = (args.next(), args.next(), args.next(), args.next());
        let is_reduce = keyword.text == "reduce";
        let (init, update, extract) = match parts {
            (Some(init), Some(update), extract, None) if !is_reduce || extract.is_none() => {
                (init, update, extract)
            }
            _ => {
                let message = if is_reduce {
                    "reduce takes two arguments: reduce f as $x (init; update)"
                } else {
                    "foreach takes two or three arguments"
                };
                return Err(self.fault(keyword.at, keyword.end(), message.into(), None));
            }
        };
        let fold = Box::new(Fold {
            source,
            patterns,
            init,
            update,
        });
        let kind = if is_reduce {
            K::Reduce(fold)
        } else {
            K::Foreach(fold, extract.map(Box::new))
        };
        Ok(self.term(keyword.at, kind))
    }
}
