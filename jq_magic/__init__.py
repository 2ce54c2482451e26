"""jq filters on Python data, run in a WebAssembly sandbox with limits.

The names below are imported when they are first used: `import jq_magic` loads no runtime.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# _startup reads what sets a ceiling, before code of the notebook can change it.
from jq_magic import _startup, forks, imports  # noqa: F401

if TYPE_CHECKING:
    from jq_magic.api import all, compile, first, iter, text  # noqa: A004
    from jq_magic.errors import (
        CeilingError,
        DataError,
        DeadlineError,
        FilterError,
        FuelError,
        GuestError,
        HaltError,
        InputError,
        InputLimitError,
        JqMagicError,
        LimitError,
        LimitValueError,
        MemoryLimitError,
        OutputLimitError,
        ProgramError,
        ProgramLimitError,
        RuntimeUnavailableError,
        StackLimitError,
    )
    from jq_magic.guest.module import engines
    from jq_magic.limits import PRESETS, Limits
    from jq_magic.notebook.shown.standalone import view
    from jq_magic.program import Program
    from jq_magic.result import Result, Usage
    from jq_magic.sandbox import Sandbox
    from jq_magic.wasm_runtimes import runtimes

__version__ = "0.1.0"

_HOMES = {
    "api": "all compile first iter text",
    "errors": (
        "CeilingError DataError DeadlineError FilterError FuelError GuestError HaltError InputError InputLimitError "
        "JqMagicError LimitError LimitValueError MemoryLimitError OutputLimitError ProgramError ProgramLimitError "
        "RuntimeUnavailableError StackLimitError"
    ),
    "guest.module": "engines",
    "limits": "Limits PRESETS",
    "notebook.shown.standalone": "view",
    "program": "Program",
    "result": "Result Usage",
    "sandbox": "Sandbox",
    "wasm_runtimes": "runtimes",
}
#: What a home needs whole besides msgspec: IPython, and parts of the package that import each other in a circle.
_NEEDS = {"notebook.shown.standalone": ("jq_magic.notebook.shown.standalone",)}
_NAMES = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "PRESETS", "CeilingError", "DataError", "DeadlineError", "FilterError", "FuelError", "GuestError", "HaltError",
    "InputError", "InputLimitError", "JqMagicError", "LimitError", "LimitValueError", "Limits", "MemoryLimitError",
    "OutputLimitError", "Program", "ProgramError", "ProgramLimitError", "Result", "RuntimeUnavailableError",
    "Sandbox", "StackLimitError", "Usage", "all", "compile", "engines", "first", "iter", "load_ipython_extension",
    "runtimes", "text", "unload_ipython_extension", "view",
]  # fmt: skip


if not TYPE_CHECKING:
    # A type checker knows the names from above; with this it would believe that there is every other one too.
    def __getattr__(name: str) -> Any:
        if name not in _NAMES:
            raise AttributeError(f"module 'jq_magic' has no attribute {name!r}")
        home = _NAMES[name]
        for package in ("msgspec", *_NEEDS.get(home, ())):
            imports.whole(package)
        with forks.delayed():
            return getattr(importlib.import_module(f"jq_magic.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext jq_magic` calls."""
    imports.whole("msgspec")
    from jq_magic import notebook  # noqa: PLC0415 - IPython is needed for nothing else

    notebook.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """What `%unload_ext jq_magic` calls."""
    from jq_magic import notebook  # noqa: PLC0415 - IPython is needed for nothing else

    notebook.unload_ipython_extension(ipython)
