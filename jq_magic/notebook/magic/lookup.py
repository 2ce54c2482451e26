"""Looks up the notebook variable that a magic names; nothing is evaluated."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError

_STRING = r"\"[^\"\\]*(?:\\.[^\"\\]*)*\"|'[^'\\]*(?:\\.[^'\\]*)*'"
_STEP = rf"\.[^\W\d]\w*|\[\s*(?:-?\d+|{_STRING})\s*\]"
#: An identifier with attributes and constant subscripts.
NAME = re.compile(rf"[^\W\d]\w*(?:{_STEP})*")
_STEPS = re.compile(_STEP)


def find(namespace: Mapping[str, Any], name: str) -> Any:
    """Look up `name`, such as `resp.data["rows"][0]`.

    Raises: UsageError, saying which part is not there.
    """
    match = NAME.fullmatch(name)
    if match is None:
        raise UsageError(
            f"{name!r} is no variable: give a name, perhaps with attributes and constant subscripts"
            ' such as resp.data["rows"]'
        )
    first = re.match(r"\w+", name)
    assert first is not None
    root, at = first[0], first.end()
    if root not in namespace:
        near = difflib.get_close_matches(root, [key for key in namespace if not key.startswith("_")])
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"there is no variable {root}{hint}")
    value = namespace[root]
    for step in _STEPS.findall(name[at:]):
        value = _step(value, step, name[:at])
        at += len(step)
    return value


def _step(value: Any, step: str, so_far: str) -> Any:
    if step.startswith("."):
        attribute = step[1:]
        if attribute.startswith("__"):
            raise UsageError(f"{so_far}{step}: names that begin with __ are not looked up")
        try:
            return getattr(value, attribute)
        except AttributeError:
            hint = f'; write {so_far}["{attribute}"]' if isinstance(value, Mapping) and attribute in value else ""
            raise UsageError(f"{so_far} (a {type(value).__name__}) has no attribute {attribute}{hint}") from None
    key = ast.literal_eval(step[1:-1].strip())
    try:
        return value[key]
    except (LookupError, TypeError) as error:
        message = f"{so_far} (a {type(value).__name__}) has no item {key!r} ({type(error).__name__})"
        raise UsageError(message) from None
