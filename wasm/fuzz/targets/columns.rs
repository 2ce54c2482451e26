//! Any bytes are the columns of a frame or an error; what is read of them can be written.
#![no_main]

use jq_magic_guest::arrow::{Frame, Values, MAGIC};
use jq_magic_guest::json::writer::{Style, Writer};
use libfuzzer_sys::fuzz_target;

const DEPTH: usize = 16;
/// Rows that need no bytes can be as many as a word can say.
const ROWS: usize = 64;
const LIMIT: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    let mut block = MAGIC.to_le_bytes().to_vec();
    block.extend_from_slice(data);
    let lent: &'static [u8] = Box::leak(block.into_boxed_slice());
    if let Ok(mut frame) = Frame::open(Values, lent, DEPTH) {
        for _ in 0..ROWS {
            match frame.next_row() {
                Some(Ok(row)) => {
                    let mut out = Vec::new();
                    let style = Style {
                        depth: DEPTH,
                        sort_keys: false,
                    };
                    if Writer::new(&mut out, LIMIT, style).value(&row).is_ok() {
                        assert!(std::str::from_utf8(&out).is_ok());
                    }
                }
                Some(Err(broken)) => assert!(!broken.message.is_empty()),
                None => break,
            }
        }
    }
    // SAFETY: nothing that borrows from the block is alive.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(lent).cast_mut()) });
});
