"""Reads the files of the command, in parts of whole JSON texts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import IO

from jq_magic.data.tokens import nesting

#: Bytes that make a part, when texts end there.
PART_BYTES = 1 << 20


def read_file(name: str) -> str:
    """Read a file as text. Raises: OSError."""
    with _opened(name) as file:
        return file.read().decode("utf-8", "replace")


class Inputs:
    """The input of one command.

    Args:
        files: Names of files; none for standard input.
        are_lines: Each line is an input of its own, whatever it holds.
        has_separators: Record separators stand before texts, as --seq writes them.
        most_bytes: What a run may read. A part ends past it, wherever that is: its run then says that it is too long.

    """

    def __init__(self, files: list[str], *, are_lines: bool, has_separators: bool, most_bytes: int) -> None:
        self._files, self._are_lines, self._has_separators = files, are_lines, has_separators
        self._most_bytes = most_bytes

    def parts(self, *, is_whole: bool) -> Iterator[bytes]:
        """Yield parts that end at a line's end, after a text; with `is_whole` all input is one part, also if empty."""
        part: list[bytes] = []
        size = depth = count = 0
        for line in self._lines():
            part.append(line)
            size += len(line)
            if not (is_whole or self._are_lines):
                depth += nesting(line)
            if size > self._most_bytes or (size >= PART_BYTES and depth <= 0 and not is_whole):
                yield b"".join(part)
                part, size, depth, count = [], 0, 0, count + 1
        if part or (is_whole and not count):
            yield b"".join(part)

    def _lines(self) -> Iterator[bytes]:
        lines = _lines(self._files)
        return (line.replace(b"\x1e", b"\n") for line in lines) if self._has_separators else lines


def _lines(files: list[str]) -> Iterator[bytes]:
    if not files:
        yield from sys.stdin.buffer
    for name in files:
        with _opened(name) as file:
            yield from file


def _opened(name: str) -> IO[bytes]:
    return open(name, "rb")  # noqa: PTH123 - the caller closes it; a name is what the user typed
