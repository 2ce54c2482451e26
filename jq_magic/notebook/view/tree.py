"""The outputs of a run as a tree that can be walked by position, with numbers as they were written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import msgspec

#: Characters of a string that a page is sent; `written` gives the whole of it.
SENT_CHARS = 400
#: Characters of a key that a page is sent; it builds paths from keys, so a longer one has no path.
KEY_CHARS = 2_000
#: Characters of JSON that are written for one request.
WRITTEN_CHARS = 8 << 20
#: Values that one search looks at, and characters that it reads.
SEARCHED_VALUES = 2_000_000
SEARCHED_CHARS = 256 << 20
#: Places of a search that are kept.
FOUND = 1_000
_PREVIEWED = 6
_PREVIEW_CHARS = 80

#: Where a value is: the output's position, then the position in each array or object.
At = tuple[int, ...]


class RequestError(Exception):
    """A page asked for what there is not; the message is for its reader."""


class Number:
    """A number as it is written in the output: no digit is lost."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def value(self) -> int | float:
        """Near enough to compare and to draw: integers that Python can read are exact."""
        try:
            return int(self.text)
        except ValueError:
            return float(self.text)


class Document:
    """Outputs, from JSON texts one a line. Raises: RequestError for nesting that Python cannot hold."""

    def __init__(self, text: str) -> None:
        lines = f"[{text.removesuffix(chr(10)).replace(chr(10), ',')}]"
        try:
            self.outputs: list[Any] = json.loads(lines, parse_int=Number, parse_float=Number)
        except RecursionError:
            raise RequestError("the output nests too deep to be shown as a tree; .text has all of it") from None

    def find(self, at: At) -> Any:
        """The value at a place; the list of outputs at (). Raises: RequestError."""
        value: Any = self.outputs
        for position in at:
            if not isinstance(value, (dict, list)) or position >= len(value):
                raise RequestError("there is no such value in this result")
            value = value[position] if isinstance(value, list) else _nth(value.values(), position)
        return value

    def children(self, at: At, start: int, stop: int) -> list[dict[str, Any]]:
        """What the rows of a tree show of the children at positions start to stop."""
        value = self.find(at)
        if isinstance(value, list):
            return [described(child) for child in value[start:stop]]
        if isinstance(value, dict):
            return [{**described(child), **_key(key)} for key, child in itertools.islice(value.items(), start, stop)]
        raise RequestError("this value has no children")

    def written(self, at: At) -> str:
        """A value as JSON. Raises: RequestError for one that is too long for the clipboard."""
        text = _json(self.find(at))
        if len(text) > WRITTEN_CHARS:
            raise RequestError(f"the value has {len(text):,} characters, too many to copy; .text has all of it")
        return text

    def search(self, wanted: str) -> dict[str, Any]:
        """Places whose key or value contains a text, whatever its case.

        Returns: count; at: the first FOUND places; whole: whether everything was looked at.

        """
        wanted = wanted.casefold()
        count, chars = 0, 0
        places: list[list[int]] = []
        whole = True
        for looked, (at, key, value) in enumerate(_walk(self.outputs)):
            text = value if isinstance(value, str) else "" if isinstance(value, (dict, list)) else scalar(value)
            chars += len(text) + len(key)
            if looked >= SEARCHED_VALUES or chars > SEARCHED_CHARS:
                whole = False
                break
            if wanted in text.casefold() or wanted in key.casefold():
                count += 1
                if len(places) < FOUND:
                    places.append(list(at))
        return {"count": count, "at": places, "whole": whole}


def kind(value: Any) -> str:
    """The type of a value, as jq names it."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, (dict, list)):
        return "object" if isinstance(value, dict) else "array"
    return "null" if value is None else "boolean" if isinstance(value, bool) else "number"


def scalar(value: Any) -> str:
    """A null, boolean or number as JSON."""
    return value.text if isinstance(value, Number) else json.dumps(value)


def described(value: Any) -> dict[str, Any]:
    """What a page shows of a value: `t` its type, `v` its text, `n` its size, `cut` characters left out."""
    found: dict[str, Any] = {"t": kind(value)}
    if isinstance(value, (dict, list)):
        return {**found, "v": _preview(value), "n": len(value)}
    text = value if isinstance(value, str) else scalar(value)
    if len(text) > SENT_CHARS:
        found["cut"] = len(text) - SENT_CHARS
    return {**found, "v": text[:SENT_CHARS]}


def _key(key: str) -> dict[str, Any]:
    return {"k": key} if len(key) <= KEY_CHARS else {"k": key[:SENT_CHARS], "keycut": len(key) - SENT_CHARS}


def _preview(value: dict[str, Any] | list[Any]) -> str:
    """The first keys of an object, the first values of an array that is not nested."""
    parts = []
    room = _PREVIEW_CHARS
    for part in itertools.islice(value, _PREVIEWED):
        text = _sign(part) if isinstance(value, list) else part[:_PREVIEW_CHARS]
        if len(text) > room:
            break
        parts.append(text)
        room -= len(text)
    if len(parts) < len(value):
        parts.append("…")
    return ", ".join(parts)


def _sign(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return ("{…}" if isinstance(value, dict) else "[…]") if value else ("{}" if isinstance(value, dict) else "[]")
    return json.dumps(value[:_PREVIEW_CHARS], ensure_ascii=False) if isinstance(value, str) else scalar(value)


def _json(value: Any) -> str:
    def hook(found: Any) -> msgspec.Raw:
        return msgspec.Raw(found.text.encode())

    try:
        return msgspec.json.encode(value, enc_hook=hook).decode()
    except RecursionError:
        raise RequestError("the value nests too deep to be copied; .text has all of it") from None


def _walk(outputs: list[Any]) -> Iterator[tuple[At, str, Any]]:
    """Every value below the outputs, in the order of their text: place, key, value."""
    open_: list[Iterator[tuple[str, Any]]] = [(("", output) for output in outputs)]
    at = [-1]
    while open_:
        step = next(open_[-1], None)
        if step is None:
            open_.pop()
            at.pop()
            continue
        at[-1] += 1
        key, value = step
        yield tuple(at), key, value
        if isinstance(value, (dict, list)):
            open_.append(iter(value.items()) if isinstance(value, dict) else (("", child) for child in value))
            at.append(-1)


def _nth(values: Any, position: int) -> Any:
    return next(itertools.islice(values, position, None))
