//! jaq's definitions compile with what they reach, and runs end as the host is told.

use jq_magic_jaq::prelude::Prelude;
use jq_magic_jaq::program::Program;
use jq_magic_jaq::session::Jaq;
use jq_magic_shared::engine::{Counts, Engine, Limits, Mode, Options, Publishers, Pulled};
use jq_magic_shared::fault::{Fault, Limit};

const OPTIONS: Options = Options {
    mode: Mode {
        raw: false,
        slurp: false,
        null: false,
        columns: false,
        needs: false,
        rows: false,
        first: false,
    },
    sort_keys: false,
    limits: Limits {
        depth: 3,
        output_bytes: 100,
        outputs: 5,
    },
    now: 1.5,
};

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_string().into_boxed_str())
}

fn run(program: &str, input: &str, options: Options) -> (Pulled, Counts) {
    let mut engine = Jaq::default();
    engine
        .compile(leaked(program), b"{\"a\":1}", 9, None)
        .expect("it compiles");
    engine.feed(leaked(input).as_bytes(), options, Publishers::NONE);
    (engine.pull(1000, 1000), engine.counts())
}

#[test]
fn every_definition_compiles_with_what_it_reaches() {
    let definitions: Vec<_> = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .collect();
    assert!(definitions.len() > 100);
    for definition in definitions {
        let args = vec!["."; definition.args.len()].join("; ");
        let call = match args.is_empty() {
            true => definition.name.to_string(),
            false => format!("{}({args})", definition.name),
        };
        let compiled = Program::compile(&mut Prelude::new(), leaked(&call), b"", 9);
        assert!(compiled.is_ok(), "{call}: {:?}", compiled.err());
    }
}

#[test]
fn a_run_ends_as_the_filter_and_the_limits_say() {
    let depth = |place, offset| {
        Pulled::Fault(Fault::Limit(Limit::Depth {
            place,
            allowed: 3,
            offset,
        }))
    };
    for (program, input, end) in [
        (
            "., $a, now, env, (0 | localtime | length)",
            "1",
            Pulled::Done,
        ),
        (
            "halt",
            "1",
            Pulled::Fault(Fault::Halt {
                code: 0,
                value: None,
            }),
        ),
        (
            "try halt_error(3) catch 1",
            "\"bye\"",
            Pulled::Fault(Fault::Halt {
                code: 3,
                value: Some("\"bye\"".into()),
            }),
        ),
        (".", "[[[]]]", Pulled::Done),
        (".", "1 [[[[]]]]", depth("input", Some(5))),
        ("[.]", "[[[]]]", depth("output", None)),
        ("range(5)", "1", Pulled::Done),
        (
            "range(6)",
            "1",
            Pulled::Fault(Fault::Limit(Limit::Outputs { allowed: 5 })),
        ),
        ("\"x\" * 97", "1", Pulled::Done),
        (
            "\"x\" * 98",
            "1",
            Pulled::Fault(Fault::Limit(Limit::OutputBytes { allowed: 100 })),
        ),
        (
            "try (\"x\" * 99 | debug) catch 1",
            "1",
            Pulled::Fault(Fault::Limit(Limit::OutputBytes { allowed: 100 })),
        ),
    ] {
        assert_eq!(run(program, input, OPTIONS).0, end, "{program}");
    }
}

#[test]
fn an_input_that_is_no_json_has_its_place_whoever_reads_it() {
    for program in [".", "., input", "., inputs", "., (try input catch error)"] {
        let (end, counts) = run(program, "1 [2,]", OPTIONS);
        let Pulled::Fault(Fault::Input { index, offset, .. }) = end else {
            panic!("{program}: {end:?}");
        };
        assert_eq!((index, offset), (1, 5), "{program}");
        assert_eq!((counts.inputs, counts.input_bytes), (2, 6), "{program}");
    }
}

#[test]
fn input_is_cut_as_the_mode_says() {
    let mode = Mode::default();
    for (mode, input, written, inputs) in [
        (mode, "1 2", 4, 2),
        (Mode { raw: true, ..mode }, "a\n\nb", 11, 3),
        (
            Mode {
                slurp: true,
                ..mode
            },
            "1 2",
            6,
            1,
        ),
        (
            Mode {
                raw: true,
                slurp: true,
                ..mode
            },
            "a\nb",
            7,
            1,
        ),
        (Mode { null: true, ..mode }, "1 2", 5, 0),
    ] {
        let (end, counts) = run(".", input, Options { mode, ..OPTIONS });
        assert_eq!(end, Pulled::Done);
        assert_eq!(
            (counts.written_bytes, counts.inputs),
            (written, inputs),
            "{mode:?}"
        );
    }
}

#[test]
fn mistakes_in_a_program_name_their_place() {
    for (program, place, message) in [
        (".a | foo", 5..8, "foo/0 is not defined"),
        ("$x", 0..2, "the variable $x is not defined"),
        ("1 +", 3..3, "expected term"),
        ("[1", 2..2, "expected closing bracket"),
        (
            "include \"a\"; 1",
            9..10,
            "include and import are not available",
        ),
        (
            "import \"a\" as $a; 1",
            8..9,
            "include and import are not available",
        ),
    ] {
        match Jaq::default().compile(leaked(program), b"", 9, None) {
            Err(Fault::Program {
                message: actual,
                span,
                ..
            }) => assert_eq!((span, actual.as_str()), (place, message), "{program}"),
            other => panic!("{program}: {other:?}"),
        }
    }
}
