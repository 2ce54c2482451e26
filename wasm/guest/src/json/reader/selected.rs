//! Reads of a value what a program needs, and passes over the rest.
#![forbid(unsafe_code)]

use super::{Read, Reader};
use crate::json::scan;
use crate::value::{Map, Need, Part, Val};
use bytes::Bytes;

/// The key of a member: as it stands in the input where it can, so that only what is needed is made.
enum Key {
    Plain(&'static [u8]),
    Made(Val),
}

impl Key {
    fn name(&self) -> &[u8] {
        match self {
            Self::Plain(name) => name,
            Self::Made(key) => key.as_str().unwrap_or_default(),
        }
    }

    fn made(self) -> Val {
        match self {
            Self::Plain(name) => Val::str(Bytes::from_static(name)),
            Self::Made(key) => key,
        }
    }
}

impl Reader {
    /// Read what is needed of a value.
    pub(super) fn needed(&mut self, level: usize, need: &Need) -> Read<Val> {
        match (need, self.peek()) {
            (Need::Nothing, _) => {
                self.pass(level)?;
                Ok(Val::Null)
            }
            (Need::Part(part), Some(b'{')) => self.needed_members(level, part),
            (Need::Part(part), Some(b'[')) => self.needed_items(level, part),
            _ => self.value(level),
        }
    }

    fn needed_items(&mut self, level: usize, part: &Part) -> Read<Val> {
        let level = self.deeper(level)?;
        self.at += 1;
        let first = self.items.len();
        let mut place = 0;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Val::Arr(Vec::new().into()));
        }
        loop {
            self.space();
            if place < part.first {
                let item = self.needed(level, &part.items)?;
                self.items.push(item);
            } else {
                self.pass(level)?;
                if part.shape {
                    self.items.push(Val::Null);
                }
            }
            place += 1;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(self.closed_array(first, level));
                }
                _ => return self.fail(super::AFTER_ITEM),
            }
        }
    }

    fn needed_members(&mut self, level: usize, part: &Part) -> Read<Val> {
        let level = self.deeper(level)?;
        self.at += 1;
        let first = self.members.len();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Val::obj(Map::default()));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return self.fail(super::NO_KEY);
            }
            let key = self.key()?;
            self.colon()?;
            let need = part.member(key.name());
            if part.shape || *need != Need::Nothing {
                let value = self.needed(level, need)?;
                self.members.push((key.made(), value));
            } else {
                self.pass(level)?;
            }
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Val::obj(self.members.drain(first..).collect()));
                }
                _ => return self.fail(super::AFTER_MEMBER),
            }
        }
    }

    #[inline]
    fn key(&mut self) -> Read<Key> {
        let start = self.at + 1;
        let (length, ascii) = scan::plain(&self.input[start..]);
        let end = start + length;
        if ascii && self.input.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Key::Plain(&self.input[start..end]));
        }
        self.string().map(Key::Made)
    }
}
