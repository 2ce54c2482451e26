//! Reads the numbers and the names of groups.
#![forbid(unsafe_code)]

use super::lexer::Token;
use super::node::Fault;
use super::parser::Parser;
use super::unicode::Kind;

/// How a group is referred to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name {
    /// By its name.
    Text,
    /// By its number.
    Number(u32),
    /// By how far it is from here, `-1` or `+1`.
    Relative(i64),
}

impl Parser {
    /// Read a decimal number, 0 where there is none; None when it is too big.
    pub(super) fn number(&mut self) -> Option<u32> {
        let mut number = Some(0_u32);
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            number = number
                .and_then(|number| number.checked_mul(10)?.checked_add(digit))
                .filter(|number| i32::try_from(*number).is_ok());
        }
        number
    }

    /// Read up to `most` digits of a base; None where there is none.
    pub(super) fn digits(&mut self, base: u32, most: usize) -> Result<Option<u32>, Fault> {
        let mut code = None;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(base)) else {
                break;
            };
            self.at += 1;
            let shifted = code.unwrap_or(0_u32).checked_mul(base);
            let sum = shifted.and_then(|code| code.checked_add(digit));
            code = Some(sum.ok_or("too big number")?);
        }
        Ok(code)
    }

    /// Read a name up to its end; `reference` allows numbers.
    pub(super) fn name(&mut self, open: char, reference: bool) -> Result<(Name, String), Fault> {
        self.checked_name(open, reference, false)
    }

    /// Read a name; Oniguruma is `strict` about what follows its first character in references only.
    fn checked_name(
        &mut self,
        open: char,
        reference: bool,
        strict: bool,
    ) -> Result<(Name, String), Fault> {
        const INVALID: &str = "invalid group name <{}>";
        let close = closing(open);
        let start = self.at;
        let first = self.take().ok_or("group name is empty")?;
        if first == close {
            return Err("group name is empty".into());
        }
        let numeric = reference && (first.is_ascii_digit() || matches!(first, '-' | '+'));
        let mut fault = match first {
            _ if numeric => None,
            '0'..='9' | '-' | '+' => Some(INVALID),
            c => self.fault_of(c),
        };
        let mut ended = None;
        let mut text = !numeric;
        let mut digits = usize::from(first.is_ascii_digit());
        let mut end = self.chars.len();
        let failed = fault.is_some();
        while let Some(c) = self.take() {
            end = self.at - 1;
            if c == close || c == ')' {
                ended = Some(c);
                if !failed && !text && digits == 0 {
                    fault = Some(INVALID);
                }
                break;
            }
            if failed {
                continue;
            }
            if !text && c.is_ascii_digit() {
                digits += 1;
            } else {
                if strict {
                    fault = self
                        .fault_of(c)
                        .or(if text { fault } else { Some(INVALID) });
                }
                text = true;
            }
        }
        if ended.is_none() {
            end = self.chars.len();
        }
        let spelled: String = self.chars[start..end].iter().collect();
        if !failed && ended != Some(close) {
            fault = Some(INVALID);
        }
        if let Some(message) = fault {
            return Err(Fault::naming(message, &spelled));
        }
        if text {
            return Ok((Name::Text, spelled));
        }
        let name = number_of(&spelled)?;
        match name {
            Name::Relative(0) => Err(Fault::naming(INVALID, &spelled)),
            name => Ok((name, spelled)),
        }
    }

    /// Say what is wrong with a character of a name.
    fn fault_of(&self, c: char) -> Option<&'static str> {
        let word = c.is_ascii_alphanumeric()
            || c == '_'
            || (!c.is_ascii() && Kind::Word.set(false).has(u32::from(c)));
        (!word).then_some("invalid char in group name <{}>")
    }

    /// Read the reference that `\k<` begins.
    pub(super) fn backref(&mut self, open: char) -> Result<Token, Fault> {
        let (name, text) = self.reference(open)?;
        Ok(Token::Backref(self.referred(name, &text)?))
    }

    /// Read a reference to groups; a level behind the name is refused.
    pub(super) fn reference(&mut self, open: char) -> Result<(Name, String), Fault> {
        let close = closing(open);
        let start = self.at;
        let first = *self.chars.get(start).ok_or("group name is empty")?;
        if first == close {
            return Err("group name is empty".into());
        }
        let rest = &self.chars[start + 1..];
        let end = rest
            .iter()
            .position(|c| *c == close || matches!(c, ')' | '+' | '-'));
        if let Some(end) = end.filter(|end| matches!(rest[*end], '+' | '-')) {
            let level = &rest[end + 1..];
            let digits = level.iter().take_while(|c| c.is_ascii_digit()).count();
            let name: String = self.chars[start..].iter().collect();
            if digits > 0 && level.get(digits) == Some(&close) {
                return Err("references with a level are not supported".into());
            }
            return Err(Fault::naming("invalid group name <{}>", &name));
        }
        self.checked_name(open, true, true)
    }

    /// The groups that a reference means.
    pub(super) fn referred(&self, name: Name, text: &str) -> Result<Vec<usize>, Fault> {
        match name {
            Name::Text => {
                let entry = self.names.iter().find(|(name, _)| name == text);
                let (_, groups) =
                    entry.ok_or_else(|| Fault::naming("undefined name <{}> reference", text))?;
                Ok(groups.clone())
            }
            name => match self.absolute(name) {
                Some(number) if number > 0 => Ok(vec![number]),
                _ => Err("invalid backref number/name".into()),
            },
        }
    }

    /// The number of the group that a number means here; None when it would be negative.
    pub(super) fn absolute(&self, name: Name) -> Option<usize> {
        let groups = i64::try_from(self.groups).ok()?;
        let number = match name {
            Name::Text => return None,
            Name::Number(number) => i64::from(number),
            Name::Relative(steps) if steps > 0 => groups + steps,
            Name::Relative(steps) => groups + 1 + steps,
        };
        usize::try_from(number).ok()
    }
}

/// The character that ends a name.
fn closing(open: char) -> char {
    match open {
        '<' => '>',
        '(' => ')',
        other => other,
    }
}

/// The number that a name spells.
fn number_of(spelled: &str) -> Result<Name, Fault> {
    let digits = spelled.trim_start_matches(['-', '+']);
    let number: i32 = digits.parse().map_err(|_| Fault::from("too big number"))?;
    Ok(match spelled.as_bytes().first() {
        Some(b'-') => Name::Relative(-i64::from(number)),
        Some(b'+') => Name::Relative(i64::from(number)),
        _ => Name::Number(number.unsigned_abs()),
    })
}
