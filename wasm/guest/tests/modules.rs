//! Programs that import modules, run natively: what is bound, what is refused, and where mistakes are.

use jq_magic_guest::language::prelude::Prelude;
use jq_magic_guest::language::program::Program;
use jq_magic_guest::run::context::Limits;
use jq_magic_guest::run::fault::Fault;
use jq_magic_guest::run::inputs::Mode;
use jq_magic_guest::session::{Options, Publishers, Pulled, Session};

const DEPTH: usize = 100;

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Run on null with modules, each a path and a text: the outputs, and how the run ended.
fn run(program: &str, modules: &[(&str, &str)]) -> Result<String, Fault> {
    run_from(".", program, modules)
}

fn run_from(origin: &str, program: &str, modules: &[(&str, &str)]) -> Result<String, Fault> {
    let texts: String = modules.iter().map(|(_, text)| *text).collect();
    let files: Vec<_> = modules
        .iter()
        .map(|(name, text)| format!(r#"["{name}",{}]"#, text.len()))
        .collect();
    let files = files.join(",");
    let args =
        format!(r#"[{{"x":5}},[],{{"search":["."],"origin":"{origin}","files":[{files}]}}]"#);
    let program = leaked(program.to_string() + &texts);
    let program = Program::compile(&Prelude::new(), program, leaked(args).as_bytes(), DEPTH)?;
    let options = Options {
        mode: Mode::default(),
        sort_keys: false,
        limits: Limits {
            depth: DEPTH,
            output_bytes: 1 << 20,
            outputs: 1000,
        },
        now: 1.5,
    };
    let mut session = Session::new(program, b"null", options, Publishers::NONE);
    match session.pull(1 << 20, 1000) {
        Pulled::Fault(fault) => Err(fault),
        _ => Ok(String::from_utf8(session.batch.texts().to_vec())
            .unwrap()
            .trim_end()
            .replace('\n', " ")),
    }
}

/// The message of a program that is refused, and the text that its place spans.
fn refused(program: &str, modules: &[(&str, &str)]) -> (String, String) {
    let all: String = core::iter::once(program)
        .chain(modules.iter().map(|(_, text)| *text))
        .collect();
    match run(program, modules) {
        Err(Fault::Program { message, span, .. } | Fault::Missing { message, span, .. }) => {
            (message, all[span].to_string())
        }
        other => panic!("{program}: {other:?}"),
    }
}

#[test]
fn imports_bind_what_modules_define() {
    let modules = [
        ("a.jq", "def f: 1; def f($x): $x + f;"),
        (
            "b.jq",
            "import \"a\" as p; def f: p::f(10); def g: f, p::f;",
        ),
        ("d.json", "{\"k\":[1]} 2"),
    ];
    for (program, outputs) in [
        (r#"import "a" as a; a::f, a::f(2)"#, "1 3"),
        (r#"include "a"; f, f(2)"#, "1 3"),
        (r#"import "b" as b; b::g"#, "11 1"),
        (r#"import "a" as m; import "b" as m; m::f, m::f(3)"#, "11 4"),
        (r#"import "b" as m; import "a" as m; m::f, m::g"#, "1 11 1"),
        (r#"import "a" as x::y; x::y::f"#, "1"),
        (r#"include "a"; def f: 7; f, f(1)"#, "7 2"),
        (
            r#"import "d" as $d; $d, $d::d[0].k, {$d}.d[1]"#,
            r#"[{"k":[1]},2] [1] 2"#,
        ),
        (r#"import "d" as $x; $x[1]"#, "2"),
        (r#"import "d" as $d {raw:true}; $d"#, r#""{\"k\":[1]} 2""#),
        (r#"import "no" as n {optional:true}; 3"#, "3"),
        ("module {a:1}; 4", "4"),
        (r#"import "a" as a; [1,2] | map(a::f(.))"#, "[2,3]"),
        (r#"import "a" as a;"#, "null"),
    ] {
        assert_eq!(run(program, &modules).as_deref(), Ok(outputs), "{program}");
    }
}

#[test]
fn a_module_sees_its_own_names_and_those_of_the_host_only() {
    let modules = [("a.jq", "def f: map(.); def map(g): $x; def h: map(1), y;")];
    assert_eq!(
        run(
            "import \"a\" as a; def y: 1; [2] | a::f, a::map(1)",
            &modules
        )
        .as_deref(),
        Ok("[2] 5")
    );
    let (message, place) = refused("import \"a\" as a; def y: 1; a::h", &modules);
    assert_eq!((&message[..], &place[..]), ("y/0 is not defined", "y"));
    // What an included module imports is not passed on.
    let modules = [
        ("a.jq", "def f: 1;"),
        ("b.jq", "import \"a\" as a; include \"a\";"),
    ];
    for name in ["f", "a::f"] {
        let (message, _) = refused(&format!("include \"b\"; {name}"), &modules);
        assert_eq!(message, format!("{name}/0 is not defined"));
    }
}

#[test]
fn paths_are_searched_as_jq_searches_them() {
    let modules = [
        ("a.jq", "def n: \"a\";"),
        ("c/jq/main.jq", "def n: \"main\";"),
        ("b/b.jq", "import \"d\" as d {search:\"./\"}; def n: d::n;"),
        ("b/d.jq", "def n: \"b/d\";"),
        ("e/f/g.jq", "import \"../d\" as d; def n: d::n;"),
        (
            "p/q.jq",
            "import \"a\" as a {search:[1,\"../b/..\"]}; def n: a::n;",
        ),
    ];
    for (program, outputs) in [
        (r#"import "a" as m; m::n"#, r#""a""#),
        (r#"import "c" as m; m::n"#, r#""main""#),
        (r#"import "b" as m; m::n"#, r#""b/d""#),
        (r#"import "p/q" as m; m::n"#, r#""a""#),
        (r#"import "d" as m {search:["x","b"]}; m::n"#, r#""b/d""#),
        (r#"get_search_list"#, r#"["."]"#),
    ] {
        assert_eq!(run(program, &modules).as_deref(), Ok(outputs), "{program}");
    }
    let program = r#"import "d" as m {search:"./"}; m::n"#;
    assert_eq!(run_from("b", program, &modules).as_deref(), Ok(r#""b/d""#));
    for (program, message) in [
        (program, "module not found: d"),
        (r#"import "d" as m; 1"#, "module not found: d"),
        (
            r#"import "e/f/g" as m; 1"#,
            "Relative paths to modules may not traverse to parent directories (../d)",
        ),
        (
            r#"import "a" as m {search:["~/x","$ORIGIN/lib"]}; 1"#,
            "module not found: a",
        ),
    ] {
        assert_eq!(refused(program, &modules).0, message, "{program}");
    }
    let Err(Fault::Missing { candidates, .. }) = run(r#"import "x/y" as $m; 1"#, &modules) else {
        panic!("there is no x/y");
    };
    assert_eq!(candidates, ["x/y.json", "x/y/jq/main.json", "x/y/y.json"]);
}

#[test]
fn mistakes_have_a_place_in_the_module() {
    let modules = [
        ("a.jq", "def f: 1"),
        ("b.jq", "wat;"),
        ("c.json", "[1,]"),
        ("e.jq", "import \"b\" as b;"),
        ("self.jq", "import \"self\" as s;"),
        ("x.jq", "import \"y\" as y;"),
        ("y.jq", "include \"x\";"),
    ];
    for (program, message, place) in [
        (
            "import \"a\" as a; 1",
            "the module ends here, expected ;",
            "",
        ),
        (
            "import \"e\" as e; 1",
            "unexpected wat, expected def: a module has nothing but definitions",
            "wat",
        ),
        (
            "import \"c\" as $c; 1",
            "the data is not JSON: expected a JSON value",
            "",
        ),
        (
            "import \"self\" as s; 1",
            "circular import: self.jq imports self.jq",
            "\"self\"",
        ),
        (
            "import \"x\" as x; 1",
            "circular import: x.jq imports y.jq imports x.jq",
            "\"x\"",
        ),
        (
            "module (.+1); 1",
            "the metadata of a module must be constant",
            "(.+1)",
        ),
        (
            "module []; 1",
            "the metadata of a module must be an object",
            "[]",
        ),
        (
            "include \"a\" {a:.}; 1",
            "the metadata of a module must be constant",
            "{a:.}",
        ),
        (
            "include \"\\(a)\"; 1",
            "the path of an import must be constant",
            "\"\\(a)\"",
        ),
        ("import \"a\"; 1", "unexpected ;, expected as", ";"),
        (
            "import a as a; 1",
            "unexpected a, expected the path of a module, in quotes",
            "a",
        ),
    ] {
        let (found, span) = refused(program, &modules);
        assert_eq!((&found[..], &span[..]), (message, place), "{program}");
    }
}

#[test]
fn a_module_that_is_not_imported_is_not_read() {
    let modules = [("a.jq", "def"), ("b.json", "{")];
    assert_eq!(run("1", &modules).as_deref(), Ok("1"));
}

#[test]
fn errors_name_places_in_modules_and_their_calls() {
    let program = "import \"a\" as a; 1 | a::f";
    let module = "def g: error(\"no\"); def f: g;";
    let Err(Fault::Filter { trace, .. }) = run(program, &[("a.jq", module)]) else {
        panic!("an error is raised");
    };
    let all = program.to_string() + module;
    let places: Vec<_> = trace.into_iter().map(|span| &all[span]).collect();
    assert_eq!(places, ["error(\"no\")", "g", "a::f"]);
}

#[test]
fn imports_nest_a_hundred_deep_and_no_deeper() {
    let chain = |count: usize| -> Vec<(String, String)> {
        (0..count)
            .map(|at| {
                let next = at + 1;
                let text = if next < count {
                    format!("import \"m{next}\" as m; def f: 1 + m::f;")
                } else {
                    "def f: 1;".into()
                };
                (format!("m{at}.jq"), text)
            })
            .collect()
    };
    for (count, ends) in [(100, true), (101, false)] {
        let chain = chain(count);
        let modules: Vec<_> = chain
            .iter()
            .map(|(name, text)| (&name[..], &text[..]))
            .collect();
        let result = run("import \"m0\" as m; m::f", &modules);
        match result {
            Ok(output) => assert!(ends && output == count.to_string()),
            Err(Fault::Program { message, .. }) => {
                assert!(!ends && message == "imports nest deeper than 100 modules");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn modulemeta_describes_a_module() {
    let modules = [
        (
            "c.jq",
            "module {v:[1,2+3,{}]}; import \"a\" as foo {search:\"./\"}; include \"b\"; import \"d\" as $d;\
             def a: 0; def c($x; f): nothing; def a: 1;",
        ),
        ("bad.jq", "wat"),
        ("none.jq", ""),
    ];
    for (program, outputs) in [
        (
            r#""c" | modulemeta"#,
            r#"{"v":[1,5,{}],"deps":[{"search":"./","as":"foo","is_data":false,"relpath":"a"},{"is_data":false,"relpath":"b"},{"as":"d","is_data":true,"relpath":"d"}],"defs":["a/0","c/2"]}"#,
        ),
        (r#""none" | modulemeta"#, r#"{"deps":[],"defs":[]}"#),
        (r#""bad" | modulemeta"#, "null"),
        (
            r#"try ("x" | modulemeta) catch ."#,
            r#""module not found: x""#,
        ),
        (
            "try (1 | modulemeta) catch .",
            r#""modulemeta input module name must be a string""#,
        ),
    ] {
        assert_eq!(run(program, &modules).as_deref(), Ok(outputs), "{program}");
    }
}

#[test]
fn a_location_names_its_module_and_a_line_there() {
    let modules = [("a.jq", "# a\n\ndef f: $__loc__;")];
    assert_eq!(
        run("\nimport \"a\" as a;\n a::f, $__loc__", &modules).as_deref(),
        Ok(r#"{"file":"a.jq","line":3} {"file":"<top-level>","line":3}"#)
    );
}

#[test]
fn what_the_host_says_of_modules_must_fit() {
    for args in [
        r#"[{},[],{"files":[["a",100]]}]"#,
        r#"[{},[],{"files":[1]}]"#,
        r#"[{},[],{"files":[["a",1]]}]"#,
    ] {
        let program = leaked("1 é".into());
        let result = Program::compile(&Prelude::new(), program, leaked(args.into()).as_bytes(), 9);
        assert!(matches!(result, Err(Fault::Program { .. })), "{args}");
    }
}
