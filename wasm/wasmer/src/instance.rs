//! Wraps one sandbox for Python: calls into it, copies of its memory, its globals, and how it is stopped.
#![allow(unsafe_code)]

use crate::{image, Trap};
use pyo3::exceptions::{PyIndexError, PyKeyError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use wasmer::{Memory, Store, Type, Value};
use wasmer_types::TrapCode;

/// Name of the exported global that holds the address of the stop word.
const STOP_WORD: &str = "stop_word";
/// The value that stops a run: the meter's checks trap when the stop word is negative.
const STOP: i64 = -1;

/// A store with its one instance.
struct Sandbox {
    store: Store,
    instance: wasmer::Instance,
    memory: Memory,
    has_trapped: bool,
}

// SAFETY: what keeps wasmer's store on its thread are pointers into its own memory and boxes for host
// functions, of which a module without imports has none. It is used by one thread at a time, under
// the lock around it, and a call leaves nothing in thread-locals when it returns.
unsafe impl Send for Sandbox {}

/// The stop word of a live instance.
struct StopWord(*const AtomicI64);

// SAFETY: the pointer is only followed under the lock that `close` takes before the memory goes, and
// what it points to is only read and written as a whole: aligned 64-bit accesses of the guest and of
// this atomic do not tear on the machines that wasmer compiles for.
unsafe impl Send for StopWord {}

/// One sandbox; see `jq_magic.runtimes.Instance` for what its methods promise.
#[pyclass(frozen, module = "jq_magic_wasmer")]
pub struct Instance {
    sandbox: Mutex<Option<Sandbox>>,
    /// Has a lock of its own, held for moments only, so that `stop` never waits for the call that it ends.
    stop_word: Mutex<Option<StopWord>>,
}

impl Instance {
    /// Wrap a fresh instance. Raises: ValueError when its exports are not what a guest has.
    pub fn new(mut store: Store, instance: wasmer::Instance) -> PyResult<Self> {
        let memories: Vec<Memory> = instance
            .exports
            .iter()
            .memories()
            .map(|(_, memory)| memory.clone())
            .collect();
        let [memory] = &memories[..] else {
            return Err(PyValueError::new_err(
                "the module does not export one memory",
            ));
        };
        let memory = memory.clone();
        let stop_word = match instance.exports.get_global(STOP_WORD) {
            Ok(global) => match global.get(&mut store) {
                Value::I32(address) => Some(Self::stop_word(&store, &memory, address as u32)?),
                _ => return Err(PyValueError::new_err("stop_word is no address")),
            },
            Err(_) => None,
        };
        let sandbox = Sandbox {
            store,
            instance,
            memory,
            has_trapped: false,
        };
        Ok(Self {
            sandbox: Mutex::new(Some(sandbox)),
            stop_word: Mutex::new(stop_word),
        })
    }

    fn stop_word(store: &Store, memory: &Memory, address: u32) -> PyResult<StopWord> {
        let view = memory.view(store);
        let inside = u64::from(address) + 8 <= view.data_size();
        if !inside || !address.is_multiple_of(8) {
            return Err(PyValueError::new_err(
                "stop_word is not an address in the memory",
            ));
        }
        // SAFETY: the address was just checked. The memory is of wasmer's static style (see
        // `Module`), whose base never moves when it grows.
        let pointer = unsafe { view.data_ptr().add(address as usize) };
        Ok(StopWord(pointer.cast_const().cast()))
    }

    /// The sandbox, unless a call is using it or it is closed.
    fn sandbox(&self) -> PyResult<Guard<'_>> {
        match self.sandbox.try_lock() {
            Ok(guard) if guard.is_some() => Ok(Guard(guard)),
            Ok(_) => Err(PyRuntimeError::new_err("the instance is closed")),
            Err(TryLockError::WouldBlock) => {
                Err(PyRuntimeError::new_err("the instance is in use by a call"))
            }
            Err(TryLockError::Poisoned(_)) => {
                Err(PyRuntimeError::new_err("the instance failed in a call"))
            }
        }
    }
}

/// A locked sandbox that is not closed.
struct Guard<'i>(MutexGuard<'i, Option<Sandbox>>);

impl std::ops::Deref for Guard<'_> {
    type Target = Sandbox;
    fn deref(&self) -> &Sandbox {
        self.0.as_ref().expect("a guard is made of an open sandbox")
    }
}

impl std::ops::DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Sandbox {
        self.0.as_mut().expect("a guard is made of an open sandbox")
    }
}

impl Sandbox {
    fn global(&self, name: &str) -> PyResult<wasmer::Global> {
        let global = self.instance.exports.get_global(name);
        Ok(global
            .map_err(|_| PyKeyError::new_err(format!("there is no global {name}")))?
            .clone())
    }

    fn call(&mut self, name: &str, args: &[i64]) -> PyResult<Result<u32, wasmer::RuntimeError>> {
        if self.has_trapped {
            return Err(PyRuntimeError::new_err("the instance has trapped"));
        }
        let function = self.instance.exports.get_function(name);
        let function = function
            .map_err(|_| PyKeyError::new_err(format!("there is no function {name}")))?
            .clone();
        let ty = function.ty(&self.store);
        let ints = |types: &[Type]| types.iter().all(|ty| *ty == Type::I32);
        if !ints(ty.params()) || ty.params().len() != args.len() || !ints(ty.results()) {
            let message = format!("{name} has the type {ty}");
            return Err(PyTypeError::new_err(message));
        }
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            // Take signed and unsigned integers of 32 bits.
            let bits = i32::try_from(*arg).or_else(|_| u32::try_from(*arg).map(|bits| bits as i32));
            values.push(Value::I32(bits.map_err(|_| {
                PyValueError::new_err(format!("{arg} has more than 32 bits"))
            })?));
        }
        let called = function.call(&mut self.store, &values);
        self.has_trapped = called.is_err();
        Ok(called.map(|results| match results.first() {
            Some(Value::I32(result)) => *result as u32,
            _ => 0,
        }))
    }

    fn check(&self, address: u64, length: u64) -> PyResult<()> {
        let size = self.memory.view(&self.store).data_size();
        match address.checked_add(length) {
            Some(end) if end <= size => Ok(()),
            _ => Err(PyIndexError::new_err(format!(
                "{length} bytes at {address} are not in a memory of {size} bytes"
            ))),
        }
    }
}

fn kind(trap: &wasmer::RuntimeError) -> &'static str {
    match trap.clone().to_trap() {
        Some(TrapCode::StackOverflow) => "stack",
        Some(TrapCode::UnreachableCodeReached) => "unreachable",
        Some(TrapCode::HeapAccessOutOfBounds) => "bounds",
        _ => "other",
    }
}

fn unsigned(number: i64, what: &str) -> PyResult<u64> {
    u64::try_from(number).map_err(|_| PyIndexError::new_err(format!("{what} {number} is negative")))
}

#[pymethods]
impl Instance {
    /// Call an export that takes and returns 32-bit integers; the result is unsigned, or 0 without one.
    /// Raises: Trap; KeyError, TypeError, ValueError when there is no such call; RuntimeError after a trap, after
    /// `close` and while another call runs.
    #[pyo3(signature = (name, *args))]
    fn call(&self, py: Python<'_>, name: &str, args: Vec<i64>) -> PyResult<u32> {
        let mut guard = self.sandbox()?;
        let sandbox: &mut Sandbox = &mut guard;
        let called = py.detach(|| sandbox.call(name, &args))?;
        called.map_err(|trap| Trap::new_err((kind(&trap), trap.message())))
    }

    /// Copy bytes out. Raises: IndexError past the end of the memory.
    fn read<'py>(
        &self,
        py: Python<'py>,
        address: i64,
        length: i64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let sandbox = self.sandbox()?;
        let (address, length) = (unsigned(address, "address")?, unsigned(length, "length")?);
        sandbox.check(address, length)?;
        let view = sandbox.memory.view(&sandbox.store);
        PyBytes::new_with(py, length as usize, |bytes| {
            view.read(address, bytes)
                .map_err(|error| PyIndexError::new_err(error.to_string()))
        })
    }

    /// Copy bytes in. Raises: IndexError past the end of the memory.
    fn write(&self, address: i64, data: &[u8]) -> PyResult<()> {
        let sandbox = self.sandbox()?;
        let address = unsigned(address, "address")?;
        sandbox.check(address, data.len() as u64)?;
        let view = sandbox.memory.view(&sandbox.store);
        view.write(address, data)
            .map_err(|error| PyIndexError::new_err(error.to_string()))
    }

    /// Put whole pages of memory back to their state in a fresh instance; False where the system cannot.
    /// Raises: IndexError past the end of the memory.
    fn forget(&self, address: i64, length: i64) -> PyResult<bool> {
        let sandbox = self.sandbox()?;
        let (address, length) = (unsigned(address, "address")?, unsigned(length, "length")?);
        sandbox.check(address, length)?;
        Ok(image::forget(
            &sandbox.memory.view(&sandbox.store),
            address,
            length,
        ))
    }

    /// Read an exported global of integers. Raises: KeyError, TypeError.
    fn get_global(&self, name: &str) -> PyResult<i64> {
        let mut sandbox = self.sandbox()?;
        let global = sandbox.global(name)?;
        match global.get(&mut sandbox.store) {
            Value::I32(value) => Ok(i64::from(value)),
            Value::I64(value) => Ok(value),
            _ => Err(PyTypeError::new_err(format!("{name} is no integer"))),
        }
    }

    /// Set an exported mutable global of 64 bits. Raises: KeyError, TypeError.
    fn set_global(&self, name: &str, value: i64) -> PyResult<()> {
        let mut sandbox = self.sandbox()?;
        let global = sandbox.global(name)?;
        global
            .set(&mut sandbox.store, Value::I64(value))
            .map_err(|error| PyTypeError::new_err(error.to_string()))
    }

    /// The size of the memory now.
    fn memory_bytes(&self) -> PyResult<u64> {
        let sandbox = self.sandbox()?;
        Ok(sandbox.memory.view(&sandbox.store).data_size())
    }

    /// Make the call that runs trap at its next check. Harmless when none runs, and after `close`.
    fn stop(&self) {
        let stop_word = self
            .stop_word
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        if let Some(StopWord(pointer)) = &*stop_word {
            // SAFETY: `close` and the end of the instance take the word away, under this lock, before
            // the memory goes.
            unsafe { (**pointer).store(STOP, Ordering::Relaxed) }
        }
    }

    /// Free the sandbox; a second call does nothing. Raises: RuntimeError while a call runs.
    fn close(&self) -> PyResult<()> {
        let mut sandbox = match self.sandbox.try_lock() {
            Ok(sandbox) => sandbox,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(PyRuntimeError::new_err("the instance is in use by a call"))
            }
        };
        *self
            .stop_word
            .lock()
            .unwrap_or_else(|error| error.into_inner()) = None;
        *sandbox = None;
        Ok(())
    }
}
