"""Describes jq's built-in filters: how each is called, what it gives, and an example, which the tests run."""

from __future__ import annotations

import dataclasses
import functools
import re
from importlib import resources

#: Words of jq's grammar that begin or join terms.
KEYWORDS = (
    "and", "as", "catch", "def", "elif", "else", "end", "foreach", "if", "label", "or", "reduce", "then", "try",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Builtin:
    """One built-in with one number of arguments.

    Attributes:
        signature: How it is called: `limit(n; f)`.
        help: What it gives, on one line.
        program, input, output: An example; the input is JSON texts, the output one.

    """

    signature: str
    help: str
    program: str
    input: str
    output: str

    @property
    def name(self) -> str:
        """What is written before the arguments; formats have their @."""
        match = re.match(r"@?\w+", self.signature)
        assert match is not None
        return match[0]


@functools.cache
def described() -> tuple[Builtin, ...]:
    """Give all that are described, read from the table beside this module when they are first asked for."""
    text = resources.files("jq_magic").joinpath("builtins.tsv").read_text(encoding="utf-8")
    return tuple(Builtin(*line.split("\t")) for line in text.splitlines())


def named(name: str) -> list[Builtin]:
    """Give the built-ins of a name, one for each number of arguments."""
    return [builtin for builtin in described() if builtin.name == name]


@functools.cache
def lines() -> dict[str, str]:
    """Give a line for each name: the arguments that it is called with at first, and what it gives then."""
    first: dict[str, str] = {}
    for builtin in described():
        arguments = builtin.signature[len(builtin.name) :]
        first.setdefault(builtin.name, f"{arguments}: {builtin.help}" if arguments else builtin.help)
    return first
