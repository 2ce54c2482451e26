//! What an instance may change: memory, the count, the stack pointer.

use jq_magic_pack::state::check;

const KNOWN: &str = r#"
    (memory 1)
    (table 2 funcref)
    (global (export "fuel") (mut i64) (i64.const 0))
    (global (export "__stack_pointer") (mut i32) (i32.const 64))
    (global (export "control") i32 (i32.const 8))
    (elem $e funcref (ref.func $f))
    (func $f)"#;

fn checked(more: &str) -> Result<(), String> {
    let wasm = wat::parse_str(format!("(module {KNOWN} {more})")).unwrap();
    check(&wasm).map_err(|error| error.to_string())
}

#[test]
fn memory_the_count_and_the_stack_pointer_may_change() {
    let code = "(func global.get 0 global.set 0 global.get 1 global.set 1
        i32.const 0 i32.const 1 i32.store i32.const 1 memory.grow drop)";
    assert_eq!(checked(code), Ok(()));
}

#[test]
fn another_global_may_not() {
    let error = checked("(global (mut i32) (i32.const 0))").unwrap_err();
    assert!(error.contains("global 3"), "{error}");
}

#[test]
fn tables_and_segments_may_not() {
    for code in [
        "i32.const 0 ref.null func table.set 0",
        "ref.null func i32.const 1 table.grow 0 drop",
        "i32.const 0 ref.null func i32.const 1 table.fill 0",
        "i32.const 0 i32.const 1 i32.const 1 table.copy",
        "i32.const 0 i32.const 0 i32.const 1 table.init $e",
        "elem.drop $e",
    ] {
        let error = checked(&format!("(func {code})")).unwrap_err();
        assert!(error.contains("more than memory"), "{code}: {error}");
    }
    let dropped = checked(r#"(data $d "x") (func data.drop $d)"#).unwrap_err();
    assert!(dropped.contains("more than memory"), "{dropped}");
}

#[test]
fn a_module_without_a_stack_pointer_is_refused() {
    let wasm = wat::parse_str(r#"(module (global (export "fuel") (mut i64) (i64.const 0)))"#);
    assert!(check(&wasm.unwrap()).is_err());
}
