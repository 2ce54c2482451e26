"""Looks at the code that called a magic: whether it assigns the value, and what its functions hide from the magic.

A cell that loads the extension was turned into Python before there was a transformer of ours, and so was a script
that nbconvert made of a notebook: both assign `get_ipython().run_line_magic("jq", …)` without asking for values.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from types import CodeType, FrameType
from typing import Any

#: Characters of a cell or script that is looked at.
_SOURCE_CHARS = 1 << 20
_PACKAGES = {"IPython", "jq_magic"}
_CANNOT_BE_READ = (SyntaxError, ValueError, RecursionError, MemoryError)


def frame(shell: Any) -> FrameType | None:
    """Give the frame of the notebook's code that called a magic; None when other code did."""
    candidate: FrameType | None = inspect.currentframe()
    while candidate is not None and str(candidate.f_globals.get("__name__")).partition(".")[0] in _PACKAGES:
        candidate = candidate.f_back
    return candidate if candidate is not None and candidate.f_globals is shell.user_global_ns else None


def assigns(frame: FrameType) -> bool:
    """Say whether the statement that a frame is in assigns the value of a line magic."""
    return frame.f_lineno in _assigning_lines(_source(frame))


def hidden_by(frame: FrameType, name: str) -> str | None:
    """Name the function around the running one that has a variable which the running one does not see.

    Python hands a variable on to an inner function whose code mentions it, and does not read the line of a magic.
    """
    code = frame.f_code
    if not code.co_flags & inspect.CO_NESTED or name in code.co_freevars or name in code.co_varnames:
        return None
    for outer in reversed(_around(_source(frame), code.co_filename, code.co_name, code.co_firstlineno)):
        if name in outer.co_varnames or name in outer.co_cellvars:
            return outer.co_name
    return None


def _source(frame: FrameType) -> str:
    """Give the source of a frame's file, which IPython keeps for cells too; empty where there is none."""
    source = "".join(linecache.getlines(frame.f_code.co_filename))
    return source if len(source) <= _SOURCE_CHARS else ""


@functools.lru_cache(maxsize=16)
def _assigning_lines(source: str) -> frozenset[int]:
    """Give the numbers of the lines whose statement assigns the value of a line magic."""
    try:
        tree = ast.parse(source)
    except _CANNOT_BE_READ:
        return frozenset()
    values = (node.value for node in ast.walk(tree) if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)))
    calls = (value for value in values if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute))
    return frozenset(
        number
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "run_line_magic"
        for number in range(call.lineno, (call.end_lineno or call.lineno) + 1)
    )


@functools.lru_cache(maxsize=16)
def _around(source: str, filename: str, name: str, first_line: int) -> tuple[CodeType, ...]:
    """Give the functions around one that is known by its name and first line, the outermost first."""
    try:
        module = compile(source, filename, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except _CANNOT_BE_READ:
        return ()
    open_: list[tuple[CodeType, tuple[CodeType, ...]]] = [(module, ())]
    while open_:
        code, around = open_.pop()
        if (code.co_name, code.co_firstlineno) == (name, first_line):
            return around
        # The variables of a class, or of a module, are no closure's.
        inside = (
            (*around, code) if code.co_flags & inspect.CO_NEWLOCALS and code.co_flags & inspect.CO_OPTIMIZED else around
        )
        open_ += [(const, inside) for const in code.co_consts if isinstance(const, CodeType)]
    return ()
