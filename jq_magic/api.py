"""Offers the functions of the package jq: compile, all, first, text and iter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jq_magic.errors import DataError
from jq_magic.limits import Limits
from jq_magic.program import Inputs, Program
from jq_magic.sandbox import Sandbox

_ABSENT: Any = object()


def compile(  # noqa: A001 - the name is the package jq's
    program: str,
    args: dict[str, Any] | None = None,
    *,
    runtime: str = "wasmtime",
    engine: str = "magic",
    limits: Limits | None = None,
    modules: Mapping[str, Any] | None = None,
) -> Program:
    """Check a jq program and bind `args` as `$name`; `modules` are what it can import, as for `Sandbox.compile`.

    Raises: ProgramError, ProgramLimitError, RuntimeUnavailableError, DataError.
    """
    return Sandbox(runtime, limits, engine=engine).compile(program, args, modules=modules)


def as_program(program: str | Program, args: dict[str, Any] | None) -> Program:
    """Give a program that is compiled as it is, and check any other. Raises: as `compile`."""
    if not isinstance(program, Program):
        return compile(program, args)
    if args:
        raise DataError("a program that is compiled has its arguments already: give them to jq_magic.compile")
    return program


def _inputs(program: str, args: dict[str, Any] | None, value: Any, values: Any, text: Any) -> Inputs:
    named = (("value", value), ("values", values), ("text", text))
    names = [name for name, passed in named if passed is not _ABSENT]
    if len(names) != 1:
        raise DataError(f"give one of value, values and text, not {' and '.join(names) or 'none'}")
    compiled = compile(program, args)
    if text is not _ABSENT:
        return compiled.input_text(text)
    return compiled.input_value(value) if value is not _ABSENT else compiled.input_values(values)


def all(  # noqa: A001 - the name is the package jq's
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> list[Any]:
    """All outputs of `program` over `value`, `values` or `text`."""
    return _inputs(program, args, value, values, text).all()


def first(
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> Any:
    """The first output; the rest is never computed."""
    return _inputs(program, args, value, values, text).first()


def text(
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> str:
    """All outputs as JSON texts, a line each."""
    return _inputs(program, args, value, values, text).text()


def iter(  # noqa: A001 - the name is the package jq's
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> Iterator[Any]:
    """The outputs one by one, each computed when it is asked for."""
    return _inputs(program, args, value, values, text).__iter__()
