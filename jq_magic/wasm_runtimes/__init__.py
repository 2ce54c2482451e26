"""On what does a guest run?

This module has the three small classes that a WebAssembly runtime offers, and the runtimes by name. Nothing
outside this folder names a runtime's own types. `binary` checks a module's bytes before any runtime sees them,
`cache` keeps compiled code on disk, `signals` keeps the handlers that traps need.
"""

from __future__ import annotations

import enum
import functools
import importlib
import importlib.util
from typing import Protocol

from jq_magic import imports
from jq_magic.errors import JqMagicError, RuntimeUnavailableError
from jq_magic.limits.ceiling import PROCESS

#: Name -> (module of ours, module that it needs, how to install it).
_KNOWN = {
    "wasmtime": ("jq_magic.wasm_runtimes.wasmtime", "wasmtime", "pip install wasmtime"),
    "wasmer": (
        "jq_magic.wasm_runtimes.wasmer",
        "jq_magic_wasmer",
        "pip install 'jq-magic[wasmer]' (or, in a clone, make wasmer)",
    ),
}


class TrapKind(enum.Enum):
    """Why an instance stopped, as far as the runtime can tell."""

    UNREACHABLE = "unreachable"
    STACK = "stack exhausted"
    OUT_OF_BOUNDS = "memory access out of bounds"
    OTHER = "another trap"


class Trap(Exception):
    """A call ended in a trap; the instance must be thrown away."""

    def __init__(self, kind: TrapKind, detail: str = "") -> None:
        super().__init__(detail or kind.value)
        self.kind = kind


def no_room(runtime: str, reason: str) -> RuntimeUnavailableError:
    """Say that the system has no address space or memory for another instance."""
    first, *_ = reason.splitlines() or [reason]
    advice = "raise the limit on it (ulimit -v), end iterators that nobody reads on, or use fewer jobs"
    message = f"{runtime} cannot make another sandbox here, which takes gigabytes of address space: {first}; {advice}"
    return RuntimeUnavailableError(message)


class Instance(Protocol):
    """One sandbox. Calls come from one thread at a time; `stop` may come from any."""

    def call(self, name: str, *args: int) -> int:
        """Call an export. Raises: Trap."""

    def read(self, address: int, length: int) -> bytes:
        """Copy bytes out of linear memory. Raises: IndexError past its end."""

    def write(self, address: int, data: bytes) -> None:
        """Copy bytes into linear memory. Raises: IndexError past its end."""

    def forget(self, address: int, length: int) -> bool:
        """Put whole pages of memory back to what a fresh instance has there; False where that cannot be.

        Raises: IndexError past the end of memory.
        """

    def get_global(self, name: str) -> int:
        """The value of an exported global."""

    def set_global(self, name: str, value: int) -> None:
        """Set an exported mutable global."""

    def memory_bytes(self) -> int:
        """Size of linear memory now."""

    def stop(self) -> None:
        """Make the call that runs trap at its next check. Harmless when none runs."""

    def close(self) -> None:
        """Free the sandbox. Calling it again does nothing."""


class Module(Protocol):
    """Compiled code, shared by all instances."""

    def instantiate(self, memory_bytes: int) -> Instance:
        """A fresh instance whose memory cannot grow past `memory_bytes`.

        Raises: MemoryLimitError; RuntimeUnavailableError where the system has no room for one.
        """


class Runtime(Protocol):
    """A runtime with its one configuration."""

    name: str
    #: Everything that compiled code depends on besides the module: version, settings, processor.
    fingerprint: str
    #: Bytes of stack that a thread needs to call into an instance.
    thread_stack_bytes: int

    def compile(self, wasm: bytes) -> Module:
        """Compile a module that was checked. Raises: GuestError when it is refused."""

    def serialize(self, module: Module) -> bytes:
        """Compiled code for the cache."""

    def deserialize(self, code: bytes) -> Module:
        """Load what `serialize` gave. It is machine code: never call it on bytes of others."""


def runtimes() -> list[str]:
    """List the names of the runtimes that can be used here, the default first. Raises: CeilingError."""
    allowed = PROCESS.current().runtimes
    known = (name for name in _KNOWN if allowed is None or name in allowed[0])
    return [name for name in known if importlib.util.find_spec(_KNOWN[name][1]) is not None]


def load(name: str) -> Runtime:
    """Load the runtime called `name`.

    Raises: RuntimeUnavailableError, with what to do.
    """
    PROCESS.check_runtime(name)
    if _is_sub_interpreter():
        # A runtime's types are the process's: used in two interpreters, both lose them.
        message = "jq_magic cannot be used in a sub-interpreter: use the main interpreter, a thread or a process"
        raise RuntimeUnavailableError(message)
    if name not in _KNOWN:
        raise RuntimeUnavailableError(f"there is no runtime {name!r}; there is {', '.join(_KNOWN)}")
    module, needs, install = _KNOWN[name]
    try:
        runtime: Runtime = imports.whole(module).RUNTIME
    except ImportError as error:
        message = f"the runtime {name} needs the package {needs} ({error}): {install}"
        raise RuntimeUnavailableError(message) from error
    except JqMagicError:
        raise
    except Exception as error:
        raise RuntimeUnavailableError(f"the runtime {name} cannot be started here: {error}") from error
    return runtime


@functools.cache
def _is_sub_interpreter() -> bool:
    # Python has no public name for this that works in every version.
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters = importlib.import_module(name)
        except ImportError:
            continue
        return bool(interpreters.get_current() != interpreters.get_main())
    return False
