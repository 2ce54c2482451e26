"""Registers the functions `jq` and `try_jq` in a connection of DuckDB.

DuckDB hands over rows as Arrow arrays, of 2,048 rows at most, on its own threads.
Source: DuckDB, "Python Function API": create_function, type "arrow".
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any, Literal

import pyarrow as pa

from jq_magic import arrow
from jq_magic.column import ColumnFilter
from jq_magic.limits import Limits
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox

#: Programs of a connection that stay compiled.
_COMPILED = 64


def register(con: Any, *, limits: Limits | None = None, engine: str = "magic", runtime: str = "wasmtime") -> None:
    """Register `jq(document, program)`, and `try_jq`, which is NULL where `jq` has an error.

    Both give the one output as JSON text, NULL without one or for a document that is NULL. `jq` raises the error of a
    document, and both raise that of a program.

    Args:
        con: The connection.
        limits: Those of each document.
        engine, runtime: As for `jq_magic.Sandbox`.
    Raises: RuntimeUnavailableError for an engine or a runtime that cannot be used here.

    """
    sandbox = Sandbox(runtime, limits, engine=engine)
    compiled = functools.lru_cache(_COMPILED)(sandbox.compile)
    for name, function in (("jq", _function(compiled, "raise")), ("try_jq", _function(compiled, "null"))):
        con.create_function(name, function, ["VARCHAR", "VARCHAR"], "VARCHAR", type="arrow", null_handling="special")


def _function(compile_: Callable[[str], Program], errors: Literal["raise", "null"]) -> Callable[[Any, Any], Any]:
    def run(documents: Any, programs: Any) -> Any:
        # Most often there is one program.
        different = programs.unique().to_pylist()
        if len(different) == 1:
            (program,) = different
            if program is None:
                return pa.nulls(len(documents), pa.string())
            return arrow.texts(ColumnFilter(compile_(program), errors=errors), documents)
        made: list[Any] = [None] * len(documents)
        held = documents.to_pylist()
        places_of = collections.defaultdict(list)
        for place, program in enumerate(programs.to_pylist()):
            places_of[program].append(place)
        places_of.pop(None, None)
        for program, places in places_of.items():
            texts = ColumnFilter(compile_(program), errors=errors).listed([held[place] for place in places])
            for place, text in zip(places, texts, strict=True):
                made[place] = text
        return pa.array(made, pa.string())

    return run
