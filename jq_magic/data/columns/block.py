"""Lays columns out for the guest, which describes the layout in wasm/guest/src/arrow.rs."""

from __future__ import annotations

import dataclasses
import enum
import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from jq_magic.data.refusals import Refused
from jq_magic.limits.exceeded import exceeded

#: Bytes, or several that follow one another.
Buffer = Any

_MAGIC = 0x4641_514A
_HEAD, _FIELD, _COLUMN = struct.Struct("<4I"), struct.Struct("<8I"), struct.Struct("<10I")
_ALIGNED = 8


class Kind(enum.IntEnum):
    """How the guest reads the buffers of a column."""

    NULL = 0
    BOOL = 1
    INTEGER = 2
    FLOAT = 3
    DECIMAL = 4
    DATE = 5
    TIME = 6
    TIMESTAMP = 7
    DURATION = 8
    INTERVAL = 9
    TEXT = 10
    BINARY = 11
    TEXT_VIEW = 12
    BINARY_VIEW = 13
    FIXED_BINARY = 14
    LIST = 15
    FIXED_LIST = 16
    STRUCT = 17
    MAP = 18
    DICTIONARY = 19
    RUNS = 20
    JSON = 21
    UUID = 22


class Flag(enum.IntFlag):
    """What else the guest knows of a column."""

    NONE = 0
    #: The first buffer has a byte for each row, which is not 0 where the value is missing.
    MASK = 1
    #: The column is not copied, and is no member of its record.
    OFF = 2
    #: Integers have a sign; time stamps have a zone.
    SIGNED = 4
    #: NaN, the least integer of a time, and the code -1 say that a value is missing.
    MARKED = 8


@dataclasses.dataclass
class Field:
    """What a column is.

    Attributes:
        kind: How it is read.
        parameter: A width, a scale or a length, as the kind has it.
        name: The key of its values in a record.
        zone: The table of the time zone of a time stamp.

    """

    kind: Kind
    parameter: int = 0
    flags: Flag = Flag.NONE
    name: str = ""
    zone: bytes = b""
    children: list[Field] = dataclasses.field(default_factory=list)

    def every(self) -> Iterator[Field]:
        """Give the field and all below it, in preorder."""
        yield self
        for child in self.children:
            yield from child.every()


class Column(NamedTuple):
    """Some rows of a field.

    Attributes:
        length: How many.
        first: The bit of a bitmap at which they begin.
        buffers: Validity, then up to three more; an absent one is empty.
        children: Those of the field's children.

    """

    length: int
    first: int = 0
    buffers: Sequence[Buffer] = ()
    children: Sequence[Column] = ()

    def every(self) -> Iterator[Column]:
        """Give the column and all below it, in preorder."""
        yield self
        for child in self.children:
            yield from child.every()


class Columns:
    """A frame as the guest takes it: pieces of memory, which stay where they are until they are copied into it.

    Attributes:
        rows: How many rows there are.
        pieces: Where each piece stands in the block, with its bytes.
        fields, chunks: What its columns are, and their rows.

    """

    def __init__(self, root: Field, chunks: Sequence[Column], owners: Sequence[Any] = ()) -> None:
        """Args: owners: What must live as long as the buffers, where a buffer does not see to that itself."""
        self.fields, self.chunks, self.owners = root, chunks, owners
        self.rows = sum(chunk.length for chunk in chunks)
        fields = list(root.every())
        columns = [column for chunk in chunks for column in chunk.every()]
        self._end = _HEAD.size + _FIELD.size * len(fields) + _COLUMN.size * len(columns)
        self.pieces: list[tuple[int, Buffer]] = []
        head = [_HEAD.pack(_MAGIC, len(fields), len(chunks), 0)]
        for field in fields:
            # A lone surrogate in a name becomes U+FFFD, as in every other string.
            name = self._add(field.name.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode())
            spans = (*name, *self._add(field.zone))
            head.append(
                _FIELD.pack(field.kind, field.parameter & 0xFFFF_FFFF, field.flags, len(field.children), *spans)
            )
        for column in columns:
            places = [place for buffer in column.buffers for place in self._add(buffer)]
            head.append(_COLUMN.pack(column.length, column.first, *places, *[0] * (8 - len(places))))
        self.pieces.insert(0, (0, b"".join(head)))

    def __len__(self) -> int:
        """The bytes of the block, which count as input."""
        return self._end

    def __bytes__(self) -> bytes:
        """The block as it is in the guest."""
        block = bytearray(self._end)
        for at, piece in self.pieces:
            block[at : at + len(piece)] = piece
        return bytes(block)

    def _add(self, buffer: Buffer) -> tuple[int, int]:
        """Give a buffer its place. Returns: where it is, and its length."""
        parts = buffer if isinstance(buffer, list) else [buffer]
        length = sum(map(len, parts))
        if not length:
            return 0, 0
        at = start = -(-self._end // _ALIGNED) * _ALIGNED
        for part in parts:
            self.pieces.append((at, part))
            at += len(part)
        self._end = at
        if at >= 2**32:
            raise Refused("its columns take more than 4 GiB, which is all that a sandbox can hold")
        return start, length


def check_names(names: Sequence[str]) -> None:
    """Refuse names that stand for several columns. Raises: Refused."""
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Refused(f"the frame has several columns named {', '.join(twice)}; rename them first")


def check_bytes(used: int, most_bytes: int | None) -> None:
    """Stop before more is read than may be copied. Raises: InputLimitError."""
    if most_bytes is not None and used > most_bytes:
        raise exceeded("input_bytes", used, most_bytes)


def size(column: Column) -> int:
    """Count the bytes that a column takes in a block, with what says where its buffers are."""
    return sum(_COLUMN.size + sum(map(len, _buffers(each))) for each in column.every())


def _buffers(column: Column) -> list[Any]:
    parts: list[Any] = []
    for buffer in column.buffers:
        parts += buffer if isinstance(buffer, list) else [buffer]
    return parts
