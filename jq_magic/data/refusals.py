"""Says why a Python value cannot become JSON, where it stands, and what to give instead."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from jq_magic.errors import DataError

_ADVICE = "give dicts, lists, strings, numbers, dataclasses or a data frame"
#: What to call on values of other packages, by the method that they have.
_METHODS = ("to_pandas", "toPandas", "to_arrow", "compute", "to_dataframe", "fetchall", "tolist", "to_dict", "asdict")


class Refused(Exception):
    """A value cannot become JSON.

    Attributes:
        reason: Why not.
        advice: What to do.
        path: The keys and indices that lead to it, the innermost one first.

    """

    def __init__(self, reason: str, *, advice: str = "") -> None:
        super().__init__(reason)
        self.reason, self.advice = reason, advice
        self.path: list[Any] = []

    def error(self) -> DataError:
        """Make the error that the caller gets."""
        where = "".join(_step(key) for key in reversed(self.path))
        place = f" (at {'' if where.startswith('.') else '.'}{where})" if where else ""
        return DataError(f"{self.reason}{place}{f'; {self.advice}' if self.advice else ''}")


def _step(key: Any) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    name = key if isinstance(key, str) else repr(key)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f".{name}" if name.isascii() and name.isidentifier() else f'."{quoted}"'


def kind_name(value: Any) -> str:
    """Name the type of a value with its module."""
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def a_kind(value: Any) -> str:
    """Name the type of a value with an article."""
    name = kind_name(value)
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"


def advice(value: Any) -> str:  # noqa: PLR0911 - one for each kind
    """Say what to give instead of a value that cannot become JSON."""
    kind = type(value)
    if isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c":
        return "give its .real and .imag"
    if kind.__module__ == "fractions":
        return "give float(x), or str(x)"
    if isinstance(value, io.IOBase) or hasattr(kind, "read"):
        return "give its .read()"
    if hasattr(kind, "json") and hasattr(kind, "text"):
        return "give its .text, or its .json()"
    if isinstance(value, Iterator):
        return "what it gives can be read only once, so give list(x)"
    for method in _METHODS:
        if callable(getattr(kind, method, None)):
            return f"give its .{method}()"
    if isinstance(value, type) or callable(value):
        return "give what it returns, or " + _ADVICE.removeprefix("give ")
    return f"give vars(x), or {_ADVICE.removeprefix('give ')}" if getattr(value, "__dict__", None) else _ADVICE


class LeftOut(UserWarning):
    """A part of a value did not become JSON, as the rules say, and its owner may want it."""
