//! Any bytes are a program that compiles, or a fault with a place inside the program and a JSON object that says so.
#![no_main]

use jq_magic_guest::json::reader::Reader;
use jq_magic_guest::language::prelude::Prelude;
use jq_magic_guest::language::program::Program;
use libfuzzer_sys::fuzz_target;

const DEPTH: usize = 32;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // The guest borrows from its memory for as long as it lives, so short inputs are leaked.
    if text.len() > 512 {
        return;
    }
    let (source, args) = text.split_once('\0').unwrap_or((text, ""));
    let source: &'static str = Box::leak(source.to_string().into_boxed_str());
    let args: &'static [u8] = Box::leak(args.as_bytes().to_vec().into_boxed_slice());
    // As in an instance, which compiles one program.
    let compiled = Program::compile(&Prelude::new(), source, args, DEPTH);
    if let Err(fault) = compiled {
        assert!(matches!(fault.status(), 2 | 6));
        if let jq_magic_guest::run::fault::Fault::Program { span, .. } = &fault {
            assert!(span.start <= span.end && span.end <= source.len());
            assert!(source.is_char_boundary(span.start) && source.is_char_boundary(span.end));
        }
        let json: &'static [u8] = Box::leak(fault.json().into_bytes().into_boxed_slice());
        let mut reader = Reader::new(json, DEPTH);
        assert!(matches!(reader.next_text(), Some(Ok(_))));
        assert!(reader.next_text().is_none());
    }
});
