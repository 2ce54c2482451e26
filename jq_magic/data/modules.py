"""Makes the texts that a program can import out of what the caller names: modules in jq, and data."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple

from jq_magic.data.encode import text_to_bytes, value_to_json
from jq_magic.errors import DataError

#: Modules that a program may have.
MOST = 1_000
#: The engine that has modules.
_ENGINE = "magic"
_CODE, _DATA = ".jq", ".json"


class Modules(NamedTuple):
    """The modules of a program.

    Attributes:
        names: Their names as the caller has them, and bytes of their texts.
        joined: Their texts, UTF-8, one after another.
        layout: What the guest needs to know of them, as the crate that guests share has it (wasm/shared/src/lib.rs);
            None where there are none.

    """

    names: tuple[tuple[str, int], ...] = ()
    joined: bytes = b""
    layout: dict[str, Any] | None = None

    @classmethod
    def of(cls, modules: Mapping[str, Any] | Modules | None, engine: str) -> Modules:
        """Take what a caller passes. Raises: DataError, also for an engine that has no modules."""
        made = modules if isinstance(modules, Modules) else cls.made(modules or {}) if modules else cls()
        if made.layout is not None and engine != _ENGINE:
            raise DataError(f"the engine {engine} has no modules: take the engine {_ENGINE}")
        return made

    @classmethod
    def made(cls, modules: Mapping[str, Any], search: tuple[str, ...] = (".",), origin: str = "") -> Modules:
        """Make texts of modules.

        Args:
            modules: By their paths: a str is jq source, any other value is data; where the path ends in `.json`, a str
                or bytes are JSON texts.
            search: The directories in which imports are looked for.
            origin: The directory of the program.
        Raises: DataError.

        """
        if not isinstance(modules, Mapping):
            raise DataError(f"modules are a mapping from names to texts, not {type(modules).__name__}")
        if len(modules) > MOST:
            raise DataError(f"a program can have {MOST:,} modules, not {len(modules):,}")
        texts: dict[str, bytes] = {}
        for name, module in modules.items():
            path, text = _file(name, module)
            if path in texts:
                raise DataError(f"two modules have the path {path}")
            texts[path] = text
        sizes = [len(text) for text in texts.values()]
        layout = {"search": list(search), "origin": origin, "files": list(zip(texts, sizes, strict=True))}
        return cls(tuple(zip(modules, sizes, strict=True)), b"".join(texts.values()), layout)


def _file(name: Any, module: Any) -> tuple[str, bytes]:
    """Give path and text of a module. Raises: DataError."""
    if not isinstance(name, str) or not name.isprintable():
        raise DataError(f"{str(name)[:80]!r} is no name for a module: it must be a str on one line")
    if name.endswith(_DATA):
        is_text = isinstance(module, (str, bytes))
        text = text_to_bytes(module).decode("utf-8", "replace").encode() if is_text else value_to_json(module)
    elif isinstance(module, str):
        name, text = name.removesuffix(_CODE) + _CODE, _source(name, module)
    elif isinstance(module, (bytes, bytearray, memoryview)) or name.endswith(_CODE):
        raise DataError(f"the module {name} is a str of jq source, not {type(module).__name__}")
    else:
        name, text = name + _DATA, value_to_json(module)
    return posixpath.normpath(name), text


def _source(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"the module {name} cannot be written in UTF-8: {error.reason}") from None
