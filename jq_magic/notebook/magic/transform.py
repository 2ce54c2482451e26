"""Turns `%jq` lines of a cell into Python, before IPython's own transformers would.

IPython takes a `?` at the end of a line for a question about a name, but in jq it belongs to the filter. And it knows
`name = %jq …`, but neither `a = b = %jq …` nor `a += %jq …`.
"""

from __future__ import annotations

import tokenize
from collections.abc import Sequence
from typing import Any

from IPython.core.inputtransformer2 import TokenTransformBase, assemble_continued_line, find_end_of_continued_line

_ASSIGNING = frozenset(["=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", ">>=", "<<=", "**="])
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_NAME = "%jq"


class JqLine(TokenTransformBase):
    """Transforms one `%jq` line; an assignment asks for the values.

    Args:
        start: Where the statement begins, as (line from 1, column).
        percent: Where its `%` is.

    """

    # IPython takes the lowest of those that begin at one place; that of the question has 5.
    priority = 1

    def __init__(self, start: tuple[int, int], percent: tuple[int, int]) -> None:
        super().__init__(start)  # type: ignore[no-untyped-call] # IPython's class has no types
        self._is_assigned = start != percent
        self._line, self._column = percent[0] - 1, percent[1]

    @classmethod
    def find(cls, tokens_by_line: Sequence[Sequence[Any]]) -> JqLine | None:
        """Find the first `%jq` with a line, at the beginning of a statement or after the sign of an assignment."""
        for tokens in tokens_by_line:
            statement = [token for token in tokens if token.type not in {tokenize.INDENT, tokenize.DEDENT}]
            index = _percent(statement)
            if index is not None and _has_line(statement[index]):
                return cls(statement[0].start, statement[index].start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """Replace what follows the `%`, up to the end of its line, by the call that runs the magic."""
        end = find_end_of_continued_line(lines, self._line)
        magic = assemble_continued_line(lines, (self._line, self._column), end)
        written = magic[len(_NAME) :].lstrip()
        if self._is_assigned:
            written = f"--as values {written}"
        call = f"{lines[self._line][: self._column]}get_ipython().run_line_magic('jq', {written!r})\n"
        return [*lines[: self._line], call, *lines[end + 1 :]]


def _percent(tokens: Sequence[Any]) -> int | None:
    """Find the `%` of a statement that is `%jq`, or that assigns `%jq`."""
    if _is_name(tokens, 0):
        return 0
    depth = 0
    for index, token in enumerate(tokens):
        if token.string in _OPENING:
            depth += 1
        elif token.string in _CLOSING:
            depth -= 1
        elif depth == 0 and token.string in _ASSIGNING and _is_name(tokens, index + 1):
            return index + 1
    return None


def _is_name(tokens: Sequence[Any], index: int) -> bool:
    pair = tokens[index : index + 2]
    return len(pair) == 2 and f"{pair[0].string}{pair[1].string}" == _NAME and pair[0].end == pair[1].start


def _has_line(percent: Any) -> bool:
    """Say whether a blank and something else follow the magic's name."""
    rest = percent.line[percent.start[1] + len(_NAME) :]
    return rest[:1].isspace() and not rest.isspace()
