"""Compiles programs with the modules that they import, from wherever the caller has them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jq_magic.data.modules import MOST, Modules
from jq_magic.errors import ProgramError
from jq_magic.guest.module import ENGINES
from jq_magic.jqtext import imports_end
from jq_magic.limits.exceeded import exceeded
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox

#: Paths that are looked at for one import.
_MOST_PATHS = 300
#: Gives the path and the text of a module that is at one of some paths; None where there is none.
Find = Callable[[tuple[str, ...]], tuple[str, str] | None]


def compile_with(
    find: Find,
    sandbox: Sandbox,
    program: str,
    args: dict[str, Any] | None = None,
    *,
    positional: list[Any] | None = None,
    search: tuple[str, ...] | None = None,
    origin: str = "",
) -> Program:
    """Compile a program with what it imports.

    The guest knows what a program imports and reads no file, so it is asked by compiling: as long as a module is
    missing, the one that it names is looked for.

    Args:
        find: Where modules come from.
        sandbox, program, args, positional: As for `Sandbox.compile`.
        search, origin: As for `Modules.made`; without directories one is searched, and a program without imports costs
            what it costs without modules.
    Raises: as `Sandbox.compile`, and what `find` raises.

    """
    texts: dict[str, str] = {}
    if search is None:
        search = (".",) if imports_end(program) else ()
    # Other engines refuse an import themselves.
    has_modules = bool(search) and sandbox.engine == ENGINES[0]
    began = time.monotonic()
    while True:
        try:
            modules = Modules.made(texts, search, origin) if has_modules else None
            return sandbox.compile(program, args, positional=positional, modules=modules)
        except ProgramError as error:
            module = find(error.missing[:_MOST_PATHS]) if error.missing and len(texts) < MOST else None
            if module is None or module[0] in texts:
                raise
        seconds = time.monotonic() - began
        if seconds > sandbox.limits.deadline_s:
            raise exceeded("deadline_s", seconds, sandbox.limits.deadline_s)
        texts[module[0]] = module[1]
