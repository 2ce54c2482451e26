"""The runtime wasmtime, through the package wasmtime (wasmtime-py)."""

from __future__ import annotations

import atexit
import ctypes
import importlib.metadata
import platform
import threading
from typing import Any, cast

import wasmtime

from jq_magic import binary
from jq_magic.errors import GuestError, MemoryLimitError
from jq_magic.runtimes import Trap, TrapKind, signals

#: Bytes of native stack for a call. Deep recursion of filters and values uses it.
STACK_BYTES = 16 << 20
#: The worker's own stack must be larger than STACK_BYTES: past its end the process dies.
THREAD_STACK_BYTES = STACK_BYTES + (8 << 20)

_TABLE_ELEMENTS = 100_000
#: A negative stop word ends the run at the next check of the meter.
_STOP = -1
#: The whole of a 32-bit memory is reserved, so growth never moves it and `stop` can write to it.
_RESERVATION_BYTES = 1 << 32

_TRAPS: dict[Any, TrapKind] = {
    wasmtime.TrapCode.UNREACHABLE: TrapKind.UNREACHABLE,
    wasmtime.TrapCode.STACK_OVERFLOW: TrapKind.STACK,
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: TrapKind.OUT_OF_BOUNDS,
}


def _config() -> wasmtime.Config:
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed"
    # The same bits of a NaN on every machine.
    config.cranelift_nan_canonicalization = True
    for feature in ("threads", "memory64", "multi_memory", "tail_call", "relaxed_simd"):
        setattr(config, f"wasm_{feature}", False)
    # wasmtime refuses a larger stack for wasm than for its fibers, which are not used here.
    wasmtime._bindings.wasmtime_config_async_stack_size_set(config.ptr(), THREAD_STACK_BYTES)  # noqa: SLF001
    config.max_wasm_stack = STACK_BYTES
    config.memory_reservation = _RESERVATION_BYTES
    return config


class WasmtimeInstance:
    """One store with one instance; see `jq_magic.runtimes.Instance`."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module, memory_bytes: int) -> None:
        self._store: Any = wasmtime.Store(engine)
        # Each call resets what an earlier one set, so everything is given at once.
        self._store.set_limits(
            memory_size=memory_bytes, table_elements=_TABLE_ELEMENTS, instances=1, tables=1, memories=1
        )
        try:
            exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            raise GuestError(f"wasmtime cannot instantiate the guest: {error}") from error
        # wasmtime-py gives every export the union of all kinds as its type.
        self._exports = cast("Any", exports)
        self._memory: Any = self._export("memory", wasmtime.Memory)
        self._base = ctypes.addressof(self._memory.data_ptr(self._store).contents)
        stop_word = self.get_global("stop_word")
        # Written through a raw pointer, so it is looked at here; memory never shrinks.
        if stop_word % 8 or not 0 <= stop_word <= self.memory_bytes() - 8:
            raise GuestError("the guest's stop word is not in its memory")
        self._stop_address = self._base + stop_word
        # `stop` comes from another thread and writes through a raw pointer: never after `close`.
        self._lock = threading.Lock()

    def call(self, name: str, *args: int) -> int:
        function = self._export(name, wasmtime.Func)
        try:
            result = function(self._store, *args)
        except wasmtime.Trap as trap:
            raise Trap(_TRAPS.get(trap.trap_code, TrapKind.OTHER), trap.message) from None
        except (wasmtime.WasmtimeError, TypeError, ValueError, OverflowError) as error:
            raise Trap(TrapKind.OTHER, str(error)) from None
        return self._whole(name, result) & 0xFFFF_FFFF

    def _export(self, name: str, kind: type[Any]) -> Any:
        found = self._exports.get(name)
        if not isinstance(found, kind):
            raise GuestError(f"the guest exports no {kind.__name__.lower()} {name}")
        return found

    def _whole(self, name: str, value: Any) -> int:
        if not isinstance(value, int):
            raise GuestError(f"the guest answers {name} with what is no whole number")
        return value

    def _check(self, address: int, length: int) -> None:
        if address < 0 or length < 0 or address + length > self.memory_bytes():
            message = f"{length} bytes at {address} are not in a memory of {self.memory_bytes()} bytes"
            raise IndexError(message)

    def read(self, address: int, length: int) -> bytes:
        self._check(address, length)
        return ctypes.string_at(self._base + address, length)

    def write(self, address: int, data: bytes) -> None:
        self._check(address, len(data))
        ctypes.memmove(self._base + address, data, len(data))

    def get_global(self, name: str) -> int:
        return self._whole(name, self._export(name, wasmtime.Global).value(self._store))

    def set_global(self, name: str, value: int) -> None:
        try:
            self._export(name, wasmtime.Global).set_value(self._store, value)
        except (wasmtime.WasmtimeError, TypeError, ValueError, OverflowError) as error:
            raise GuestError(f"the guest does not take {name}: {error}") from error

    def memory_bytes(self) -> int:
        return int(self._memory.data_len(self._store))

    def stop(self) -> None:
        with self._lock:
            if self._store is not None:
                ctypes.c_int64.from_address(self._stop_address).value = _STOP

    def close(self) -> None:
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            # wasmtime-py's own close frees first and forgets then: an interrupt in between frees twice, and
            # that ends the process.
            wasmtime._bindings.wasmtime_store_delete(store._consume())  # noqa: SLF001


class WasmtimeModule:
    """Compiled code; see `jq_magic.runtimes.Module`."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module) -> None:
        self._engine = engine
        self.module = module

    def instantiate(self, memory_bytes: int) -> WasmtimeInstance:
        memories = (e.type for e in self.module.exports if isinstance(e.type, wasmtime.MemoryType))
        minimum = next(memory.limits.min for memory in memories) << 16
        if memory_bytes < minimum:
            reason = "the sandbox itself needs more memory than allowed"
            raise MemoryLimitError("memory_bytes", minimum, memory_bytes, reason=reason)
        signals.keep()
        return WasmtimeInstance(self._engine, self.module, memory_bytes)


class WasmtimeRuntime:
    """One engine; see `jq_magic.runtimes.Runtime`."""

    name = "wasmtime"
    thread_stack_bytes = THREAD_STACK_BYTES

    def __init__(self) -> None:
        version = importlib.metadata.version("wasmtime")
        processor = f"{platform.system()} {platform.machine()} {platform.processor()}"
        self.fingerprint = f"wasmtime {version}; speed, nan, stack {STACK_BYTES}; {processor}"
        with signals.installing():
            self._engine = wasmtime.Engine(_config())
        self._modules: list[wasmtime.Module] = []
        atexit.register(self._close)

    def _close(self) -> None:
        # Left to Python's last clean-up, wasmtime-py's own destructors fail with a message.
        for module in self._modules:
            module.close()
        self._engine.close()

    def compile(self, wasm: bytes) -> WasmtimeModule:
        # It also refuses WebAssembly text, which wasmtime-py reads but the build did not make.
        binary.check(wasm)
        try:
            module = wasmtime.Module(self._engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise GuestError(f"wasmtime refuses the guest: {error}") from error
        return self._checked(module)

    def serialize(self, module: WasmtimeModule) -> bytes:
        return bytes(module.module.serialize())

    def deserialize(self, code: bytes) -> WasmtimeModule:
        try:
            module = wasmtime.Module.deserialize(self._engine, code)
        except wasmtime.WasmtimeError as error:
            raise GuestError(f"wasmtime refuses the compiled guest: {error}") from error
        return self._checked(module)

    def _checked(self, module: wasmtime.Module) -> WasmtimeModule:
        if module.imports:
            names = ", ".join(f"{found.module}.{found.name}" for found in module.imports[:5])
            raise GuestError(f"the guest imports {names}: a sandboxed module imports nothing")
        memories = [e.type for e in module.exports if isinstance(e.type, wasmtime.MemoryType)]
        if len(memories) != 1 or memories[0].is_64:
            raise GuestError("the guest must export one memory of 32 bits")
        self._modules.append(module)
        return WasmtimeModule(self._engine, module)


RUNTIME = WasmtimeRuntime()
