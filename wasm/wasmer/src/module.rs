//! Compiles modules, and saves and loads their machine code for a cache.
#![allow(unsafe_code)]

use crate::ceiling::{with_ceiling, Ceiling};
use crate::image::{self, Contents, Image};
use crate::instance::Instance;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use wasmer::sys::{
    BaseTunables, Cranelift, CraneliftOptLevel, EngineBuilder, Features, NativeEngineExt,
};
use wasmer::{Engine, ExternType, MemoryType, Pages, Store};
use wasmer_vm::MemoryStyle;

const PAGE_BYTES: u64 = 65_536;
/// Bytes behind a memory that reserves only a part of what 32 bits address.
const SMALL_GUARD_BYTES: u64 = 65_536;

/// Pages that are reserved for each memory of the modules that are compiled and loaded from now on.
static RESERVED_PAGES: AtomicU32 = AtomicU32::new(65_536);

/// Reserve so many bytes of address space for each memory, and not the 4 GiB that need no checks of bounds in code,
/// with 2 GiB behind them. Modules that were compiled before, and their saved code, stay as they are.
#[pyfunction]
pub fn reserve(memory_bytes: u64) {
    let pages = u32::try_from(memory_bytes / PAGE_BYTES).unwrap_or(u32::MAX);
    RESERVED_PAGES.store(pages.min(Pages::max_value().0), Ordering::Relaxed);
}

/// A compiled module without imports, shared by all its instances.
#[pyclass(frozen, module = "jq_magic_wasmer")]
pub struct Module {
    module: wasmer::Module,
    engine: Engine,
    memory: MemoryType,
    image: Arc<Image>,
}

/// Allow the proposals that our guests are compiled with, and no others.
fn features() -> Features {
    let mut features = Features::new();
    features
        .bulk_memory(true)
        .reference_types(true)
        .multi_value(true)
        .simd(true)
        .threads(false)
        .tail_call(false)
        .multi_memory(false)
        .memory64(false)
        .exceptions(false)
        .module_linking(false)
        .relaxed_simd(false)
        .extended_const(false);
    features
}

fn engine(image: Arc<Image>) -> Engine {
    let mut compiler = Cranelift::new();
    compiler.opt_level(CraneliftOptLevel::Speed);
    // A NaN must have the same bits on every machine.
    compiler.canonicalize_nans(true);
    let builder = EngineBuilder::new(compiler).set_features(Some(features()));
    let mut engine: Engine = builder.engine().into();
    let mut base = BaseTunables::for_target(&Default::default());
    let reserved = Pages(RESERVED_PAGES.load(Ordering::Relaxed));
    if reserved < base.static_memory_bound {
        base.static_memory_bound = reserved;
        base.static_memory_offset_guard_size = SMALL_GUARD_BYTES;
    }
    engine.set_tunables(Ceiling { base, image });
    engine
}

fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

impl Module {
    /// Refuse a module that a sandbox does not run, compiled or loaded.
    fn checked(module: wasmer::Module, engine: Engine, image: Arc<Image>) -> PyResult<Self> {
        if let Some(import) = module.imports().next() {
            let name = format!("{}.{}", import.module(), import.name());
            return Err(refused(format!("the module imports {name}")));
        }
        let memories: Vec<MemoryType> = module
            .exports()
            .filter_map(|export| match export.ty() {
                ExternType::Memory(memory) => Some(*memory),
                _ => None,
            })
            .collect();
        let [memory] = memories[..] else {
            return Err(refused("the module does not export one memory"));
        };
        // An instance holds the address of its stop word, so the memory must not move when it grows.
        let MemoryStyle::Static { .. } = engine.tunables().memory_style(&memory) else {
            return Err(refused("the module's memory could move"));
        };
        Ok(Self {
            module,
            engine,
            memory,
            image,
        })
    }
}

#[pymethods]
impl Module {
    /// Compile a binary module. Raises: ValueError for one that is refused; MemoryError.
    #[staticmethod]
    fn compile(py: Python<'_>, wasm: &[u8]) -> PyResult<Self> {
        let (rest, contents) = image::split(wasm).map_err(refused)?;
        let image = Arc::new(Image::new(contents)?);
        let engine = engine(image.clone());
        let module = py.detach(|| wasmer::Module::from_binary(&engine, &rest));
        Self::checked(module.map_err(refused)?, engine, image)
    }

    /// Load what `serialize` returned. It is machine code: never load bytes that someone else has made.
    /// Raises: ValueError for other bytes; OSError.
    #[staticmethod]
    fn deserialize(py: Python<'_>, code: &[u8]) -> PyResult<Self> {
        let (code, contents) =
            Contents::split_from(code).ok_or_else(|| refused("it is too short"))?;
        let image = Arc::new(Image::new(contents)?);
        let engine = engine(image.clone());
        // SAFETY: the caller vouches for the bytes; jq_magic's cache takes them from files that only
        // this user can write, and checks their digest.
        let module = py.detach(|| unsafe { wasmer::Module::deserialize(&engine, code) });
        Self::checked(module.map_err(refused)?, engine, image)
    }

    /// Save the machine code and the contents of a fresh memory for `deserialize`.
    fn serialize<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut code = self.module.serialize().map_err(refused)?.to_vec();
        self.image.contents().append_to(&mut code);
        Ok(PyBytes::new(py, &code))
    }

    /// The number of bytes of memory that an instance begins with.
    fn memory_bytes(&self) -> u64 {
        u64::from(self.memory.minimum.0) * PAGE_BYTES
    }

    /// Make a fresh instance whose memory cannot grow past `memory_bytes`.
    /// Raises: MemoryError when that is less than it begins with, or the machine has no more.
    fn instantiate(&self, memory_bytes: u64) -> PyResult<Instance> {
        // A memory of 32 bits has at most 65,536 pages.
        let pages = u32::try_from(memory_bytes / PAGE_BYTES).unwrap_or(u32::MAX);
        let pages = pages.min(Pages::max_value().0);
        let mut store = Store::new(self.engine.clone());
        let imports = wasmer::imports! {};
        let instance = with_ceiling(pages, || {
            let made = wasmer::Instance::new(&mut store, &self.module, &imports);
            made.map_err(|error| PyMemoryError::new_err(error.to_string()))
        })?;
        Instance::new(store, instance)
    }
}
