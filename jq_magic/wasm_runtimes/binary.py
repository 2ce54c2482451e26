"""What a guest's module may be, read from its own bytes before a runtime sees it.

A guest imports nothing, runs nothing when it is instantiated, and has one 32-bit memory that no
other thread shares and at most one table. Runtimes differ in what they tell of a module (none tells
of what is not exported), so the sections are read here, and the same modules are refused everywhere.
Source: WebAssembly Core Specification 2.0, "Binary Format".
"""

from __future__ import annotations

from typing import NamedTuple

from jq_magic.errors import GuestError

_MAGIC = b"\0asm\1\0\0\0"
_CUSTOM, _TYPE, _IMPORT, _FUNCTION, _TABLE, _MEMORY, _GLOBAL, _EXPORT, _START = range(9)
_I32, _I64 = 0x7F, 0x7E
_FUNCTION_FORM = 0x60
_FUNC_KIND, _TABLE_KIND, _MEMORY_KIND, _GLOBAL_KIND = range(4)

#: The functions that the host calls: parameters and results.
FUNCTIONS = {"alloc": ((_I32,), (_I32,)), "compile": ((), (_I32,)), "feed": ((), (_I32,)), "pull": ((), (_I32,))}
#: The globals that it reads or writes: type, and whether they can be written.
GLOBALS = {
    "control": (_I32, False),
    "stop_word": (_I32, False),
    "fuel": (_I64, True),
    "__stack_pointer": (_I32, True),
}


def check(wasm: bytes) -> None:
    """Raises: GuestError for what is no module, or one that a sandbox does not take."""
    sections = _sections(wasm)
    if _count(sections, _IMPORT):
        raise GuestError("the guest imports something: a sandboxed module imports nothing")
    if _START in sections:
        raise GuestError("the guest has a start function: a sandboxed module runs nothing by itself")
    if _count(sections, _MEMORY) != 1:
        raise GuestError("the guest must have one memory")
    # Bit 0 says that a maximum follows, the others are shared memory, 64 bits, and what is to come.
    if _Reader(sections[_MEMORY]).after_count().byte() > 1:
        raise GuestError("the guest's memory must be one of 32 bits that is not shared")
    if _count(sections, _TABLE) > 1:
        raise GuestError("the guest has more than one table")
    # Runtimes are called without a check of types, so a name of the ABI is never another thing.
    _check_types(sections, _exported(sections))


def check_exports(wasm: bytes) -> None:
    """Raises: GuestError unless the module exports what the ABI names, in the types it names."""
    sections = _sections(wasm)
    exports = _exported(sections)
    for name in ("memory", *FUNCTIONS, *GLOBALS):
        if name not in exports:
            raise GuestError(f"the guest does not export {name}, which the host needs")
    _check_types(sections, exports)


def _exported(sections: dict[int, bytes]) -> dict[str, _Export]:
    return {export.name: export for export in _exports(sections)}


def _check_types(sections: dict[int, bytes], exports: dict[str, _Export]) -> None:
    found = exports.get("memory")
    if found is not None and found.kind != _MEMORY_KIND:
        raise GuestError("the guest has no memory by that name")
    types, functions = _types(sections), _functions(sections)
    for name, signature in FUNCTIONS.items():
        found = exports.get(name)
        if found and (found.kind != _FUNC_KIND or _at(types, _at(functions, found.item)) != signature):
            raise GuestError(f"the guest has no function {name} as the host calls it")
    globals_ = _globals(sections)
    for name, (kind, written) in GLOBALS.items():
        found = exports.get(name)
        if found and (found.kind != _GLOBAL_KIND or _at(globals_, found.item) != (kind, written)):
            raise GuestError(f"the guest has no global {name} as the host knows it")


class _Export(NamedTuple):
    name: str
    kind: int
    item: int


class _Reader:
    """Reads numbers and names from bytes. Raises: GuestError past their end."""

    def __init__(self, content: bytes) -> None:
        self._content, self.at = content, 0

    def left(self) -> int:
        return len(self._content) - self.at

    def take(self, length: int) -> bytes:
        if length > self.left():
            raise GuestError("the guest is not a WebAssembly module: it ends too early")
        self.at += length
        return self._content[self.at - length : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """An unsigned LEB128 of 32 bits."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >= 2**32:
                    break
                return value
        raise GuestError("the guest is not a WebAssembly module: a number is too long")

    def name(self) -> str:
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError:
            raise GuestError("the guest is not a WebAssembly module: a name is not UTF-8") from None

    def types(self) -> tuple[int, ...]:
        return tuple(self.take(self.number()))

    def after_count(self) -> _Reader:
        self.number()
        return self

    def skip_constant(self) -> None:
        """The initial value of a global: one constant, or a reference to a function or to none."""
        operator = self.byte()
        if operator in {0x41, 0x42}:  # i32.const, i64.const
            while self.byte() >= 0x80:
                pass
        elif operator in {0x43, 0x44}:  # f32.const, f64.const
            self.take(4 if operator == 0x43 else 8)
        elif operator == 0xFD:  # v128.const
            self.number()
            self.take(16)
        elif operator in {0x23, 0xD0, 0xD2}:  # global.get, ref.null, ref.func
            self.number()
        else:
            raise GuestError("the guest has a global whose initial value is no constant")
        if self.byte() != 0x0B:
            raise GuestError("the guest has a global whose initial value is no constant")


def _sections(wasm: bytes) -> dict[int, bytes]:
    if not wasm.startswith(_MAGIC):
        raise GuestError("the guest is not a WebAssembly module")
    reader = _Reader(wasm)
    reader.take(len(_MAGIC))
    sections: dict[int, bytes] = {}
    while reader.left():
        kind = reader.byte()
        content = reader.take(reader.number())
        if kind in sections:
            raise GuestError("the guest is not a WebAssembly module: a section comes twice")
        if kind != _CUSTOM:
            sections[kind] = content
    return sections


def _count(sections: dict[int, bytes], kind: int) -> int:
    return _Reader(sections[kind]).number() if kind in sections else 0


def _each(sections: dict[int, bytes], kind: int) -> tuple[int, _Reader]:
    reader = _Reader(sections.get(kind, b"\0"))
    return reader.number(), reader


def _types(sections: dict[int, bytes]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    count, reader = _each(sections, _TYPE)
    found = []
    for _ in range(count):
        if reader.byte() != _FUNCTION_FORM:
            raise GuestError("the guest has a type that is no function's")
        found.append((reader.types(), reader.types()))
    return found


def _functions(sections: dict[int, bytes]) -> list[int]:
    count, reader = _each(sections, _FUNCTION)
    return [reader.number() for _ in range(count)]


def _globals(sections: dict[int, bytes]) -> list[tuple[int, bool]]:
    count, reader = _each(sections, _GLOBAL)
    found = []
    for _ in range(count):
        found.append((reader.byte(), bool(reader.byte())))
        reader.skip_constant()
    return found


def _exports(sections: dict[int, bytes]) -> list[_Export]:
    count, reader = _each(sections, _EXPORT)
    return [_Export(reader.name(), reader.byte(), reader.number()) for _ in range(count)]


def _at(
    found: list[tuple[int, bool]] | list[int] | list[tuple[tuple[int, ...], tuple[int, ...]]], index: object
) -> object:
    return found[index] if isinstance(index, int) and index < len(found) else None
