"""Follows a filter that is being written, to know some of the values that it has at its end.

Completion lists their keys. No filter runs, and no code of a value: paths are walked in dicts, lists and frames, and of
functions only those are known that hand on their input, its items or its entries. What is not known has no values.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import sys
from collections.abc import Iterable
from typing import Any

#: Values that are followed of each step.
ITEMS = 20
#: Brackets that are open at a time; what is in deeper ones is not followed.
_DEEPEST = 200
#: Functions whose argument has each item as its input.
_OF_ITEMS = frozenset(
    ["map", "map_values", "sort_by", "group_by", "unique_by", "min_by", "max_by", "any", "all", "INDEX"]
)
#: Functions that give their input, or a part of it that looks alike.
_ALIKE = frozenset([
    "select", "sort_by", "unique_by", "map_values", "sort", "reverse", "unique", "values", "objects", "arrays", "debug",
    "del", "with_entries",
])  # fmt: skip
#: Functions that give an item, and those that give what their last argument gives.
_ITEM = frozenset(["first", "last", "min", "max", "min_by", "max_by"])
_OF_ARGUMENT = frozenset(["first", "last", "limit", "skip", "until", "while"])
#: Words that another term follows.
_BEFORE_TERM = frozenset(["if", "then", "elif", "else", "and", "or", "reduce", "foreach", "def", "try"])
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.){0,1000}")|(?P<name>\.[A-Za-z_]\w*|\."(?:[^"\\]|\\.){0,1000}")|(?P<dot>\.)'
    r'|(?P<key>\[\s*"(?:[^"\\]|\\.){0,1000}"\s*\])'
    r"|(?P<items>\[\s*(?:-?[0-9]+\s*)?\])|(?P<word>[A-Za-z_]\w*)|(?P<mark>[][(){}|,;:])|(?P<other>[^\s])"
)
_COLUMNS = {
    "pandas": ("DataFrame", "columns"),
    "polars": ("DataFrame", "columns"),
    "pyarrow": ("Table", "column_names"),
}
_ABSENT = object()


@dataclasses.dataclass
class _Level:
    """What is known inside of one bracket.

    Attributes:
        opened: The bracket, and the function whose argument it holds.
        input: The values that the stage of the pipeline has as its input.
        output: Those of the term that was just written; None before one.
        is_bound: Whether the term is bound to a name, so that the input stays what it is.
        before: The term that an index belongs to.

    """

    opened: str
    function: str
    input: list[Any]
    output: list[Any] | None = None
    is_bound: bool = False
    before: list[Any] | None = None


def at_end(program: str, values: list[Any], *, is_path: bool) -> list[Any]:
    """Give some values that a filter has where it ends.

    Args:
        program: The filter, up to the step of a path that is being written.
        values: Some of its inputs.
        is_path: Whether that step belongs to the term before it, as in `.a.b`; else it is one of the input.

    """
    levels = [_Level("", "", values)]
    word = ""
    end = 0
    for match in _TOKEN.finditer(program):
        kind, token = match.lastgroup, match[0]
        level = levels[-1]
        if kind == "mark":
            _bracket(levels, token, word)
            if len(levels) > _DEEPEST:
                return []
        elif kind in {"name", "dot"}:
            # A term that a step follows without a blank goes on.
            base = level.input if level.output is None or match.start() > end else level.output
            level.output = base if kind == "dot" else _member(base, token[1:])
        elif kind in {"items", "key"}:
            # Without a term before it, this is an array that the filter makes.
            before = level.output
            inner = token[1:-1].strip()
            level.output = [] if before is None else items(before) if kind == "items" else _member(before, inner)
        elif kind == "word":
            level.output = _function(level, token)
            level.is_bound = level.is_bound or token == "as"
        else:
            level.output = None if kind == "other" and token not in "?$" else level.output
        word = token if kind == "word" else ""
        end = match.end()
    last = levels[-1]
    return (last.output or []) if is_path and last.output is not None else last.input


def _bracket(levels: list[_Level], token: str, word: str) -> None:
    level = levels[-1]
    if token == "|":
        if not level.is_bound:
            level.input = level.output or []
        level.output, level.is_bound = None, False
    elif token in "([{":
        before = level.output
        inner = level.input
        if token == "(" and word in _OF_ITEMS:
            inner = items(inner)
        elif token == "(" and word == "with_entries":
            inner = _entries(inner)
        levels.append(_Level(token, word if token == "(" else "", inner, before=before))
    elif token in ")]}":
        if len(levels) > 1:
            closed = levels.pop()
            levels[-1].output = _closed(closed, levels[-1])
    else:
        # After a comma, a colon or a semicolon another term begins, of the same input.
        level.output = None


def _closed(closed: _Level, level: _Level) -> list[Any]:
    """Give what a bracket is that was closed."""
    output = closed.output or []
    if closed.opened == "[":
        return [output] if closed.before is None else items(closed.before)
    if closed.opened == "{":
        return []
    name = closed.function
    if not name or name in _OF_ARGUMENT:
        return output
    if name == "map":
        return [output]
    if name == "group_by":
        return [[items(level.input)]]
    return items(level.input) if name in _ITEM else level.input if name in _ALIKE else []


def _function(level: _Level, name: str) -> list[Any] | None:
    """Give what a word is without an argument; None for one that another term follows."""
    if name == "to_entries":
        return [_entries(level.input)]
    if name in _ITEM:
        return items(level.input)
    return level.input if name in _ALIKE else None if name in _BEFORE_TERM else []


def _member(values: list[Any], written: str) -> list[Any]:
    """Give the members of objects under a key, which is written with quotes or without."""
    key = written.strip('"')
    # Not dict.__getitem__, which calls the __missing__ of a subclass.
    cells = (dict.get(value, key, _ABSENT) for value in values if _is_dict(value))
    return list(itertools.islice((cell for cell in cells if cell is not _ABSENT), ITEMS))


def items(values: Iterable[Any]) -> list[Any]:
    """Give the first items of arrays, and the first values of objects; a frame stands for each of its rows."""
    return list(itertools.islice(itertools.chain.from_iterable(map(_items, values)), ITEMS))


def _items(value: Any) -> list[Any]:
    # isinstance would read value.__class__, which can be a property; so would value[:n] call a subclass.
    base = next((base for base in (list, tuple) if issubclass(type(value), base)), None)
    if base is not None:
        return list(itertools.islice(base.__iter__(value), ITEMS))
    if _is_dict(value):
        return list(itertools.islice(dict.values(value), ITEMS))
    return [value] if columns_of(value) else []


def _entries(values: list[Any]) -> list[Any]:
    pairs = (pair for value in values if _is_dict(value) for pair in itertools.islice(dict.items(value), ITEMS))
    return [{"key": key, "value": value} for key, value in itertools.islice(pairs, ITEMS)]


def _is_dict(value: Any) -> bool:
    return issubclass(type(value), dict)


def columns_of(value: Any) -> str | None:
    """Name the attribute with the columns of a frame; None for anything else, subclasses of frames among it."""
    for package, (name, columns) in _COLUMNS.items():
        if package in sys.modules and vars(sys.modules[package]).get(name) is type(value):
            return columns
    return None


def keys(values: Iterable[Any], most: int) -> dict[str, str]:
    """Give the keys of objects and the columns of frames with what their values are, those that come most often first.

    Args:
        most: Keys that are looked at of one object.

    """
    counts: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for value in values:
        columns = columns_of(value)
        names: Iterable[Any] = dict.__iter__(value) if _is_dict(value) else getattr(value, columns) if columns else ()
        for name in itertools.islice(names, most):
            if type(name) is str:
                counts[name] = counts.get(name, 0) + 1
                kinds.setdefault(name, "column" if columns else _kind(dict.get(value, name)))
    return {name: kinds[name] for name in sorted(counts, key=lambda name: -counts[name])}


def _kind(value: Any) -> str:
    kind = type(value)
    if kind is bool:
        return "boolean"
    if kind is list or kind is tuple:
        return f"array of {len(value):,}"
    if kind is dict:
        return f"object of {len(value):,}"
    return {str: "string", int: "number", float: "number", type(None): "null"}.get(kind, kind.__name__[:40])
