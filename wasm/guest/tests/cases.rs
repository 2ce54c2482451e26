//! The case table of the whole project, run natively: what wasm does, the crate does.

use jq_magic_guest::language::prelude::Prelude;
use jq_magic_guest::language::program::Program;
use jq_magic_guest::run::context::Limits;
use jq_magic_guest::run::fault::Fault;
use jq_magic_guest::run::inputs::Mode;
use jq_magic_guest::session::{Options, Publishers, Pulled, Session};

#[derive(serde::Deserialize)]
struct Case {
    program: String,
    input: String,
    outputs: Vec<String>,
}

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
        depth: 100,
        output_bytes: 1 << 20,
        outputs: 1000,
    },
    now: 1.5,
};

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_string().into_boxed_str())
}

fn session(program: &str, args: &str, input: &str, options: Options) -> Result<Session, Fault> {
    let prelude = Prelude::new();
    let program = Program::compile(&prelude, leaked(program), leaked(args).as_bytes(), 100)?;
    Ok(Session::new(
        program,
        leaked(input).as_bytes(),
        options,
        Publishers::NONE,
    ))
}

/// All outputs and how the run ended.
fn run(program: &str, input: &str, options: Options) -> (Vec<String>, Pulled) {
    let mut session = session(program, "", input, options).unwrap();
    let mut outputs = Vec::new();
    loop {
        let pulled = session.pull(1, 1);
        let batch = String::from_utf8(session.batch.texts().to_vec()).unwrap();
        outputs.extend(batch.lines().map(String::from));
        if pulled != Pulled::More {
            return (outputs, pulled);
        }
    }
}

fn run_mode(mode: Mode, program: &str, input: &str) -> Vec<String> {
    run(program, input, Options { mode, ..OPTIONS }).0
}

#[test]
fn outputs_are_as_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases.json");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() > 150);
    for case in cases {
        let (outputs, end) = run(&case.program, &case.input, OPTIONS);
        assert_eq!(outputs, case.outputs, "{}", case.program);
        let is_well = matches!(
            end,
            Pulled::Done | Pulled::Fault(Fault::Halt { code: 0, .. })
        );
        assert!(is_well, "{}: {end:?}", case.program);
    }
}

#[test]
fn nothing_is_produced_that_was_not_asked_for() {
    let mut session = session("(1, 2, error(\"no\")) | debug", "", "null", OPTIONS).unwrap();
    assert_eq!(session.pull(1, 1), Pulled::More);
    assert_eq!(session.batch.texts(), b"1\n");
    assert_eq!(
        session.context().messages.borrow().texts(),
        b"\"[\\\"DEBUG:\\\",1]\"\n"
    );
    assert_eq!(session.pull(usize::MAX, 1), Pulled::More);
    assert_eq!(session.batch.texts(), b"2\n");
    assert!(matches!(
        session.pull(usize::MAX, usize::MAX),
        Pulled::Fault(Fault::Filter { .. })
    ));
}

#[test]
fn a_batch_ends_at_its_bytes_or_its_outputs() {
    let mut session = session("range(10)", "", "null", OPTIONS).unwrap();
    assert_eq!(session.pull(5, 100), Pulled::More);
    assert_eq!(session.batch.texts(), b"0\n1\n2\n");
    assert_eq!(session.pull(100, 2), Pulled::More);
    assert_eq!(
        (session.batch.texts(), session.batch.count()),
        (b"3\n4\n".as_slice(), 2)
    );
    assert_eq!(session.pull(100, 100), Pulled::Done);
    assert_eq!(session.batch.texts(), b"5\n6\n7\n8\n9\n");
}

#[test]
fn input_is_cut_as_the_mode_says() {
    let mode = Mode::default();
    assert_eq!(
        run_mode(Mode { raw: true, ..mode }, ".", "a\n\nb\n"),
        ["\"a\"", "\"\"", "\"b\""]
    );
    assert_eq!(
        run_mode(
            Mode {
                raw: true,
                slurp: true,
                ..mode
            },
            ".",
            "a\nb"
        ),
        ["\"a\\nb\""]
    );
    assert_eq!(
        run_mode(
            Mode {
                slurp: true,
                ..mode
            },
            ".",
            "1 2"
        ),
        ["[1,2]"]
    );
    assert_eq!(
        run_mode(
            Mode {
                slurp: true,
                ..mode
            },
            ".",
            ""
        ),
        ["[]"]
    );
    assert_eq!(
        run_mode(Mode { null: true, ..mode }, "., input", "1 2"),
        ["null", "1"]
    );
    assert_eq!(
        run_mode(
            Mode {
                null: true,
                slurp: true,
                ..mode
            },
            "[inputs]",
            "1 2"
        ),
        ["[[1,2]]"]
    );
}

#[test]
fn arguments_are_variables() {
    let mut session = session(
        "[$a, $b, $ARGS.named.a]",
        r#"{"a": 1, "b": "x"}"#,
        "null",
        OPTIONS,
    )
    .unwrap();
    assert_eq!(session.pull(100, 100), Pulled::Done);
    assert_eq!(session.batch.texts(), b"[1,\"x\",1]\n");
}

#[test]
fn the_clock_stands_still_at_what_the_host_says() {
    assert_eq!(run("now, now", "null", OPTIONS).0, ["1.5", "1.5"]);
}

#[test]
fn mistakes_in_a_program_name_their_place() {
    for (program, start, end, message) in [
        (".a | foo", 5, 8, "foo/0 is not defined"),
        ("map(1; 2)", 0, 3, "map/2 is not defined"),
        ("$x", 0, 2, "$x is not defined"),
        ("1 + [2", 4, 5, "this [ is never closed"),
        ("1 +", 3, 3, "the program ends here, expected a filter"),
        ("1 'a'", 2, 3, "unexpected '"),
        (
            "\"\\x\"",
            2,
            3,
            "unexpected x, expected string escape sequence",
        ),
        ("break $a", 6, 8, "there is no label $a around this"),
        ("1 2", 2, 3, "unexpected 2, expected an operator or the end"),
        ("reduce 1 as $x (2)", 0, 6, "reduce takes two arguments"),
        ("include \"a\"; 1", 8, 11, "module not found: a"),
        ("import \"a\" as a; 1", 7, 10, "module not found: a"),
        ("import \"a\" as $a; 1", 7, 10, "module not found: a"),
    ] {
        match session(program, "", "null", OPTIONS).err() {
            Some(
                Fault::Program {
                    message: actual,
                    span,
                    ..
                }
                | Fault::Missing {
                    message: actual,
                    span,
                    ..
                },
            ) => {
                assert!(actual.starts_with(message), "{program}: {actual}");
                assert_eq!(span, start..end, "{program}");
            }
            other => panic!("{program}: {other:?}"),
        }
    }
}

#[test]
fn hints_name_what_was_meant() {
    for (program, hint) in [
        ("mapp(.)", "did you mean map?"),
        ("lenght", "did you mean length?"),
        ("map(1; 2)", "there is map/1; arguments are separated by ;"),
        ("'a'", "strings are written with double quotes"),
        ("$ENVV", "did you mean $ENV?"),
    ] {
        match session(program, "", "null", OPTIONS).err() {
            Some(Fault::Program { hint: actual, .. }) => {
                assert_eq!(actual.as_deref(), Some(hint), "{program}")
            }
            other => panic!("{program}: {other:?}"),
        }
    }
}

#[test]
fn a_run_ends_as_the_filter_says() {
    let filter = |value: &str, message: &str, index| Fault::Filter {
        value: value.into(),
        message: message.into(),
        index,
        trace: Vec::new(),
    };
    let halt = |code, value: Option<&str>| Fault::Halt {
        code,
        value: value.map(String::from),
    };
    for (program, input, outputs, end) in [
        (
            ". , error(\"x\")",
            "1 2",
            vec!["1"],
            Pulled::Fault(filter("\"x\"", "x", 0)),
        ),
        (
            "if . == 2 then error({a: 1}) else . end",
            "1 2",
            vec!["1"],
            Pulled::Fault(filter("{\"a\":1}", "{\"a\":1} (not a string)", 1)),
        ),
        (
            "error(null)",
            "1",
            vec![],
            Pulled::Fault(filter("null", "null (not a string)", 0)),
        ),
        ("1, halt, 2", "1 2", vec!["1"], Pulled::Fault(halt(0, None))),
        (
            "\"bye\" | halt_error(0)",
            "1",
            vec![],
            Pulled::Fault(halt(0, Some("\"bye\""))),
        ),
        ("1, halt(3)", "1", vec!["1"], Pulled::Fault(halt(3, None))),
        (
            "\"bye\" | halt_error",
            "1",
            vec![],
            Pulled::Fault(halt(5, Some("\"bye\""))),
        ),
        (
            "{a: 1} | halt_error(2)",
            "1",
            vec![],
            Pulled::Fault(halt(2, Some("{\"a\":1}"))),
        ),
        (
            "try halt_error catch 1",
            "1",
            vec![],
            Pulled::Fault(halt(5, Some("1"))),
        ),
        (
            "input",
            "1",
            vec![],
            Pulled::Fault(filter("\"break\"", "break", 0)),
        ),
    ] {
        let (found, mut ended) = run(program, input, OPTIONS);
        if let Pulled::Fault(Fault::Filter { trace, .. }) = &mut ended {
            trace.clear();
        }
        assert_eq!(
            (found, ended),
            (outputs.into_iter().map(String::from).collect(), end),
            "{program}"
        );
    }
}

#[test]
fn a_program_with_more_registers_than_a_frame_can_have_is_refused() {
    let program = |items: usize| format!("[{}.a]", ".a,".repeat(items));
    assert_eq!(run(&program(200_000), "null", OPTIONS).1, Pulled::Done);
    match session(&program(270_000), "", "null", OPTIONS).err() {
        Some(Fault::Program { message, .. }) => assert_eq!(message, "this program is too large"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_knows_where_in_the_program_it_arose_and_who_called_that() {
    for (program, input, places) in [
        (". | .a", "1", vec![".a"]),
        ("[.[] | .a.b]", "[{\"a\":1}]", vec![".a.b"]),
        ("1 + (2 | . - \"x\")", "1", vec![". - \"x\""]),
        ("error", "1", vec!["error"]),
        ("{a: error(\"x\")}", "1", vec!["error(\"x\")"]),
        ("map(.a | tonumber)", "[{\"a\":[]}]", vec!["tonumber"]),
        ("def f: .a; 1 | f", "1", vec![".a", "f"]),
        (
            "def f: if . == 0 then .a else (. - 1 | f) + 1 end; 2 | f",
            "1",
            vec![".a", "f", "f"],
        ),
        ("def f(g): g | .b; f(.)", "1", vec![".b", "f(.)"]),
        (".a = 1", "[]", vec![".a = 1"]),
        (
            "try error(\"x\") catch error(\"y\")",
            "1",
            vec!["error(\"y\")"],
        ),
        ("\"\\(.a)\"", "1", vec![".a"]),
        ("limit(1; .a)", "1", vec![".a"]),
    ] {
        let Pulled::Fault(Fault::Filter { trace, .. }) = run(program, input, OPTIONS).1 else {
            panic!("{program} raises an error");
        };
        let texts: Vec<_> = trace.into_iter().map(|span| &program[span]).collect();
        assert_eq!(texts, places, "{program}");
    }
}

#[test]
fn broken_input_names_its_place_and_nothing_before_it_is_lost() {
    for program in [".", "., input", "., inputs", "., (try input catch error)"] {
        let (outputs, end) = run(program, "1 [2,]", OPTIONS);
        assert_eq!(outputs, ["1"], "{program}");
        let Pulled::Fault(Fault::Input { index, offset, .. }) = end else {
            panic!("{program}: {end:?}");
        };
        assert_eq!((index, offset), (1, 5), "{program}");
    }
}

#[test]
fn a_text_that_is_not_json_is_caught_in_the_words_of_jq_and_ends_the_inputs() {
    let message = "Expected another array element at line 1, column 6";
    for (program, outputs) in [
        (
            "., (try input catch .)",
            vec!["1".into(), format!("{message:?}")],
        ),
        ("[., inputs?]", vec!["[1]".into()]),
        (
            "try (input, input) catch ., try input catch .",
            vec![format!("{message:?}"), "\"break\"".into()],
        ),
    ] {
        assert_eq!(
            run(program, "1 [2,] 3", OPTIONS),
            (outputs, Pulled::Done),
            "{program}"
        );
    }
}

#[test]
fn json_in_strings_is_read_strictly_and_its_mistakes_are_caught() {
    let message = run("try fromjson catch .", "\"[1,]\"", OPTIONS).0;
    assert_eq!(
        message,
        ["\"Expected another array element at line 1, column 4 (while parsing '[1,]')\""]
    );
    assert_eq!(
        run("try fromjson catch \"no\"", "\"1 2\"", OPTIONS).0,
        ["\"no\""]
    );
    assert_eq!(run("fromjson", "\"\"", OPTIONS).0, Vec::<String>::new());
}

#[test]
fn a_regular_expression_is_checked_with_its_flags() {
    let no_flag = run("try test(\"a\"; \"q\") catch .", "\"a\"", OPTIONS).0;
    assert!(
        no_flag[0].contains("q is not a valid modifier string"),
        "{no_flag:?}"
    );
    let no_regex = run("try test(\"(\") catch .", "\"a\"", OPTIONS).0;
    assert!(no_regex[0].contains("Regex failure"), "{no_regex:?}");
    assert_eq!(
        run(
            "[match(\"\"; \"gn\")], [match(\"a|aa\"; \"gl\").length]",
            "\"aa\"",
            OPTIONS
        )
        .0,
        ["[]", "[2]"]
    );
}
