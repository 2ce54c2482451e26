"""Chooses how the input of the command is read: as texts, lines, records or events."""

from __future__ import annotations

from collections.abc import Iterator

from jq_magic.cli.cutting import PART_BYTES
from jq_magic.cli.events import Events, NotJsonError, TooLongError
from jq_magic.cli.inputs import BLOCK_BYTES, Inputs, Part
from jq_magic.cli.output import say
from jq_magic.cli.reading import Source
from jq_magic.cli.records import Records
from jq_magic.jqoptions import Options
from jq_magic.limits.exceeded import exceeded
from jq_magic.sandbox import Sandbox

#: Stands for what is no JSON at the end of events: the guest meets it when it gets there, and not before.
_BROKEN = b"!\n"


class Parts:
    """The input of one command.

    Args:
        options: Those of the command.
        files: Names of files; none for standard input.
        sandbox: Where the filter runs.

    """

    def __init__(self, options: Options, files: list[str], sandbox: Sandbox) -> None:
        self._options = options
        self._most_bytes = most_bytes = sandbox.limits.input_bytes
        self._files = Source(files, max(1, min(BLOCK_BYTES, most_bytes // 4)), _report)
        self._are_lines = "raw_input" in options
        self._source: Source | Records = self._files
        if "seq" in options and not self._are_lines:
            self._source = Records(self._files, sandbox, lambda why: say(f"jq_magic: ignoring parse error: {why}\n"))

    @property
    def is_complete(self) -> bool:
        """Whether all files could be read so far."""
        return self._files.is_complete

    def read(self, *, is_whole: bool, by_file: bool) -> Iterator[Part]:
        """Yield the parts. Raises: LimitError.

        Args:
            is_whole: All input is one part.
            by_file: No part has bytes of two files, and each has all of one.

        """
        if not self._are_lines and ("stream" in self._options or "stream_errors" in self._options):
            return self._events(is_whole=is_whole)
        inputs = Inputs(self._source, are_lines=self._are_lines, by_file=by_file, most_bytes=self._most_bytes)
        return inputs.parts(is_whole=is_whole)

    def _events(self, *, is_whole: bool) -> Iterator[Part]:
        """Yield the events of --stream as parts, and after them why what follows is no JSON."""
        events = Events(keeps_errors="stream_errors" in self._options, most_bytes=self._most_bytes)
        pending: list[bytes] = []
        size = 0
        fault: str | None = None
        most = min(PART_BYTES, self._most_bytes // 2)
        blocks = self._source.blocks()
        while fault is None:
            block = next(blocks, b"")
            try:
                events.feed(block, is_last=not block)
            except NotJsonError as error:
                fault = str(error)
            except TooLongError:
                reason = "a text, or its events, are longer than allowed"
                raise exceeded("input_bytes", self._most_bytes + 1, self._most_bytes, reason=reason) from None
            for event in events.take():
                pending.append(event.encode() + b"\n")
                size += len(pending[-1])
                if size >= most and not is_whole:
                    yield self._part(pending)
                    size = 0
            if not block:
                break
            if size > self._most_bytes:
                yield self._part(pending, is_whole=is_whole)
                return
            if pending and not is_whole and not self._source.is_ready():
                yield self._part(pending)
                size = 0
        if pending or fault is not None or is_whole:
            pending += [] if fault is None else [_BROKEN]
            yield self._part(pending, is_whole=is_whole, fault=fault)

    def _part(self, pending: list[bytes], *, is_whole: bool = False, fault: str | None = None) -> Part:
        text = b"".join(pending)
        pending.clear()
        return Part(text, is_whole=is_whole, files=[(0, self._source.name)], fault=fault)


def _report(name: str, error: OSError) -> None:
    say(f"jq_magic: error: Could not open file {name}: {error.strerror}\n")
