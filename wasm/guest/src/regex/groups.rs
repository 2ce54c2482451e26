//! Reads what stands in parentheses.
#![forbid(unsafe_code)]

use super::lexer::Token;
use super::names::Name;
use super::node::{Fault, Node};
use super::parser::Parser;

/// What an opening parenthesis began.
pub(super) enum Read {
    /// `(?i)`: options for what follows.
    Options,
    /// `(?:…)`.
    Plain(Node),
    Node(Node),
}

/// The callouts by name that Oniguruma knows.
const CALLOUTS: [&str; 7] = [
    "MISMATCH",
    "ERROR",
    "MAX",
    "COUNT",
    "TOTAL_COUNT",
    "CMP",
    "SKIP",
];

impl Parser {
    /// Read a group behind its parenthesis, up to the token of the one that closes it.
    pub(super) fn group(&mut self) -> Result<Read, Fault> {
        const OPEN: &str = "end pattern with unmatched parenthesis";
        const INSIDE: &str = "end pattern in group";
        match self.peek().ok_or(OPEN)? {
            '?' => self.at += 1,
            '*' => {
                self.at += 1;
                return self.callout().map(Read::Node);
            }
            _ => return self.capture(None).map(Read::Node),
        }
        let c = self.take().ok_or(INSIDE)?;
        let look = |parser: &mut Self, behind, negated| {
            let body = Box::new(parser.body()?);
            Ok(Read::Node(Node::Look {
                behind,
                negated,
                body,
            }))
        };
        match c {
            ':' => Ok(Read::Plain(self.body()?)),
            '=' => look(self, false, false),
            '!' => look(self, false, true),
            '>' => Ok(Read::Node(Node::Atomic(Box::new(self.body()?)))),
            '\'' => self.named('\'').map(Read::Node),
            '<' => match self.peek().ok_or(OPEN)? {
                '=' => {
                    self.at += 1;
                    look(self, true, false)
                }
                '!' => {
                    self.at += 1;
                    look(self, true, true)
                }
                _ => self.named('<').map(Read::Node),
            },
            '~' => match self.peek().ok_or(INSIDE)? {
                '|' => Err("absent functions with a bar are not supported".into()),
                _ => {
                    self.head = true;
                    Ok(Read::Node(Node::Absent(Box::new(self.body()?))))
                }
            },
            '{' => Err("callouts are not supported".into()),
            '(' => self.condition().map(Read::Node),
            '-' | 'i' | 'm' | 's' | 'x' => self.inline_options(c),
            _ => Err("undefined group option".into()),
        }
    }

    /// Read the body of a group that captures.
    fn capture(&mut self, name: Option<String>) -> Result<Node, Fault> {
        const MOST_CAPTURES: usize = 32767;
        self.groups += 1;
        let number = self.groups;
        if number > MOST_CAPTURES {
            return Err("too many captures".into());
        }
        self.closed.push(false);
        if let Some(name) = name {
            match self.names.iter_mut().find(|(other, _)| *other == name) {
                Some((_, groups)) => groups.push(number),
                None => self.names.push((name, vec![number])),
            }
        }
        let body = self.body()?;
        self.closed[number] = true;
        Ok(Node::Group(number, Box::new(body)))
    }

    /// Read a group with a name.
    fn named(&mut self, open: char) -> Result<Node, Fault> {
        let (_, name) = self.name(open, false)?;
        self.capture(Some(name))
    }

    /// Read options, and what they are for if a colon follows.
    fn inline_options(&mut self, first: char) -> Result<Read, Fault> {
        let before = self.options;
        let mut options = before;
        let mut on = true;
        let mut c = first;
        loop {
            match c {
                '-' => on = false,
                'x' => options.extended = on,
                'i' => options.fold = on,
                's' => options.dot_all = on,
                'm' => options.single_line = !on,
                ')' => {
                    self.options = options;
                    return Ok(Read::Options);
                }
                ':' => {
                    self.options = options;
                    let body = self.body();
                    self.options = before;
                    return Ok(Read::Node(Node::Scope(Box::new(body?))));
                }
                _ => return Err("undefined group option".into()),
            }
            c = self.take().ok_or("end pattern in group")?;
        }
    }

    /// Read `(?(…)…|…)` behind its second parenthesis.
    fn condition(&mut self) -> Result<Node, Fault> {
        const INSIDE: &str = "end pattern in group";
        let start = self.at;
        let first = self.peek().ok_or(INSIDE)?;
        if self.at + 1 >= self.chars.len() {
            return Err(INSIDE.into());
        }
        let mut condition = None;
        match first {
            '<' | '\'' => {
                self.at += 1;
                let (name, text) = self.reference(first)?;
                condition = Some(Node::Captured(self.referred(name, &text)?));
                if self.take().ok_or(INSIDE)? != ')' {
                    return Err(INSIDE.into());
                }
            }
            '0'..='9' | '-' | '+' => match self.reference('(') {
                Ok((name, text)) => condition = Some(Node::Captured(self.referred(name, &text)?)),
                Err(_) => self.at = start,
            },
            '*' => {
                self.at += 1;
                return self.callout();
            }
            _ => {}
        }
        let captured = condition.is_some();
        let condition = match condition {
            Some(condition) => condition,
            None => self.body()?,
        };
        if self.peek().ok_or(INSIDE)? == ')' {
            if !captured {
                return Err("invalid if-else syntax".into());
            }
            self.at += 1;
            return Ok(condition);
        }
        let only_else = self.peek() == Some('|');
        self.at += usize::from(only_else);
        self.advance()?;
        self.head = true;
        let mut alternatives = self.alternatives(&Token::Close)?;
        let then = if only_else {
            Node::empty()
        } else {
            alternatives.remove(0)
        };
        let otherwise = match alternatives.len() {
            0 => Node::empty(),
            1 => alternatives.remove(0),
            _ => Node::Alternatives(alternatives),
        };
        Ok(Node::If(Box::new([condition, then, otherwise])))
    }

    /// Read `(*FAIL)`; the other callouts are refused.
    fn callout(&mut self) -> Result<Node, Fault> {
        let rest = &self.chars[self.at..];
        if rest.is_empty() {
            return Err("invalid callout pattern".into());
        }
        let end = rest.iter().position(|c| matches!(c, ')' | '[' | '{'));
        let end = end.ok_or("end pattern in group")?;
        let name: String = rest[..end].iter().collect();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty()
            || !name.chars().all(word)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err("invalid callout name".into());
        }
        if name == "FAIL" && rest[end] == ')' {
            self.at += end + 1;
            return Ok(Node::Fail);
        }
        if name == "FAIL" || CALLOUTS.contains(&name.as_str()) {
            return Err("callouts are not supported".into());
        }
        Err("undefined callout name".into())
    }

    /// Note a call, which is resolved when all groups are known.
    pub(super) fn call(&mut self, name: Name, text: String) -> Result<Node, Fault> {
        let number = match name {
            Name::Text => 0,
            name => self
                .absolute(name)
                .ok_or_else(|| Fault::naming("undefined group <{}> reference", &text))?,
        };
        self.calls.push((name, text, number));
        Ok(Node::Call(self.calls.len() - 1))
    }
}
