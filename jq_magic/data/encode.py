"""Turns Python values into JSON bytes.

A value that is plain all through (None, truth values, numbers, strings, lists and dictionaries of them) is written as
it is; any other is first made plain by `values`.
"""

from __future__ import annotations

import codecs
import datetime
import decimal
import gc
import math
import os
import re
import sys
from collections.abc import Collection
from typing import Any

import msgspec

from jq_magic.data import records, values
from jq_magic.data.refusals import Refused
from jq_magic.errors import DataError

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LEAVES = values.ATOMS | {datetime.date, datetime.datetime, decimal.Decimal}
#: Types that msgspec writes as they should be written, but for what `_written` and `_whole_minutes` look for.
_WRITTEN = _LEAVES | {list, tuple, dict}
#: Values up to this number are looked into one by one.
_FEW = 100
#: How many values are looked into in one call.
_BATCH = 1_024
#: Decimals that are no numbers, or keys; a string that looks like one does no harm.
_ODD_DECIMAL = re.compile(rb"NaN|Infinity|[{,]-?[0-9.]+(?:E[+-]?[0-9]+)?:")
#: A number that is infinite as soon as it is read; JSON has no word for that.
_INFINITE = {True: msgspec.Raw(b"1e999"), False: msgspec.Raw(b"-1e999")}
#: Infinities as MessagePack has them.
_INFINITE_PACKED = (b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", b"\xcb\xff\xf0\x00\x00\x00\x00\x00\x00")


def text_to_bytes(text: str | bytes) -> bytes:
    """JSON texts as UTF-8; a lone surrogate becomes U+FFFD, and UTF-16 and UTF-32 with a mark are decoded.

    Raises: DataError for other types.
    """
    if isinstance(text, (bytes, bytearray, memoryview)):
        held = bytes(text)
        # No JSON in UTF-8 begins with one of these bytes. The mark of UTF-32 begins with that of UTF-16.
        if held[:4] in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
            return held.decode("utf-32", "replace").encode()
        if held[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return held.decode("utf-16", "replace").encode()
        return held
    if not isinstance(text, str):
        message = f"the input text is a str or bytes, not {type(text).__name__}; input_value takes Python values"
        raise DataError(message)
    return _whole(text).encode()


def to_json_bytes(value: Any) -> bytes:
    """What a notebook variable holds, as JSON texts: a str or bytes is JSON text already, anything else one value.

    Raises: DataError, with the type and what to do.
    """
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        return text_to_bytes(value)  # type: ignore[arg-type] # all of them are handled there
    if isinstance(value, os.PathLike):
        raise DataError(f"a {type(value).__name__} names a file and is not what it holds; give its .read_text()")
    return value_to_json(value)


def value_to_json(value: Any) -> bytes:
    """One Python value as one JSON text; a str is a string.

    Numbers keep their digits; NaN and what is missing become null; infinities stay infinite. Dates, times and
    durations are strings as ISO 8601 has them, bytes are base64. A frame is an array of records; its index comes
    along, unless it is integers without a name.
    Raises: DataError, with the type, where it stands and what to do.
    """
    try:
        kinds = _kinds(value)
        text = None if kinds is None else _written(value, kinds)
        if text is not None:
            return text
        plain = values.plain(value)
        text = _written(plain, {float})
        return _ENCODER.encode(_mended(plain)) if text is None else text
    except Refused as refused:
        raise refused.error() from None
    except RecursionError:
        raise DataError(f"the {type(value).__name__} nests too deep for Python to go through it") from None


def program(text: str) -> bytes:
    """A program's text as UTF-8. Raises: DataError."""
    if not isinstance(text, str):
        raise DataError(f"a program is a str, not {type(text).__name__}")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"the program cannot be written in UTF-8: {error.reason}") from None


def arguments(args: dict[str, Any], positional: list[Any], modules: dict[str, Any] | None = None) -> bytes:
    """Arguments as the guest takes them: a JSON object of those with names, or an array of it and of the others.

    Args:
        args, positional: Those with names, and the others.
        modules: What the guest needs to know of modules; None where there are none.

    Any str is a name: one that jq cannot write as `$name` is a key of `$ARGS.named` only, as in jq.

    Raises: DataError for a name of another type.

    """
    for name in args:
        if not isinstance(name, str):
            raise DataError(f"{name!r} is no name for an argument: it must be a str")
    if modules is not None:
        return value_to_json([args, positional, modules])
    if positional:
        return value_to_json([args, positional])
    return value_to_json(args) if args else b""


def _kinds(value: Any) -> set[type] | None:
    """Give the types of all that a value holds, when msgspec writes them as they should be written; None otherwise.

    A small value is gone through item by item, a larger one by the garbage collector (`gc.get_referents`), batch by
    batch.
    """
    items: list[Any] = [value]
    kinds: set[type] = set()
    for item in items:
        kind = type(item)
        kinds.add(kind)
        if kind is dict or kind is list or kind is tuple:
            if len(items) + len(item) > _FEW:
                return _kinds_in_batches(value)
            items += item
            if kind is dict:
                items += item.values()
    if not kinds <= _WRITTEN or (datetime.datetime in kinds and not _whole_minutes(items)):
        return None
    return kinds


def _kinds_in_batches(value: Any) -> set[type] | None:
    deepest = sys.getrecursionlimit()
    kinds: set[type] = set()
    count = 0
    waiting: list[tuple[list[Any], int]] = [([[value]], 0)]
    while waiting:
        holders, depth = waiting.pop()
        held = gc.get_referents(*holders)
        here = set(map(type, held))
        kinds |= here
        if depth > deepest or not here <= _WRITTEN or (datetime.datetime in here and not _whole_minutes(held)):
            return None
        count += len(held)
        if count > values.MOST_VALUES:
            raise Refused(values.TOO_MANY)
        if not here <= _LEAVES:
            waiting += ((held[at : at + _BATCH], depth + 1) for at in range(0, len(held), _BATCH))
    return kinds


def _whole_minutes(batch: list[Any]) -> bool:
    """Tell whether msgspec writes what lies between UTC and the dates in a batch: it leaves seconds out."""
    zones = {item.tzinfo for item in batch if type(item) is datetime.datetime}
    return all(
        zone is None or (type(zone) is datetime.timezone and not zone.utcoffset(None).seconds % 60) for zone in zones
    )


def _written(plain: Any, kinds: Collection[type]) -> bytes | None:
    """Write a plain value; None when msgspec does not write all of it as it should be."""
    try:
        text = _ENCODER.encode(plain)
    except (TypeError, ValueError):
        # A key, a lone surrogate or a long integer.
        return None
    # A text of numbers is searched far faster for one byte than for four.
    if float in kinds and b"n" in text and b"null" in text and _infinite(plain):
        return None
    return None if decimal.Decimal in kinds and _ODD_DECIMAL.search(text) else text


def _infinite(plain: Any) -> bool:
    """Tell whether there may be an infinity in a plain value."""
    try:
        packed = msgspec.msgpack.encode(plain)
    except (ValueError, OverflowError):
        # An integer of more than 64 bits.
        return True
    return any(number in packed for number in _INFINITE_PACKED)


def _mended(plain: Any) -> Any:
    """Make what msgspec can write of what it cannot: infinities, long integers, lone surrogates."""
    kind = type(plain)
    if kind is dict:
        members: dict[Any, Any] = {}
        for key, item in plain.items():
            members[_whole(key) if type(key) is str else key] = _mended(item)
        return members
    if kind is list or kind is tuple:
        items: list[Any] = []
        for item in plain:
            # No comprehension, which would take a second frame of Python for each level of nesting.
            items.append(_mended(item))  # noqa: PERF401
        return items
    if isinstance(plain, msgspec.Struct):
        return _mended(records.members(plain))
    if kind is str:
        return _whole(plain)
    if kind is float and math.isinf(plain):
        return _INFINITE[plain > 0]
    # CPython refuses to write integers above its own setting; the library of Decimal does not.
    return decimal.Decimal(plain) if kind is int and plain.bit_length() > 10_000 else plain


def _whole(text: str) -> str:
    """Put U+FFFD for lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
