"""Takes columns from whatever gives Arrow data by the PyCapsule interface, read with nanoarrow.

Source: The Arrow C data interface, "Data type description: format strings"; Arrow columnar format 1.5.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from typing import Any

from jq_magic.data.columns import zones
from jq_magic.data.columns.block import Column, Columns, Field, Flag, Kind, check_bytes, check_names, size
from jq_magic.data.refusals import Refused

try:
    import nanoarrow
    from nanoarrow._utils import NanoarrowException
except ImportError:
    # Frames travel as text then.
    nanoarrow = None

#: Types that need no more than their format string.
_PLAIN = {
    "n": (Kind.NULL, 0), "b": (Kind.BOOL, 1), "e": (Kind.FLOAT, 2), "f": (Kind.FLOAT, 4), "g": (Kind.FLOAT, 8),
    "C": (Kind.INTEGER, 1), "S": (Kind.INTEGER, 2), "I": (Kind.INTEGER, 4), "L": (Kind.INTEGER, 8),
    "u": (Kind.TEXT, 4), "U": (Kind.TEXT, 8), "z": (Kind.BINARY, 4), "Z": (Kind.BINARY, 8),
    "vu": (Kind.TEXT_VIEW, 0), "vz": (Kind.BINARY_VIEW, 0), "tdD": (Kind.DATE, 4), "tdm": (Kind.DATE, 8),
    "tiM": (Kind.INTERVAL, 0), "tiD": (Kind.INTERVAL, 1), "tin": (Kind.INTERVAL, 2),
    "+l": (Kind.LIST, 4), "+L": (Kind.LIST, 8), "+s": (Kind.STRUCT, 0), "+m": (Kind.MAP, 0), "+r": (Kind.RUNS, 0),
}  # fmt: skip
_SIGNED = {"c": 1, "s": 2, "i": 4, "l": 8}
_WIDTHS = {**_SIGNED, "C": 1, "S": 2, "I": 4, "L": 8}
#: Digits of a fraction of a second, by the letter of the unit.
_DIGITS = {"s": 0, "m": 3, "u": 6, "n": 9}
_TIMES = {"tt": Kind.TIME, "ts": Kind.TIMESTAMP, "tD": Kind.DURATION}
#: Kinds whose second buffer has a number of the parameter's width for each row.
_NUMBERS = frozenset({
    Kind.INTEGER, Kind.FLOAT, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.TIMESTAMP, Kind.DURATION, Kind.DICTIONARY,
})  # fmt: skip
_INTERVAL_BYTES = (4, 8, 16)
_OFFSETS = {4: struct.Struct("<i"), 8: struct.Struct("<q")}
#: Arrow's extension types that are written in another way than what stores them.
_UUID, _BOOL8 = b"arrow.uuid", b"arrow.bool8"
_EXTENSION = b"ARROW:extension:name"


def columns(
    value: Any,
    *,
    index: bool = False,  # noqa: ARG001 - as for pandas
    most_bytes: int | None = None,
    needs: Collection[str] | None = None,
) -> Columns | None:
    """Take the columns of a table, or of an array; None where a type has no column in the guest.

    Raises: Refused for columns of one name, and for what nanoarrow finds wrong; InputLimitError.
    """
    if nanoarrow is None:
        return None
    try:
        return _columns(value, most_bytes, needs)
    except _NoColumn:
        return None
    except NanoarrowException as error:
        raise Refused(f"the Arrow data of the {type(value).__name__} cannot be read: {error}") from None


class _NoColumn(Exception):
    """There is no column for a type."""


def _columns(value: Any, most_bytes: int | None, needs: Collection[str] | None) -> Columns:
    if hasattr(type(value), "__arrow_c_stream__"):
        arrays = nanoarrow.c_array_stream(value)
        schema = arrays.get_schema()
    else:
        # nanoarrow 0.9 crashes when it makes a stream of an array of views itself.
        arrays = [nanoarrow.c_array(value)]
        schema = arrays[0].schema
    root = field(schema)
    if schema.format == "+s":
        check_names([child.name for child in root.children])
        for child in root.children:
            if needs is not None and child.name not in needs:
                child.flags |= Flag.OFF
    chunks: list[Column] = []
    owners = []
    used = 0
    for array in arrays:
        view = array.view()
        # The buffers of a view's children do not keep the memory of their array.
        owners += [array, view]
        chunk = column(root, view, 0, view.length)
        used += size(chunk)
        check_bytes(used, most_bytes)
        chunks.append(chunk)
    for zoned, sub_schema in zip(root.every(), _every(schema), strict=True):
        if zoned.flags & Flag.SIGNED and zoned.kind is Kind.TIMESTAMP:
            _set_zone(zoned, sub_schema.format.partition(":")[2], root, chunks)
    return Columns(root, chunks, owners)


def _every(schema: Any) -> Iterator[Any]:
    yield schema
    if schema.dictionary is not None:
        yield from _every(schema.dictionary)
    for child in schema.children:
        yield from _every(child)


def _set_zone(zoned: Field, name: str, root: Field, chunks: list[Column]) -> None:
    """Give a time stamp the table of its zone, for the years that its values are in."""
    unit = 10 ** (zoned.parameter >> 8)
    seconds: set[int] = set()
    for chunk in chunks:
        for each, stamps in zip(root.every(), chunk.every(), strict=True):
            if each is zoned:
                seconds |= {count // unit for count in set(memoryview(stamps.buffers[1]).cast("q"))}
    zoned.zone = zones.table(zones.named(name), seconds)


def field(schema: Any) -> Field:
    """Describe a type. Raises: Refused, _NoColumn."""
    name = schema.name or ""
    if schema.dictionary is not None:
        form = schema.format
        flags = Flag.SIGNED if form in _SIGNED else Flag.NONE
        return Field(Kind.DICTIONARY, _WIDTHS[form], flags, name, children=[field(schema.dictionary)])
    extension = dict(schema.metadata.items()).get(_EXTENSION) if schema.metadata is not None else None
    made = _field(schema.format)
    made.name = name
    if extension == _UUID and made.kind is Kind.FIXED_BINARY:
        made.kind = Kind.UUID
    elif extension == _BOOL8 and made.kind is Kind.INTEGER:
        made.kind, made.parameter, made.flags = Kind.BOOL, 8, Flag.NONE
    made.children = [field(child) for child in schema.children]
    if made.kind is Kind.STRUCT:
        check_names([child.name for child in made.children])
    return made


def _field(form: str) -> Field:
    if form in _PLAIN:
        return Field(*_PLAIN[form])
    if form in _SIGNED:
        return Field(Kind.INTEGER, _SIGNED[form], Flag.SIGNED)
    head, _, rest = form.partition(":")
    if head == "d":
        _, scale, *bits = map(int, rest.split(","))
        return Field(Kind.DECIMAL, (bits[0] if bits else 128) // 8 | scale << 8)
    if head == "w":
        return Field(Kind.FIXED_BINARY, int(rest))
    if head == "+w":
        return Field(Kind.FIXED_LIST, int(rest))
    if head[:2] in _TIMES and head[2:] in _DIGITS:
        width = 4 if head in {"tts", "ttm"} else 8
        return Field(_TIMES[head[:2]], width | _DIGITS[head[2:]] << 8, Flag.SIGNED if rest else Flag.NONE)
    # Unions, list views, and what later versions of Arrow have.
    raise _NoColumn


def column(kind: Field, view: Any, start: int, length: int) -> Column:  # noqa: PLR0911 - one for each layout
    """Cut the rows from `start` on out of a view of nanoarrow. Raises: Refused."""
    at = view.offset + start
    buffers = [memoryview(view.buffer(place)).cast("B") for place in range(view.n_buffers)]
    valid, *rest = buffers or [memoryview(b"")]
    first = at % 8
    valid = valid[at // 8 : -(-(at + length) // 8)] if view.null_count else memoryview(b"")
    width = kind.parameter & 0xFF
    if kind.kind is Kind.STRUCT:
        below = zip(kind.children, view.children, strict=True)
        children = [_off(child) if child.flags & Flag.OFF else column(child, rows, at, length) for child, rows in below]
        return Column(length, first, (valid,), children)
    if kind.kind in {Kind.NULL, Kind.RUNS}:
        below = zip(kind.children, view.children, strict=True)
        return Column(length, at, (), [column(child, rows, 0, rows.length) for child, rows in below])
    if kind.kind is Kind.FIXED_LIST:
        item = column(kind.children[0], view.child(0), at * kind.parameter, length * kind.parameter)
        return Column(length, first, (valid,), [item])
    if kind.kind is Kind.BOOL and kind.parameter == 1:
        return Column(length, first, (valid, rest[0][at // 8 : -(-(at + length) // 8)]))
    if kind.kind in {Kind.TEXT_VIEW, Kind.BINARY_VIEW}:
        return Column(length, first, (valid, rest[0][16 * at : 16 * (at + length)], *_parts(rest[1:-1])))
    if kind.kind in {Kind.LIST, Kind.MAP, Kind.TEXT, Kind.BINARY}:
        return _cut(kind, view, length, at, (valid, *rest))
    width = {
        Kind.FIXED_BINARY: kind.parameter, Kind.UUID: 16, Kind.BOOL: 1,
        Kind.INTERVAL: _INTERVAL_BYTES[kind.parameter] if kind.kind is Kind.INTERVAL else 0,
    }.get(kind.kind, width)  # fmt: skip
    numbers = rest[0][width * at : width * (at + length)]
    values = []
    if kind.kind is Kind.DICTIONARY:
        dictionary = view.dictionary
        values = [column(kind.children[0], dictionary, 0, dictionary.length)]
    return Column(length, first, (valid, numbers), values)


def _off(kind: Field) -> Column:
    """Give a column that is not copied."""
    return Column(0, children=[_off(child) for child in kind.children])


def _cut(kind: Field, view: Any, length: int, at: int, buffers: tuple[memoryview, ...]) -> Column:
    """Cut rows whose bytes, or items, lie between offsets. Raises: Refused for offsets that run backwards."""
    valid, offsets = buffers[:2]
    offset = _OFFSETS[4 if kind.kind is Kind.MAP else kind.parameter]
    numbers = offsets[offset.size * at : offset.size * (at + length + 1)]
    begin = end = 0
    if len(numbers) >= offset.size:
        begin, end = offset.unpack_from(numbers)[0], offset.unpack_from(numbers, len(numbers) - offset.size)[0]
    if not 0 <= begin <= end:
        raise Refused(f"the column {kind.name[:60]!r} has offsets that run backwards")
    if kind.kind in {Kind.TEXT, Kind.BINARY}:
        return Column(length, at % 8, (valid, numbers, buffers[2][begin:end]))
    return Column(length, at % 8, (valid, numbers), [column(kind.children[0], view.child(0), begin, end - begin)])


def _parts(parts: list[memoryview]) -> tuple[list[memoryview], bytes]:
    """Give the buffers that views point into, and where each begins in all of them, and the end."""
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return parts, struct.pack(f"<{len(starts)}I", *starts)
