//! Any expression compiles or tells why not, and its matches lie in the text, in order and between characters.
//!
//! The data are three texts with a NUL between them: expression, flags, text.
#![no_main]

use jq_magic_guest::regex::Cache;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(data) = std::str::from_utf8(data) else {
        return;
    };
    let mut parts = data.splitn(3, '\0');
    let [Some(pattern), Some(flags), Some(text)] = [parts.next(), parts.next(), parts.next()]
    else {
        return;
    };
    // In an instance fuel ends what takes exponential time; here the text is so short that four ways to go on from
    // each of its characters are sixteen million, and calls are left out.
    let slow = ["\\g", "(?R", "(?&", "\\k", "\\1", "{"];
    if text.len() > 12 || pattern.len() > 48 || slow.iter().any(|sign| pattern.contains(sign)) {
        return;
    }
    let Ok(compiled) = Cache::default().get(pattern, flags, text.is_ascii()) else {
        return;
    };
    let mut last = 0;
    compiled.each(text, |groups| {
        for (start, end) in groups.iter().flatten() {
            assert!(start <= end && text.get(*start..*end).is_some());
        }
        let whole = groups.first().copied().flatten();
        let (start, end) = whole.expect("a match has a place");
        assert!(start <= end && last <= end);
        last = end;
        true
    });
});
