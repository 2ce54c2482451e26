"""Reads JSON texts as jq reads them, without decoding: what was written of a number stays.

It takes what jq takes: `nan`, `Infinity`, `.5`, `1.`, `+1`, `007`, which become what any reader of JSON takes, or what
the guests take besides. Each token is looked at once, and nothing recurses.
"""

from __future__ import annotations

import json
import re

from jq_magic.data.tokens import tokens

#: How deep jq reads.
MOST_DEPTH = 10_000
_NUMBER = re.compile(r"([+-]?)([0-9]+\.?[0-9]*|\.[0-9]+)((?:[eE][+-]?[0-9]+)?)")
_NAN = re.compile(r"[+-]?s?nan", re.IGNORECASE)
_INFINITE = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE)
_WORDS = frozenset({"null", "true", "false"})
#: What a string has that must be looked at.
_SPECIAL = re.compile(r"[\\\x00-\x1f]")
_MARKS = frozenset("[]{},:")
_VALUE = {"[": "opens", "{": "opens", '"': "is a value", "word": "is a value"}
#: What may come in each place, and what it does: it leads to another place, or opens or closes one, or is a value.
_STEPS = {
    "value": _VALUE,
    "value or end": {**_VALUE, "]": "closes"},
    "after an item": {",": "value", "]": "closes"},
    "key": {'"': "colon"},
    "key or end": {'"': "colon", "}": "closes"},
    "colon": {":": "value"},
    "after a member": {",": "key", "}": "closes"},
}


def one(text: str) -> str:
    """Give the one JSON text of `text`. Raises: ValueError, which says what is wrong."""
    every = several(text)
    if len(every) != 1:
        raise ValueError("there is more than one JSON text" if every else "there is no JSON text")
    return every[0]


def several(text: str) -> list[str]:
    """Give each of the JSON texts of `text`. Raises: ValueError, which says what is wrong."""
    done: list[str] = []
    pieces: list[str] = []
    open_marks: list[str] = []
    wanted = "value"
    for token in tokens(text):
        kind = token if token in _MARKS else '"' if token[0] == '"' else "word"
        step = _STEPS[wanted].get(kind)
        if step is None:
            raise ValueError(f"unexpected {token[:20]!r}")
        pieces.append(scalar(token) if kind in {'"', "word"} else token)
        if step == "opens":
            if len(open_marks) == MOST_DEPTH:
                raise ValueError("it nests too deep")
            open_marks.append(token)
            wanted = "value or end" if token == "[" else "key or end"
            continue
        if step == "closes":
            open_marks.pop()
        if step not in {"closes", "is a value"}:
            wanted = step
        elif open_marks:
            wanted = "after an item" if open_marks[-1] == "[" else "after a member"
        else:
            wanted = "value"
            done.append("".join(pieces))
            pieces.clear()
    if open_marks:
        raise ValueError("it has no end")
    return done


def scalar(token: str) -> str:
    """Check a token that is a value by itself. Returns: as JSON, or as the guests take it. Raises: ValueError."""
    if token[0] == '"':
        if _SPECIAL.search(token) or len(token) == 1 or token[-1] != '"':
            # Python's decoder refuses what jq refuses.
            json.loads(token)
        return token
    if token in _WORDS:
        return token
    if match := _NUMBER.fullmatch(token):
        sign, digits, exponent = match.groups()
        whole, _, fraction = digits.partition(".")
        return ("-" if sign == "-" else "") + (whole.lstrip("0") or "0") + (f".{fraction}" * bool(fraction)) + exponent
    if _NAN.fullmatch(token):
        return "nan"
    if match := _INFINITE.fullmatch(token):
        return "-Infinity" if match[1] == "-" else "Infinity"
    raise ValueError(f"{token[:20]!r} is no value")
