//! Takes an expression apart into tokens, as Oniguruma's Perl syntax has them.
#![forbid(unsafe_code)]

use super::names::Name;
use super::node::{Fault, Place, ENDLESS};
use super::parser::Parser;
use super::unicode::Kind;

/// The highest count of a repetition.
const MOST_REPEATS: u32 = 100_000;
/// The highest number of a group that is referred to.
const MOST_GROUPS: u32 = 1000;

/// A token of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    End,
    Or,
    Open,
    Close,
    /// A character that stands for itself.
    Char(u32),
    /// A character that was written as a code.
    Code(u32),
    /// A byte that was written as a code.
    Byte(u8),
    Any {
        newline: bool,
    },
    Kind(Kind, bool),
    /// `\p{`; the name follows.
    Property(bool),
    Place(Place),
    Repeat {
        least: u32,
        most: u32,
        greedy: bool,
        possessive: bool,
    },
    Backref(Vec<usize>),
    Call(Name, String),
    Keep,
    Newline,
    Segment,
    ClassOpen,
    Quote,
}

impl Parser {
    /// Read the next token.
    pub(super) fn next_token(&mut self) -> Result<Token, Fault> {
        if let Some(token) = self.pending.pop() {
            return Ok(token);
        }
        loop {
            let Some(c) = self.take() else {
                return Ok(Token::End);
            };
            return Ok(match c {
                '\\' => self.escaped()?,
                '.' => Token::Any {
                    newline: self.options.dot_all,
                },
                '*' => self.repeat(0, ENDLESS),
                '+' => self.repeat(1, ENDLESS),
                '?' => self.repeat(0, 1),
                '{' => self.interval()?,
                '|' => Token::Or,
                '(' if self.peek() == Some('?') => match self.after_question()? {
                    Some(token) => token,
                    None => continue,
                },
                '(' => Token::Open,
                ')' => Token::Close,
                '^' if self.options.single_line => Token::Place(Place::Start),
                '^' => Token::Place(Place::LineStart),
                '$' if self.options.single_line => Token::Place(Place::EndOrNewline),
                '$' => Token::Place(Place::LineEnd),
                '[' => Token::ClassOpen,
                '#' if self.options.extended => {
                    while self.take().is_some_and(|c| c != '\n') {}
                    continue;
                }
                ' ' | '\t' | '\n' | '\r' | '\x0c' if self.options.extended => continue,
                c => Token::Char(u32::from(c)),
            });
        }
    }

    /// Read what follows `(?` where that is no group: a comment (None) or a call.
    fn after_question(&mut self) -> Result<Option<Token>, Fault> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some('#') => {
                self.at += 1;
                loop {
                    match self.take() {
                        None => return Err("end pattern in group".into()),
                        Some('\\') => drop(self.take()),
                        Some(')') => return Ok(None),
                        Some(_) => {}
                    }
                }
            }
            Some('&') => {
                self.at += 1;
                let (name, text) = self.name('(', false)?;
                return Ok(Some(Token::Call(name, text)));
            }
            Some('R') => {
                self.at += 1;
                if self.peek() != Some(')') {
                    return Err("undefined group option".into());
                }
                // Oniguruma leaves the parenthesis, which then closes the group around.
                return Ok(Some(Token::Call(Name::Number(0), "R".into())));
            }
            Some(c) => {
                let sign = matches!(c, '-' | '+');
                let next = self.chars.get(self.at + usize::from(sign));
                if next.is_some_and(char::is_ascii_digit) {
                    let (name, text) = self.name('(', true)?;
                    if let Name::Text = name {
                        return Err(Fault::naming("invalid group name <{}>", &text));
                    }
                    return Ok(Some(Token::Call(name, text)));
                }
            }
            None => {}
        }
        self.at = start;
        Ok(Some(Token::Open))
    }

    /// Read the rest of a repetition: whether it is lazy or possessive.
    fn repeat(&mut self, least: u32, most: u32) -> Token {
        let mut token = (true, false);
        match self.peek() {
            Some('?') => token.0 = false,
            Some('+') => token.1 = true,
            _ => self.at -= 1,
        }
        self.at += 1;
        let (greedy, possessive) = token;
        Token::Repeat {
            least,
            most,
            greedy,
            possessive,
        }
    }

    /// Read `{2}`, `{2,}` or `{2,3}`; a brace that begins nothing of the kind stands for itself.
    fn interval(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let bounds = self.bounds();
        if !matches!(bounds, Ok(Some(_))) {
            self.at = start;
        }
        match bounds? {
            Some((least, most)) => Ok(self.repeat(least, most)),
            None => Ok(Token::Char(u32::from('{'))),
        }
    }

    /// Read the bounds of an interval and its closing brace.
    fn bounds(&mut self) -> Result<Option<(u32, u32)>, Fault> {
        const TOO_BIG: &str = "too big number for repeat range";
        let start = self.at;
        let count = |number: Option<u32>| number.filter(|number| *number <= MOST_REPEATS);
        let least = count(self.number()).ok_or(TOO_BIG)?;
        if self.at == start {
            return Ok(None);
        }
        let mut most = least;
        if self.peek() == Some(',') {
            self.at += 1;
            let start = self.at;
            most = count(self.number()).ok_or(TOO_BIG)?;
            if self.at == start {
                most = ENDLESS;
            }
        }
        if self.take() != Some('}') {
            return Ok(None);
        }
        if least > most {
            return Err("upper is smaller than lower in repeat range".into());
        }
        Ok(Some((least, most)))
    }

    /// Read a token that begins with a backslash.
    fn escaped(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let c = self.take().ok_or("end pattern at escape")?;
        let place = |place| Ok(Token::Place(place));
        match c {
            'w' => return Ok(Token::Kind(Kind::Word, false)),
            'W' => return Ok(Token::Kind(Kind::Word, true)),
            'd' => return Ok(Token::Kind(Kind::Digit, false)),
            'D' => return Ok(Token::Kind(Kind::Digit, true)),
            's' => return Ok(Token::Kind(Kind::Space, false)),
            'S' => return Ok(Token::Kind(Kind::Space, true)),
            'b' => return place(Place::WordBoundary),
            'B' => return place(Place::NoWordBoundary),
            'y' => return place(Place::SegmentBoundary),
            'Y' => return place(Place::NoSegmentBoundary),
            'A' => return place(Place::Start),
            'Z' => return place(Place::EndOrNewline),
            'z' => return place(Place::End),
            'G' => return place(Place::SearchStart),
            'K' => return Ok(Token::Keep),
            'R' => return Ok(Token::Newline),
            'N' => return Ok(Token::Any { newline: false }),
            'O' => return Ok(Token::Any { newline: true }),
            'X' => return Ok(Token::Segment),
            'Q' => return Ok(Token::Quote),
            'p' | 'P' if self.peek() == Some('{') => {
                self.at += 1;
                return Ok(Token::Property(self.negated_property(c)));
            }
            'k' if matches!(self.peek(), Some('<' | '\'')) => {
                let open = self.take().unwrap_or('<');
                return self.backref(open);
            }
            'g' if matches!(self.peek(), Some('<' | '\'')) => {
                let open = self.take().unwrap_or('<');
                let (name, text) = self.name(open, true)?;
                return Ok(Token::Call(name, text));
            }
            'o' | 'x' => {
                if let Some(token) = self.code_or_byte(c, false)? {
                    return Ok(token);
                }
            }
            '1'..='9' => {
                self.at -= 1;
                if let Some(number) = self.number().filter(|number| *number <= MOST_GROUPS) {
                    let number = number as usize;
                    if number <= self.groups || number <= 9 {
                        return Ok(Token::Backref(vec![number]));
                    }
                }
                self.at = start;
                if c < '8' {
                    return self.octal_byte(3);
                }
                self.at += 1;
            }
            '0' => return self.octal_byte(2),
            _ => {
                self.at = start;
                let code = self.control_or_char()?;
                if code != u32::from(c) {
                    return Ok(Token::Code(code));
                }
                self.at = start + 1;
            }
        }
        Ok(Token::Char(u32::from(c)))
    }

    /// Read the `^` of `\p{^`, and say whether the property is negated.
    pub(super) fn negated_property(&mut self, letter: char) -> bool {
        let caret = self.peek() == Some('^');
        self.at += usize::from(caret);
        (letter == 'P') != caret
    }

    /// Read up to `digits` octal digits, which stand for a byte.
    pub(super) fn octal_byte(&mut self, digits: usize) -> Result<Token, Fault> {
        let code = self.digits(8, digits)?.unwrap_or(0);
        Ok(Token::Byte(code as u8))
    }

    /// Read what follows `\x` or `\o`: codes in braces, or a byte of two hexadecimal digits.
    pub(super) fn code_or_byte(
        &mut self,
        letter: char,
        class: bool,
    ) -> Result<Option<Token>, Fault> {
        if self.at >= self.chars.len() {
            return Ok(None);
        }
        if self.peek() == Some('{') {
            let start = self.at;
            self.at += 1;
            let (base, digits) = if letter == 'x' { (16, 8) } else { (8, 11) };
            let code = self.digits(base, digits)?;
            let more = if base == 16 { 16 } else { 10 };
            if self.peek().is_some_and(|c| c.is_digit(more)) {
                return Err("too long wide-char value".into());
            }
            let Some(code) = code else {
                self.at = start;
                return Ok(None);
            };
            if self.peek() == Some('}') {
                self.at += 1;
            } else {
                self.further_codes(base, digits, class)?;
            }
            return Ok(Some(Token::Code(code)));
        }
        if letter == 'o' {
            return Ok(None);
        }
        let code = self.digits(16, 2)?.unwrap_or(0);
        Ok(Some(Token::Byte(code as u8)))
    }

    /// Read the codes behind the first one in braces; in a class, two of them may be the ends of a range.
    fn further_codes(&mut self, base: u32, digits: usize, class: bool) -> Result<(), Fault> {
        const WRONG: &str = "invalid code point value";
        let mut codes = Vec::new();
        let mut range = false;
        loop {
            let blank = self.at;
            while matches!(self.peek(), Some(' ' | '\n')) {
                self.at += 1;
            }
            let dash = class && !range && self.peek() == Some('-');
            if dash {
                self.at += 1;
                range = true;
                codes.push(Token::Or);
                continue;
            }
            if self.peek() == Some('}') {
                break;
            }
            if blank == self.at && codes.last() != Some(&Token::Or) {
                return Err(WRONG.into());
            }
            codes.push(Token::Code(self.digits(base, digits)?.ok_or(WRONG)?));
            range = false;
        }
        if codes.last() == Some(&Token::Or) {
            return Err(WRONG.into());
        }
        self.at += 1;
        codes.reverse();
        self.pending = codes;
        Ok(())
    }

    /// Read the character behind a backslash that means nothing else: `\n`, `\cA`, or itself.
    pub(super) fn control_or_char(&mut self) -> Result<u32, Fault> {
        let c = self.take().ok_or("end pattern at escape")?;
        Ok(match c {
            'c' => match self.take().ok_or("end pattern at control")? {
                '?' => 0x7f,
                '\\' => self.control_or_char()? & 0x9f,
                c => u32::from(c) & 0x9f,
            },
            'n' => 10,
            't' => 9,
            'r' => 13,
            'f' => 12,
            'a' => 7,
            'b' => 8,
            'e' => 27,
            c => u32::from(c),
        })
    }
}
