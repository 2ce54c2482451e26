//! Passes over what nobody needs: checks it as reading does, and makes no values.
#![forbid(unsafe_code)]

use super::strings::{CONTROL, UNENDED};
use super::{Read, Reader};

/// What an open array or object is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Array,
    Object,
}

impl Reader {
    /// Pass over a value. Mistakes are those of [`Reader::value`], at the same places.
    pub(super) fn pass(&mut self, level: usize) -> Read<()> {
        match self.peek() {
            Some(b'"') => self.pass_string(),
            Some(b'0'..=b'9' | b'-') => self.pass_number(),
            // Errors end the reading, so what is left open after one does not matter.
            _ => self.pass_until(level, self.open.len()),
        }
    }

    /// Pass over a value and what follows it, until no more than so many arrays and objects are open.
    fn pass_until(&mut self, level: usize, outer: usize) -> Read<()> {
        loop {
            match self.peek() {
                Some(b'"') => self.pass_string()?,
                Some(b'0'..=b'9' | b'-') => self.pass_number()?,
                Some(byte @ (b'{' | b'[')) => {
                    self.deeper(level + self.open.len() - outer)?;
                    self.at += 1;
                    self.space();
                    let (kind, close) = if byte == b'{' {
                        (Open::Object, b'}')
                    } else {
                        (Open::Array, b']')
                    };
                    if self.peek() == Some(close) {
                        self.at += 1;
                    } else {
                        self.open.push(kind);
                        if kind == Open::Object {
                            self.pass_key()?;
                        }
                        continue;
                    }
                }
                // The others are few, and making them is no work.
                _ => drop(self.value(level)?),
            }
            if self.close(outer)? {
                return Ok(());
            }
        }
    }

    /// Pass over the items that are left of an array that was opened, which has more.
    pub fn pass_items(&mut self) -> Read<()> {
        self.space();
        self.open.push(Open::Array);
        self.pass_until(0, self.open.len() - 1)
    }

    /// Close what ends after a value, and go on to the next value. Returns: whether nothing is open any more.
    #[inline]
    fn close(&mut self, outer: usize) -> Read<bool> {
        while self.open.len() > outer {
            self.space();
            let kind = self.open[self.open.len() - 1];
            match (kind, self.peek()) {
                (Open::Array, Some(b',')) => {
                    self.at += 1;
                    self.space();
                    return Ok(false);
                }
                (Open::Object, Some(b',')) => {
                    self.at += 1;
                    self.space();
                    self.pass_key()?;
                    return Ok(false);
                }
                (Open::Array, Some(b']')) | (Open::Object, Some(b'}')) => {
                    self.at += 1;
                    self.open.pop();
                }
                (Open::Array, _) => return self.fail(super::AFTER_ITEM),
                (Open::Object, _) => return self.fail(super::AFTER_MEMBER),
            }
        }
        Ok(true)
    }

    /// Pass over a key and what stands before its value.
    #[inline]
    fn pass_key(&mut self) -> Read<()> {
        if self.peek() != Some(b'"') {
            return self.fail(super::NO_KEY);
        }
        self.pass_string()?;
        self.colon()
    }

    #[inline]
    fn pass_string(&mut self) -> Read<()> {
        self.at += 1;
        loop {
            self.plain();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => drop(self.escape()?),
                Some(_) => return self.fail(CONTROL),
                None => return self.fail(UNENDED),
            }
        }
    }

    #[inline]
    fn pass_number(&mut self) -> Read<()> {
        self.spelled(drop, drop, drop)
    }
}
