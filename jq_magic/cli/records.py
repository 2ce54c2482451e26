"""Reads application/json-seq: texts that each begin with a record separator, as --seq takes them.

A record that is cut short is left out with a warning, as in jq. What is a value is said by the guest, within limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jq_magic.cli.budget import Budget
from jq_magic.cli.cutting import PART_BYTES, Cutter, is_balanced
from jq_magic.cli.reading import Source
from jq_magic.errors import InputError, LimitError
from jq_magic.limits.exceeded import exceeded
from jq_magic.sandbox import Sandbox

SEPARATOR = b"\x1e"
#: Bytes that a number or a word can consist of, as jq's parser reads them.
_LITERAL = bytes(set(range(256)) - set(b'"[]{}:, \t\r\n\x1e'))
_WORDS = frozenset({b"true", b"false", b"null"})


class Records:
    """The values of records, as JSON texts one on each line; it is read as a `Source` is.

    Args:
        source: Where the records come from.
        sandbox: Where they are read.
        warn: Told why a record was left out.

    """

    def __init__(self, source: Source, sandbox: Sandbox, warn: Callable[[str], None]) -> None:
        self._source, self._warn = source, warn
        self._program = sandbox.compile(".")
        self._limits = sandbox.limits
        self._most_bytes = sandbox.limits.input_bytes
        # As parts of the input, so much of the records has one budget.
        self._budget = Budget(sandbox.limits)
        self.number = 0

    @property
    def name(self) -> str:
        """The file that the last block is from."""
        return self._source.name

    def is_ready(self) -> bool:
        """Say whether the next block is there, or whoever writes it has to be waited for."""
        return self._source.is_ready()

    def blocks(self) -> Iterator[bytes]:
        """Yield the values of all records. Raises: LimitError."""
        pending: list[bytes] = []
        size = since = 0
        has_begun = False
        for block in self._source.blocks():
            self.number = self._source.number
            *ended, rest = block.split(SEPARATOR)
            if ended:
                pending.append(ended[0])
                first = [b"".join(pending)] if has_begun else []
                yield from self._values([*first, *ended[1:]])
                pending, size, has_begun = [], 0, True
            # What stands before the first separator is no record.
            pending += [rest] if has_begun else []
            size += len(rest)
            since += len(block)
            if since > PART_BYTES:
                since, self._budget = 0, Budget(self._limits)
            if size > self._most_bytes:
                raise exceeded("input_bytes", size, self._most_bytes)
        if has_begun:
            yield from self._values([b"".join(pending)], is_end=True)
        else:
            self._warn("Unfinished abandoned text at EOF")

    def _values(self, records: list[bytes], *, is_end: bool = False) -> Iterator[bytes]:
        whole = [self._without_truncated(record, is_end=is_end) for record in records]
        at, count = 0, len(whole)
        while at < len(whole):
            batch = whole[at : at + count]
            try:
                result = self._program.run(b"\n".join(batch), limits=self._budget.left())
            except InputError as error:
                self._warn(error.args[0].partition("\n")[0].partition(" (value")[0])
                self._budget.add(error.usage)
                yield error.partial.text.encode() if error.partial else b""
                offset, passed = error.offset, 0
                while passed < len(batch) - 1 and offset > len(batch[passed]):
                    offset -= len(batch[passed]) + 1
                    passed += 1
                at, count = at + passed + 1, 1
            except LimitError as error:
                raise self._budget.whole(error) from None
            else:
                self._budget.add(result.usage)
                yield result.text.encode()
                at, count = at + len(batch), count * 2

    def _without_truncated(self, record: bytes, *, is_end: bool) -> bytes:
        """Take off what lacks its end: it would go on in the next record, or may have been longer."""
        literal = record[len(record.rstrip(_LITERAL)) :]
        if literal and not (is_end and literal in _WORDS):
            self._warn("Potentially truncated top-level numeric value")
            record = record[: -len(literal)]
        if is_balanced(record):
            return record
        # jq says nothing of one that only lacks its end, where a blank shows that nothing was cut off.
        if not record[-1:].isspace():
            self._warn("Truncated value")
        return record[: Cutter(are_lines=False).cut(record, is_wanted=True)]
