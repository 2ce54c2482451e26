"""Reads files a block at a time, so that what is read is bounded by limits while it comes."""

from __future__ import annotations

import contextlib
import select
import sys
from collections.abc import Callable, Iterator
from typing import IO

from jq_magic.limits.exceeded import exceeded

#: What jq calls standard input in messages.
STDIN = "<stdin>"


def read_file(name: str, field: str, most_bytes: int) -> bytes:
    """Read a file that may have so many bytes, and no more than those of one that has more.

    Args:
        name: As the user typed it.
        field: The field of `Limits` that says how many.
        most_bytes: How many.
    Raises: OSError, LimitError.

    """
    with open(name, "rb") as file:  # noqa: PTH123 - a name is what the user typed
        text = file.read(most_bytes + 1)
    if len(text) > most_bytes:
        raise exceeded(field, len(text), most_bytes)
    return text


class Source:
    """The bytes of files, one after another, as they come.

    Args:
        names: Names of files, `-` for standard input; none for standard input alone.
        block_bytes: Bytes of a block at most.
        report: Told of each file that cannot be read, which is left out.

    Attributes:
        name: The file that the last block is from.
        number: How many files there were so far, with that one.
        is_complete: Whether all files could be read so far.

    """

    def __init__(self, names: list[str], block_bytes: int, report: Callable[[str, OSError], None]) -> None:
        self._names, self._block_bytes, self._report = names or ["-"], block_bytes, report
        self._file: IO[bytes] | None = None
        self.name = STDIN
        self.number = 0
        self.is_complete = True

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes of all files in blocks of any size but 0."""
        for name in self._names:
            self.number += 1
            shown = STDIN if name == "-" else name
            try:
                with _opened(name) as file:
                    self._file = file
                    while block := _read(file, self._block_bytes):
                        self.name = shown
                        yield block
            except OSError as error:
                self._report(shown, error)
                self.is_complete = False
        self._file = None

    def is_ready(self) -> bool:
        """Say whether the next block is there, or whoever writes it has to be waited for."""
        try:
            # select(2) takes pipes and terminals, for a file it says that it is ready.
            return self._file is None or bool(select.select([self._file], [], [], 0)[0])
        except (OSError, ValueError):
            # It is none of the system's files, or a system where select takes sockets only.
            return True


def _read(file: IO[bytes], most_bytes: int) -> bytes:
    # What a pipe has now, instead of waiting until a block is full.
    block: bytes = file.read1(most_bytes)  # type: ignore[attr-defined] # buffered files have it, IO does not say so
    return block


def _opened(name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
    if name != "-":
        return open(name, "rb")  # noqa: PTH123 - the caller closes it
    if sys.stdin is None:
        raise OSError(9, "Standard input is closed")
    return contextlib.nullcontext(sys.stdin.buffer)
