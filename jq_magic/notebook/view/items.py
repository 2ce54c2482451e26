"""Holds a long array of a document as its JSON text, and decodes the items that are asked for.

Decoded, a text takes some ten times its memory, and a second for each million rows. Here an array is its bytes and the
offset of each item, which `msgspec` finds without decoding anything; so are the cells of one column.
"""

from __future__ import annotations

import array
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import msgspec

from jq_magic.notebook.view.number import Fractions, Integers

#: Bytes of an array that is held as its text; shorter ones are decoded.
LONG_BYTES = 256 << 10
#: What stands for a cell whose object lacks the column's key.
MISSING = object()
#: Bytes of a text whose items are found at a time, and items that are decoded at a time.
_PART_BYTES = 1 << 20
_PART_ITEMS = 5_000
_COMMA = ord(",")
_OBJECT = ord("{")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class NotCompactError(ValueError):
    """Says that a text has blanks between its tokens, so that its items are not where they are looked for."""


class Items(Sequence[Any]):
    """The items of a long array.

    Args:
        text: The array, as compact JSON in UTF-8; it is not changed.
        decode: Decodes the text of an item.
    Raises: NotCompactError; msgspec.DecodeError for what is no JSON; RecursionError for what nests too deep.

    """

    def __init__(self, text: bytes | bytearray, decode: Callable[[bytes | bytearray], Any]) -> None:
        self._text, self._decode = text, decode
        self._starts = _starts(text)
        # Long items, each of which would be looked through again.
        self._long: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, position: int) -> Any: ...
    @overload
    def __getitem__(self, position: slice) -> list[Any]: ...
    def __getitem__(self, position: int | slice) -> Any:
        if isinstance(position, slice):
            start, stop, _ = position.indices(len(self))
            return list(self._between(start, stop))
        at = range(len(self))[position]
        if at in self._long:
            return self._long[at]
        text = self.text(at, at + 1)
        value = self._decode(text)
        if len(text) > LONG_BYTES:
            self._long[at] = value
        return value

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _PART_ITEMS):
            yield from self._between(start, min(start + _PART_ITEMS, len(self)))

    def _between(self, start: int, stop: int) -> Iterator[Any]:
        """Yield items that stand beside each other, decoded at once unless they are long."""
        if start < stop and self._starts[stop] - self._starts[start] <= _PART_BYTES:
            yield from decoded(_in_brackets(self.text(start, stop)))
        else:
            yield from (self[at] for at in range(start, stop))

    def text(self, start: int, stop: int) -> bytes | bytearray:
        """Give the texts of some items, with the commas between them."""
        return self._text[self._starts[start] : self._starts[stop] - 1] if start < stop else b""

    def written(self) -> str:
        """Give the array as it is written."""
        return self._text.decode("utf-8", "surrogatepass")

    @property
    def are_objects(self) -> bool:
        """Whether each item is an object."""
        return all(self._text[start] == _OBJECT for start in itertools.islice(self._starts, len(self)))

    def cells(self, name: str, start: int, stop: int) -> list[Any]:
        """Give the members of some objects under a key; MISSING for those that have none.

        Numbers are Python's: whole ones exact, others the nearest float.
        """
        cells: list[Any] = []
        decoder = _of_column(name)
        for part in range(start, stop, _PART_ITEMS):
            text = _in_brackets(self.text(part, min(part + _PART_ITEMS, stop)))
            try:
                rows = decoder.decode(text) if decoder else []
            except msgspec.MsgspecError:
                # A number that no float holds.
                rows = []
            cells += (row.cell for row in rows) if rows else (row.get(name, MISSING) for row in decoded(text))
        return cells

    def keys(self, counted: int, most: int) -> dict[str, int]:
        """Give the keys of objects in first-seen order, and how many of the first `counted` objects have each.

        Args:
            most: Keys beyond which nobody wants to know more.

        """
        counts: dict[str, int] = {}
        for start in range(0, len(self), _PART_ITEMS):
            text = _in_brackets(self.text(start, min(start + _PART_ITEMS, len(self))))
            if start >= counted and _has_only(counts, text):
                continue
            for row in _objects(text):
                for key in row:
                    counts[key] = counts.get(key, 0) + (start < counted)
            if len(counts) > most:
                break
        return counts

    def containing(self, wanted: str, start: int, stop: int) -> Iterator[int]:
        """Find which of some items have a JSON text that contains another text, whatever its case.

        Args:
            wanted: As `str.casefold` gives it; one that JSON writes with escapes is taken for contained.

        """
        written = json.dumps(wanted, ensure_ascii=False)[1:-1]
        is_plain = written == wanted and wanted.isprintable()
        for part in range(start, stop, _PART_ITEMS):
            end = min(part + _PART_ITEMS, stop)
            if not is_plain:
                yield from range(part, end)
            elif wanted in _folded(self.text(part, end)):
                yield from (at for at in range(part, end) if wanted in _folded(self.text(at, at + 1)))


def decoded(text: bytes | bytearray) -> Any:
    """Decode a JSON text, with numbers as `view.number` has them. Raises: ValueError, RecursionError."""
    return json.loads(
        text.decode("utf-8", "surrogatepass"),
        parse_int=Integers().__getitem__,
        parse_float=Fractions().__getitem__,
        parse_constant=_no_constant,
    )


def held(text: bytes | bytearray) -> Any:
    """Decode a JSON text whose long arrays stay texts. Raises: ValueError, RecursionError."""
    if len(text) <= LONG_BYTES or not text.startswith((b"[", b"{")):
        return decoded(text)
    try:
        if text.startswith(b"["):
            return Items(text, held)
        members: dict[str, Any] = {key: held(bytes(raw)) for key, raw in _MEMBERS.decode(text).items()}
    except (NotCompactError, msgspec.DecodeError, UnicodeError):
        # JSON that msgspec does not take, or text that a guest lies about.
        return decoded(text)
    return members


def _starts(text: bytes | bytearray) -> array.array[int]:
    """Find where each item of an array starts, and where another one would."""
    if not text.endswith(b"]"):
        raise NotCompactError
    starts = array.array("I", [1])
    at, end = 1, len(text) - 1
    size = _PART_BYTES
    while at < end:
        # A comma of the array itself: before it all brackets are closed, or the decoder says so.
        cut = end if at + size >= end else text.rfind(b"},{", at, at + size) + 1 or text.rfind(b",", at, at + size)
        try:
            raws = _RAWS.decode(_in_brackets(text[at:cut])) if cut > at else None
        except msgspec.DecodeError:
            if at + size >= end:
                raise
            raws = None
        if raws is None:
            size *= 4
            continue
        lengths = itertools.accumulate(map((1).__add__, map(len, raws)), initial=at)
        starts.extend(itertools.islice(lengths, 1, None))
        at = starts[-1]
        if at != cut + 1 or (at <= end and text[at - 1] != _COMMA):
            raise NotCompactError
        size = _PART_BYTES
    return starts


def _in_brackets(text: bytes | bytearray) -> bytes:
    return b"".join((b"[", text, b"]"))


def _of_column(name: str) -> Any:
    """Make what decodes the members under a key, and nothing else; None for a key that msgspec does not take."""
    try:
        row = msgspec.defstruct("Row", [("cell", Any, MISSING)], rename={"cell": name}, gc=False)
    except ValueError:
        return None
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type] # the class is made here


def _objects(text: bytes) -> Any:
    try:
        return _OBJECTS.decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        # Half of a surrogate pair in a key.
        return decoded(text)


def _has_only(names: dict[str, int], text: bytes) -> bool:
    """Say whether objects have no keys but these."""
    fields = [(f"f{place}", msgspec.Raw, msgspec.UNSET) for place in range(len(names))]
    row = msgspec.defstruct(
        "Row",
        fields,
        rename={f"f{place}": name for place, name in enumerate(names)},
        forbid_unknown_fields=True,
        gc=False,
    )
    try:
        msgspec.json.decode(text, type=list[row])  # type: ignore[valid-type] # the class is made here
    except (msgspec.MsgspecError, ValueError):
        return False
    return True


def _folded(text: bytes | bytearray) -> str:
    return text.decode("utf-8", "surrogatepass").casefold()


def _no_constant(word: str) -> Any:
    # json.loads takes NaN and Infinity, which are no JSON and no numbers that can be sorted.
    raise ValueError(word)
