"""The runtime wasmer, through the extension jq_magic_wasmer (wasm/wasmer in the repository)."""

from __future__ import annotations

import os
import platform

import jq_magic_wasmer

from jq_magic import forks, jobs
from jq_magic.errors import GuestError, RuntimeUnavailableError
from jq_magic.limits.exceeded import exceeded
from jq_magic.wasm_runtimes import Trap, TrapKind, binary, elsewhere, no_room, reservation
from jq_magic.wasm_runtimes.signals import HANDLERS

#: wasmer runs a guest on a stack of its own (`jq_magic_wasmer.STACK_BYTES`); the thread's own holds the rest.
THREAD_STACK_BYTES = 8 << 20

#: What its compiler asks for in each of its threads.
_COMPILER_STACK_BYTES = 2 << 20

_TRAPS = {
    "unreachable": TrapKind.UNREACHABLE,
    "stack": TrapKind.STACK,
    "bounds": TrapKind.OUT_OF_BOUNDS,
    "other": TrapKind.OTHER,
}


class WasmerInstance:
    """One store with one instance; see `jq_magic.wasm_runtimes.Instance`."""

    def __init__(self, instance: jq_magic_wasmer.Instance) -> None:
        self._instance = instance
        # The same bound methods for each call: they are looked up once.
        self.read = instance.read
        self.write = instance.write
        self.forget = instance.forget
        self.memory_bytes = instance.memory_bytes
        self.stop = instance.stop
        self.close = instance.close

    def call(self, name: str, *args: int) -> int:
        try:
            return self._instance.call(name, *args)
        except jq_magic_wasmer.Trap as trap:
            kind, detail = trap.args
            raise Trap(_TRAPS[kind], detail) from None
        except (KeyError, TypeError, ValueError) as error:
            raise _lie(error) from error

    def get_global(self, name: str) -> int:
        try:
            return self._instance.get_global(name)
        except (KeyError, TypeError) as error:
            raise _lie(error) from error

    def set_global(self, name: str, value: int) -> None:
        try:
            self._instance.set_global(name, value)
        except (KeyError, TypeError) as error:
            raise _lie(error) from error


def _lie(error: Exception) -> GuestError:
    """What a module is that lacks an export, or has one of another type, than a guest's."""
    return GuestError(f"the guest is not what it must be: {error.args[0]}")


class WasmerModule:
    """Compiled code; see `jq_magic.wasm_runtimes.Module`."""

    def __init__(self, module: jq_magic_wasmer.Module) -> None:
        self.module = module
        self._minimum_bytes = module.memory_bytes()

    def instantiate(self, memory_bytes: int) -> WasmerInstance:
        if memory_bytes < self._minimum_bytes:
            reason = "the sandbox itself needs more memory than allowed"
            raise exceeded("memory_bytes", self._minimum_bytes, memory_bytes, reason=reason)
        try:
            return WasmerInstance(self.module.instantiate(memory_bytes))
        except MemoryError as error:
            raise no_room("wasmer", str(error)) from error
        except ValueError as error:
            raise _lie(error) from error


class WasmerRuntime:
    """The extension with its one configuration; see `jq_magic.wasm_runtimes.Runtime`."""

    name = "wasmer"
    thread_stack_bytes = THREAD_STACK_BYTES

    def __init__(self) -> None:
        extension = f"extension {jq_magic_wasmer.__version__} {jq_magic_wasmer.BUILD}"
        processor = f"{platform.system()} {platform.machine()} {platform.processor()}"
        reserved_bytes = reservation.memory_bytes()
        if reserved_bytes < reservation.WHOLE_BYTES:
            jq_magic_wasmer.reserve(reserved_bytes)
        sizes = f"stack {jq_magic_wasmer.STACK_BYTES}, memory {reserved_bytes >> 20} MiB"
        self.fingerprint = f"wasmer {jq_magic_wasmer.WASMER_VERSION}; {extension}; {sizes}; {processor}"
        with HANDLERS.installing(self):
            jq_magic_wasmer.init_traps()

    def compile(self, wasm: bytes) -> WasmerModule:
        binary.check(wasm)
        if forks.is_child():
            # Its compiler has threads for the whole process, which a forked child has not.
            return self.deserialize(elsewhere.code_of(self.name, wasm))
        # Without a thread for each core it panics.
        if not jobs.can_start(os.cpu_count() or 1, _COMPILER_STACK_BYTES):
            raise RuntimeUnavailableError(
                "wasmer has no threads to compile with: end others, or raise the limit on them"
            )
        try:
            return WasmerModule(jq_magic_wasmer.Module.compile(wasm))
        except ValueError as error:
            raise GuestError(f"wasmer refuses the guest: {error}") from error

    def serialize(self, module: WasmerModule) -> bytes:
        return module.module.serialize()

    def deserialize(self, code: bytes) -> WasmerModule:
        try:
            return WasmerModule(jq_magic_wasmer.Module.deserialize(code))
        except ValueError as error:
            raise GuestError(f"wasmer refuses the compiled guest: {error}") from error


RUNTIME = WasmerRuntime()
