//! Modules for the tests of the meter and of the validator.

/// Where their stop word is.
pub const STOP: usize = 8;

/// A module around `functions`, with what the meter needs; `run` is its first function.
pub fn module(functions: &str) -> Vec<u8> {
    let wat = format!(
        r#"(module (memory (export "memory") 1 4) (table 4 funcref)
            (global (export "stop_word") i32 (i32.const {STOP})) {functions})"#
    );
    wat::parse_str(wat).unwrap()
}
