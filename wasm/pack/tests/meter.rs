//! The meter and the validator, on modules small enough to count by hand and on random ones.

use jq_magic_pack::meter::meter;
use jq_magic_pack::module::{Module, CODE};
use jq_magic_pack::validate::{validate, Demand};
use wasm_encoder::{CodeSection, Encode};
use wasmi::{Engine, Instance, Linker, Store, Val};

const PLENTY: i64 = 1 << 40;
const STOP: usize = 8;

/// A module around `functions`, with what the meter needs; `run` is its first function.
fn module(functions: &str) -> Vec<u8> {
    let wat = format!(
        r#"(module (memory (export "memory") 1 4) (table 4 funcref)
            (global (export "stop_word") i32 (i32.const {STOP})) {functions})"#
    );
    wat::parse_str(wat).unwrap()
}

struct Guest {
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    fn new(wasm: &[u8]) -> Self {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let module = wasmi::Module::new(&engine, wasm).unwrap();
        let instance = Linker::new(&engine)
            .instantiate_and_start(&mut store, &module)
            .unwrap();
        Self { store, instance }
    }

    fn set_fuel(&mut self, fuel: i64) {
        let global = self.instance.get_global(&self.store, "fuel").unwrap();
        global.set(&mut self.store, Val::I64(fuel)).unwrap();
    }

    fn fuel(&self) -> i64 {
        match self
            .instance
            .get_global(&self.store, "fuel")
            .unwrap()
            .get(&self.store)
        {
            Val::I64(fuel) => fuel,
            other => panic!("{other:?}"),
        }
    }

    fn run(&mut self, argument: i32) -> Result<i32, wasmi::Error> {
        let run = self
            .instance
            .get_typed_func::<i32, i32>(&self.store, "run")
            .unwrap();
        run.call(&mut self.store, argument)
    }
}

/// What `run(argument)` gives and costs in exact mode.
fn cost(functions: &str, argument: i32) -> (i32, i64) {
    let (metered, _) = meter(&module(functions), 0).unwrap();
    validate(&metered, Demand::Exact).unwrap();
    let mut guest = Guest::new(&metered);
    guest.set_fuel(PLENTY);
    let result = guest.run(argument).unwrap();
    (result, PLENTY - guest.fuel())
}

const RUN: &str = r#"(func (export "run") (param i32) (result i32)"#;

#[test]
fn charges_are_what_was_counted_by_hand() {
    for (body, argument, result, charge) in [
        // 1 at entry, 1 for the constant; `end` is free.
        ("i32.const 7)", 0, 7, 2),
        ("nop nop i32.const 7 drop i32.const 8)", 0, 8, 3),
        ("block nop end i32.const 7)", 0, 7, 2),
        // entry, get, const, add
        ("local.get 0 i32.const 1 i32.add)", 4, 5, 4),
        // entry, get, if, const in one arm
        ("local.get 0 if (result i32) i32.const 1 else i32.const 2 end)", 1, 1, 4),
        ("local.get 0 if (result i32) i32.const 1 else i32.const 2 i32.const 3 i32.add end)", 0, 5, 6),
        ("local.get 0 if (result i32) i32.const 1 else i32.const 2 i32.const 3 i32.add end)", 1, 1, 4),
        // entry, get, br_if, then nothing but the last const
        ("block local.get 0 br_if 0 i32.const 1 drop i32.const 1 drop end i32.const 9)", 1, 9, 4),
        ("block local.get 0 br_if 0 i32.const 1 drop i32.const 1 drop end i32.const 9)", 0, 9, 6),
        // an early return leaves what follows uncharged
        ("local.get 0 if i32.const 5 return end i32.const 6 i32.const 1 i32.add)", 1, 5, 4),
        ("local.get 0 if i32.const 5 return end i32.const 6 i32.const 1 i32.add)", 0, 7, 6),
        // entry; each round: get, const, sub, tee, br_if; then the last get
        ("loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 0)", 3, 0, 17),
        // a branch out of two constructs
        ("block block local.get 0 br_if 1 i32.const 1 drop end i32.const 2 drop end i32.const 3)", 1, 3, 4),
        ("block block local.get 0 br_if 1 i32.const 1 drop end i32.const 2 drop end i32.const 3)", 0, 3, 6),
        // br_table: entry, get, br_table, then what is behind the label
        ("block block local.get 0 br_table 0 1 end i32.const 1 return end i32.const 2)", 0, 1, 4),
        ("block block local.get 0 br_table 0 1 end i32.const 1 return end i32.const 2)", 5, 2, 4),
        // fill of 100 bytes: entry, three operands, the operator and 100; then the constant
        ("i32.const 64 i32.const 1 i32.const 100 memory.fill i32.const 0)", 0, 0, 106),
        ("i32.const 64 i32.const 0 i32.const 50 memory.copy i32.const 0)", 0, 0, 56),
        // growth by two pages: entry, operand, operator, 2
        ("i32.const 2 memory.grow)", 0, 1, 5),
        ("i32.const 2 memory.grow drop i32.const 9 memory.grow)", 0, -1, 16),
    ] {
        assert_eq!(cost(&format!("{RUN} {body}"), argument), (result, charge), "{body}");
    }
}

#[test]
fn a_call_costs_itself_and_what_it_calls() {
    let functions =
        format!("{RUN} local.get 0 call 1) (func (param i32) (result i32) i32.const 3)");
    assert_eq!(cost(&functions, 1), (3, 5));
}

#[test]
fn a_larger_threshold_charges_no_less_and_ends_the_same() {
    let functions = format!("{RUN} block local.get 0 br_if 0 i32.const 1 drop end loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 0)");
    let exact = cost(&functions, 9);
    for threshold in [1, 2, 4, 16, 1000] {
        let (metered, _) = meter(&module(&functions), threshold).unwrap();
        validate(&metered, Demand::Bounded).unwrap();
        let mut guest = Guest::new(&metered);
        guest.set_fuel(PLENTY);
        assert_eq!(guest.run(9).unwrap(), exact.0);
        assert!(PLENTY - guest.fuel() >= exact.1);
    }
}

#[test]
fn fuel_ends_a_run_at_its_edge() {
    let functions =
        format!("{RUN} loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 0)");
    let (metered, _) = meter(&module(&functions), 0).unwrap();
    let (_, used) = cost(&functions, 5);
    let ends = |fuel| {
        let mut guest = Guest::new(&metered);
        guest.set_fuel(fuel);
        guest.run(5).is_ok() && guest.fuel() >= 0
    };
    assert!(ends(used));
    assert!(!ends(used - 1));
    assert!(
        !Guest::new(&metered).run(1).is_ok_and(|_| true),
        "an instance starts without fuel"
    );
}

#[test]
fn endless_loops_and_recursion_end_with_the_fuel() {
    for functions in [
        format!("{RUN} loop br 0 end i32.const 0)"),
        format!("{RUN} loop loop br 1 end end i32.const 0)"),
        format!("{RUN} local.get 0 call 0)"),
        format!(
            "{RUN} loop i32.const 0 i32.const 0 i32.const 65536 memory.fill br 0 end i32.const 0)"
        ),
    ] {
        let (metered, _) = meter(&module(&functions), 0).unwrap();
        let mut guest = Guest::new(&metered);
        guest.set_fuel(500);
        assert!(guest.run(1).is_err(), "{functions}");
    }
}

#[test]
fn the_stop_word_ends_a_run_at_the_next_check() {
    // The function sets the stop word itself, as the host does from another thread.
    let functions = format!(
        "{RUN} i32.const {STOP} i64.const 0x7fffffffffffffff i64.store loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 77)"
    );
    let (metered, _) = meter(&module(&functions), 0).unwrap();
    let mut guest = Guest::new(&metered);
    guest.set_fuel(PLENTY);
    assert!(guest.run(1).is_err());
    assert!(guest.fuel() > 0);
}

#[test]
fn modules_that_the_meter_does_not_know_are_refused() {
    for (wat, reason) in [
        (r#"(module (memory 1) (func))"#, "stop_word"),
        (
            r#"(module (memory 1) (global (export "stop_word") (mut i32) (i32.const 8)) (func))"#,
            "mutable",
        ),
        (
            r#"(module (memory 1) (global (export "stop_word") i32 (i32.const 8)) (global (export "fuel") (mut i64) (i64.const 0)) (func))"#,
            "already",
        ),
        (
            r#"(module (memory 1) (global (export "stop_word") i32 (i32.const 8)) (func return_call 0))"#,
            "tail calls",
        ),
        (
            r#"(module (memory 1) (data "a") (global (export "stop_word") i32 (i32.const 8)) (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))))"#,
            "passive",
        ),
        (
            r#"(module (import "a" "f" (func)) (memory 1) (global (export "stop_word") i32 (i32.const 8)))"#,
            "imports",
        ),
    ] {
        let error = meter(&wat::parse_str(wat).unwrap(), 0)
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error} does not name {reason}");
    }
}

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
        else
            i32.const 64
            i32.const 0
            i32.const 9
            memory.fill
            i32.const 2
            call 1
        end)
    (func (param i32) (result i32)
        i32.const 4
        local.get 0
        br_if 0
        drop
        local.get 0
        memory.grow)"#;

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

#[test]
fn every_check_and_every_charge_is_missed_when_it_is_gone() {
    let (metered, report) = meter(&module(SAMPLE), 0).unwrap();
    validate(&metered, Demand::Exact).unwrap();
    let module = Module::parse(&metered).unwrap();
    let (mut checks, mut charges, mut lengths) = (0, 0, 0);
    let global_get = |bytes: &[u8]| bytes[0] == 0x23;
    for (function, body) in module.bodies().unwrap().iter().enumerate() {
        let (_, all) = operators(body);
        for at in 0..all.len() {
            let opcodes: Vec<u8> = all[at..]
                .iter()
                .take(7)
                .map(|operator| operator[0])
                .collect();
            // global.get i64.const i64.sub global.set; global.get i32.const i64.load i64.lt_s if unreachable end;
            // local.tee global.get local.get i64.extend_i32_u i64.sub global.set
            let length = match opcodes[..] {
                [0x23, 0x42, 0x7d, 0x24, ..] => {
                    charges += 1;
                    4
                }
                [0x23, 0x41, 0x29, 0x53, 0x04, 0x00, 0x0b] => {
                    checks += 1;
                    7
                }
                [0x22, 0x23, 0x20, 0xad, 0x7d, 0x24, ..] => {
                    lengths += 1;
                    6
                }
                _ => continue,
            };
            let without: Vec<&[u8]> = all[..at]
                .iter()
                .chain(&all[at + length..])
                .copied()
                .collect();
            let broken = with_operators(&metered, function, &without);
            assert!(
                validate(&broken, Demand::Exact).is_err(),
                "function {function}, operator {at}"
            );
            assert!(
                validate(&broken, Demand::Bounded).is_err(),
                "function {function}, operator {at}"
            );
            if opcodes.starts_with(&[0x23, 0x42]) {
                assert!(global_get(all[at]));
                // One less, one more, and a charge that gives back.
                for changed in [-1_i64, 1, -1000] {
                    let value = i64::from(all[at + 1][1]) + changed;
                    let mut constant = vec![0x42];
                    value.encode(&mut constant);
                    let mut other = all.clone();
                    other[at + 1] = &constant;
                    let broken = with_operators(&metered, function, &other);
                    assert!(
                        validate(&broken, Demand::Exact).is_err(),
                        "function {function}, operator {at}, {changed}"
                    );
                }
            }
        }
    }
    assert_eq!(charges, report.charges);
    assert_eq!(checks, report.functions + report.loops + report.bulk);
    assert_eq!(lengths, report.bulk);
    assert!(report.bulk == 2 && report.loops == 1 && report.functions == 2);
}

#[test]
fn other_code_that_reaches_the_count_is_refused() {
    for (wat, reason) in [
        (r#"(global.set 1 (i64.const 9))"#, "reaches the count"),
        (r#"(drop (global.get 1))"#, "reaches the count"),
    ] {
        let wat = format!(
            r#"(module (memory 1) (global (export "stop_word") i32 (i32.const 8)) (global (export "fuel") (mut i64) (i64.const 0))
            (func (global.set 1 (i64.sub (global.get 1) (i64.const 3)))
                  (if (i64.lt_s (global.get 1) (i64.load (i32.const 8))) (then unreachable)) {wat}))"#
        );
        let error = validate(&wat::parse_str(wat).unwrap(), Demand::Bounded)
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
    for globals in [
        r#"(global (export "fuel") (mut i64) (i64.const 5))"#,
        r#"(global (export "fuel") (mut i32) (i32.const 0))"#,
        r#"(global (export "fuel") i64 (i64.const 0))"#,
        r#"(global (export "fuel") (export "alias") (mut i64) (i64.const 0))"#,
    ] {
        let wat = format!(
            r#"(module (memory 1) (global (export "stop_word") i32 (i32.const 8)) {globals})"#
        );
        assert!(
            validate(&wat::parse_str(wat).unwrap(), Demand::Bounded).is_err(),
            "{globals}"
        );
    }
}

/// A random module with a memory and a stop word, from a fixed seed.
fn random(seed: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..2000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push(state as u8);
    }
    let bulk = seed.is_multiple_of(4);
    let config = wasm_smith::Config {
        max_imports: 0,
        min_funcs: 2,
        max_funcs: 6,
        min_memories: 1,
        max_memories: 1,
        max_memory32_bytes: 4 << 16,
        memory_max_size_required: true,
        max_tables: 1,
        max_table_elements: 100,
        table_max_size_required: true,
        export_everything: true,
        allow_start_export: false,
        bulk_memory_enabled: bulk,
        max_data_segments: if bulk { 0 } else { 4 },
        reference_types_enabled: bulk,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        tail_call_enabled: false,
        extended_const_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    };
    let mut unstructured = arbitrary::Unstructured::new(&bytes);
    let wasm = wasm_smith::Module::new(config, &mut unstructured)
        .ok()?
        .to_bytes();
    let parsed = Module::parse(&wasm).ok()?;
    let mut globals = wasm_encoder::GlobalSection::new();
    let mut exports = wasm_encoder::ExportSection::new();
    use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
    for global in parsed.globals().unwrap() {
        globals.global(
            RoundtripReencoder.global_type(global.ty).unwrap(),
            &RoundtripReencoder.const_expr(global.init_expr).unwrap(),
        );
    }
    let index = globals.len();
    let ty = wasm_encoder::GlobalType {
        val_type: wasm_encoder::ValType::I32,
        mutable: false,
        shared: false,
    };
    // The last bytes of the first page: random code hardly ever writes there.
    globals.global(ty, &wasm_encoder::ConstExpr::i32_const(65_528));
    for export in parsed.exports().unwrap() {
        exports.export(
            export.name,
            RoundtripReencoder.export_kind(export.kind).unwrap(),
            export.index,
        );
    }
    exports.export("stop_word", wasm_encoder::ExportKind::Global, index);
    let passive = |data: &wasmparser::Data<'_>| matches!(data.kind, wasmparser::DataKind::Passive);
    if parsed.data().unwrap().iter().any(passive) {
        return None;
    }
    if parsed.memory().unwrap().initial == 0
        || parsed.globals().unwrap().is_empty()
        || parsed.exports().unwrap().is_empty()
    {
        return None;
    }
    Some(parsed.with(&[
        (jq_magic_pack::module::GLOBAL, &globals),
        (jq_magic_pack::module::EXPORT, &exports),
    ]))
}

/// Run every exported function once on zeros; what each gives, and the memory at the end.
fn observe(wasm: &[u8], fuel: Option<i64>) -> Option<(Vec<String>, Vec<u8>)> {
    let mut config = wasmi::Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    store.set_fuel(20_000_000).unwrap();
    let module = wasmi::Module::new(&engine, wasm).unwrap();
    let instance = Linker::new(&engine)
        .instantiate_and_start(&mut store, &module)
        .ok()?;
    let mut seen = Vec::new();
    let names: Vec<String> = module
        .exports()
        .map(|export| export.name().to_string())
        .collect();
    for name in &names {
        let Some(function) = instance.get_func(&store, name) else {
            continue;
        };
        if let Some(fuel) = fuel {
            instance
                .get_global(&store, "fuel")
                .unwrap()
                .set(&mut store, Val::I64(fuel))
                .unwrap();
        }
        let ty = function.ty(&store);
        let arguments: Vec<Val> = ty
            .params()
            .iter()
            .map(|ty| Val::default_for_ty(*ty))
            .collect();
        let mut results: Vec<Val> = ty
            .results()
            .iter()
            .map(|ty| Val::default_for_ty(*ty))
            .collect();
        let end = function.call(&mut store, &arguments, &mut results);
        match end {
            // The interpreter's own fuel bounds what has no meter.
            Err(error) if error.as_trap_code() == Some(wasmi::TrapCode::OutOfFuel) => return None,
            Err(error) => seen.push(format!("{name}: {:?}", error.as_trap_code())),
            Ok(()) => seen.push(format!("{name}: {results:?}")),
        }
    }
    let memory = names
        .iter()
        .find_map(|name| instance.get_memory(&store, name));
    Some((
        seen,
        memory
            .map(|memory| memory.data(&store).to_vec())
            .unwrap_or_default(),
    ))
}

#[test]
fn random_modules_behave_the_same_metered_and_not_and_always_end() {
    let mut compared = 0;
    for seed in 0..800 {
        let Some(wasm) = random(seed) else { continue };
        let Ok((metered, _)) = meter(&wasm, 0) else {
            continue;
        };
        validate(&metered, Demand::Exact).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let (merged, _) = meter(&wasm, 8).unwrap();
        validate(&merged, Demand::Bounded).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        // With little fuel every one of them ends, long before the interpreter's own bound.
        assert!(
            observe(&metered, Some(10_000)).is_some(),
            "seed {seed} does not end"
        );
        if let Some(plain) = observe(&wasm, None) {
            if plain
                .1
                .get(65_528..65_536)
                .is_some_and(|word| word == [0; 8])
            {
                assert_eq!(
                    observe(&metered, Some(1 << 60)).as_ref(),
                    Some(&plain),
                    "seed {seed}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "only {compared} modules were compared");
}
