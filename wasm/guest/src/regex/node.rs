//! Says what an expression is made of, as Oniguruma's parser sees it, and what can be wrong with it.
#![forbid(unsafe_code)]

use super::fold;
use super::set::Set;
use std::rc::Rc;

/// What is wrong with an expression, in Oniguruma's words.
#[derive(Debug, PartialEq)]
pub(super) struct Fault(pub(super) String);

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self(message.into())
    }
}

/// How many bytes of a name an error tells.
const NAME_BYTES: usize = 27;

impl Fault {
    /// Make an error that tells a name: `{}` in the message is where it goes.
    pub(super) fn naming(message: &str, name: &str) -> Self {
        let mut told =
            String::from_utf8_lossy(&name.as_bytes()[..name.len().min(NAME_BYTES)]).into_owned();
        if name.len() > NAME_BYTES {
            told.push_str("...");
        }
        Self(message.replace("{}", &told))
    }
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Characters that follow each other; `fold` ignores their case.
    Text {
        codes: Vec<u32>,
        fold: bool,
    },
    /// A character of a set.
    Set(Rc<Set>),
    /// Any character, or any but a newline.
    Any {
        newline: bool,
    },
    /// A place in the text.
    Assert(Place),
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`.
    Look {
        behind: bool,
        negated: bool,
        body: Box<Node>,
    },
    /// `(?>…)`: what the body matched first is not tried another way.
    Atomic(Box<Node>),
    /// A group with options of its own.
    Scope(Box<Node>),
    /// A group that captures.
    Group(usize, Box<Node>),
    List(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        least: u32,
        most: u32,
        greedy: bool,
        body: Box<Node>,
    },
    /// What one of the groups matched, the last first; `inside` when it stands in one of them.
    Backref {
        groups: Vec<usize>,
        fold: bool,
        inside: bool,
    },
    /// Whether one of the groups took part.
    Captured(Vec<usize>),
    /// `(?(…)…|…)`.
    If(Box<[Node; 3]>),
    /// `\g<…>` and its kin: the body of a group once more; 0 is the whole expression.
    Call(usize),
    /// `\K`: the match begins here.
    Keep,
    /// Never matches.
    Fail,
    /// `(?~…)`: the longest text without a match of the body, and what is shorter.
    Absent(Box<Node>),
}

/// A place in the text that an expression can ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    Start,
    End,
    /// The end, or before a newline there.
    EndOrNewline,
    LineStart,
    LineEnd,
    /// Where the search began.
    SearchStart,
    WordBoundary,
    NoWordBoundary,
    /// Between two clusters of characters that belong together.
    SegmentBoundary,
    NoSegmentBoundary,
}

/// No upper bound of a repetition.
pub(super) const ENDLESS: u32 = u32::MAX;

impl Node {
    /// The empty text, which matches everywhere.
    pub(super) fn empty() -> Self {
        Self::Text {
            codes: Vec::new(),
            fold: false,
        }
    }

    /// `\R`: a line end of any kind, `\r\n` as a whole.
    pub(super) fn newline() -> Self {
        let mut set = Set::default();
        set.add(10, 13);
        set.add(0x85, 0x85);
        set.add(0x2028, 0x2029);
        let pair = Node::Text {
            codes: vec![13, 10],
            fold: false,
        };
        Node::If(Box::new([pair, Node::empty(), Node::Set(Rc::new(set))]))
    }

    /// `\X`: characters that belong together.
    pub(super) fn segment() -> Self {
        let any = Node::Any { newline: true };
        let more = Node::List(vec![Node::Assert(Place::NoSegmentBoundary), any.clone()]);
        let rest = Node::Repeat {
            least: 0,
            most: ENDLESS,
            greedy: true,
            body: Box::new(more),
        };
        Node::Atomic(Box::new(Node::List(vec![any, rest])))
    }

    /// A sequence in any case.
    pub(super) fn sequence(sequence: &str) -> Self {
        let sets = fold::variants_of_each(sequence).into_iter();
        Self::List(sets.map(|set| Self::Set(Rc::new(set))).collect())
    }

    /// The parts that a part has directly.
    pub(super) fn parts(&self) -> &[Node] {
        match self {
            Self::Look { body, .. }
            | Self::Atomic(body)
            | Self::Scope(body)
            | Self::Group(_, body)
            | Self::Repeat { body, .. }
            | Self::Absent(body) => core::slice::from_ref(body),
            Self::List(parts) | Self::Alternatives(parts) => parts,
            Self::If(parts) => &parts[..],
            _ => &[],
        }
    }

    /// Whether there is an absent function in this.
    pub(super) fn has_absent(&self) -> bool {
        matches!(self, Self::Absent(_)) || self.parts().iter().any(Self::has_absent)
    }

    /// Whether Oniguruma refuses to repeat this.
    pub(super) fn cannot_repeat(&self) -> bool {
        match self {
            Self::Assert(_) | Self::Look { .. } | Self::Keep | Self::Fail => true,
            Self::Alternatives(parts) => parts.iter().any(Self::cannot_repeat),
            _ => false,
        }
    }
}
