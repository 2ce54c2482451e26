"""Says which parts of its input a program can reach."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from jq_magic.errors import GuestError

_NO_KEYS: Mapping[str, Needs] = MappingProxyType({})


@dataclass(frozen=True)
class Needs:
    """What a program can reach of one value of its input: a tree of keys and items.

    A value that has only these parts gives the same outputs and the same errors as the whole value. The analysis is
    cautious: what it cannot be sure of is needed as a whole. `str` lists the parts as paths, a line each:

        >>> print(jq_magic.compile(".[] | select(.score > 3) | {name, score}").needs)
        .[].name
        .[].score

    Attributes:
        whole: All of the value; then nothing else is set.
        kind: Its type, and all of it if it is neither array nor object. Not even that is needed where this is False.
        shape: All keys of an object, the length of an array.
        keys: What is needed of the members with these keys.
        others: What is needed of all other members; None for nothing.
        items: What is needed of the items of an array; None for nothing.
        first: The number of first items of which that is needed; None for all.

    """

    whole: bool = False
    kind: bool = False
    shape: bool = False
    keys: Mapping[str, Needs] = field(default_factory=lambda: _NO_KEYS)
    others: Needs | None = None
    items: Needs | None = None
    first: int | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A read-only view of a dict cannot be pickled; the dict can.
        return {**self.__dict__, "keys": dict(self.keys)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, keys=MappingProxyType(state["keys"]))

    def columns(self, *, slurp: bool = False) -> frozenset[str] | None:
        """Give the names of the columns of a frame that a program with these needs can reach; None for all.

        Args:
            slurp: The frame, which is an array of records, is the one item of an array.

        """
        if self.whole:
            return None
        rows = self.items
        if rows is None:
            return frozenset()
        if slurp:
            return rows.columns()
        # A name that UTF-8 cannot hold reaches the guest with U+FFFD in it.
        is_any = rows.whole or rows.shape or rows.others is not None or any("\ufffd" in key for key in rows.keys)
        return None if is_any else frozenset(rows.keys)

    def __str__(self) -> str:
        return "\n".join(self.paths()) or "nothing"

    def paths(self, path: str = "") -> Iterator[str]:
        """List the paths to what is needed; `path` leads here."""
        if self.whole:
            yield path or "."
            return
        parts = list(self._parts(path))
        yield from parts
        if self.shape and not parts:
            yield f"{path or '.'} | keys"
        elif self.kind and not parts:
            yield f"{path or '.'} | type"

    def _parts(self, path: str) -> Iterator[str]:
        for key, needs in sorted(self.keys.items()):
            is_name = key.isascii() and key.isidentifier()
            yield from needs.paths(f"{path}.{key}" if is_name else f"{path or '.'}[{json.dumps(key)}]")
        if self.items is not None and self.items != self.others:
            step = "[]" if self.first is None else f"[:{self.first}][]"
            yield from self.items.paths((path or ".") + step)
        if self.others is not None:
            yield from self.others.paths(f"{path or '.'}[]")


def of_text(text: str) -> Needs:
    """Read the tree that the guest writes. Raises: GuestError for what is none."""
    try:
        return _of(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise GuestError(f"the guest's tree of needs is none: {error}") from error


def _of(tree: Any) -> Needs:
    if tree is None or tree is True:
        return Needs(whole=tree is True)
    return Needs(
        kind=True,
        shape=bool(tree["shape"]),
        keys=MappingProxyType({key: _of(needs) for key, needs in tree["keys"].items()}),
        others=None if tree["others"] is None else _of(tree["others"]),
        items=None if tree["items"] is None else _of(tree["items"]),
        first=tree.get("first") if tree["items"] is not None else None,
    )
