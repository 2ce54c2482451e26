//! The meter, on modules small enough to count by hand.

mod common;

use common::{module, STOP};
use jq_magic_pack::meter::meter;
use jq_magic_pack::validate::validate;
use wasmi::{Engine, Instance, Linker, Store, Val};

const PLENTY: i64 = 1 << 40;

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
    let (metered, _) = meter(&module(functions)).unwrap();
    validate(&metered).unwrap();
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
fn fuel_ends_a_run_at_its_edge() {
    let functions =
        format!("{RUN} loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end local.get 0)");
    let (metered, _) = meter(&module(&functions)).unwrap();
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
        let (metered, _) = meter(&module(&functions)).unwrap();
        let mut guest = Guest::new(&metered);
        guest.set_fuel(500);
        assert!(guest.run(1).is_err(), "{functions}");
    }
}

#[test]
fn the_count_is_there_after_a_trap() {
    // entry, get, const, add; `unreachable` is free
    let gives_up = format!("{RUN} local.get 0 i32.const 1 i32.add unreachable)");
    // entry, get, call; in the callee entry, get and the load that fails, all charged when it begins
    let fails =
        format!("{RUN} local.get 0 call 1) (func (param i32) (result i32) local.get 0 i32.load)");
    for (functions, argument, used) in [(gives_up, 1, 4), (fails, -1, 6)] {
        let (metered, _) = meter(&module(&functions)).unwrap();
        let mut guest = Guest::new(&metered);
        guest.set_fuel(PLENTY);
        assert!(guest.run(argument).is_err(), "{functions}");
        assert_eq!(PLENTY - guest.fuel(), used, "{functions}");
    }
}

#[test]
fn the_stop_word_ends_a_run_at_the_next_check() {
    // The function sets the stop word itself, as the host does from another thread.
    let functions = format!(
        "{RUN} i32.const {STOP} i64.const -1 i64.store loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end i32.const 77)"
    );
    let (metered, _) = meter(&module(&functions)).unwrap();
    let mut guest = Guest::new(&metered);
    guest.set_fuel(PLENTY);
    assert!(guest.run(1).is_err());
    assert!(guest.fuel() > 0);
}

#[test]
fn a_guest_that_writes_the_stop_word_cannot_go_on_without_fuel() {
    for written in ["0x7fffffffffffffff", "-0x8000000000000000", "1", "-1"] {
        let functions = format!(
            "{RUN} i32.const {STOP} i64.const {written} i64.store loop br 0 end i32.const 0)"
        );
        let (metered, _) = meter(&module(&functions)).unwrap();
        let mut guest = Guest::new(&metered);
        guest.set_fuel(1000);
        assert!(guest.run(1).is_err(), "{written}");
    }
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
        let error = meter(&wat::parse_str(wat).unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error} does not name {reason}");
    }
}

const FUEL_LEFT: &str = r#"(func (export "fuel_left") (result i64) i64.const 0)"#;

#[test]
fn a_guest_reads_its_own_count() {
    let functions =
        format!(r#"{RUN} call 1 i32.const 5 drop call 1 i64.sub i32.wrap_i64) {FUEL_LEFT}"#);
    // The caller has no branches, so that it is charged as a whole; between the counts are the entry of the callee and
    // its one operator.
    assert_eq!(cost(&functions, 0), (2, 10));
}

#[test]
fn the_host_cannot_call_what_reads_the_count() {
    let (metered, _) = meter(&module(&format!("{RUN} i32.const 1) {FUEL_LEFT}"))).unwrap();
    let guest = Guest::new(&metered);
    assert!(guest.instance.get_func(&guest.store, "fuel_left").is_none());
}

#[test]
fn what_reads_the_count_has_no_parameters_and_one_result() {
    for function in [
        r#"(func (export "fuel_left") (result i32) i32.const 0)"#,
        r#"(func (export "fuel_left") (param i32) (result i64) i64.const 0)"#,
        r#"(memory (export "fuel_left") 1)"#,
    ] {
        let wat = format!(
            r#"(module {} (global (export "stop_word") i32 (i32.const {STOP})) {function})"#,
            if function.starts_with("(memory") {
                ""
            } else {
                "(memory 1)"
            },
        );
        let error = meter(&wat::parse_str(wat).unwrap()).unwrap_err();
        assert!(
            error.to_string().starts_with("fuel_left is no function"),
            "{error}"
        );
    }
}
