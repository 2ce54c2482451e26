//! Collects whole texts for the host, which can read them while more are added.
//!
//! A run can trap at any instruction: for want of fuel, memory or stack, or because the host stops it. The
//! host then reads the texts before the trap, so each change ends by publishing where they are, and memory
//! is freed only after that.
#![forbid(unsafe_code)]

use crate::sink::{WriteError, Written};

/// Publishes where the texts are and how many; called when they have moved or their number has changed.
pub type Publish = fn(&[u8], usize);

/// Texts, each followed by a line end.
#[derive(Debug)]
pub struct TextBuffer {
    texts: Vec<u8>,
    count: usize,
    /// The text that is being written.
    next: Vec<u8>,
    publish: Publish,
}

impl TextBuffer {
    /// Make an empty buffer.
    pub fn new(publish: Publish) -> Self {
        Self {
            texts: Vec::new(),
            count: 0,
            next: Vec::new(),
            publish,
        }
    }

    /// The texts.
    pub fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// The number of texts.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Take back texts, up to a length and a number of texts as they were.
    pub fn take_back(&mut self, length: usize, count: usize) {
        self.texts.truncate(length);
        self.count = count;
        (self.publish)(&self.texts, count);
    }

    /// Remove all texts.
    pub fn clear(&mut self) {
        (self.publish)(&[], 0);
        self.texts.clear();
        self.count = 0;
    }

    /// Add one text of at most `limit` bytes with its line end; `write` writes it within `limit` into an empty buffer.
    ///
    /// Returns: its length. A text that is refused is not added in part.
    pub fn add(
        &mut self,
        limit: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Written,
    ) -> Result<usize, WriteError> {
        self.next.clear();
        write(&mut self.next)?;
        if self.next.len() >= limit {
            return Err(WriteError::Bytes);
        }
        self.next.push(b'\n');
        let length = self.next.len();
        // Freed when the new place is published.
        let mut old = Vec::new();
        if self.texts.is_empty() {
            // Swap instead of copying: the first text may be the whole result, and large.
            core::mem::swap(&mut self.texts, &mut self.next);
        } else {
            let needed = self.texts.len() + length;
            if needed > self.texts.capacity() {
                let mut larger = Vec::with_capacity(needed.max(2 * self.texts.capacity()));
                larger.extend_from_slice(&self.texts);
                old = core::mem::replace(&mut self.texts, larger);
            }
            self.texts.extend_from_slice(&self.next);
        }
        self.count += 1;
        (self.publish)(&self.texts, self.count);
        drop(old);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Sink;
    use std::cell::RefCell;

    thread_local! {
        static PUBLISHED: RefCell<Vec<(usize, usize, usize)>> = const { RefCell::new(Vec::new()) };
    }

    fn publish(texts: &[u8], count: usize) {
        let entry = (texts.as_ptr() as usize, texts.len(), count);
        PUBLISHED.with_borrow_mut(|all| all.push(entry));
    }

    #[test]
    fn each_text_and_each_move_is_published() {
        let mut buffer = TextBuffer::new(publish);
        let mut expected = Vec::new();
        for number in 0..1000 {
            let text = "x".repeat(number % 40);
            let added = buffer.add(100, |out| Sink::new(out, 100).bytes(text.as_bytes()));
            assert_eq!(added, Ok(text.len() + 1));
            expected.extend_from_slice(text.as_bytes());
            expected.push(b'\n');
            let last = PUBLISHED.with_borrow(|all| *all.last().unwrap());
            assert_eq!(
                last,
                (buffer.texts().as_ptr() as usize, expected.len(), number + 1)
            );
        }
        assert_eq!(
            (buffer.texts(), buffer.count()),
            (expected.as_slice(), 1000)
        );
        buffer.clear();
        let (_, length, count) = PUBLISHED.with_borrow(|all| *all.last().unwrap());
        assert_eq!((length, count, buffer.count()), (0, 0, 0));
    }

    #[test]
    fn texts_that_are_taken_back_are_published_no_more() {
        let mut buffer = TextBuffer::new(publish);
        let mut lengths = vec![0];
        for text in [b"ab".as_slice(), b"", b"abc"] {
            let added = buffer.add(9, |out| Sink::new(out, 9).bytes(text));
            lengths.push(lengths.last().unwrap() + added.unwrap());
        }
        for count in [3, 2, 0] {
            buffer.take_back(lengths[count], count);
            let (_, length, published) = PUBLISHED.with_borrow(|all| *all.last().unwrap());
            assert_eq!((length, published), (lengths[count], count));
            assert_eq!(buffer.texts(), &b"ab\n\nabc\n"[..lengths[count]]);
        }
    }

    #[test]
    fn a_text_that_is_refused_leaves_the_others() {
        let mut buffer = TextBuffer::new(publish);
        for text in [b"ab".as_slice(), b"abc", b"a"] {
            let fits = text.len() < 3;
            let added = buffer.add(3, |out| Sink::new(out, 3).bytes(text));
            assert_eq!(added.is_ok(), fits);
        }
        assert_eq!((buffer.texts(), buffer.count()), (b"ab\na\n".as_slice(), 2));
    }
}
