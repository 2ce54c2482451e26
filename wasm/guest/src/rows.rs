//! Runs a compiled program over many rows, each as a run of its own, and notes how each row ended.
#![forbid(unsafe_code)]

use crate::run::text_buffer::Publish;
use crate::session::{Pulled, Session};

/// The status of a row that came to its end.
const DONE: i32 = 1;
const NUMBER_BYTES: usize = 4;
/// A record: the row's status, the number of its outputs, the exit code of `halt`.
const RECORD_BYTES: usize = 3 * NUMBER_BYTES;

/// The rows that a session has not run yet, and the records of those that ended in this pull.
pub struct Rows {
    /// Where each row ends in the texts.
    ends: &'static [u8],
    texts: &'static [u8],
    /// Where the next row begins in the texts.
    begin: usize,
    is_first_enough: bool,
    records: Vec<u8>,
    publish: Publish,
}

impl Rows {
    /// Take the rows from an input that is laid out as the top of the crate for guests says.
    pub fn new(input: &'static [u8], is_first_enough: bool, publish: Publish) -> Self {
        let (count, rest) = input.split_at(NUMBER_BYTES);
        let (ends, texts) = rest.split_at(NUMBER_BYTES * number(count));
        Self {
            ends,
            texts,
            begin: 0,
            is_first_enough,
            records: Vec::new(),
            publish,
        }
    }

    /// Run up to `count` rows, or until their outputs and errors fill `bytes` bytes.
    ///
    /// The host reads the records of a pull that traps, so they stay where they are: none is added that has no room.
    pub fn pull(&mut self, session: &mut Session, bytes: usize, count: usize) -> Pulled {
        session.batch.clear();
        (self.publish)(&[], 0);
        self.records.clear();
        let count = count.min(self.ends.len() / NUMBER_BYTES);
        self.records.reserve(RECORD_BYTES * count);
        for row in 1..=count {
            self.run(session);
            (self.publish)(&self.records, row);
            if session.batch.texts().len() >= bytes {
                break;
            }
        }
        if self.ends.is_empty() {
            Pulled::Done
        } else {
            Pulled::More
        }
    }

    fn run(&mut self, session: &mut Session) {
        let (end, ends) = self.ends.split_at(NUMBER_BYTES);
        let end = number(end);
        session.renew(&self.texts[self.begin..end]);
        (self.begin, self.ends) = (end, ends);
        let ended = loop {
            if self.is_first_enough && session.outputs() == 1 {
                break None;
            }
            match session.step() {
                Ok(true) => {}
                Ok(false) => break None,
                Err(fault) => break Some(fault),
            }
        };
        let (status, code) = match ended {
            None => (DONE, 0),
            Some(fault) => {
                let error = fault.json();
                let added = session.batch.add(usize::MAX, |out| {
                    out.extend_from_slice(error.as_bytes());
                    Ok(())
                });
                added.expect("no limit");
                (fault.status(), fault.exit_code())
            }
        };
        for number in [status, session.outputs() as i32, code] {
            self.records.extend_from_slice(&number.to_le_bytes());
        }
    }
}

/// Read a number that the host wrote.
fn number(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes.try_into().expect("four bytes")) as usize
}
