//! The meter and the validator on random modules.

use jq_magic_pack::meter::meter;
use jq_magic_pack::module::Module;
use jq_magic_pack::validate::validate;
use wasmi::{Engine, Linker, Store, Val};

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
        let Ok((metered, _)) = meter(&wasm) else {
            continue;
        };
        validate(&metered).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
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
