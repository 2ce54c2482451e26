"""Answers what a tree in the page shows of a run's outputs, whose values are named by their positions."""

from __future__ import annotations

import collections
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from jq_magic.notebook.view.items import Items, held
from jq_magic.notebook.view.number import Number, scalar

#: Characters of outputs that are decoded for a view, and commas and opening brackets among them: a value in Python
#: takes at most some 110 bytes for each of those.
TEXT_CHARS = 64 << 20
TEXT_MARKS = 12_000_000
#: Characters of a string that a page is sent; `written` gives the whole of it.
SENT_CHARS = 400
#: Characters of a key that a page is sent; it builds paths from keys, so a longer one has no path.
KEY_CHARS = 2_000
#: Characters of JSON that are written for one request.
WRITTEN_CHARS = 8 << 20
#: Values that one search looks at, and characters that it reads.
SEARCHED_VALUES = 2_000_000
SEARCHED_CHARS = 64 << 20
#: Items of long arrays that one search decodes, since they contain what is looked for.
SEARCHED_ITEMS = 10_000
#: Places that a search gives, and steps from the outputs down that all of them have together.
PLACES = 1_000
PLACES_STEPS = 100_000
#: Characters that are copied at a time.
_COPIED_CHARS = 1 << 20
_PREVIEWED = 6
_PREVIEW_CHARS = 80
_SURROGATE = re.compile("[\ud800-\udfff]")

#: The types of arrays and objects.
NESTED = (dict, list, Items)

#: Where a value is: the output's position, then the position in each array or object.
At = tuple[int, ...]


class RequestError(Exception):
    """Says why a request has no answer; the message is for the reader of the page."""


class Document:
    """Holds the outputs of a run. Raises: RequestError for what Python cannot hold, and for what is no JSON.

    Args:
        text: JSON texts, one a line.

    Attributes:
        outputs: Their values, with numbers as `jq_magic.notebook.view.number` has them.

    """

    def __init__(self, text: str) -> None:
        if len(text) > TEXT_CHARS or sum(map(text.count, "\n,[{")) > TEXT_MARKS:
            raise RequestError(f"the output of {len(text):,} characters is too much for a view; .text has all of it")
        try:
            self.outputs: Sequence[Any] = _outputs(text)
        except RecursionError:
            raise RequestError("the output nests too deep to be shown as a tree; .text has all of it") from None
        except ValueError:
            raise RequestError("the output is no JSON; .text has all of it") from None
        is_long = isinstance(self.outputs, Items) or any(isinstance(value, Items) for value in self.outputs[:1])
        #: Characters that take the memory of decoded ones: a text with the places of its items takes a tenth of that.
        self.decoded_chars = len(text) // 10 if is_long else len(text)

    def find(self, at: At) -> Any:
        """Give the value at a place; the list of outputs at (). Raises: RequestError."""
        value: Any = self.outputs
        for position in at:
            if not isinstance(value, NESTED) or position >= len(value):
                raise RequestError("there is no such value in this result")
            value = _nth(value.values(), position) if isinstance(value, dict) else value[position]
        return value

    def children(self, at: At, start: int, stop: int) -> list[dict[str, Any]]:
        """Describe the children at positions start to stop for the rows of a tree. Raises: RequestError."""
        value = self.find(at)
        if isinstance(value, (list, Items)):
            return [described(child) for child in value[start:stop]]
        if isinstance(value, dict):
            return [{**described(child), **_key(key)} for key, child in itertools.islice(value.items(), start, stop)]
        raise RequestError("this value has no children")

    def unfolded(self, most_rows: int, most_level: int) -> list[list[Any]]:
        """Name the arrays and objects that are opened, level by level, while no more rows are shown than that.

        Returns: [place, size] of each, those above before those inside; a single output that holds values is one of
            them, however many.

        """
        rows = len(self.outputs)
        places: list[list[Any]] = []
        steps = 0
        # Of a list of outputs or children, no more than can be shown is looked at.
        waiting: collections.deque[tuple[list[int], Any]] = collections.deque(
            ([position], value) for position, value in enumerate(self.outputs[:most_rows])
        )
        while waiting:
            at, value = waiting.popleft()
            if not isinstance(value, NESTED) or not value or len(at) > most_level:
                continue
            is_only = len(at) == 1 and len(self.outputs) == 1
            steps += len(at)
            if (rows + len(value) > most_rows and not is_only) or steps > PLACES_STEPS:
                continue
            rows += len(value)
            places.append([at, len(value)])
            children = value.values() if isinstance(value, dict) else value
            waiting.extend(([*at, place], child) for place, child in enumerate(itertools.islice(children, most_rows)))
        return places

    def written(self, at: At) -> str:
        """Write a value as JSON. Raises: RequestError for one that is too long for the clipboard."""
        text = compact(self.find(at))
        if len(text) > WRITTEN_CHARS:
            raise RequestError(f"the value has {len(text):,} characters, too many to copy; .text has all of it")
        return text

    def search(self, wanted: str) -> dict[str, Any]:
        """Look for values whose key or text contains a text, whatever its case.

        Returns: count; at: the first PLACES places, fewer where they are deep; whole: whether all was looked at.

        """
        wanted = wanted.casefold()
        count, steps, looked, chars, decoded = 0, 0, 0, 0, 0
        places: list[list[int]] = []
        # One list is the place of the value that is looked at: a place of its own for each value is quadratic work.
        at = [-1]
        open_ = [(_children(self.outputs, wanted), isinstance(self.outputs, Items))]
        while open_:
            children, is_decoded = open_[-1]
            for position, key, value in children:
                at[-1] = position
                decoded += is_decoded
                is_nested = isinstance(value, NESTED)
                text = "" if is_nested else value if isinstance(value, str) else scalar(value)
                looked += 1
                chars += len(text) + len(key)
                if looked > SEARCHED_VALUES or chars > SEARCHED_CHARS or decoded > SEARCHED_ITEMS:
                    return {"count": count, "at": places, "whole": False}
                if wanted in text.casefold() or (key and wanted in key.casefold()):
                    count += 1
                    steps += len(at)
                    if len(places) < PLACES and steps <= PLACES_STEPS:
                        places.append(list(at))
                if is_nested and value:
                    open_.append((_children(value, wanted), isinstance(value, Items)))
                    at.append(-1)
                    break
            else:
                open_.pop()
                at.pop()
        return {"count": count, "at": places, "whole": True}


def _children(value: Any, wanted: str) -> Iterator[tuple[int, str, Any]]:
    """Yield position, key and value of each child; of a long array, those whose text contains what is looked for."""
    if isinstance(value, dict):
        return ((position, *item) for position, item in enumerate(value.items()))
    if isinstance(value, Items):
        return ((position, "", value[position]) for position in value.containing(wanted, 0, len(value)))
    return ((position, "", item) for position, item in enumerate(value))


def _outputs(text: str) -> Sequence[Any]:
    """Decode JSON texts, one a line, and hold one copy of those that stay texts. Raises: as `held`."""
    text_ends = text.find("\n") in {-1, len(text) - 1}
    array = bytearray(b"[")
    for start in range(0, len(text), _COPIED_CHARS):
        array += text[start : start + _COPIED_CHARS].replace("\n", ",").encode("utf-8", "surrogatepass")
    if array.endswith(b","):
        del array[-1]
    if text_ends and len(array) > 1:
        # A single output, which can be a long array itself.
        del array[0]
        return [held(array)]
    array += b"]"
    outputs: Sequence[Any] = held(array)
    return outputs


def kind(value: Any) -> str:
    """Name the type of a value, as jq does."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, NESTED):
        return "object" if isinstance(value, dict) else "array"
    return "null" if value is None else "boolean" if isinstance(value, bool) else "number"


def described(value: Any) -> dict[str, Any]:
    """Say what a page shows of a value: `t` its type, `v` its text, `n` its size, `cut` characters left out."""
    if isinstance(value, NESTED):
        return {"t": kind(value), "v": _preview(value), "n": len(value)}
    text = value if isinstance(value, str) else scalar(value)
    shown = {"t": kind(value), "v": sent(text)}
    return shown if len(text) <= SENT_CHARS else {**shown, "cut": len(text) - SENT_CHARS}


def sent(text: str, most: int = SENT_CHARS) -> str:
    """Give the beginning of a text as a message can hold it: in UTF-8 there is no half of a surrogate pair."""
    return _SURROGATE.sub("\ufffd", text[:most])


def _key(key: str) -> dict[str, Any]:
    if len(key) <= KEY_CHARS:
        return {"k": sent(key, KEY_CHARS)}
    return {"k": sent(key), "keycut": len(key) - SENT_CHARS}


def _preview(value: dict[str, Any] | Sequence[Any]) -> str:
    """Show the first keys of an object, the first values of an array that is not nested."""
    parts = []
    room = _PREVIEW_CHARS
    for part in itertools.islice(value, _PREVIEWED):
        text = sent(part, _PREVIEW_CHARS) if isinstance(value, dict) else _sign(part)
        if len(text) > room:
            break
        parts.append(text)
        room -= len(text)
    if len(parts) < len(value):
        parts.append("…")
    return ", ".join(parts)


def _sign(value: Any) -> str:
    if isinstance(value, NESTED):
        return ("{…}" if isinstance(value, dict) else "[…]") if value else ("{}" if isinstance(value, dict) else "[]")
    return json.dumps(sent(value, _PREVIEW_CHARS), ensure_ascii=False) if isinstance(value, str) else scalar(value)


def compact(value: Any) -> str:
    """Write a value as JSON in one line. Raises: RequestError for what cannot be written."""

    def written(value: Any) -> msgspec.Raw:
        assert isinstance(value, (Number, Items))
        return msgspec.Raw((value.text if isinstance(value, Number) else value.written()).encode())

    try:
        return msgspec.json.encode(value, enc_hook=written).decode()
    except RecursionError:
        raise RequestError("the value nests too deep to be copied; .text has all of it") from None
    except UnicodeEncodeError:
        raise RequestError("the value has halves of characters and cannot be copied; .text has all of it") from None


def _nth(values: Any, position: int) -> Any:
    return next(itertools.islice(values, position, None))
