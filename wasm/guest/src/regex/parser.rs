//! Reads an expression in the syntax that jq gives Oniguruma (ONIG_SYNTAX_PERL_NG), error for error.
#![forbid(unsafe_code)]

use super::fold;
use super::lexer::Token;
use super::node::{Fault, Node};
use super::set::Set;
use super::unicode;
use std::rc::Rc;

/// How deep groups and their alternatives nest, each counted.
const MOST_DEPTH: usize = 4096;

/// What flags and inline options say about the characters that follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) fold: bool,
    pub(super) extended: bool,
    pub(super) dot_all: bool,
    pub(super) single_line: bool,
}

/// An expression while it is read.
pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) token: Token,
    pub(super) options: Options,
    /// How many groups were opened.
    pub(super) groups: usize,
    /// Whether each group, 0 first, is closed.
    pub(super) closed: Vec<bool>,
    /// The names with their groups, in the order of the names' first use.
    pub(super) names: Vec<(String, Vec<usize>)>,
    /// Codes of `\x{61 62}` that are still to be read, the last first; a bar stands for the dash of a range.
    pub(super) pending: Vec<Token>,
    /// Whether sets need to hold characters of ASCII only.
    pub(super) ascii: bool,
    /// The calls by name or number, resolved when all groups are known.
    pub(super) calls: Vec<(super::names::Name, String, usize)>,
    /// Whether the next part begins the body of a condition or of an absent function.
    pub(super) head: bool,
    depth: usize,
}

/// An expression that was read.
pub(super) struct Parsed {
    pub(super) root: Node,
    /// How many groups there are.
    pub(super) groups: usize,
    pub(super) names: Vec<(String, Vec<usize>)>,
}

/// Read an expression; `ascii` says that it meets texts of ASCII only.
pub(super) fn parse(pattern: &str, options: Options, ascii: bool) -> Result<Parsed, Fault> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        token: Token::End,
        options,
        groups: 0,
        closed: vec![true],
        names: Vec::new(),
        pending: Vec::new(),
        ascii,
        calls: Vec::new(),
        head: false,
        depth: 0,
    };
    parser.advance()?;
    let mut alternatives = parser.alternatives(&Token::End)?;
    let root = match alternatives.len() {
        1 => alternatives.remove(0),
        _ => Node::Alternatives(alternatives),
    };
    let mut parsed = Parsed {
        root,
        groups: parser.groups,
        names: core::mem::take(&mut parser.names),
    };
    super::calls::resolve(&parser.calls, &mut parsed)?;
    Ok(parsed)
}

impl Parser {
    /// Look at the next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Take the next character.
    pub(super) fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Read the next token into `self.token`.
    pub(super) fn advance(&mut self) -> Result<(), Fault> {
        self.token = self.next_token()?;
        Ok(())
    }

    /// Count one level less.
    pub(super) fn pop_depth(&mut self) {
        self.depth -= 1;
    }

    /// Count one more level.
    pub(super) fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("parse depth limit over".into());
        }
        Ok(())
    }

    /// Read alternatives up to `end`, which stays in `self.token`.
    pub(super) fn alternatives(&mut self, end: &Token) -> Result<Vec<Node>, Fault> {
        self.deeper()?;
        let options = self.options;
        let mut alternatives = vec![self.branch(end)?];
        while self.token == Token::Or {
            self.advance()?;
            alternatives.push(self.branch(end)?);
        }
        if self.token != *end {
            return Err("end pattern with unmatched parenthesis".into());
        }
        self.options = options;
        self.depth -= 1;
        Ok(alternatives)
    }

    /// Read alternatives as one node.
    pub(super) fn body(&mut self) -> Result<Node, Fault> {
        self.advance()?;
        let mut alternatives = self.alternatives(&Token::Close)?;
        Ok(match alternatives.len() {
            1 => alternatives.remove(0),
            _ => Node::Alternatives(alternatives),
        })
    }

    /// Whether the branch ends here.
    fn at_end(&self, end: &Token) -> bool {
        self.token == *end || matches!(self.token, Token::End | Token::Or)
    }

    /// Read what stands between two bars.
    fn branch(&mut self, end: &Token) -> Result<Node, Fault> {
        self.deeper()?;
        let mut parts = vec![self.part(end)?];
        while !self.at_end(end) {
            parts.push(self.part(end)?);
        }
        self.depth -= 1;
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let mut list: Vec<Node> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Node::List(parts) => parts.into_iter().for_each(|part| join(&mut list, part)),
                part => join(&mut list, part),
            }
        }
        Ok(Node::List(list))
    }

    /// Read one part with the repetitions behind it.
    fn part(&mut self, end: &Token) -> Result<Node, Fault> {
        let head = core::mem::take(&mut self.head);
        loop {
            if self.at_end(end) {
                return Ok(Node::empty());
            }
            let mut group = false;
            let mut read = false;
            let node = match self.token.clone() {
                Token::Open => match self.group()? {
                    super::groups::Read::Options => {
                        self.advance()?;
                        continue;
                    }
                    super::groups::Read::Plain(node) => {
                        group = true;
                        // There Oniguruma keeps the parentheses, and so may repeat what is in them.
                        if head {
                            Node::Scope(Box::new(node))
                        } else {
                            node
                        }
                    }
                    super::groups::Read::Node(node) => node,
                },
                Token::Close => return Err("unmatched close parenthesis".into()),
                Token::Char(code) => {
                    let mut codes = vec![code];
                    self.advance()?;
                    while let Token::Char(code) = self.token {
                        codes.push(code);
                        self.advance()?;
                    }
                    read = true;
                    Node::Text {
                        codes,
                        fold: self.options.fold,
                    }
                }
                Token::Byte(byte) => {
                    read = true;
                    self.bytes(byte)?
                }
                Token::Code(code) => text_of(vec![code], self.options.fold)?,
                Token::Quote => self.quoted(),
                Token::Kind(kind, negated) => self.set_node(kind.set(self.ascii), negated),
                Token::Property(negated) => {
                    let set = self.property()?;
                    self.set_node(set, negated)
                }
                Token::ClassOpen => self.class_node()?,
                Token::Any { newline } => Node::Any { newline },
                Token::Backref(groups) => {
                    let open = |group: &usize| self.closed.get(*group) == Some(&false);
                    let inside = groups.iter().any(open);
                    Node::Backref {
                        groups,
                        fold: self.options.fold,
                        inside,
                    }
                }
                Token::Call(name, text) => self.call(name, text)?,
                Token::Place(place) => Node::Assert(place),
                Token::Repeat { .. } => {
                    return Err("target of repeat operator is not specified".into())
                }
                Token::Keep => Node::Keep,
                Token::Newline => Node::newline(),
                Token::Segment => Node::segment(),
                Token::End | Token::Or => Node::empty(),
            };
            if !read {
                self.advance()?;
            }
            return self.repeated(node, group);
        }
    }

    /// Read the repetitions behind a part; `group` says that it stood in `(?:…)`.
    fn repeated(&mut self, node: Node, mut group: bool) -> Result<Node, Fault> {
        let mut before: Vec<Node> = Vec::new();
        let mut node = node;
        while let Token::Repeat {
            least,
            most,
            greedy,
            possessive,
        } = self.token
        {
            if node.cannot_repeat() {
                return Err("target of repeat operator is invalid".into());
            }
            if (least, most) == (1, 1) {
                group = false;
                self.advance()?;
                continue;
            }
            if let Node::Text { codes, fold } = &mut node {
                if !group && codes.len() > 1 {
                    let last = codes.pop().map(|code| vec![code]).unwrap_or_default();
                    let fold = *fold;
                    before.push(core::mem::replace(
                        &mut node,
                        Node::Text { codes: last, fold },
                    ));
                }
            }
            node = super::repeat::repeat(node, least, most, greedy)?;
            if possessive {
                node = Node::Atomic(Box::new(node));
            }
            group = false;
            self.advance()?;
        }
        if before.is_empty() {
            return Ok(node);
        }
        before.push(node);
        Ok(Node::List(before))
    }

    /// Read bytes that were written as codes: together they must be a character.
    fn bytes(&mut self, first: u8) -> Result<Node, Fault> {
        let mut bytes = vec![first];
        while bytes.len() < super::class::length_of(first) {
            self.advance()?;
            let Token::Byte(byte) = self.token else {
                return Err("too short multibyte code string".into());
            };
            bytes.push(byte);
        }
        self.advance()?;
        if let [0xfe | 0xff] = bytes.as_slice() {
            // A character to Oniguruma, which no text has.
            return Ok(Node::Set(Rc::default()));
        }
        let codes = core::str::from_utf8(&bytes).map_err(|_| "invalid wide-char value")?;
        text_of(codes.chars().map(u32::from).collect(), self.options.fold)
    }

    /// Read the text between `\Q` and `\E`.
    fn quoted(&mut self) -> Node {
        let rest = &self.chars[self.at..];
        let end = rest.windows(2).position(|pair| pair == ['\\', 'E']);
        let text = &rest[..end.unwrap_or(rest.len())];
        let codes: Vec<u32> = text.iter().map(|c| u32::from(*c)).collect();
        self.at += text.len() + if end.is_some() { 2 } else { 0 };
        Node::Text {
            codes,
            fold: self.options.fold,
        }
    }

    /// Read the name of a property and its brace.
    pub(super) fn property(&mut self) -> Result<Set, Fault> {
        let rest = &self.chars[self.at..];
        let end = rest
            .iter()
            .position(|c| matches!(c, '}' | '(' | ')' | '{' | '|'));
        let Some(end) = end.filter(|end| rest[*end] == '}') else {
            return Err("end pattern with unmatched parenthesis".into());
        };
        let name: String = rest[..end].iter().collect();
        self.at += end + 1;
        unicode::property(&name, self.ascii)
            .ok_or_else(|| Fault::naming("invalid character property name {{}}", &name))
    }

    /// Make a node of a set.
    fn set_node(&self, set: Set, negated: bool) -> Node {
        let set = if negated { set.negated() } else { set };
        Node::Set(Rc::new(set))
    }

    /// Read a class, with the variants of its characters where case is ignored.
    fn class_node(&mut self) -> Result<Node, Fault> {
        let (mut set, negated) = self.class()?;
        if !self.options.fold {
            return Ok(self.set_node(set, negated));
        }
        fold::add_variants(&mut set);
        let mut sequences: Vec<&str> = Vec::new();
        for (code, sequence) in fold::sequences() {
            if set.has(code) && !sequences.contains(&sequence) {
                sequences.push(sequence);
            }
        }
        for sequence in &sequences {
            fold::sources(sequence).for_each(|code| set.add(code, code));
        }
        set.settle();
        let node = self.set_node(set, negated);
        if negated || sequences.is_empty() {
            return Ok(node);
        }
        let mut alternatives = vec![node];
        alternatives.extend(sequences.into_iter().map(Node::sequence));
        Ok(Node::Alternatives(alternatives))
    }
}

/// Make a text of codes; one that UTF-8 has no place for is refused.
fn text_of(codes: Vec<u32>, fold: bool) -> Result<Node, Fault> {
    if codes.iter().any(|code| *code > 0x1f_ffff) {
        return Err("invalid code point value".into());
    }
    Ok(Node::Text { codes, fold })
}

/// Append a part to a list, where a text goes on with the text before it.
fn join(list: &mut Vec<Node>, part: Node) {
    if let (
        Some(Node::Text { codes, fold }),
        Node::Text {
            codes: more,
            fold: same,
        },
    ) = (list.last_mut(), &part)
    {
        if fold == same {
            codes.extend_from_slice(more);
            return;
        }
    }
    list.push(part);
}
