"""The runtime wasmtime, through the package wasmtime (wasmtime-py)."""

from __future__ import annotations

import importlib.metadata
import os
import platform

import wasmtime

from jq_magic import forks, jobs
from jq_magic.errors import GuestError
from jq_magic.limits.exceeded import exceeded
from jq_magic.wasm_runtimes import binary, reservation
from jq_magic.wasm_runtimes.signals import HANDLERS
from jq_magic.wasm_runtimes.wasmtime_instance import Shape, WasmtimeInstance

#: Bytes of native stack for a call. Deep recursion of filters and values uses it.
STACK_BYTES = 16 << 20
#: The worker's own stack must be larger than STACK_BYTES: past its end the process dies.
THREAD_STACK_BYTES = STACK_BYTES + (8 << 20)

#: What wasmtime's compiler asks for in each of its threads.
_COMPILER_STACK_BYTES = 2 << 20

#: Bytes behind a memory that reserves only a part of what 32 bits address.
_SMALL_GUARD_BYTES = 64 << 10


def _config(reservation_bytes: int, *, is_parallel: bool = True) -> wasmtime.Config:
    config = wasmtime.Config()
    config.parallel_compilation = is_parallel
    # A memory that grows stays where it is: `stop` writes to it from another thread.
    config.memory_may_move = False
    config.cranelift_opt_level = "speed"
    # The same bits of a NaN on every machine.
    config.cranelift_nan_canonicalization = True
    for feature in ("threads", "memory64", "multi_memory", "tail_call", "relaxed_simd"):
        setattr(config, f"wasm_{feature}", False)
    # wasmtime refuses a larger stack for wasm than for its fibers, which are not used here.
    wasmtime._bindings.wasmtime_config_async_stack_size_set(config.ptr(), THREAD_STACK_BYTES)  # noqa: SLF001
    config.max_wasm_stack = STACK_BYTES
    config.memory_reservation = reservation_bytes
    if reservation_bytes < reservation.WHOLE_BYTES:
        config.memory_guard_size = _SMALL_GUARD_BYTES
        config.memory_reservation_for_growth = 0
    return config


class _Engine(wasmtime.Engine):
    """An engine that lasts as long as the process: when Python ends, a thread may still be compiling in it."""

    def __del__(self) -> None:
        """Leave it to the system."""


class _Module(wasmtime.Module):
    """A module that lasts as long as the process."""

    def __del__(self) -> None:
        """Leave it to the system."""


class WasmtimeModule:
    """Compiled code; see `jq_magic.wasm_runtimes.Module`."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module) -> None:
        self._engine = engine
        self.module = module
        self._shape = Shape.of(module)
        memories = (export.type for export in module.exports if isinstance(export.type, wasmtime.MemoryType))
        self._minimum_bytes = next(memory.limits.min for memory in memories) << 16

    def instantiate(self, memory_bytes: int) -> WasmtimeInstance:
        if memory_bytes < self._minimum_bytes:
            reason = "the sandbox itself needs more memory than allowed"
            raise exceeded("memory_bytes", self._minimum_bytes, memory_bytes, reason=reason)
        return WasmtimeInstance(self._engine, self.module, self._shape, memory_bytes)


class WasmtimeRuntime:
    """One engine; see `jq_magic.wasm_runtimes.Runtime`."""

    name = "wasmtime"
    thread_stack_bytes = THREAD_STACK_BYTES

    def __init__(self) -> None:
        version = importlib.metadata.version("wasmtime")
        processor = f"{platform.system()} {platform.machine()} {platform.processor()}"
        self._reservation_bytes = reservation.memory_bytes()
        memory = f"memory {self._reservation_bytes >> 20} MiB"
        self.fingerprint = f"wasmtime {version}; speed, nan, stack {STACK_BYTES}, {memory}; {processor}"
        with HANDLERS.installing(self):
            self._engine = _Engine(_config(self._reservation_bytes))
        #: One that compiles on the thread that calls it, where there are no others.
        self._serial: wasmtime.Engine | None = None
        forks.in_child(self._forget_serial)

    def _forget_serial(self) -> None:
        # A thread of the parent's may have been inside it.
        self._serial = None

    def _engine_here(self) -> wasmtime.Engine:
        """The engine of this process; in a forked child, which has none of its parent's threads, one without any."""
        return self._serial_engine() if forks.is_child() else self._engine

    def _serial_engine(self) -> wasmtime.Engine:
        if self._serial is None:
            self._serial = _Engine(_config(self._reservation_bytes, is_parallel=False))
        return self._serial

    def compile(self, wasm: bytes) -> WasmtimeModule:
        # It also refuses WebAssembly text, which wasmtime-py reads but the build did not make.
        binary.check(wasm)
        engine = self._engine_here()
        # Without a thread for each core it ends the process.
        if not jobs.can_start(os.cpu_count() or 1, _COMPILER_STACK_BYTES):
            engine = self._serial_engine()
        try:
            module = _Module(engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise GuestError(f"wasmtime refuses the guest: {error}") from error
        return self._checked(engine, module)

    def serialize(self, module: WasmtimeModule) -> bytes:
        return bytes(module.module.serialize())

    def deserialize(self, code: bytes) -> WasmtimeModule:
        engine = self._engine_here()
        try:
            module = _Module.deserialize(engine, code)
        except wasmtime.WasmtimeError as error:
            raise GuestError(f"wasmtime refuses the compiled guest: {error}") from error
        return self._checked(engine, module)

    def _checked(self, engine: wasmtime.Engine, module: wasmtime.Module) -> WasmtimeModule:
        if module.imports:
            names = ", ".join(f"{found.module}.{found.name}" for found in module.imports[:5])
            raise GuestError(f"the guest imports {names}: a sandboxed module imports nothing")
        memories = [e.type for e in module.exports if isinstance(e.type, wasmtime.MemoryType)]
        if len(memories) != 1 or memories[0].is_64:
            raise GuestError("the guest must export one memory of 32 bits")
        return WasmtimeModule(engine, module)


RUNTIME = WasmtimeRuntime()
