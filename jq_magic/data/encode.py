"""Turns Python values into JSON bytes.

Nothing is imported that the user has not: frames are known by the package their type is from.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import msgspec

from jq_magic.errors import DataError

#: How a column of a frame is read, by package.
_COLUMN = {"pandas": "tolist", "polars": "to_list", "pyarrow": "to_pylist"}
_ADVICE = "give dicts, lists, strings, numbers, dataclasses or a data frame"


def text_to_bytes(text: str | bytes) -> bytes:
    """JSON texts as UTF-8; a lone surrogate becomes U+FFFD. Raises: DataError for other types."""
    if isinstance(text, (bytes, bytearray, memoryview)):
        return bytes(text)
    if not isinstance(text, str):
        message = f"the input text is a str or bytes, not {type(text).__name__}; input_value takes Python values"
        raise DataError(message)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def to_json_bytes(value: Any) -> bytes:
    """What a notebook variable holds, as JSON texts.

    A str or bytes is JSON text already; a frame becomes an array of records without its index.
    NaN, infinities and missing values become null, dates ISO 8601 strings.
    Raises: DataError, with the type and what to do.
    """
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return text_to_bytes(value)  # type: ignore[arg-type] # all of them are handled there
    return value_to_json(value)


def value_to_json(value: Any) -> bytes:
    """One Python value as one JSON text; a str is a string. Raises: DataError."""
    package = _package(value)
    try:
        if package in _COLUMN:
            value = _frame(value, package)
        return msgspec.json.encode(value, enc_hook=_convert)
    except DataError:
        raise
    except RecursionError:
        raise DataError(f"the {type(value).__name__} contains itself or nests too deep for JSON") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"a {type(value).__name__} cannot become JSON: {error}; {_ADVICE}") from None


def arguments(args: dict[str, Any], positional: list[Any]) -> bytes:
    """Arguments as the guest takes them: a JSON object of those with names, or an array of it and of the others.

    Raises: DataError for a name that is no jq variable.
    """
    for name in args:
        if not (isinstance(name, str) and name.isascii() and name.isidentifier()):
            raise DataError(f"{name!r} is no name for an argument: it must be a name that jq can write as $name")
    if positional:
        return value_to_json([args, positional])
    return value_to_json(args) if args else b""


def _package(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _convert(value: Any) -> Any:
    """What msgspec cannot encode by itself."""
    package = _package(value)
    if package in _COLUMN and (hasattr(value, "columns") or hasattr(value, _COLUMN[package])):
        return _frame(value, package)
    if package == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if package == "pandas" and type(value).__name__ in {"NaTType", "NAType"}:
        return None
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, range):
        return list(value)
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    raise DataError(f"a {kind} cannot become JSON; {_ADVICE}")


def _frame(value: Any, package: str) -> Any:
    """A frame as a list of records, a series as a list; other values of the package unchanged."""
    names: list[Any] | None = None
    columns: list[Any] = []
    if package == "pyarrow" and hasattr(value, "column_names"):
        names, columns = value.column_names, value.columns
    elif hasattr(value, "columns") and hasattr(value, "get_column"):
        names, columns = value.columns, value.get_columns()
    elif hasattr(value, "columns") and hasattr(value, "iloc"):
        names = list(value.columns)
        columns = [value.iloc[:, index] for index in range(len(names))]
    read: Callable[[Any], list[Any]] = lambda column: _cells(column, _COLUMN[package])  # noqa: E731
    if names is None:
        return read(value) if hasattr(value, _COLUMN[package]) else _convert(value)
    keys = [name if isinstance(name, str) else str(name) for name in names]
    if len(set(keys)) < len(keys):
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise DataError(f"the frame has several columns named {', '.join(twice)}; rename them first")
    if not keys:
        return [{} for _ in range(len(value))]
    return [dict(zip(keys, row, strict=True)) for row in zip(*map(read, columns), strict=True)]


def _cells(column: Any, read: str) -> list[Any]:
    cells: list[Any] = getattr(column, read)()
    if getattr(getattr(column, "dtype", None), "kind", "") == "M":
        # pandas' missing date is a datetime without a date.
        return [None if cell != cell else cell.isoformat() for cell in cells]  # noqa: PLR0124 - NaT is not itself
    return cells
