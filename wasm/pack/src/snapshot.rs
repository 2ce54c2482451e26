//! Runs the guest's `init` at build time, and makes the memory and globals that it leaves the module's own.
//!
//! `init` runs in an interpreter, so that the snapshot has the same bytes on every machine.

use crate::module::{Module, DATA, EXPORT, GLOBAL, MEMORY};
use crate::report::SnapshotReport;
use crate::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ConstExpr, DataSection, ExportSection, GlobalSection, MemorySection};
use wasmparser::ExternalKind;

/// The export that this step runs and then leaves out.
const INIT: &str = "init";
/// Exports of the linker that nobody needs.
const LEFT_OUT: [&str; 4] = [
    INIT,
    "__data_end",
    "__heap_base",
    "__indirect_function_table",
];
/// This many zeros between two runs of data are cheaper to store than another segment.
const GAP: usize = 32;
const PAGE: u64 = 65_536;

/// Run `init` and write the state that it leaves as the initial state.
///
/// # Errors
/// The module is refused (see [`Module::parse`]), has no `init` without parameters and results,
/// has a mutable global that cannot be read, or `init` traps.
pub fn snapshot(wasm: &[u8]) -> Result<(Vec<u8>, SnapshotReport)> {
    let module = Module::parse(wasm)?;
    let (memory, globals) = run_init(&module, wasm)?;
    let pages = memory.len() as u64 / PAGE;

    let mut memories = MemorySection::new();
    let mut ty = RoundtripReencoder.memory_type(module.memory()?)?;
    ty.minimum = pages;
    memories.memory(ty);

    let mut section = GlobalSection::new();
    for (global, value) in module.globals()?.into_iter().zip(&globals) {
        let ty = RoundtripReencoder.global_type(global.ty)?;
        let start = match value {
            Some(wasmi::Val::I32(value)) => ConstExpr::i32_const(*value),
            Some(wasmi::Val::I64(value)) => ConstExpr::i64_const(*value),
            Some(other) => {
                return Err(
                    format!("a mutable global of type {:?} cannot be kept", other.ty()).into(),
                )
            }
            None => RoundtripReencoder.const_expr(global.init_expr)?,
        };
        section.global(ty, &start);
    }

    let mut exports = ExportSection::new();
    for export in module
        .exports()?
        .into_iter()
        .filter(|export| !LEFT_OUT.contains(&export.name))
    {
        exports.export(
            export.name,
            RoundtripReencoder.export_kind(export.kind)?,
            export.index,
        );
    }

    let mut data = DataSection::new();
    let runs = runs(&memory);
    for (start, end) in &runs {
        data.active(
            0,
            &ConstExpr::i32_const(u32::try_from(*start)? as i32),
            memory[*start..*end].iter().copied(),
        );
    }
    let report = SnapshotReport {
        data_bytes: runs.iter().map(|(start, end)| end - start).sum(),
        segments: runs.len(),
        pages,
    };
    Ok((
        module.with(&[
            (MEMORY, &memories),
            (GLOBAL, &section),
            (EXPORT, &exports),
            (DATA, &data),
        ]),
        report,
    ))
}

/// Run `init`, and return the memory and the mutable globals after it.
fn run_init(module: &Module<'_>, wasm: &[u8]) -> Result<(Vec<u8>, Vec<Option<wasmi::Val>>)> {
    let engine = wasmi::Engine::default();
    let mut store = wasmi::Store::new(&engine, ());
    let compiled = wasmi::Module::new(&engine, wasm)?;
    let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &compiled)?;
    let init = instance.get_typed_func::<(), ()>(&store, INIT);
    init.map_err(|error| format!("the export {INIT}: {error}"))?
        .call(&mut store, ())?;

    let exports = module.exports()?;
    let memory = exports
        .iter()
        .find(|export| export.kind == ExternalKind::Memory)
        .ok_or("the memory is not exported")?;
    let memory = instance
        .get_memory(&store, memory.name)
        .ok_or("the memory is not exported")?;
    let mut globals = Vec::new();
    for (index, global) in module.globals()?.iter().enumerate() {
        let export = exports
            .iter()
            .find(|export| export.kind == ExternalKind::Global && export.index as usize == index);
        globals.push(match export {
            _ if !global.ty.mutable => None,
            Some(export) => Some(
                instance
                    .get_global(&store, export.name)
                    .ok_or("an export is missing")?
                    .get(&store),
            ),
            None => {
                return Err(format!(
                    "the mutable global {index} is not exported, so it cannot be kept"
                )
                .into())
            }
        });
    }
    Ok((memory.data(&store).to_vec(), globals))
}

/// Find the runs of memory that are not zero; short gaps count as data.
fn runs(memory: &[u8]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(offset) = memory[at..].iter().position(|byte| *byte != 0) {
        let start = at + offset;
        let length = memory[start..]
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(memory.len() - start);
        at = start + length;
        match runs.last_mut() {
            Some((_, end)) if start - *end <= GAP => *end = at,
            _ => runs.push((start, at)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUEST: &str = r#"(module
        (memory (export "memory") 1)
        (global (export "top") (mut i32) (i32.const 5))
        (global (export "control") i32 (i32.const 8))
        (func (export "init")
            (global.set 0 (i32.const 7))
            (drop (memory.grow (i32.const 1)))
            (i32.store (i32.const 70000) (i32.const 0x01020304)))
        (func (export "get") (result i32) (i32.add (global.get 0) (i32.load8_u (i32.const 70000))))
        (data (i32.const 16) "abc"))"#;

    #[test]
    fn memory_and_globals_are_kept_and_init_is_gone() {
        let (packed, report) = snapshot(&wat::parse_str(GUEST).unwrap()).unwrap();
        assert_eq!(
            report,
            SnapshotReport {
                data_bytes: 7,
                segments: 2,
                pages: 2
            }
        );
        let engine = wasmi::Engine::default();
        let mut store = wasmi::Store::new(&engine, ());
        let module = wasmi::Module::new(&engine, &packed).unwrap();
        let instance = wasmi::Linker::new(&engine)
            .instantiate_and_start(&mut store, &module)
            .unwrap();
        let get = instance.get_typed_func::<(), i32>(&store, "get").unwrap();
        assert_eq!(get.call(&mut store, ()).unwrap(), 11);
        assert!(instance.get_func(&store, "init").is_none());
        assert!(instance.get_global(&store, "control").is_some());
    }

    #[test]
    fn the_same_module_gives_the_same_bytes() {
        let wasm = wat::parse_str(GUEST).unwrap();
        assert_eq!(snapshot(&wasm).unwrap().0, snapshot(&wasm).unwrap().0);
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        for (wat, reason) in [
            (
                r#"(module (memory (export "memory") 1) (global (mut i32) (i32.const 0)) (func (export "init")))"#,
                "not exported",
            ),
            (
                r#"(module (memory (export "memory") 1) (func (export "init") unreachable))"#,
                "unreachable",
            ),
            (r#"(module (memory (export "memory") 1))"#, "init"),
            (
                r#"(module (import "a" "b" (func)) (memory (export "memory") 1) (func (export "init")))"#,
                "imports",
            ),
            (
                r#"(module (memory (export "memory") 1) (func (export "init")) (start 0))"#,
                "start function",
            ),
            (r#"(module (func (export "init")))"#, "no memory"),
            (
                r#"(module (memory 1) (memory 1) (func (export "init")))"#,
                "memor",
            ),
            (
                r#"(module (memory i64 1) (func (export "init")))"#,
                "memory64",
            ),
            (
                r#"(module (memory 1 1 shared) (func (export "init")))"#,
                "threads",
            ),
        ] {
            let error = snapshot(&wat::parse_str(wat).unwrap())
                .unwrap_err()
                .to_string();
            assert!(error.contains(reason), "{error} does not name {reason}");
        }
    }

    #[test]
    fn short_gaps_are_filled_and_long_ones_are_not() {
        let mut memory = vec![0; 200];
        (memory[3], memory[3 + GAP], memory[199]) = (1, 1, 1);
        assert_eq!(runs(&memory), [(3, 4 + GAP), (199, 200)]);
        assert_eq!(runs(&[0; 10]), []);
    }
}
