//! Any bytes are JSON texts or a read error; what was read is written, and reads and writes the same again.
//!
//! One number is written in two ways, as in jq: 1.7976931348623157e+308 when it stands for what is larger than any
//! exponent, and with an E once it was read as such.
#![no_main]

use jq_magic_guest::json::reader::Reader;
use jq_magic_guest::json::writer::{Style, Writer};
use libfuzzer_sys::fuzz_target;

const DEPTH: usize = 64;
const LIMIT: usize = 1 << 20;

/// Bytes with the life that the guest's instance gives them; taken back by [`free`].
fn lend(bytes: &[u8]) -> &'static [u8] {
    Box::leak(bytes.to_vec().into_boxed_slice())
}

/// # Safety
/// Nothing that borrows from `lent` may be alive.
unsafe fn free(lent: &'static [u8]) {
    drop(Box::from_raw(std::ptr::from_ref(lent).cast_mut()));
}

fn written(bytes: &'static [u8], limit: usize) -> (Vec<Vec<u8>>, bool) {
    let mut reader = Reader::new(bytes, DEPTH);
    let mut texts = Vec::new();
    while let Some(read) = reader.next_text() {
        assert!(reader.offset() <= bytes.len());
        let Ok(value) = read else {
            return (texts, false);
        };
        let mut out = Vec::new();
        let style = Style {
            depth: DEPTH,
            sort_keys: false,
        };
        let done = Writer::new(&mut out, limit, style).value(&value).is_ok();
        assert!(out.len() <= limit);
        if done {
            assert!(std::str::from_utf8(&out).is_ok() && !out.contains(&b'\n'));
            texts.push(out);
        }
    }
    (texts, true)
}

fn with_large_e(text: &[u8]) -> String {
    let text = std::str::from_utf8(text).expect("what is written is UTF-8");
    text.replace("1.7976931348623157e+308", "1.7976931348623157E+308")
}

fuzz_target!(|data: &[u8]| {
    let lent = lend(data);
    let (texts, _) = written(lent, LIMIT);
    written(lent, data.len() / 2);
    for text in texts {
        let again = lend(&text);
        let (found, whole) = written(again, LIMIT);
        assert!(whole, "what was written does not read: {text:?}");
        assert_eq!(found.len(), 1);
        assert_eq!(with_large_e(&found[0]), with_large_e(&text));
        // SAFETY: `written` gives no value out.
        unsafe { free(again) };
    }
    // SAFETY: as above.
    unsafe { free(lent) };
});
