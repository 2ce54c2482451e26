//! Recursive descent over jq 1.8.2's grammar.
#![forbid(unsafe_code)]

use super::lexer::{token, Kind, Token};
use super::rewrite::{
    array_pattern, binary, call, destructure, fold, fold_inputs, object, own, step, string,
};
use super::{Def, Pattern, Term};
use crate::fault::{Fault, Limit};
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::ops::{Cmp, Math};
use jaq_core::path::{Opt, Part};

type Parsed<T> = Result<T, Box<Fault>>;

/// Words that are no names of filters.
const KEYWORDS: [&str; 20] = [
    "as", "def", "module", "import", "include", "if", "then", "else", "elif", "end", "and", "or",
    "reduce", "foreach", "try", "catch", "label", "break", "__loc__", "",
];
const NO_MODULES: &str = "include and import are not available: the sandbox has no files";
const ESCAPES: &str = r#"a string can contain \" \\ \/ \b \f \n \r \t \uXXXX and \(filter)"#;

/// Read a program.
///
/// # Errors
/// What is wrong and where; a program that nests deeper than `depth` is refused.
pub fn parse(source: &'static str, depth: usize) -> Result<Term, Fault> {
    let mut parser = Parser {
        source,
        next: token(source, 0),
        end: 0,
        level: 0,
        depth,
        defined: Vec::new(),
    };
    parser.program().map_err(|fault| *fault)
}

struct Parser {
    source: &'static str,
    /// The token that is looked at.
    next: Token,
    /// Where the token before it ended.
    end: usize,
    level: usize,
    depth: usize,
    /// Names of the definitions so far and of their arguments, whatever they can be seen from.
    defined: Vec<&'static str>,
}

/// What stands before the rest of a pipeline.
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
                // One list of siblings instead of one nesting level a definition.
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
        // A program of definitions only is the identity.
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

    fn take(&mut self, text: &str) -> bool {
        let found = self.next.is(text);
        if found {
            self.advance();
        }
        found
    }

    fn fault(&self, start: usize, end: usize, message: String, hint: Option<String>) -> Box<Fault> {
        Box::new(Fault::Program {
            message,
            span: start..end,
            hint,
        })
    }

    /// The error that the next token is not what should stand here.
    fn unexpected(&self, expected: &str) -> Box<Fault> {
        let Token { kind, text, at } = self.next;
        if kind == Kind::End {
            let message = format!("the program ends here, expected {expected}");
            return self.fault(at, at, message, None);
        }
        let shown: String = match kind {
            Kind::Unknown => return self.unknown(),
            _ => text.chars().take(20).collect(),
        };
        let message = format!("unexpected {shown}, expected {expected}");
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

    /// The bracket that closes what `open` opened.
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

    /// Filters joined by `|` and, with `commas`, by `,`; bindings, labels and definitions reach to
    /// its end. Long pipelines are read in a loop.
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
            // Formats are built-ins by definition.
            Kind::Format => self.advance().text,
            _ => return Err(self.unexpected("the name of the definition")),
        };
        self.defined.push(name);
        let mut args = Vec::new();
        if self.next.is("(") {
            let open = self.advance();
            loop {
                match self.next.kind {
                    Kind::Word | Kind::Var => {
                        self.defined.push(self.next.text);
                        args.push(self.advance().text);
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
        Ok(Def { name, args, body })
    }

    /// Terms joined by operators that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8) -> Parsed<Term> {
        let mut left = self.postfix()?;
        while let Some((op, precedence, side)) = operator(&self.next) {
            if precedence < least {
                break;
            }
            self.advance();
            let right = match side {
                Side::Right => {
                    let at = self.next.at;
                    self.nested(at, |parser| parser.expression(precedence))?
                }
                _ => self.expression(precedence + 1)?,
            };
            left = binary(left, op, right);
            if let (Side::Neither, Some((_, again, _))) = (side, operator(&self.next)) {
                if again == precedence {
                    return Err(self
                        .unexpected("brackets around one of the two comparisons or assignments"));
                }
            }
        }
        Ok(left)
    }

    /// A term with its steps: `.a[0]?`.
    fn postfix(&mut self) -> Parsed<Term> {
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

    fn optional(&mut self) -> Opt {
        let mut opt = Opt::Essential;
        while self.take("?") {
            opt = Opt::Optional;
        }
        opt
    }

    /// `[]`, `[f]`, `[f:g]`, `[f:]`, `[:g]` after a term.
    fn brackets(&mut self, term: Term) -> Parsed<Term> {
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

    fn string_or_format(&mut self) -> Parsed<Term> {
        let format = match self.next.kind {
            Kind::Format => Some(self.advance().text),
            _ => None,
        };
        match (self.next.kind, format) {
            (Kind::Quote, format) => self.string(format),
            (_, Some(format)) => Ok(Term::Call(format, Vec::new())),
            (_, None) => Err(self.unexpected("a string")),
        }
    }

    fn primary(&mut self) -> Parsed<Term> {
        let found = self.next;
        match found.kind {
            Kind::Num => Ok(number(self.advance().text)),
            Kind::Var if found.text == "$__loc__" => {
                self.advance();
                Ok(self.location(found.at))
            }
            Kind::Var => Ok(Term::Var(self.advance().text)),
            Kind::Field => {
                let name = &self.advance().text[1..];
                Ok(step(Term::Id, Part::Index(text(name)), self.optional()))
            }
            Kind::Format | Kind::Quote => self.string_or_format(),
            Kind::Word => self.word(),
            Kind::Sym if matches!(found.text, "(" | "[" | "{" | "-") => {
                self.nested(found.at, Self::symbol)
            }
            Kind::Sym => self.symbol(),
            Kind::End => Err(self.unexpected("a filter")),
            Kind::Unknown => Err(self.unknown()),
        }
    }

    fn location(&self, at: usize) -> Term {
        let line = self.source[..at].matches('\n').count() + 1;
        let line: &'static str = Box::leak(line.to_string().into_boxed_str());
        Term::Obj(vec![
            (text("file"), Some(text("<top-level>"))),
            (text("line"), Some(Term::Num(line))),
        ])
    }

    fn symbol(&mut self) -> Parsed<Term> {
        let found = self.next;
        match found.text {
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
                self.close(found, ")")?;
                Ok(inner)
            }
            "[" => {
                self.advance();
                if self.take("]") {
                    return Ok(Term::Arr(None));
                }
                let inner = self.query(true)?;
                self.close(found, "]")?;
                Ok(Term::Arr(Some(Box::new(inner))))
            }
            "{" => self.object(),
            _ => Err(self.unexpected("a filter")),
        }
    }

    fn object(&mut self) -> Parsed<Term> {
        let open = self.advance();
        let mut members = Vec::new();
        while !self.next.is("}") {
            members.push(self.member()?);
            if !self.take(",") {
                break;
            }
        }
        self.close(open, "}")?;
        Ok(object(members))
    }

    fn member(&mut self) -> Parsed<(Term, Option<Term>)> {
        let found = self.next;
        let key = match found.kind {
            Kind::Var if found.text == "$__loc__" => {
                self.advance();
                return Ok((text("__loc__"), Some(self.location(found.at))));
            }
            Kind::Var => Term::Var(self.advance().text),
            Kind::Word => text(self.advance().text),
            Kind::Num => {
                let message =
                    "object keys are strings: write a number in quotes or brackets".into();
                return Err(self.fault(found.at, found.end(), message, None));
            }
            Kind::Format | Kind::Quote => self.string_or_format()?,
            _ if found.is("(") => {
                self.advance();
                let key = self.computed_key(found)?;
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

    /// `(key)`, which no constant can be that is not a string.
    fn computed_key(&mut self, open: Token) -> Parsed<Term> {
        let at = self.next.at;
        let key = self.query(true)?;
        let constant = match &key {
            Term::Num(_) | Term::Arr(None) => true,
            Term::Obj(members) => members.is_empty(),
            Term::Call(name, _) => ["null", "true", "false"].contains(name),
            _ => false,
        };
        if constant {
            let message = format!(
                "{} cannot be an object key, which is a string",
                &self.source[at..self.end]
            );
            return Err(self.fault(at, self.end, message, None));
        }
        self.close(open, ")")?;
        Ok(key)
    }

    fn word(&mut self) -> Parsed<Term> {
        let found = self.next;
        match found.text {
            "if" => self.nested(found.at, Self::conditional),
            "try" => self.nested(found.at, |parser| {
                parser.advance();
                let body = parser.postfix()?;
                let catch = if parser.take("catch") {
                    Some(Box::new(parser.postfix()?))
                } else {
                    None
                };
                Ok(Term::TryCatch(Box::new(body), catch))
            }),
            "reduce" | "foreach" => self.nested(found.at, Self::fold),
            "break" => {
                self.advance();
                Ok(Term::Break(self.variable()?))
            }
            // jq wants brackets around these where an operand stands; they are harmless without.
            "def" | "label" => self.nested(found.at, |parser| parser.query(false)),
            word if KEYWORDS.contains(&word) => Err(self.unexpected("a filter")),
            _ => {
                self.advance();
                let args = if self.next.is("(") {
                    self.nested(found.at, Self::arguments)?
                } else {
                    Vec::new()
                };
                if self.defined.contains(&found.text) {
                    return Ok(own(found.text, args));
                }
                Ok(call(found.text, args))
            }
        }
    }

    fn arguments(&mut self) -> Parsed<Vec<Term>> {
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

    fn fold(&mut self) -> Parsed<Term> {
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

    fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut patterns = vec![self.pattern()?];
        while self.take("?//") {
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    fn pattern(&mut self) -> Parsed<Pattern> {
        let found = self.next;
        if found.kind == Kind::Var {
            return Ok(Pattern::Var(self.advance().text));
        }
        if found.is("[") {
            return self.nested(found.at, |parser| {
                parser.advance();
                let mut items = vec![parser.pattern()?];
                while parser.take(",") {
                    items.push(parser.pattern()?);
                }
                parser.close(found, "]")?;
                Ok(array_pattern(items))
            });
        }
        if found.is("{") {
            return self.nested(found.at, |parser| {
                parser.advance();
                let mut members = Vec::new();
                loop {
                    parser.pattern_member(&mut members)?;
                    if !parser.take(",") {
                        break;
                    }
                }
                parser.close(found, "}")?;
                Ok(Pattern::Obj(members))
            });
        }
        Err(self.unexpected("a pattern: $name, [...] or {...}"))
    }

    fn pattern_member(&mut self, members: &mut Vec<(Term, Pattern)>) -> Parsed<()> {
        let found = self.next;
        let key = match found.kind {
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
                text(found.text)
            }
            Kind::Quote | Kind::Format => {
                let key = self.string_or_format()?;
                self.expect(":")?;
                key
            }
            _ if found.is("(") => {
                self.advance();
                let key = self.computed_key(found)?;
                self.expect(":")?;
                key
            }
            _ => return Err(self.unexpected("a key")),
        };
        members.push((key, self.pattern()?));
        Ok(())
    }

    /// A string from its opening quote on.
    fn string(&mut self, format: Option<&'static str>) -> Parsed<Term> {
        let open = self.next;
        let mut at = open.end();
        let mut parts = Vec::new();
        loop {
            let rest = &self.source[at..];
            let plain = rest
                .find(['"', '\\'])
                .ok_or_else(|| self.never_closed(open))?;
            if plain > 0 {
                parts.push(StrPart::Str(&rest[..plain]));
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
                parts.push(StrPart::Term(inner));
                at = self.next.end();
            } else {
                let (c, length) = self.escape(at)?;
                parts.push(StrPart::Char(c));
                at += length;
            }
        }
        self.end = at + 1;
        self.next = token(self.source, self.end);
        Ok(string(format, parts))
    }

    /// The character that the escape at `at` stands for, and the escape's length.
    fn escape(&self, at: usize) -> Parsed<(char, usize)> {
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
                return Ok((
                    char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER),
                    6,
                ));
            }
            other => {
                let found = other.map_or(String::new(), String::from);
                let message = format!("unexpected {found}, expected string escape sequence");
                return Err(self.fault(
                    at + 1,
                    at + 1 + found.len(),
                    message,
                    Some(ESCAPES.into()),
                ));
            }
        };
        Ok((c, 2))
    }

    /// The code unit of the escape `\uXXXX` at `at`.
    fn hex(&self, at: usize) -> Parsed<u32> {
        let digits = self.source.get(at + 2..at + 6).unwrap_or_default();
        if digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(u32::from_str_radix(digits, 16).unwrap_or_default());
        }
        let message = "expected four hexadecimal digits after \\u".into();
        Err(self.fault(at, at + 2, message, Some(ESCAPES.into())))
    }
}

fn text(text: &'static str) -> Term {
    Term::Str(None, vec![StrPart::Str(text)])
}

/// jaq reads a number by Rust's rules, which want a digit before a point.
fn number(text: &'static str) -> Term {
    if text.starts_with('.') {
        return Term::Num(Box::leak(format!("0{text}").into_boxed_str()));
    }
    Term::Num(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Neither,
}

/// The operator that a token is, how tightly it binds, and to which side chains of it group.
fn operator(token: &Token) -> Option<(BinaryOp<&'static str>, u8, Side)> {
    use BinaryOp as B;
    if !matches!(token.kind, Kind::Sym | Kind::Word) {
        return None;
    }
    Some(match token.text {
        "//" => (B::Alt, 1, Side::Right),
        "=" => (B::Assign, 2, Side::Neither),
        "|=" => (B::Update, 2, Side::Neither),
        "+=" => (B::UpdateMath(Math::Add), 2, Side::Neither),
        "-=" => (B::UpdateMath(Math::Sub), 2, Side::Neither),
        "*=" => (B::UpdateMath(Math::Mul), 2, Side::Neither),
        "/=" => (B::UpdateMath(Math::Div), 2, Side::Neither),
        "%=" => (B::UpdateMath(Math::Rem), 2, Side::Neither),
        "//=" => (B::UpdateAlt, 2, Side::Neither),
        "or" => (B::Or, 3, Side::Left),
        "and" => (B::And, 4, Side::Left),
        "==" => (B::Cmp(Cmp::Eq), 5, Side::Neither),
        "!=" => (B::Cmp(Cmp::Ne), 5, Side::Neither),
        "<" => (B::Cmp(Cmp::Lt), 5, Side::Neither),
        ">" => (B::Cmp(Cmp::Gt), 5, Side::Neither),
        "<=" => (B::Cmp(Cmp::Le), 5, Side::Neither),
        ">=" => (B::Cmp(Cmp::Ge), 5, Side::Neither),
        "+" => (B::Math(Math::Add), 6, Side::Left),
        "-" => (B::Math(Math::Sub), 6, Side::Left),
        "*" => (B::Math(Math::Mul), 7, Side::Left),
        "/" => (B::Math(Math::Div), 7, Side::Left),
        "%" => (B::Math(Math::Rem), 7, Side::Left),
        _ => return None,
    })
}
