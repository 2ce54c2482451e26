"""Makes the input of a run of what somebody holds: JSON texts, or the columns of a data frame."""

from __future__ import annotations

from typing import Any

from jq_magic.data import columns, encode
from jq_magic.data.columns.block import Columns
from jq_magic.data.refusals import Refused


def value_input(value: Any, *, index: bool = False, most_bytes: int | None = None) -> bytes | Columns:
    """One Python value as input: a frame by its columns, anything else as a JSON text.

    Args:
        value: A str is a string.
        index: Keep an index of pandas that only counts the rows, too.
        most_bytes: As many may be copied of columns; None for any number.
    Raises: DataError, InputLimitError.

    """
    try:
        made = columns.of(value, index=index, most_bytes=most_bytes)
    except Refused as refused:
        raise refused.error() from None
    return encode.value_to_json(value) if made is None else made


def text_input(value: Any, *, index: bool = False, most_bytes: int | None = None) -> bytes | Columns:
    """What a notebook variable holds, as input: a str or bytes is JSON texts, anything else one value.

    Args and Raises: as `value_input`.
    """
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return encode.to_json_bytes(value)
    return value_input(value, index=index, most_bytes=most_bytes)
