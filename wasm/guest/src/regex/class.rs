//! Reads a class of characters, `[…]`.
#![forbid(unsafe_code)]

use super::lexer::Token;
use super::node::Fault;
use super::parser::Parser;
use super::set::Set;
use super::unicode::Kind;

/// A token of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Item {
    End,
    Close,
    Dash,
    Char(u32),
    /// `^` without a backslash.
    Caret,
    /// A byte that was written as a code to a base.
    Byte(u8, u32),
    Kind(Kind, bool),
    Property(bool),
    Posix,
}

/// What was read of a class last.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Start,
    /// A character (or None: a class in the class), which may begin a range.
    Value(Option<u32>),
    /// A character and a dash.
    Range(u32),
    /// A range.
    Complete,
}

/// How many bytes a character has that begins with a byte.
pub(super) fn length_of(first: u8) -> usize {
    match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    }
}

impl Parser {
    /// Read a class behind its bracket, and whether it is negated.
    pub(super) fn class(&mut self) -> Result<(Set, bool), Fault> {
        self.deeper()?;
        let mut set = Set::default();
        let mut state = State::Start;
        let mut item = self.item()?;
        let negated = item == Item::Caret;
        if negated {
            item = self.item()?;
        }
        if item == Item::Close {
            if !self.chars[self.at..].contains(&']') {
                return Err("empty char-class".into());
            }
            item = Item::Char(u32::from(']'));
        }
        while item != Item::Close {
            let mut next = None;
            match item {
                Item::Char(code) => self.value(&mut set, &mut state, code)?,
                Item::Caret => self.value(&mut set, &mut state, u32::from('^'))?,
                Item::Byte(byte, base) => {
                    let code = self.class_bytes(byte, base, &mut next)?;
                    self.value(&mut set, &mut state, code)?;
                }
                Item::Posix => {
                    let named = self.posix()?;
                    set.add_all(&named);
                    named_value(&mut set, &mut state)?;
                }
                Item::Kind(kind, negated) => {
                    let named = kind.set(self.ascii);
                    set.add_all(&if negated { named.negated() } else { named });
                    named_value(&mut set, &mut state)?;
                }
                Item::Property(negated) => {
                    let named = self.property()?;
                    set.add_all(&if negated { named.negated() } else { named });
                    named_value(&mut set, &mut state)?;
                }
                Item::Dash => match state {
                    State::Value(first) => {
                        let after = self.item()?;
                        next = Some(after);
                        match first {
                            Some(first) if after != Item::Close => state = State::Range(first),
                            _ => self.value(&mut set, &mut state, u32::from('-'))?,
                        }
                    }
                    State::Range(_) => self.value(&mut set, &mut state, u32::from('-'))?,
                    State::Start | State::Complete => {
                        next = Some(self.item()?);
                        self.value(&mut set, &mut state, u32::from('-'))?;
                    }
                },
                Item::End => return Err("premature end of char-class".into()),
                Item::Close => {}
            }
            item = match next {
                Some(next) => next,
                None => self.item()?,
            };
        }
        if let State::Value(Some(code)) = state {
            set.add(code, code);
        }
        set.settle();
        self.pop_depth();
        Ok((set, negated))
    }

    /// Take in a character, which ends a range or may begin one.
    fn value(&self, set: &mut Set, state: &mut State, code: u32) -> Result<(), Fault> {
        if code > 0x1f_ffff && !matches!(state, State::Range(_)) {
            return Err("invalid code point value".into());
        }
        *state = match *state {
            State::Value(before) => {
                if let Some(before) = before {
                    set.add(before, before);
                }
                State::Value(Some(code))
            }
            State::Range(first) if first > code => {
                return Err("empty range in char class".into());
            }
            State::Range(first) => {
                set.add(first, code);
                State::Complete
            }
            State::Start | State::Complete => State::Value(Some(code)),
        };
        Ok(())
    }

    /// Read bytes that were written as codes: together they must be a character.
    fn class_bytes(&mut self, first: u8, base: u32, next: &mut Option<Item>) -> Result<u32, Fault> {
        let mut bytes = vec![first];
        while bytes.len() < length_of(first) {
            match self.item()? {
                Item::Byte(byte, same) if same == base => bytes.push(byte),
                other => {
                    *next = Some(other);
                    return Err("too short multibyte code string".into());
                }
            }
        }
        if bytes.len() == 1 {
            return Ok(u32::from(first));
        }
        let text = core::str::from_utf8(&bytes).map_err(|_| "invalid wide-char value")?;
        Ok(text.chars().next().map_or(0, u32::from))
    }

    /// Read the name of a class behind `[:`.
    fn posix(&mut self) -> Result<Set, Fault> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let rest = &self.chars[self.at..];
        let end = rest.iter().position(|c| *c == ':').unwrap_or(rest.len());
        let name: String = rest[..end].iter().collect();
        let kind = Kind::named(&name).ok_or("invalid POSIX bracket type")?;
        self.at += end + 2;
        let set = kind.set(self.ascii);
        Ok(if negated { set.negated() } else { set })
    }

    /// Whether `[:` begins the name of a class: letters up to `:]`.
    fn begins_posix(&self) -> bool {
        let rest = self.chars.get(self.at + 1..).unwrap_or_default();
        let Some(end) = rest.iter().position(|c| *c == ':') else {
            return false;
        };
        let name = &rest[..end];
        let letters = name.strip_prefix(&['^']).unwrap_or(name);
        end > 0 && rest.get(end + 1) == Some(&']') && letters.iter().all(|c| c.is_alphabetic())
    }

    /// Read the next token of a class.
    fn item(&mut self) -> Result<Item, Fault> {
        match self.pending.pop() {
            Some(Token::Code(code)) => return Ok(Item::Char(code)),
            Some(_) => return Ok(Item::Dash),
            None => {}
        }
        let Some(c) = self.take() else {
            return Ok(Item::End);
        };
        Ok(match c {
            ']' => Item::Close,
            '-' => Item::Dash,
            '^' => Item::Caret,
            '\\' => self.escaped_item()?,
            '[' if self.peek() == Some(':') && self.begins_posix() => {
                self.at += 1;
                Item::Posix
            }
            c => Item::Char(u32::from(c)),
        })
    }

    /// Read a token of a class that begins with a backslash.
    fn escaped_item(&mut self) -> Result<Item, Fault> {
        let start = self.at;
        let c = self.take().ok_or("end pattern at escape")?;
        Ok(match c {
            'w' => Item::Kind(Kind::Word, false),
            'W' => Item::Kind(Kind::Word, true),
            'd' => Item::Kind(Kind::Digit, false),
            'D' => Item::Kind(Kind::Digit, true),
            's' => Item::Kind(Kind::Space, false),
            'S' => Item::Kind(Kind::Space, true),
            'p' | 'P' if self.peek() == Some('{') => {
                self.at += 1;
                Item::Property(self.negated_property(c))
            }
            'o' | 'x' => match self.code_or_byte(c, true)? {
                Some(Token::Code(code)) => Item::Char(code),
                Some(Token::Byte(byte)) => Item::Byte(byte, 16),
                _ => Item::Char(u32::from(c)),
            },
            '0'..='7' => {
                self.at = start;
                let code = self.digits(8, 3)?.unwrap_or(0);
                let byte = u8::try_from(code).map_err(|_| Fault::from("too big number"))?;
                Item::Byte(byte, 8)
            }
            _ => {
                self.at = start;
                Item::Char(self.control_or_char()?)
            }
        })
    }
}

/// Note that a class in the class was read, which ends no range.
fn named_value(set: &mut Set, state: &mut State) -> Result<(), Fault> {
    match *state {
        State::Range(_) => return Err("char-class value at end of range".into()),
        State::Value(Some(before)) => set.add(before, before),
        _ => {}
    }
    *state = State::Value(None);
    Ok(())
}
