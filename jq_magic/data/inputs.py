"""Makes the input of a run of what somebody holds: JSON texts, or the columns of a data frame."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import Any

from jq_magic.data import columns, encode, files, looks
from jq_magic.data.columns.block import Columns, check_bytes
from jq_magic.data.refusals import Refused
from jq_magic.errors import DataError

#: What a body begins with that may be JSON, but for a literal.
_OPENING = (b"{", b"[", b'"')
#: Bytes of a response at a time: a package that decompresses them makes a thousand times as many of them at most.
_PIECE = 1 << 16
#: From this status on a response is an error.
_FAILED = 400


def value_input(
    value: Any, *, index: bool = False, most_bytes: int | None = None, needs: columns.Needed = None
) -> bytes | Columns:
    """One Python value as input: a frame by its columns, anything else as a JSON text.

    Args:
        value: A str is a string.
        index: Keep an index of pandas that only counts the rows, too.
        most_bytes: As many may be copied of columns; None for any number.
        needs: The columns of a frame that are copied; None for all.
    Raises: DataError, InputLimitError.

    """
    try:
        made = columns.of(value, index=index, most_bytes=most_bytes, needs=needs)
    except Refused as refused:
        raise refused.error() from None
    return encode.value_to_json(value) if made is None else made


def text_input(
    value: Any, *, index: bool = False, most_bytes: int | None = None, needs: columns.Needed = None
) -> bytes | Columns:
    """What a notebook variable holds, as input.

    A str or bytes is JSON texts, a path is what the file holds, a response of requests or httpx its body, an open file
    the rest of it, and an iterator a stream of values, which are used up; anything else is one value.

    Args:
        value: What the variable holds.
        index: Keep an index of pandas that only counts the rows, too.
        most_bytes: As many may be read; None for any number.
        needs: The columns of a frame that are copied; None for all.
    Raises: DataError, InputLimitError.

    """
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return encode.to_json_bytes(value)
    if isinstance(value, os.PathLike):
        return files.read(value, most_bytes)
    for method in ("iter_content", "iter_bytes"):
        if hasattr(value, "status_code") and callable(getattr(type(value), method, None)):
            return _response(value, getattr(value, method)(_PIECE), most_bytes)
    if isinstance(value, io.IOBase) or (hasattr(value, "readable") and hasattr(value, "read")):
        return _opened(value, most_bytes)
    if isinstance(value, Iterator):
        return _stream(value, most_bytes)
    return value_input(value, index=index, most_bytes=most_bytes, needs=needs)


def _response(value: Any, pieces: Iterable[bytes], most_bytes: int | None) -> bytes:
    """Read the body of a response. Raises: DataError for one that says that it failed, without JSON."""
    rest = iter(pieces)
    body = encode.text_to_bytes(files.read_some(lambda _: next(rest, b""), most_bytes))
    if value.status_code >= _FAILED and not body.lstrip().startswith(_OPENING):
        beginning = body[:60].decode("utf-8", "replace")
        raise DataError(
            f"the response has the status {value.status_code}, and its body is no JSON: {beginning!r}"
            f"{'; ' * bool(hint := looks.advice(body, 0))}{hint}"
        )
    return body


def _opened(value: Any, most_bytes: int | None) -> bytes:
    """Read what is left of an open file, or of the body of an answer. Raises: DataError for one that is closed."""
    try:
        return encode.text_to_bytes(files.read_some(value.read, most_bytes))
    except (OSError, ValueError, TypeError) as error:
        # A file that is closed, or open to be written; a read that gives no bytes.
        raise DataError(f"the {type(value).__name__} cannot be read: {error}") from None


def _stream(values: Iterator[Any], most_bytes: int | None) -> bytes:
    """Write the values of an iterator one after another. Raises: DataError, InputLimitError."""
    texts: list[bytes] = []
    used = 0
    for value in values:
        texts.append(encode.value_to_json(value))
        used += len(texts[-1]) + 1
        check_bytes(used - 1, most_bytes)
    return b"\n".join(texts)
