"""Keeps what a jq notebook has under names: data, results, and definitions of jq."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Callable, Iterator

from IPython.core.error import UsageError

from jq_magic.errors import ProgramError
from jq_magic.jqtext import imported, imports_end
from jq_magic.kernel.cells import NAME
from jq_magic.limits.amounts import show_bytes
from jq_magic.notebook.magic.words import quoted

#: Names, and bytes of all that they hold.
MOST_NAMES = 1_000
MOST_BYTES = 256 << 20
#: Results that are kept by the numbers of their cells; a result that nobody named goes when others need its room.
MOST_RESULTS = 1_000
_NAME_CHARS = 100
_OF_JQ = frozenset(["ENV", "ARGS"])
_RESULT = re.compile(r"_[0-9]*")
_WORD = re.compile(r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*")
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_DEFINITION = re.compile(r"\bdef\s+([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)")


@dataclasses.dataclass(frozen=True)
class Kept:
    """What is kept under a name.

    Attributes:
        text: JSON texts, or lines of text; those of a file as bytes.
        origin: Where it is from, for people.
        is_result: Whether a filter gave it, so that each line is one JSON text.

    """

    text: str | bytes
    origin: str
    is_result: bool

    @property
    def size(self) -> int:
        """Bytes of memory that the text takes at most: Python has four for each character of some texts."""
        return len(self.text) * (1 if isinstance(self.text, bytes) or self.text.isascii() else 4)


class Names:
    """What the cells of one session have kept."""

    def __init__(self) -> None:
        self._named: dict[str, Kept] = {}
        self._results: collections.OrderedDict[str, Kept] = collections.OrderedDict()
        self._last: Kept | None = None

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter([*self._named, *self._results])

    def get(self, name: str) -> Kept | None:
        """Give what is kept under a name; `_` is the last result."""
        return self._last if name == "_" else self._named.get(name) or self._results.get(name)

    def keep(self, name: str, kept: Kept) -> None:
        """Keep something under a name that a person chose. Raises: UsageError."""
        check(name)
        others = [other for key, other in self._named.items() if key != name]
        if len(others) >= MOST_NAMES:
            raise UsageError(f"a notebook keeps at most {MOST_NAMES:,} names: %forget NAME makes room")
        size = sum(other.size for other in others) + kept.size
        if size > MOST_BYTES:
            raise UsageError(
                f"a notebook keeps at most {show_bytes(MOST_BYTES)} under its names, and with {name} it would be "
                f"{show_bytes(size)}: %forget NAME makes room, %names lists them"
            )
        self._named[name] = kept
        self._make_room()

    def keep_result(self, number: int, kept: Kept) -> None:
        """Keep a result as `_` and as `_7` of its cell; the oldest go when there are too many."""
        self._last = kept
        self._results.pop(f"_{number}", None)
        self._results[f"_{number}"] = kept
        self._make_room()

    def forget(self, name: str) -> bool:
        """Forget a name. Returns: whether there was one."""
        if name == "_":
            was, self._last = self._last, None
            return was is not None
        return (self._named.pop(name, None) or self._results.pop(name, None)) is not None

    def _make_room(self) -> None:
        size = sum(kept.size for kept in [*self._named.values(), *self._results.values()])
        while self._results and (size > MOST_BYTES or len(self._results) > MOST_RESULTS):
            size -= self._results.popitem(last=False)[1].size


class Definitions:
    """The definitions of jq that cells have kept.

    Cells that define the same names replace each other, at the place of the first: so a cell can be run again.
    """

    def __init__(self) -> None:
        self._blocks: dict[tuple[str, ...], str] = {}

    @property
    def blocks(self) -> dict[tuple[str, ...], str]:
        """The cells by the names that they define, in their order."""
        return dict(self._blocks)

    @property
    def names(self) -> list[str]:
        """The names that are defined at the top of some cell, and those of definitions inside of them."""
        return [name for names in self._blocks for name in names]

    @property
    def text(self) -> str:
        """All cells as one text, which begins with what they import."""
        return _joined(self._blocks)

    def before(self, program: str) -> str:
        """Give what a program has before it: all definitions where it has a word that is the name of one."""
        if not self._blocks or set(_WORD.findall(program)).isdisjoint(self.names):
            return ""
        return self.text

    def add(self, body: str, compiles: Callable[[str], object]) -> list[str]:
        """Keep a cell of definitions.

        Args:
            body: The cell.
            compiles: Raises ProgramError for what is no program.
        Returns: The names that it defines. Raises: what `compiles` raises; UsageError.

        """
        names = defined(body)
        for alias, path in imported(body).items():
            if self._imports(names).get(alias, path) != path:
                raise UsageError(
                    f"{alias[:_NAME_CHARS]} is the name of another module in the definitions of other cells"
                )
        text = f"{body.strip()}\n"
        blocks = {**self._blocks, names: text}
        try:
            # With a filter behind them, without which jq itself takes no definitions.
            compiles(f"{_joined(blocks)}0")
        except ProgramError:
            # What it needs may be defined below its first place.
            others = {key: block for key, block in self._blocks.items() if key != names}
            blocks = {**others, names: text}
            compiles(f"{_joined(blocks)}0")
        self._blocks = blocks
        return list(names)

    def forget(self, name: str) -> bool:
        """Forget the cells that define a name. Returns: whether there was one."""
        before = len(self._blocks)
        self._blocks = {names: block for names, block in self._blocks.items() if name not in names}
        return len(self._blocks) < before

    def _imports(self, names: tuple[str, ...]) -> dict[str, str]:
        """Give what the cells import that define other names."""
        blocks = (block for key, block in self._blocks.items() if key != names)
        return {alias: path for block in blocks for alias, path in imported(block).items()}


def _joined(blocks: dict[tuple[str, ...], str]) -> str:
    """Join cells: jq takes imports at the beginning only."""
    ends = [(block, imports_end(block)) for block in blocks.values()]
    return "".join([*(block[:end] for block, end in ends), *(block[end:] for block, end in ends)])


def check(name: str) -> None:
    """Check a name that something is to be kept under. Raises: UsageError."""
    if len(name) > _NAME_CHARS or NAME.fullmatch(name) is None:
        raise UsageError(f"{quoted(name)} is no name: letters of ASCII, digits and _, at most {_NAME_CHARS}")
    if name.startswith("__") or name in _OF_JQ or _RESULT.fullmatch(name):
        raise UsageError(f"{quoted(name)} is a name that jq or the notebook has itself")


def written(program: str) -> list[str]:
    """List the names that stand after a $ in a program, each once."""
    return list(dict.fromkeys(_VARIABLE.findall(program)))


def defined(body: str) -> tuple[str, ...]:
    """List the names that a text defines, each once."""
    return tuple(dict.fromkeys(_DEFINITION.findall(body)))
