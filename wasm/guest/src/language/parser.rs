//! Parses programs, pipelines and definitions of jq 1.8.2's grammar, by recursive descent.
#![forbid(unsafe_code)]

mod literals;
mod operators;
mod patterns;
mod terms;

use super::lexer::{token, Kind, Token};
use super::rewrite::{destructure, with_callable_values};
use super::{Def, Pattern, Term};
use crate::run::fault::{Fault, Limit};
use jaq_core::load::parse::BinaryOp;

type Parsed<T> = Result<T, Box<Fault>>;

/// Words that cannot name a filter.
const KEYWORDS: [&str; 20] = [
    "as", "def", "module", "import", "include", "if", "then", "else", "elif", "end", "and", "or",
    "reduce", "foreach", "try", "catch", "label", "break", "__loc__", "",
];
const NO_MODULES: &str = "include and import are not available: the sandbox has no files";

/// Read a program.
///
/// # Errors
/// The first mistake and its place; or that the program nests deeper than `depth`.
pub fn parse(source: &'static str, depth: usize) -> Result<Term, Fault> {
    let mut parser = Parser {
        source,
        next: token(source, 0),
        end: 0,
        level: 0,
        depth,
        defined: Vec::new(),
        values: Vec::new(),
    };
    parser.program().map_err(|fault| *fault)
}

struct Parser {
    source: &'static str,
    /// The next token.
    next: Token,
    /// Byte offset after the token before it.
    end: usize,
    level: usize,
    depth: usize,
    /// Names of all definitions so far and of their arguments, in scope or not.
    defined: Vec<&'static str>,
    /// Arguments `$name` of the definitions that are open here, without the `$`; and whether the body may call one.
    values: Vec<(&'static str, bool)>,
}

/// What comes before the rest of a pipeline.
enum Head {
    Pipe(Term),
    Comma(Term),
    Bind(Term, Vec<Pattern>),
    Label(&'static str),
    Def(Def),
}

impl Head {
    fn before(self, rest: Term) -> Term {
        match self {
            Self::Pipe(term) => Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(rest)),
            Self::Comma(term) => Term::BinOp(Box::new(term), BinaryOp::Comma, Box::new(rest)),
            Self::Bind(value, patterns) => destructure(value, patterns, rest),
            Self::Label(name) => Term::Label(name, Box::new(rest)),
            Self::Def(def) => match rest {
                // Collect definitions that follow one another in one list, so that they nest one level deep.
                Term::Def(mut defs, body)
                    if defs.first().is_some_and(|first| first.name != "?body") =>
                {
                    defs.insert(0, def);
                    Term::Def(defs, body)
                }
                rest => Term::Def(vec![def], Box::new(rest)),
            },
        }
    }
}

impl Parser {
    fn program(&mut self) -> Parsed<Term> {
        if self.next.is("module") {
            self.advance();
            let at = self.next.at;
            let metadata = self.query(true)?;
            if !matches!(metadata, Term::Obj(_)) {
                let message = "the metadata of a module must be a constant object".into();
                return Err(self.fault(at, self.end, message, None));
            }
            self.expect(";")?;
        }
        if self.next.is("include") || self.next.is("import") {
            self.advance();
            let at = self.next.at;
            return Err(self.fault(at, at + self.next.text.len(), NO_MODULES.into(), None));
        }
        if self.next.kind == Kind::End {
            return Ok(Term::Id);
        }
        // After definitions the program may end; it is then the identity.
        let term = self.query_to_end()?;
        if self.next.kind != Kind::End {
            return Err(self.unexpected("an operator or the end"));
        }
        Ok(term)
    }

    fn advance(&mut self) -> Token {
        let taken = self.next;
        self.end = taken.end();
        self.next = token(self.source, self.end);
        taken
    }

    /// Take the next token if it is `text`.
    fn take(&mut self, text: &str) -> bool {
        let is_next = self.next.is(text);
        if is_next {
            self.advance();
        }
        is_next
    }

    fn fault(&self, start: usize, end: usize, message: String, hint: Option<String>) -> Box<Fault> {
        Box::new(Fault::Program {
            message,
            span: start..end,
            hint,
        })
    }

    /// Make the error that the next token is not the expected one.
    fn unexpected(&self, expected: &str) -> Box<Fault> {
        let Token { kind, text, at } = self.next;
        if kind == Kind::End {
            let message = format!("the program ends here, expected {expected}");
            return self.fault(at, at, message, None);
        }
        let beginning: String = match kind {
            Kind::Unknown => return self.unknown(),
            _ => text.chars().take(20).collect(),
        };
        let message = format!("unexpected {beginning}, expected {expected}");
        self.fault(at, at + text.len(), message, None)
    }

    fn unknown(&self) -> Box<Fault> {
        let Token { text, at, .. } = self.next;
        let hint = match text {
            "'" => Some("strings are written with double quotes".into()),
            "$" => Some("a variable is written $name".into()),
            "@" => Some("a format is written @name".into()),
            _ => None,
        };
        self.fault(at, at + text.len(), format!("unexpected {text}"), hint)
    }

    fn expect(&mut self, text: &'static str) -> Parsed<Token> {
        if self.next.is(text) {
            return Ok(self.advance());
        }
        Err(self.unexpected(text))
    }

    /// Take the bracket that closes `open`.
    fn close(&mut self, open: Token, close: &'static str) -> Parsed<()> {
        if self.take(close) {
            return Ok(());
        }
        if self.next.kind == Kind::End {
            return Err(self.never_closed(open));
        }
        let expected = format!("an operator or {close}");
        Err(self.unexpected(&expected))
    }

    fn never_closed(&self, open: Token) -> Box<Fault> {
        let message = format!("this {} is never closed", open.text);
        self.fault(open.at, open.end(), message, None)
    }

    /// Run `f` one level deeper.
    fn nested<T>(&mut self, at: usize, f: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.level == self.depth {
            return Err(Box::new(Fault::Limit(Limit::Depth {
                place: "program",
                allowed: self.depth,
                offset: Some(at),
            })));
        }
        self.level += 1;
        let parsed = f(self);
        self.level -= 1;
        parsed
    }

    fn query_to_end(&mut self) -> Parsed<Term> {
        self.pipeline(true, true)
    }

    fn query(&mut self, commas: bool) -> Parsed<Term> {
        self.pipeline(commas, false)
    }

    /// Parse filters joined by `|` and, with `commas`, by `,`. Bindings, labels and definitions hold to the end
    /// of the pipeline. A loop reads it, so that a long pipeline does not nest.
    fn pipeline(&mut self, commas: bool, may_end: bool) -> Parsed<Term> {
        let mut heads = Vec::new();
        let mut left: Option<Term> = None;
        let last = loop {
            let binder = self.next.is("def") || self.next.is("label");
            let head = if self.next.is("def") {
                let def = self.next;
                Head::Def(self.nested(def.at, Self::def)?)
            } else if self.next.is("label") {
                self.advance();
                let name = self.variable()?;
                self.expect("|")?;
                Head::Label(name)
            } else {
                if may_end
                    && self.next.kind == Kind::End
                    && matches!(heads.last(), Some(Head::Def(_)))
                {
                    break Term::Id;
                }
                let term = self.expression(0)?;
                if self.take("as") {
                    let patterns = self.patterns()?;
                    self.expect("|")?;
                    Head::Bind(term, patterns)
                } else {
                    let term = match left.take() {
                        Some(left) => Term::BinOp(Box::new(left), BinaryOp::Comma, Box::new(term)),
                        None => term,
                    };
                    if commas && self.take(",") {
                        left = Some(term);
                        continue;
                    }
                    if !self.take("|") {
                        break term;
                    }
                    Head::Pipe(term)
                }
            };
            let binds = binder || matches!(head, Head::Bind(..));
            if let (true, Some(left)) = (binds, left.take()) {
                heads.push(Head::Comma(left));
            }
            heads.push(head);
        };
        Ok(heads
            .into_iter()
            .rev()
            .fold(last, |rest, head| head.before(rest)))
    }

    fn variable(&mut self) -> Parsed<&'static str> {
        match self.next.kind {
            Kind::Var => Ok(self.advance().text),
            _ => Err(self.unexpected("a variable")),
        }
    }

    fn def(&mut self) -> Parsed<Def> {
        self.advance();
        let name = match self.next.kind {
            Kind::Word if !KEYWORDS.contains(&self.next.text) => self.advance().text,
            // jq's grammar lets a definition have the name of a format.
            Kind::Format => self.advance().text,
            _ => return Err(self.unexpected("the name of the definition")),
        };
        self.defined.push(name);
        let outer = self.values.len();
        let mut args = Vec::new();
        if self.next.is("(") {
            let open = self.advance();
            loop {
                match self.next.kind {
                    Kind::Word | Kind::Var => {
                        let arg = self.advance().text;
                        self.defined.push(arg);
                        if let Some(value) = arg.strip_prefix('$') {
                            self.values.push((value, false));
                        }
                        args.push(arg);
                    }
                    _ => return Err(self.unexpected("the name of an argument")),
                }
                if !self.take(";") {
                    break;
                }
            }
            self.close(open, ")")?;
        }
        self.expect(":")?;
        let body = self.query(true)?;
        self.expect(";")?;
        let called = self.values.drain(outer..).any(|(_, called)| called);
        if called {
            return Ok(with_callable_values(name, args, body));
        }
        Ok(Def { name, args, body })
    }
}
