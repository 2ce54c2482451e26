//! The validator, on modules whose meter is broken in every place and every way.

mod common;

use common::module;
use jq_magic_pack::meter::meter;
use jq_magic_pack::module::{Module, CODE};
use jq_magic_pack::validate::validate;
use wasm_encoder::{CodeSection, Encode};

const SAMPLE: &str = r#"
    (func (export "run") (param i32) (result i32)
        (local i32)
        block
            local.get 0
            br_if 0
            i32.const 3
            local.set 1
        end
        local.get 0
        if (result i32)
            loop
                local.get 1
                i32.const 1
                i32.add
                local.tee 1
                i32.const 5
                i32.lt_s
                br_if 0
            end
            i32.const 1
            i32.const 0
            call_indirect (param i32) (result i32)
        else
            i32.const 64
            i32.const 0
            i32.const 9
            memory.fill
            i32.const 2
            call 1
        end
        local.get 0
        br_if 0
        drop
        i32.const 6
        return)
    (func (param i32) (result i32)
        i32.const 4
        local.get 0
        br_if 0
        drop
        local.get 0
        memory.grow)
    (elem (i32.const 0) func 1)"#;

/// Opcodes of the meter's code, as the binary format numbers them.
mod opcode {
    pub const UNREACHABLE: u8 = 0x00;
    pub const IF: u8 = 0x04;
    pub const END: u8 = 0x0b;
    pub const RETURN: u8 = 0x0f;
    pub const CALL: u8 = 0x10;
    pub const CALL_INDIRECT: u8 = 0x11;
    pub const DROP: u8 = 0x1a;
    pub const LOCAL_GET: u8 = 0x20;
    pub const LOCAL_SET: u8 = 0x21;
    pub const LOCAL_TEE: u8 = 0x22;
    pub const GLOBAL_GET: u8 = 0x23;
    pub const GLOBAL_SET: u8 = 0x24;
    pub const I64_LOAD: u8 = 0x29;
    pub const I32_CONST: u8 = 0x41;
    pub const I64_CONST: u8 = 0x42;
    pub const I64_LT_S: u8 = 0x53;
    pub const I64_SUB: u8 = 0x7d;
    pub const I64_OR: u8 = 0x84;
    pub const I64_EXTEND_I32_U: u8 = 0xad;
}
use opcode::*;

const CHECK: [u8; 10] = [
    I32_CONST,
    I64_LOAD,
    I64_OR,
    I64_CONST,
    I64_LT_S,
    IF,
    LOCAL_GET,
    GLOBAL_SET,
    UNREACHABLE,
    END,
];

/// The operators of a function as bytes, one slice each, after the locals.
fn operators<'a>(body: &wasmparser::FunctionBody<'a>) -> (Vec<u8>, Vec<&'a [u8]>) {
    let bytes = body.as_bytes();
    let origin = body.range().start;
    let offsets: Vec<usize> = body
        .get_operators_reader()
        .unwrap()
        .into_iter_with_offsets()
        .map(|found| usize::try_from(found.unwrap().1 - origin).unwrap())
        .chain([bytes.len()])
        .collect();
    (
        bytes[..offsets[0]].to_vec(),
        offsets
            .windows(2)
            .map(|pair| &bytes[pair[0]..pair[1]])
            .collect(),
    )
}

/// The module with the operators of one function replaced.
fn with_operators(wasm: &[u8], function: usize, changed: &[&[u8]]) -> Vec<u8> {
    let module = Module::parse(wasm).unwrap();
    let mut code = CodeSection::new();
    for (index, body) in module.bodies().unwrap().iter().enumerate() {
        let (locals, kept) = operators(body);
        let used = if index == function { changed } else { &kept };
        code.raw(&[locals, used.concat()].concat());
    }
    module.with(&[(CODE, &code)])
}

/// Ways to break what stands at the beginning of `code`: how many operators go, and what comes instead.
fn breaks(code: &[&[u8]]) -> Vec<(usize, Vec<u8>)> {
    const OTHER: [u8; 2] = [I64_CONST, 9];
    let opcodes: Vec<u8> = code.iter().take(16).map(|operator| operator[0]).collect();
    let begins = |parts: &[&[u8]]| opcodes.starts_with(&parts.concat());
    let mut found = Vec::new();
    if begins(&[&[LOCAL_GET, I64_CONST, I64_SUB]]) {
        // No charge, one less, one more, and a charge that gives back.
        found.push((3, code[0].to_vec()));
        let cost = i64::from(code[1][1]);
        for other in [cost - 1, cost + 1, -cost] {
            let mut constant = vec![I64_CONST];
            other.encode(&mut constant);
            found.push((3, [code[0], &constant, code[2]].concat()));
        }
    }
    if begins(&[&[LOCAL_TEE], &CHECK]) {
        // No check, a check of another word, and one that lets the run go on.
        found.push((11, vec![LOCAL_SET, code[0][1]]));
        found.push((2, [code[0], &[I32_CONST, 16]].concat()));
        found.push((11, [&code[..9].concat(), code[10]].concat()));
    }
    if begins(&[
        &[
            LOCAL_TEE,
            LOCAL_GET,
            LOCAL_GET,
            I64_EXTEND_I32_U,
            I64_SUB,
            LOCAL_TEE,
        ],
        &CHECK,
    ]) {
        found.push((16, Vec::new()));
    }
    if begins(&[&[LOCAL_GET, CALL, LOCAL_SET]]) {
        found.push((1, OTHER.to_vec()));
        found.push((3, [code[0], code[1], &[DROP]].concat()));
    }
    if begins(&[&[LOCAL_SET, LOCAL_GET, LOCAL_GET, CALL_INDIRECT, LOCAL_SET]]) {
        found.push((2, [code[0], &OTHER].concat()));
        found.push((5, [&code[..4].concat(), &[DROP][..]].concat()));
    }
    if begins(&[&[LOCAL_GET, RETURN]]) || (begins(&[&[LOCAL_GET, END]]) && code.len() == 2) {
        found.push((1, OTHER.to_vec()));
    }
    if begins(&[&[GLOBAL_GET, CALL, GLOBAL_SET]]) {
        found.push((1, OTHER.to_vec()));
        found.push((3, [code[0], code[1], &[DROP]].concat()));
    }
    if begins(&[&[LOCAL_GET, GLOBAL_SET]]) {
        found.push((1, OTHER.to_vec()));
    }
    found
}

#[test]
fn every_check_charge_and_handing_on_is_missed_when_it_is_broken() {
    let (metered, report) = meter(&module(SAMPLE)).unwrap();
    validate(&metered).unwrap();
    assert!(report.bulk == 2 && report.loops == 1 && report.functions == 2);
    let module = Module::parse(&metered).unwrap();
    let mut broken = 0;
    for (function, body) in module.bodies().unwrap().iter().enumerate() {
        let (_, all) = operators(body);
        for at in 0..all.len() {
            for (gone, instead) in breaks(&all[at..]) {
                let changed = [&all[..at], &[&instead[..]], &all[at + gone..]].concat();
                let wasm = with_operators(&metered, function, &changed);
                let place = format!("function {function}, operator {at}: {instead:x?}");
                // It is still a good module, so nothing but the validator stands in its way.
                Module::parse(&wasm).unwrap_or_else(|error| panic!("{place}: {error}"));
                assert!(validate(&wasm).is_err(), "{place}");
                broken += 1;
            }
        }
    }
    let heads = report.functions + report.loops;
    let calls = 2 + 1;
    let leaves = report.functions + 1;
    let stores = report.functions + heads + report.bulk;
    assert_eq!(
        broken,
        4 * report.charges + 3 * (heads + report.bulk) + report.bulk + 2 * calls + leaves + stores
    );
}

/// A small module as the meter makes them, written by hand so that parts of it can be exchanged.
const COUNTED: &str = r#"(module (memory 1) (table 2 funcref) (elem (i32.const 0) func $f)
    (type $t (func (param i32 i64) (result i32 i64)))
    (global $fuel (export "fuel") (mut i64) (i64.const 0))
    (global (export "stop_word") i32 (i32.const 8))
    (global $other (mut i64) (i64.const 0))
    (func $f (param i32 i64) (result i32 i64)
        local.get 1 i64.const 2 i64.sub local.tee 1
        i32.const 8 i64.load i64.or i64.const 0 i64.lt_s if local.get 1 global.set $fuel unreachable end
        block (result i32)
            local.get 0
        end
        local.get 1)
    (func $run (export "run") (param i32) (result i32)
        local.get 0 global.get $fuel call $f global.set $fuel))"#;

#[test]
fn what_could_go_round_the_meter_is_refused() {
    validate(&wat::parse_str(COUNTED).unwrap()).unwrap();
    for (part, instead, reason) in [
        (
            "local.get 0\n",
            "local.get 0 i64.const 9 global.set $fuel\n",
            "reaches the count",
        ),
        (
            "local.get 0\n",
            "local.get 0 global.get $fuel drop\n",
            "reaches the count",
        ),
        (
            "local.get 0\n",
            "local.get 0 i64.const 9 local.set 1\n",
            "reaches the count",
        ),
        (
            "local.get 0\n",
            "local.get 0 local.get 1 drop\n",
            "reaches the count",
        ),
        (
            "local.get 0\n",
            "local.get 0 i64.const 9 br 1\n",
            "leaves the function",
        ),
        (
            "local.get 0\n",
            "local.get 0 local.get 1 return\n",
            "credit",
        ),
        (
            "local.get 0\n",
            "local.get 0 i64.const 9 return\n",
            "not handed on",
        ),
        ("local.get 0\n", "local.get 0 call $run\n", "not handed on"),
        (
            "(elem (i32.const 0) func $f)",
            "(elem (i32.const 0) func $run)",
            "holds a function",
        ),
        (
            "(elem (i32.const 0) func $f)",
            "(elem (i32.const 0) funcref (ref.func $run))",
            "holds a function",
        ),
        (
            "(global $other (mut i64) (i64.const 0))",
            "(global funcref (ref.func $run))",
            "holds a function",
        ),
        (
            "(func $f (param",
            r#"(func $f (export "f") (param"#,
            "holds a function",
        ),
        (
            "global.get $fuel call",
            "i64.const 9 call",
            "more than to hand on",
        ),
        (
            "call $f global.set $fuel",
            "call $f drop",
            "more than to hand on",
        ),
        (
            "call $f global.set $fuel",
            "call $f global.set $other",
            "more than to hand on",
        ),
        (
            "local.get 0 global.get $fuel",
            "i32.const 1 global.get $fuel",
            "more than to hand on",
        ),
        (
            "(func $run (export",
            "(func (param i32) (result i32) local.get 0) (func $run (export",
            "does not hand on the count",
        ),
        (
            "(mut i64) (i64.const 0))\n    (global (export \"stop",
            "(mut i64) (i64.const 5))\n    (global (export \"stop",
            "starts at 0",
        ),
        (
            r#"(export "fuel") (mut"#,
            r#"(export "fuel") (export "alias") (mut"#,
            "another name",
        ),
        (
            r#""stop_word") i32 (i32.const 8)"#,
            r#""stop_word") i32 (i32.const 65532)"#,
            "stop word",
        ),
        (
            r#""stop_word") i32 (i32.const 8)"#,
            r#""stop_word") i32 (i32.const 16)"#,
            "without its charge",
        ),
    ] {
        assert!(COUNTED.contains(part), "{part}");
        // Paid for, so that it is refused for what it does.
        let paid = COUNTED.replacen(
            "i64.const 2 i64.sub",
            "i64.const 20 i64.sub",
            usize::from(part == "local.get 0\n"),
        );
        let wasm = wat::parse_str(paid.replacen(part, instead, 1)).unwrap();
        let error = validate(&wasm).unwrap_err().to_string();
        assert!(error.contains(reason), "{instead}: {error}");
    }
}

#[test]
fn a_wrapper_that_could_stand_in_for_a_counted_function_is_not_called() {
    // It has the type of a counted function, but would take its count from the stale global.
    let wat = COUNTED
        .replace(
            "(func $run (export \"run\") (param i32) (result i32)",
            "(func $run (export \"run\") (param i64) (result i64)",
        )
        .replace(
            "(param i32 i64) (result i32 i64)",
            "(param i64 i64) (result i64 i64)",
        )
        .replace("(result i32)", "(result i64)")
        .replace("i64.const 2 i64.sub", "i64.const 3 i64.sub");
    for (code, reason) in [
        ("local.get 1 call $f local.set 1", ""),
        (
            "local.get 1 call $run local.set 1",
            "the host calls is called",
        ),
        ("ref.func $run drop", "is referred to"),
    ] {
        let wat = wat.replacen("local.get 0\n", &format!("local.get 0 {code}\n"), 1);
        match validate(&wat::parse_str(&wat).unwrap()) {
            Ok(()) => assert_eq!(reason, "", "{code}"),
            Err(error) => assert!(
                !reason.is_empty() && error.to_string().contains(reason),
                "{code}: {error}"
            ),
        }
    }
}

/// A function that returns the count as a number, as the meter makes it.
const READS: &str = r#"(module (memory 1)
    (global $fuel (export "fuel") (mut i64) (i64.const 0))
    (global (export "stop_word") i32 (i32.const 8))
    (func $f (param i64) (result i64 i64)
        local.get 0 i64.const 2 i64.sub local.tee 0
        i32.const 8 i64.load i64.or i64.const 0 i64.lt_s if local.get 0 global.set $fuel unreachable end
        local.get 0 global.set $fuel
        local.get 0
        local.get 0)
    (func $run (export "run") (result i64) global.get $fuel call $f global.set $fuel))"#;

#[test]
fn the_count_is_read_at_the_end_of_a_function_only_and_stays_as_it_is() {
    validate(&wat::parse_str(READS).unwrap()).unwrap();
    let ends = "        local.get 0\n        local.get 0)";
    for (part, instead, reason) in [
        (ends, "local.get 0 i64.const 9)", "reaches the count"),
        (ends, "i64.const 9 i64.const 9)", "without handing on"),
        (
            ends,
            "local.get 0 local.get 0 i64.const 9 i64.add)",
            "reaches the count",
        ),
        (
            ends,
            "local.get 0 i64.const 9 local.set 0 local.get 0)",
            "reaches the count",
        ),
        (
            ends,
            "block (result i64 i64) local.get 0 local.get 0 end)",
            "reaches the count",
        ),
        ("i64.const 2", "i64.const 1", "not charged"),
        ("i64.const 2", "i64.const 3", "left with credit 1"),
    ] {
        assert!(READS.contains(part), "{part}");
        // Paid for, so that it is refused for what it does.
        let paid = READS.replacen("i64.const 2", "i64.const 20", usize::from(part == ends));
        let wasm = wat::parse_str(paid.replacen(part, instead, 1)).unwrap();
        let error = validate(&wasm).unwrap_err().to_string();
        assert!(error.contains(reason), "{instead}: {error}");
    }
}
