//! Gives jq_magic the WebAssembly runtime wasmer: modules without imports, one instance for each run.
//!
//! Python sees two classes and an exception: [`module::Module`] is compiled code, [`instance::Instance`] is one
//! sandbox with its memory ceiling, and `Trap` says why a call ended. Nothing here knows of jq. Threads share
//! an instance by a lock: a call holds it while it runs, with Python's own lock released, and every other use
//! of the instance is refused meanwhile, except `stop`.

mod ceiling;
mod image;
mod instance;
mod module;

use pyo3::prelude::*;

pyo3::create_exception!(
    jq_magic_wasmer,
    Trap,
    pyo3::exceptions::PyException,
    "A call ended in a trap. The first argument names it: stack, unreachable, bounds, other."
);

/// Bytes of native stack that a call may use.
const STACK_BYTES: usize = 16 << 20;

/// Install the handlers of the signals that traps raise. The first instance does it too; a caller that cares for
/// the order of handlers does it earlier. A second call does nothing.
#[pyfunction]
fn init_traps() {
    wasmer_vm::init_traps();
}

#[pymodule]
fn jq_magic_wasmer(python_module: &Bound<'_, PyModule>) -> PyResult<()> {
    wasmer_vm::set_stack_size(STACK_BYTES);
    python_module.add("STACK_BYTES", STACK_BYTES)?;
    python_module.add("WASMER_VERSION", wasmer_vm::VERSION)?;
    // The build sets this to a hash of the sources: machine code that another build compiled is not loaded.
    let build = option_env!("JQ_MAGIC_WASMER_BUILD").unwrap_or_default();
    python_module.add("BUILD", build)?;
    python_module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    python_module.add_function(wrap_pyfunction!(init_traps, python_module)?)?;
    python_module.add_function(wrap_pyfunction!(module::reserve, python_module)?)?;
    python_module.add("Trap", python_module.py().get_type::<Trap>())?;
    python_module.add_class::<module::Module>()?;
    python_module.add_class::<instance::Instance>()
}
