//! Knows the classes of characters that have a name.
#![forbid(unsafe_code)]

use super::set::Set;
use regex_syntax::hir::{Class, HirKind};

/// The names of Unicode's blocks with their first and last character.
const BLOCKS: &str = include_str!("blocks.txt");

/// The bits of some classes in ASCII.
const DIGITS: u128 = 0x3ff << 48;
const UPPER: u128 = 0x3ff_ffff << 65;
const LOWER: u128 = 0x3ff_ffff << 97;
const SPACES: u128 = 0x1f << 9 | 1 << 32;
const CONTROLS: u128 = 0xffff_ffff | 1 << 127;
const GRAPHIC: u128 = !CONTROLS & !(1 << 32);

/// A class that has a sign or a name between brackets and colons.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Word,
    XDigit,
}

impl Kind {
    /// The class that a name of POSIX stands for.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "alnum" => Self::Alnum,
            "alpha" => Self::Alpha,
            "ascii" => Self::Ascii,
            "blank" => Self::Blank,
            "cntrl" => Self::Cntrl,
            "digit" => Self::Digit,
            "graph" => Self::Graph,
            "lower" => Self::Lower,
            "print" => Self::Print,
            "punct" => Self::Punct,
            "space" => Self::Space,
            "upper" => Self::Upper,
            "word" => Self::Word,
            "xdigit" => Self::XDigit,
            _ => return None,
        })
    }

    /// The characters of ASCII in the class.
    fn in_ascii(self) -> u128 {
        match self {
            Self::Alnum => DIGITS | UPPER | LOWER,
            Self::Alpha => UPPER | LOWER,
            Self::Ascii => u128::MAX,
            Self::Blank => 1 << 9 | 1 << 32,
            Self::Cntrl => CONTROLS,
            Self::Digit => DIGITS,
            Self::Graph => GRAPHIC,
            Self::Lower => LOWER,
            Self::Print => GRAPHIC | 1 << 32,
            Self::Punct => GRAPHIC & !(DIGITS | UPPER | LOWER),
            Self::Space => SPACES,
            Self::Upper => UPPER,
            Self::Word => DIGITS | UPPER | LOWER | 1 << 95,
            Self::XDigit => DIGITS | 0x3f << 65 | 0x3f << 97,
        }
    }

    /// The class; only its part in ASCII when `ascii` says that the text has nothing else.
    pub(super) fn set(self, ascii: bool) -> Set {
        let mut set = Set::of_ascii(self.in_ascii());
        if !ascii {
            let expression = match self {
                Self::Ascii | Self::XDigit => return set,
                Self::Alnum => r"[\p{Alphabetic}\p{Nd}]",
                Self::Alpha => r"\p{Alphabetic}",
                Self::Blank => r"\p{Zs}",
                Self::Cntrl => r"\p{Cc}",
                Self::Digit => r"\p{Nd}",
                Self::Graph => r"[^\p{White_Space}\p{Cc}\p{Cn}]",
                Self::Lower => r"\p{Lowercase}",
                Self::Print => r"[\p{Zs}[^\p{White_Space}\p{Cc}\p{Cn}]]",
                Self::Punct => r"[\p{P}\p{S}]",
                Self::Space => r"\p{White_Space}",
                Self::Upper => r"\p{Uppercase}",
                Self::Word => r"[\w--[\x{200c}\x{200d}]]",
            };
            if let Some(wide) = of_expression(expression) {
                set.add_all(&wide);
                set.settle();
            }
        }
        set
    }
}

/// The class that a name stands for in `\p{…}`.
pub(super) fn property(name: &str, ascii: bool) -> Option<Set> {
    let letters = name.chars().filter(|c| !matches!(c, ' ' | '-' | '_'));
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    if let Some(kind) = Kind::named(&name).filter(|kind| *kind != Kind::Punct) {
        return Some(kind.set(ascii));
    }
    if let Some(block) = name.strip_prefix("in") {
        if let Some(set) = block_named(block) {
            return Some(set);
        }
    }
    match name.as_str() {
        "newline" => Some(Set::of_ascii(1 << 10)),
        // No text has surrogates.
        "cs" | "surrogate" => Some(Set::default()),
        "posixpunct" => Some(Kind::Punct.set(ascii)),
        // The crate takes these names for others than Unicode's.
        _ if name.starts_with("is") => None,
        _ => of_expression(&format!("\\p{{{name}}}")),
    }
}

/// The block of characters with a name.
fn block_named(name: &str) -> Option<Set> {
    let mut lines = BLOCKS.lines().filter_map(|line| line.split_once(' '));
    let (_, range) = lines.find(|(block, _)| *block == name)?;
    let (low, high) = range.split_once(' ')?;
    let mut set = Set::default();
    set.add(
        u32::from_str_radix(low, 16).ok()?,
        u32::from_str_radix(high, 16).ok()?,
    );
    Some(set)
}

/// The characters that an expression of the crate regex-syntax matches.
pub(super) fn of_expression(expression: &str) -> Option<Set> {
    let hir = regex_syntax::parse(expression).ok()?;
    let mut set = Set::default();
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            for range in class.ranges() {
                set.add(u32::from(range.start()), u32::from(range.end()));
            }
        }
        HirKind::Literal(literal) => {
            for c in core::str::from_utf8(&literal.0).ok()?.chars() {
                set.add(u32::from(c), u32::from(c));
            }
        }
        _ => return None,
    }
    set.settle();
    Some(set)
}
