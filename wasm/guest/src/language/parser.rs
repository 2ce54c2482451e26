//! Parses programs, pipelines and definitions of jq 1.8.2's grammar, by recursive descent.
#![forbid(unsafe_code)]

mod header;
mod known;
mod literals;
mod operators;
mod patterns;
mod terms;

pub use header::{definitions, header, Import, Nothing};
pub use known::Known;

use super::files::File;
use super::lexer::{token, Kind, Token};
use super::term::{Definition, Kind as K, Pattern, Span, Term};
use crate::run::fault::{Fault, Limit};

type Parsed<T> = Result<T, Box<Fault>>;

/// Words that cannot name a filter.
const KEYWORDS: [&str; 20] = [
    "as", "def", "module", "import", "include", "if", "then", "else", "elif", "end", "and", "or",
    "reduce", "foreach", "try", "catch", "label", "break", "__loc__", "",
];
/// Read the filter of a program, from the byte offset `at` on.
///
/// # Errors
/// The first mistake and its place; or that the program nests deeper than `depth`. A name that is not defined is a
/// mistake unless it stands in a definition: then it is one for those who call that.
pub fn parse(file: File, at: usize, depth: usize, known: &dyn Known) -> Result<Term, Fault> {
    let mut parser = Parser::new(file, at, depth, known);
    let term = parser.program().map_err(|fault| *fault)?;
    match parser.undefined {
        Some(fault) => Err(fault),
        None => Ok(term),
    }
}

struct Parser<'k> {
    file: File,
    source: &'static str,
    /// The next token.
    next: Token,
    /// Byte offset after the token before it.
    end: usize,
    level: usize,
    depth: usize,
    /// The definitions whose bodies are open here: name, number of parameters, whether the body mentions it.
    open: Vec<(&'static str, usize, bool)>,
    /// Arguments `$name` of the definitions that are open here, without the `$`; and whether the body may call one.
    values: Vec<(&'static str, bool)>,
    known: &'k dyn Known,
    /// The filters that are defined here, each with its number of arguments.
    filters: Vec<(&'static str, usize)>,
    /// The variables that are bound here, each with its dollar.
    variables: Vec<&'static str>,
    /// The labels around this.
    labels: Vec<&'static str>,
    /// The first name that is not defined, in the definition that is open or in the program outside of all.
    undefined: Option<Fault>,
}

/// What comes before the rest of a pipeline.
enum Head {
    Pipe(Term),
    Comma(Term),
    Bind(Term, Vec<Pattern>),
    Label(&'static str, usize),
    Definition(Definition, usize),
}

impl Head {
    fn before(self, rest: Term) -> Term {
        let end = rest.span.end;
        let rest = Box::new(rest);
        let (kind, start) = match self {
            Self::Pipe(term) => {
                let start = term.span.start;
                (K::Pipe(Box::new(term), rest), start)
            }
            Self::Comma(term) => {
                let start = term.span.start;
                (K::Comma(Box::new(term), rest), start)
            }
            Self::Bind(value, patterns) => {
                let start = value.span.start;
                (K::Binding(Box::new(value), patterns, rest), start)
            }
            Self::Label(name, at) => (K::Label(name, rest), at as u32),
            Self::Definition(def, at) => (K::Definition(Box::new(def), rest), at as u32),
        };
        Term {
            kind,
            span: Span { start, end },
        }
    }
}

impl<'k> Parser<'k> {
    fn new(file: File, at: usize, depth: usize, known: &'k dyn Known) -> Self {
        Self {
            file,
            source: file.source,
            next: token(file.source, at),
            end: at,
            level: 0,
            depth,
            open: Vec::new(),
            values: Vec::new(),
            known,
            filters: Vec::new(),
            variables: Vec::new(),
            labels: Vec::new(),
            undefined: None,
        }
    }

    fn program(&mut self) -> Parsed<Term> {
        if self.next.kind == Kind::End {
            return Ok(self.term(self.next.at, K::Identity));
        }
        // After definitions the program may end; it is then the identity.
        let term = self.query_to_end()?;
        if self.next.kind != Kind::End {
            return Err(self.unexpected("an operator or the end"));
        }
        Ok(term)
    }

    /// Make the term that began at the byte offset `start` and ends here.
    fn term(&self, start: usize, kind: K) -> Term {
        let end = self.end.max(start);
        Term {
            kind,
            span: Span::new(start, end),
        }
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
            let message = format!("the {} ends here, expected {expected}", self.file.kind());
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
        let scope = self.scope();
        let term = self.scoped_pipeline(commas, may_end)?;
        self.leave(scope);
        Ok(term)
    }

    /// Measure what is defined here, for [`Self::leave`].
    fn scope(&self) -> [usize; 3] {
        [self.filters.len(), self.variables.len(), self.labels.len()]
    }

    /// Forget what was defined after [`Self::scope`].
    fn leave(&mut self, [filters, variables, labels]: [usize; 3]) {
        self.filters.truncate(filters);
        self.variables.truncate(variables);
        self.labels.truncate(labels);
    }

    /// Keep the error that `text` at the byte offset `at` is not defined, unless there is an earlier one.
    fn is_undefined(&mut self, at: usize, text: &str, message: String, hint: Option<String>) {
        self.undefined.get_or_insert(Fault::Program {
            message,
            span: at..at + text.len(),
            hint,
        });
    }

    fn scoped_pipeline(&mut self, commas: bool, may_end: bool) -> Parsed<Term> {
        let mut heads = Vec::new();
        let mut left: Option<Term> = None;
        let last = loop {
            let binder = self.next.is("def") || self.next.is("label");
            let at = self.next.at;
            let head = if self.next.is("def") {
                let definition = self.nested(at, Self::definition)?;
                self.filters
                    .push((definition.name, definition.parameters.len()));
                Head::Definition(definition, at)
            } else if self.next.is("label") {
                self.advance();
                let name = self.variable()?;
                self.expect("|")?;
                self.labels.push(name);
                Head::Label(name, at)
            } else {
                if may_end
                    && self.next.kind == Kind::End
                    && matches!(heads.last(), Some(Head::Definition(..)))
                {
                    break self.term(at, K::Identity);
                }
                let term = self.expression(0)?;
                if self.take("as") {
                    let patterns = self.patterns()?;
                    self.expect("|")?;
                    self.bind(&patterns);
                    Head::Bind(term, patterns)
                } else {
                    let term = match left.take() {
                        Some(left) => Head::Comma(left).before(term),
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

    /// Tell whether the next token is a name for a value; `$__loc__` is a value itself.
    fn is_binding(&self) -> bool {
        self.next.kind == Kind::Var && self.next.text != "$__loc__"
    }

    fn variable(&mut self) -> Parsed<&'static str> {
        if self.is_binding() {
            return Ok(self.advance().text);
        }
        Err(self.unexpected("a variable"))
    }

    fn definition(&mut self) -> Parsed<Definition> {
        self.advance();
        let name = match self.next.kind {
            Kind::Word if !KEYWORDS.contains(&self.next.text) => self.advance().text,
            // jq's grammar lets a definition have the name of a format.
            Kind::Format => self.advance().text,
            _ => return Err(self.unexpected("the name of the definition")),
        };
        let outer = self.values.len();
        let scope = self.scope();
        let undefined = self.undefined.take();
        let own = self.filters.len();
        let mut parameters = Vec::new();
        if self.next.is("(") {
            let open = self.advance();
            loop {
                if self.next.kind != Kind::Word && !self.is_binding() {
                    return Err(self.unexpected("the name of an argument"));
                }
                let parameter = self.advance().text;
                if let Some(value) = parameter.strip_prefix('$') {
                    self.values.push((value, false));
                    self.variables.push(parameter);
                }
                self.filters.push((parameter.trim_start_matches('$'), 0));
                parameters.push(parameter);
                if !self.take(";") {
                    break;
                }
            }
            self.close(open, ")")?;
        }
        self.expect(":")?;
        self.filters.insert(own, (name, parameters.len()));
        self.open.push((name, parameters.len(), false));
        let body = self.query(true)?;
        let recursive = self.open.pop().is_some_and(|(.., mentioned)| mentioned);
        self.expect(";")?;
        self.leave(scope);
        let undefined = core::mem::replace(&mut self.undefined, undefined);
        let calls_values = self.values.drain(outer..).any(|(_, called)| called);
        Ok(Definition {
            name,
            parameters,
            body,
            recursive,
            calls_values,
            undefined,
        })
    }
}
