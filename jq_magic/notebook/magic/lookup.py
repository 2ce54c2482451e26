"""Looks up a notebook variable by the name that a magic names it with; no expression is evaluated."""

from __future__ import annotations

import ast
import difflib
import inspect
import itertools
import keyword
import operator
import re
import types
from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.error import UsageError

#: Characters of a name, and of a name that near ones are looked for; variables that are looked at for near ones.
NAME_CHARS = 10_000
NEAR_CHARS = 100
NEAR_NAMES = 1_000
#: Steps of a name, and escapes in one of its strings: the regular expression takes memory for each.
_STEPS_MOST = 1_000
_INDEX_CHARS = 20
_SHOWN_CHARS = 60
_STRING = "|".join(
    rf"{quote}[^{quote}\\]*(?:\\.[^{quote}\\]*){{0,{_STEPS_MOST}}}{quote}"  # every character has one way to match
    for quote in "\"'"
)
_STEP = rf"\.[^\W\d]\w*|\[\s*(?:-?[0-9]+|{_STRING})\s*\]"
#: An identifier with attributes and constant subscripts.
NAME = re.compile(rf"[^\W\d]\w*(?:{_STEP}){{0,{_STEPS_MOST}}}")
_STEPS = re.compile(_STEP)
_ABSENT = object()
#: Names that IPython itself assigns: the last outputs and inputs, and those of each cell.
_HISTORY = re.compile(r"_+|_i{1,3}|_[iod]h|_i?[0-9]+|_exit_code")
#: Names that code of the shell and of front ends reads where cells run.
_OF_SHELL = frozenset({
    "In", "Out", "get_ipython", "exit", "quit", "open", "display", "print", "input", "type", "dir", "vars", "globals",
    "locals", "eval", "exec", "compile", "getattr", "isinstance", "len", "repr", "str",
})  # fmt: skip


def find(namespace: Mapping[str, Any], name: str) -> Any:
    """Look up the value of `name`, such as `resp.data["rows"][0]`. Raises: UsageError, saying which part is absent."""
    return _walk(namespace, name, getattr, operator.getitem)


def peek(namespace: Mapping[str, Any], name: str) -> Any:
    """Look up as `find` does, but run no code of the values: no property, no `__getattr__`, no `__getitem__`.

    Raises: UsageError for what is absent, and for what only such code could say.
    """
    return _walk(namespace, name, _plain_attribute, _plain_item)


def assignable(name: str) -> None:
    """Check a name that a result is assigned to. Raises: UsageError for none, and for one that the shell needs."""
    if len(name) > NAME_CHARS or not name.isidentifier():
        raise UsageError(f"--out needs the name of a variable, not {name[:_SHOWN_CHARS]!r}")
    if keyword.iskeyword(name):
        raise UsageError(f"--out needs the name of a variable; {name} is a word of Python's grammar")
    if name.startswith("__") or name in _OF_SHELL or _HISTORY.fullmatch(name):
        raise UsageError(f"--out does not assign {name[:_SHOWN_CHARS]}: the notebook needs that name itself")


def _walk(
    namespace: Mapping[str, Any], name: str, attribute: Callable[[Any, str], Any], item: Callable[[Any, Any], Any]
) -> Any:
    """Take the steps of a name by two functions. Raises: UsageError."""
    if len(name) > NAME_CHARS or NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name[:_SHOWN_CHARS]!r} is no variable: give a name, perhaps with attributes and constant subscripts"
            ' such as resp.data["rows"]'
        )
    first = re.match(r"\w+", name)
    assert first is not None
    root = first[0]
    if root not in namespace:
        raise UsageError(f"there is no variable {root[:_SHOWN_CHARS]}{_near(namespace, root)}")
    value = namespace[root]
    at = first.end()
    for step in _STEPS.findall(name, at):
        so_far = name[max(0, at - _SHOWN_CHARS) : at]
        where = f"{so_far} (a {type(value).__name__})"
        if step.startswith(".__"):
            raise UsageError(f"{so_far}{step[:_SHOWN_CHARS]}: names that begin with __ are not looked up")
        if step.startswith("."):
            try:
                value = attribute(value, step[1:])
            except AttributeError:
                hint = f'; write {so_far}["{step[1:]}"]' if type(value) is dict and step[1:] in value else ""
                raise UsageError(f"{where} has no attribute {step[1 : 1 + _SHOWN_CHARS]}{hint}") from None
        else:
            try:
                value = item(value, _key(step))
            except (LookupError, TypeError) as error:
                written = step[1:-1].strip()[:_SHOWN_CHARS]
                raise UsageError(f"{where} has no item {written} ({type(error).__name__})") from None
        at += len(step)
    return value


def _near(namespace: Mapping[str, Any], root: str) -> str:
    """Hint at a variable of a similar name; the comparison takes the product of both names' lengths."""
    if len(root) > NEAR_CHARS:
        return ""
    names = (key for key in namespace if not key.startswith("_") and len(key) <= NEAR_CHARS)
    near = difflib.get_close_matches(root, itertools.islice(names, NEAR_NAMES), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _key(step: str) -> int | str:
    """Read a constant subscript. Raises: LookupError for one that no value can have."""
    written = step[1:-1].strip()
    try:
        if written[0] in "\"'":
            key: str = ast.literal_eval(written)
            return key
        if len(written) <= _INDEX_CHARS:
            return int(written)
    except (SyntaxError, ValueError):
        # An escape that Python does not have, or a line end in the string.
        pass
    raise LookupError(written)


def _plain_attribute(value: Any, name: str) -> Any:
    """Read an attribute that stands in the object or its class as it is. Raises: AttributeError."""
    member = inspect.getattr_static(value, name)
    # isinstance would read member.__class__, which can be a property; so it is below.
    if type(member) is types.MemberDescriptorType:
        # A name in __slots__.
        return member.__get__(value)
    if inspect.getattr_static(type(member), "__get__", None) is not None:
        raise AttributeError(name)
    return member


def _plain_item(value: Any, key: int | str) -> Any:
    """Read an item as dict, list and tuple do, whatever a subclass does. Raises: LookupError, TypeError."""
    kind = type(value)
    if issubclass(kind, dict):
        # Not dict.__getitem__, which calls the __missing__ of a subclass.
        item = dict.get(value, key, _ABSENT)
        if item is _ABSENT:
            raise LookupError(key)
        return item
    base = next((base for base in (list, tuple) if issubclass(kind, base)), None)
    if base is None or isinstance(key, str):
        raise TypeError(kind.__name__)
    return base.__getitem__(value, key)
