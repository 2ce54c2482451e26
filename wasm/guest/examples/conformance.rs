//! Run jq's own test files natively: `conformance [-v] FILE...` prints what fails and the counts.
//!
//! The check that counts runs the same files through the sandbox (tests/conformance); this one is
//! for work on the guest, since it needs no build for wasm.

use jq_magic_guest::json::reader::Reader;
use jq_magic_guest::language::prelude::Prelude;
use jq_magic_guest::language::program::Program;
use jq_magic_guest::run::context::Limits;
use jq_magic_guest::run::fault::Fault;
use jq_magic_guest::run::inputs::Mode;
use jq_magic_guest::session::{Options, Publishers, Pulled, Session};
use jq_magic_guest::value::Val;

const DEPTH: usize = 10_001;

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_string().into_boxed_str())
}

fn value(text: &str) -> Option<Val> {
    Reader::new(leaked(text).as_bytes(), DEPTH)
        .next_text()?
        .ok()
}

fn run(program: &str, input: &str) -> Result<Vec<String>, String> {
    let prelude = Prelude::new();
    let fault = |fault: Fault| fault.json();
    let program = Program::compile(&prelude, leaked(program), b"{}", 512).map_err(fault)?;
    let options = Options {
        mode: Mode::default(),
        sort_keys: false,
        limits: Limits {
            depth: DEPTH,
            output_bytes: 1 << 26,
            outputs: 100_000,
        },
        now: 1.7e9,
    };
    let mut session = Session::new(program, leaked(input).as_bytes(), options, Publishers::NONE);
    let mut outputs = Vec::new();
    loop {
        let pulled = session.pull(1, 1);
        outputs.extend(
            String::from_utf8_lossy(session.batch.texts())
                .lines()
                .map(String::from),
        );
        match pulled {
            Pulled::More => {}
            Pulled::Done | Pulled::Fault(Fault::Halt { code: 0, .. }) => return Ok(outputs),
            // What came before the error is what jq's runner compares too.
            Pulled::Fault(Fault::Filter { message, .. }) => {
                outputs.push(format!("error: {message}"));
                return Ok(outputs);
            }
            Pulled::Fault(fault) => return Err(fault.json()),
        }
    }
}

fn check(
    lines: &mut std::iter::Peekable<std::str::Lines<'_>>,
    program: &str,
) -> Result<(), String> {
    let input = lines.next().unwrap_or_default();
    let mut expected = Vec::new();
    while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
        if !line.starts_with('#') {
            expected.push(line);
        }
    }
    let outputs = run(program, input)?;
    let values: Vec<_> = outputs
        .iter()
        .filter(|line| !line.starts_with("error: "))
        .collect();
    let equal = values.len() == expected.len()
        && values
            .iter()
            .zip(&expected)
            .all(|(x, y)| value(x) == value(y));
    if equal {
        Ok(())
    } else {
        Err(format!(
            "on     {input}\n  wanted {expected:?}\n  got    {outputs:?}"
        ))
    }
}

fn main() {
    let (mut verbose, mut files) = (false, Vec::new());
    for argument in std::env::args().skip(1) {
        if argument == "-v" {
            verbose = true;
        } else {
            files.push(argument);
        }
    }
    for file in files {
        let content = std::fs::read_to_string(&file).expect("the file is there");
        let mut lines = content.lines().peekable();
        let (mut passed, mut all) = (0, 0);
        while let Some(line) = lines.next() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            all += 1;
            let result = if line.starts_with("%%FAIL") {
                let program = lines.next().unwrap_or_default();
                while lines.next_if(|line| !line.trim().is_empty()).is_some() {}
                match run(program, "null") {
                    Err(message) if message.contains("\"start\"") => Ok(()),
                    other => Err(format!("{program}\n  must not compile: {other:?}")),
                }
            } else {
                if verbose {
                    eprintln!("{line}");
                }
                check(&mut lines, line).map_err(|message| format!("{line}\n  {message}"))
            };
            match result {
                Ok(()) => passed += 1,
                Err(message) => println!("FAILED {message}"),
            }
        }
        println!("{file}: {passed} of {all}");
    }
}
