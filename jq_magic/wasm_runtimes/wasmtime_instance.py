"""One sandbox of wasmtime, through its C interface.

wasmtime-py looks an export up by name and asks for its type again in each call, and wraps every number
into an object: that took three quarters of the time of a small run. So what an instance does is done
here by the functions beneath it. They check nothing: a call's type, an address and a store that is
gone are this module's to refuse.
Source: https://docs.wasmtime.dev/c-api/ (store.h, instance.h, func.h, global.h, memory.h).
"""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from typing import Any, NamedTuple

import wasmtime
from wasmtime import _ffi

from jq_magic.errors import GuestError
from jq_magic.wasm_runtimes import Trap, TrapKind, binary, no_room

_TABLE_ELEMENTS = 100_000
#: A negative stop word ends the run at the next check of the meter.
_STOP = -1
#: More parameters than any function has that a host of this ABI calls.
_MOST_PARAMETERS = 8
#: 32-bit words in a value as calls take and give them, of which an i32 is the first.
_RAW_NUMBERS = ctypes.sizeof(_ffi.wasmtime_val_raw_t) // 4
_I64 = _ffi.wasmtime_valkind_t(1)

_TRAPS: dict[Any, TrapKind] = {
    wasmtime.TrapCode.UNREACHABLE: TrapKind.UNREACHABLE,
    wasmtime.TrapCode.STACK_OVERFLOW: TrapKind.STACK,
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: TrapKind.OUT_OF_BOUNDS,
}

_Trap = ctypes.POINTER(_ffi.wasm_trap_t)
_Error = ctypes.POINTER(_ffi.wasmtime_error_t)

# What runs the guest, or gives much memory back, lets other threads of Python go on meanwhile. For what
# takes less than a microsecond, to let go of Python's lock and wait for it again would be most of it.
_long = _ffi.dll
_short = ctypes.PyDLL(_ffi.dll._name)  # noqa: SLF001 - the same library, with the other convention


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    # A pointer of its own: wasmtime-py's has its own types of arguments.
    prototype = ctypes.CFUNCTYPE if library is _long else ctypes.PYFUNCTYPE
    return prototype(result, *arguments)((name, library))


_pointer, _i64, _size = ctypes.c_void_p, ctypes.c_int64, ctypes.c_size_t
_store_new = _function(_short, "wasmtime_store_new", _pointer, _pointer, _pointer, _pointer)
_store_context = _function(_short, "wasmtime_store_context", _pointer, _pointer)
_store_limiter = _function(_short, "wasmtime_store_limiter", None, _pointer, _i64, _i64, _i64, _i64, _i64)
_store_delete = _function(_long, "wasmtime_store_delete", None, _pointer)
_instance_new = _function(
    _long, "wasmtime_instance_new", _Error, _pointer, _pointer, _pointer, _size, _pointer, _pointer
)
_export_get = _function(
    _short, "wasmtime_instance_export_get", ctypes.c_bool, _pointer, _pointer, ctypes.c_char_p, _size, _pointer
)
_call = _function(_long, "wasmtime_func_call_unchecked", _Error, _pointer, _pointer, _pointer, _size, _pointer)
_global_get = _function(_short, "wasmtime_global_get", None, _pointer, _pointer, _pointer)
_global_set = _function(_short, "wasmtime_global_set", _Error, _pointer, _pointer, _pointer)
_memory_data = _function(_short, "wasmtime_memory_data", _pointer, _pointer, _pointer)
_memory_size = _function(_short, "wasmtime_memory_data_size", _size, _pointer, _pointer)
# Linux alone promises what a page is that was given back.
_madvise: Any = ctypes.PyDLL(None).madvise if sys.platform == "linux" else None
if _madvise is not None:
    _madvise.argtypes, _madvise.restype = (_pointer, _size, ctypes.c_int), ctypes.c_int


class Shape(NamedTuple):
    """Which names of the ABI a module exports in the types that the ABI gives them.

    Attributes:
        functions: Number of parameters by name; all numbers are i32, and there is one result.
        globals: Width in bits by name, and whether it can be set.

    """

    functions: dict[str, int]
    globals: dict[str, tuple[int, bool]]

    @classmethod
    def of(cls, module: wasmtime.Module) -> Shape:
        """Read from the types of a module that `binary.check` has accepted."""
        functions: dict[str, int] = {}
        globals_: dict[str, tuple[int, bool]] = {}
        for export in module.exports:
            kind = export.type
            # No other types are asked for: wasmtime-py ends the process at one that its C interface cannot name.
            if isinstance(kind, wasmtime.FuncType) and export.name in binary.FUNCTIONS:
                words = [str(found) for found in (*kind.params, *kind.results)]
                if set(words) == {"i32"} and len(kind.results) == 1 and len(kind.params) <= _MOST_PARAMETERS:
                    functions[export.name] = len(kind.params)
            elif isinstance(kind, wasmtime.GlobalType) and export.name in binary.GLOBALS:
                globals_[export.name] = (int(str(kind.content)[1:]), kind.mutable)
        return cls(functions, globals_)


class WasmtimeInstance:
    """One store with one instance; see `jq_magic.wasm_runtimes.Instance`."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module, shape: Shape, memory_bytes: int) -> None:
        self._shape = shape
        self._functions: dict[str, tuple[Any, int]] = {}
        self._globals: dict[str, Any] = {}
        # Those that cannot change.
        self._constants: dict[str, int] = {}
        # Where calls and globals leave their numbers.
        self._words = (ctypes.c_uint32 * (_MOST_PARAMETERS * _RAW_NUMBERS))()
        self._value = _ffi.wasmtime_val_t()
        number = type(self._value).of.offset
        self._number32 = ctypes.c_int32.from_buffer(self._value, number)
        self._number64 = ctypes.c_int64.from_buffer(self._value, number)
        self._trap = _Trap()
        # `stop` comes from another thread and writes through a raw pointer: never after `close`.
        self._lock = threading.Lock()
        self._context: int | None = None
        self._store: int | None = _store_new(engine.ptr(), None, None)
        context = _store_context(self._store)
        # Each call resets what an earlier one set, so everything is given at once: memory, table, one of each.
        _store_limiter(self._store, memory_bytes, _TABLE_ELEMENTS, 1, 1, 1)
        self._instance = _ffi.wasmtime_instance_t()
        error = _instance_new(context, module.ptr(), None, 0, ctypes.byref(self._instance), ctypes.byref(self._trap))
        if error or self._trap:
            failure = wasmtime.WasmtimeError._from_ptr(error) if error else self._trapped()  # noqa: SLF001
            raise no_room("wasmtime", str(failure))
        self._context = context
        self._memory = self._export("memory", _ffi.WASMTIME_EXTERN_MEMORY).memory
        self._size = 0
        self._base: int = _memory_data(context, ctypes.byref(self._memory))
        stop_word = self.get_global("stop_word")
        # Written through a raw pointer, so it is looked at here; memory never shrinks.
        if stop_word % 8 or not 0 <= stop_word <= self.memory_bytes() - 8:
            raise GuestError("the guest's stop word is not in its memory")
        self._stop_address = self._base + stop_word

    def call(self, name: str, *args: int) -> int:
        function, count = self._functions.get(name) or self._found(name)
        if len(args) != count:
            raise Trap(TrapKind.OTHER, f"{name} takes {count} numbers, not {len(args)}")
        words = self._words
        for index, arg in enumerate(args):
            if not -(2**31) <= arg < 2**32:
                raise Trap(TrapKind.OTHER, f"{arg} has more than 32 bits")
            words[index * _RAW_NUMBERS] = arg & 0xFFFF_FFFF
        error = _call(self._open(), function, words, max(count, 1), ctypes.byref(self._trap))
        if error:
            raise Trap(TrapKind.OTHER, str(wasmtime.WasmtimeError._from_ptr(error)))  # noqa: SLF001
        if self._trap:
            trap = self._trapped()
            raise Trap(_TRAPS.get(trap.trap_code, TrapKind.OTHER), trap.message)
        return words[0]

    def _trapped(self) -> wasmtime.Trap:
        trap, self._trap = self._trap, _Trap()
        return wasmtime.Trap._from_ptr(trap)  # noqa: SLF001 - it frees the trap

    def _open(self) -> int:
        """The store's context, without which no function may be called. Raises: RuntimeError."""
        if self._context is None:
            raise RuntimeError("the instance is closed")
        return self._context

    def _export(self, name: str, kind: Any) -> Any:
        found, encoded = _ffi.wasmtime_extern_t(), name.encode()
        # Exports of these kinds own nothing that would have to be freed.
        is_there = _export_get(self._open(), ctypes.byref(self._instance), encoded, len(encoded), ctypes.byref(found))
        if not is_there or found.kind != kind.value:
            raise GuestError(f"the guest exports no {name} of the kind that it must have")
        return found.of

    def _found(self, name: str) -> tuple[Any, int]:
        if name not in self._shape.functions:
            raise GuestError(f"the guest exports no function {name} of 32-bit integers")
        function = self._export(name, _ffi.WASMTIME_EXTERN_FUNC).func
        self._functions[name] = found = (ctypes.byref(function), self._shape.functions[name])
        return found

    def _check(self, address: int, length: int) -> None:
        if address < 0 or length < 0 or (address + length > self._size and address + length > self.memory_bytes()):
            message = f"{length} bytes at {address} are not in a memory of {self.memory_bytes()} bytes"
            raise IndexError(message)

    def read(self, address: int, length: int) -> bytes:
        self._open()
        self._check(address, length)
        return ctypes.string_at(self._base + address, length)

    def write(self, address: int, data: bytes) -> None:
        self._open()
        self._check(address, len(data))
        ctypes.memmove(self._base + address, data, len(data))

    def forget(self, address: int, length: int) -> bool:
        self._open()
        self._check(address, length)
        # A private mapping, of nothing or of the module's data: without the copies that were written to, it is new.
        return _madvise is not None and _madvise(self._base + address, length, mmap.MADV_DONTNEED) == 0

    def _global(self, name: str) -> Any:
        if name not in self._shape.globals:
            raise GuestError(f"the guest exports no global {name} of integers")
        found = self._export(name, _ffi.WASMTIME_EXTERN_GLOBAL).global_
        self._globals[name] = handle = ctypes.byref(found)
        return handle

    def get_global(self, name: str) -> int:
        if (constant := self._constants.get(name)) is not None:
            return constant
        handle = self._globals.get(name) or self._global(name)
        _global_get(self._open(), handle, ctypes.byref(self._value))
        bits, is_mutable = self._shape.globals[name]
        value = self._number32.value if bits == 32 else self._number64.value
        if not is_mutable:
            self._constants[name] = value
        return value

    def set_global(self, name: str, value: int) -> None:
        handle = self._globals.get(name) or self._global(name)
        if self._shape.globals[name] != (64, True) or not -(2**63) <= value < 2**63:
            raise GuestError(f"the guest does not take {value} as {name}")
        self._value.kind, self._number64.value = _I64, value
        error = _global_set(self._open(), handle, ctypes.byref(self._value))
        if error:
            raise GuestError(f"the guest does not take {name}: {wasmtime.WasmtimeError._from_ptr(error)}")  # noqa: SLF001

    def memory_bytes(self) -> int:
        # Kept for the checks of addresses: a memory only grows.
        self._size = size = _memory_size(self._open(), ctypes.byref(self._memory))
        return int(size)

    def stop(self) -> None:
        with self._lock:
            if self._context is not None:
                ctypes.c_int64.from_address(self._stop_address).value = _STOP

    def close(self) -> None:
        with self._lock:
            # Forgotten first: an interrupt after the end of the store must not lead to a second one.
            store, self._store, self._context = self._store, None, None
        if store is not None:
            _store_delete(store)

    def __del__(self, delete: Any = _store_delete) -> None:
        # Bound when the class is made: at the interpreter's end the module may be emptied already.
        store, self._store, self._context = getattr(self, "_store", None), None, None
        if store is not None:
            delete(store)
