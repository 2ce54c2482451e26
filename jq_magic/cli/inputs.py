"""Cuts the input of the command into parts of whole JSON texts, each of which one run can read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from jq_magic.cli.cutting import PART_BYTES, Cutter
from jq_magic.cli.reading import Source
from jq_magic.cli.records import Records
from jq_magic.messages import excerpt

#: Bytes that are read at a time.
BLOCK_BYTES = 64 << 10
#: Bytes of the first piece after an error; the next ones double.
_PIECE_BYTES = 4 << 10


@dataclasses.dataclass
class Part:
    """A part of the input.

    Attributes:
        text: The part.
        are_lines: Each line is an input, whatever it holds.
        is_whole: It is fed to one run, since the filter reads inputs itself.
        files: Where in it files begin, and their names; the first one began before or at 0.
        line: Line ends of that file before the part; None where lines are not known.
        fault: Why what stands at its end is no JSON, for a part that was made of what is none.

    """

    text: bytes
    _: dataclasses.KW_ONLY
    are_lines: bool = False
    is_whole: bool = False
    files: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    line: int | None = None
    fault: str | None = None
    _counted: int = 0

    def place(self, offset: int) -> str:
        """Name the file and line that are read up to an offset, as jq does; offsets must not decrease."""
        name = self._pass(offset)
        if self.line is None:
            return name
        # jq reads whole lines, so the one that is begun counts; the last of a file may lack its end.
        end = self.files[1][0] if len(self.files) > 1 else len(self.text)
        is_begun = offset and self.text[offset - 1] != ord("\n") and self.text.find(b"\n", offset, end) >= 0
        return f"{name}:{self.line + bool(is_begun)}"

    def explain(self, at: int, message: str) -> str:
        """Say that what stands at an offset is no JSON, with its place in its file instead of that in a run's text."""
        if self.fault is not None:
            return self.fault
        reason = message.partition("\n")[0].partition(" (value")[0]
        name = self._pass(at)
        where = name if self.line is None else f"{name}, line {self.line + 1:,}"
        marked = [line.partition(" | ")[2] for line in excerpt(self.text, at, at)]
        return "\n  ".join([f"{reason} ({where})", *marked])

    def lines_before(self, offset: int) -> int:
        """Count the line ends of its file before an offset; offsets must not decrease."""
        self._pass(offset)
        return self.line or 0

    def _pass(self, offset: int) -> str:
        """Count lines up to an offset. Returns: the name of the file."""
        while len(self.files) > 1 and self.files[1][0] < offset:
            self.files.pop(0)
            self._counted, self.line = self.files[0][0], 0
        if self.line is not None:
            self.line += self.text.count(b"\n", self._counted, offset)
            self._counted = max(self._counted, offset)
        return self.files[0][1] if self.files else "<unknown>"

    def piece_end(self, at: int, size: int) -> int:
        """Give the end of a piece of about `size` bytes, after a text, that begins at an offset."""
        while not self.is_whole and at + size < len(self.text):
            cutter = Cutter(are_lines=self.are_lines)
            if cut := cutter.cut(self.text[at : at + size], is_wanted=True):
                return at + cut
            size *= 2
        return len(self.text)


class Pieces:
    """What one part is fed in: all of it at once, and after an error in pieces that begin small.

    So a part in which each input raises is copied once, and not once for each of them.

    Args:
        part: The part.
        counts_lines: The filter asks for the lines that were read.

    Attributes:
        at, end: The piece in the part.
        is_over: No more parts are run on.

    """

    def __init__(self, part: Part, *, counts_lines: bool) -> None:
        self.part = part
        self.at, self.end = 0, len(part.text)
        self.is_over = False
        self._size = self.end
        self._counts_lines = counts_lines and not part.are_lines
        self._blank_lines = 0

    def __bool__(self) -> bool:
        return self.at < len(self.part.text)

    def take(self) -> bytes:
        """Give the next piece."""
        self.end = self.part.piece_end(self.at, self._size)
        # Blank lines stand for those that were read before, so that the guest counts on.
        self._blank_lines = self.part.lines_before(self.at) if self._counts_lines else 0
        return b"\n" * self._blank_lines + self.part.text[self.at : self.end]

    def offset(self, in_piece: int) -> int:
        """Turn an offset in a piece into one in the part."""
        return self.at + max(0, in_piece - self._blank_lines)

    def passed(self) -> None:
        """Go on after a piece that was read to its end."""
        self.at, self._size = self.end, self._size * 2

    def failed(self, read_bytes: int) -> bool:
        """Go on after an input that ended a run, which had read so many bytes. Returns: whether it had read any."""
        before, self.at = self.at, self.offset(read_bytes)
        self._size = _PIECE_BYTES
        return self.at > before


class Inputs:
    """The input of one command, in parts.

    Args:
        source: Where it comes from.
        are_lines: Each line is an input of its own, whatever it holds.
        by_file: No part has bytes of two files, and each has all of one.
        most_bytes: What a run may read. A part ends past it, wherever that is: its run then says that it is too long.

    """

    def __init__(self, source: Source | Records, *, are_lines: bool, by_file: bool, most_bytes: int) -> None:
        self._source, self._are_lines, self._by_file, self._most_bytes = source, are_lines, by_file, most_bytes
        self._part_bytes = min(PART_BYTES, most_bytes // 2)
        self._pending: list[bytes] = []
        self._files: list[tuple[int, str]] = []
        self._size = self._cut = self._line = 0

    def parts(self, *, is_whole: bool) -> Iterator[Part]:
        """Yield parts that end after a text; with `is_whole` all input is one part, also if empty."""
        cutter = Cutter(are_lines=self._are_lines)
        can_cut = not (is_whole or self._by_file)
        has_parts = False
        number = 0
        for block in self._source.blocks():
            if self._source.number != number:
                number = self._source.number
                if self._by_file and self._pending:
                    yield self._taken(self._size, is_whole=is_whole)
                    self._files, self._line = [], 0
                self._files.append((self._size, self._source.name))
            is_due = can_cut and (self._size + len(block) >= self._part_bytes or not self._source.is_ready())
            cut = cutter.cut(block, is_wanted=is_due and not self._cut) if can_cut else 0
            self._cut = self._size + cut if cut else self._cut
            self._pending.append(block)
            self._size += len(block)
            if is_due and self._cut:
                yield self._taken(self._cut, is_whole=is_whole)
            elif self._size > self._most_bytes:
                yield self._taken(self._size, is_whole=is_whole)
                return
            has_parts = True
        if self._pending or (is_whole and not has_parts):
            yield self._taken(self._size, is_whole=is_whole)

    def _taken(self, end: int, *, is_whole: bool) -> Part:
        """Take the pending bytes up to an offset."""
        pending = b"".join(self._pending)
        text, rest = pending[:end], pending[end:]
        part = Part(
            text, are_lines=self._are_lines, is_whole=is_whole, files=self._files.copy() or [(0, self._source.name)],
            line=self._line,
        )  # fmt: skip
        begins = [file for file in self._files if file[0] < end]
        start, name = begins[-1] if begins else (0, self._source.name)
        self._line = (self._line if len(begins) <= 1 else 0) + text.count(b"\n", start)
        self._files = [(0, name), *((at - end, other) for at, other in self._files if at >= end)]
        self._pending, self._size, self._cut = [rest] if rest else [], len(rest), 0
        return part
