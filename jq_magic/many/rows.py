"""Runs a program over a chunk of rows in one call of the guest, each with what a run of its own would give.

The guest runs row after row (wasm/guest/src/rows.rs), and keeps the limits on what a row gives itself. Fuel and memory
are the instance's: a batch has less than half of what a row may use, so a row that ends in it would end alone. The row
in which a batch ends early, for whatever reason, and all rows of the other engines, have a run of their own, so its
error is that of a run.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, Literal

from jq_magic.data.encode import text_to_bytes, value_to_json
from jq_magic.errors import DataError, GuestError, JqMagicError
from jq_magic.guest import rows as guest_rows
from jq_magic.guest.abi import FIRST, ONE_OUTPUT, WHOLE_RUN, Batching
from jq_magic.guest.guest import Batch
from jq_magic.guest.module import ENGINES, MODULES
from jq_magic.limits import Limits
from jq_magic.limits.exceeded import exceeded
from jq_magic.result import Result
from jq_magic.run.pool import POOLS
from jq_magic.run.run import Input, Run, Source
from jq_magic.run.stream import Stream, on_worker

#: The most rows in a chunk and in a pull, and the bytes that end a chunk.
MOST_ROWS = 4096
CHUNK_BYTES = 1 << 20
#: With less than this a batch has no room, and each row runs alone.
_LEAST_FUEL, _LEAST_MEMORY_BYTES = 1_000_000, 32 << 20
#: A byte of every mark that says UTF-16 or UTF-32, and of no text in UTF-8.
_MARK = b"\xff"
_SEVERAL, _ADVICE = "the row has more outputs than one", 'try outputs="first" or outputs="array"'

#: What a row gives: one JSON text, nothing, or an error.
Outcome = str | None | JqMagicError


@dataclasses.dataclass(frozen=True)
class RowOptions:
    """How rows are run; the names are those of `Program.map`.

    Attributes:
        outputs: What is wanted of each row; "lines" are all its outputs as one text, a line each.
        errors: What stands in the place of a row that failed.
        jobs: Threads.
        limits: Those of each row.
        with_fuel: Whether the fuel of each row is counted.

    """

    outputs: Literal["one", "first", "array", "lines"]
    errors: Literal["raise", "null", "keep"]
    jobs: int
    limits: Limits
    with_fuel: bool


class RowSource:
    """A program, and how it runs over rows: together where they can, and alone.

    Args:
        source: What runs.
        options: How.

    """

    def __init__(self, source: Source, options: RowOptions) -> None:
        self.alone, self.options = source, options
        self.batched: Source | None = None
        limits = options.limits
        if source.engine == ENGINES[0] and limits.fuel >= _LEAST_FUEL and limits.memory_bytes >= _LEAST_MEMORY_BYTES:
            # 7/16 to compile, as much for a row, and the rest for what differs in a run of its own.
            fewer = limits.replace(fuel=limits.fuel * 7 // 16, memory_bytes=limits.memory_bytes // 2)
            # Its own pool: an instance has the limit on memory that it was made with.
            _, module = MODULES.get(source.runtime, source.engine)
            pool = POOLS.program(module, limits.depth, source.pool.stacks)
            self.batched = source._replace(limits=fewer, pool=pool)


class Chunk:
    """Rows that are run together.

    Args:
        source: What runs.
        rows: JSON texts as str or bytes, values, or None for what is missing.
        number: The number of the first row, from 0.

    """

    def __init__(self, source: RowSource, rows: Sequence[Any], number: int) -> None:
        self._source, self._options, self.number = source, source.options, number
        self._flags = FIRST if source.options.outputs == "first" else 0
        self._rows = rows
        self.outcomes: list[Outcome] = [None] * len(rows)
        self.fuel = [0] * len(rows)
        #: Rows in a pull: fewer after one that ended early.
        self._step = 1 if source.options.with_fuel else MOST_ROWS
        self._running: Run | Stream | None = None
        self._is_over = False

    def run(self) -> Chunk:
        """Run all rows, or those up to the first error if that is to be raised.

        Raises: CeilingError, RuntimeUnavailableError.
        """
        texts = self._texts()
        batched = self._source.batched
        if batched is None:
            for place, text in texts:
                self._run_alone(place, text)
            return self
        most_bytes = min(CHUNK_BYTES, batched.limits.input_bytes)
        if guest_rows.size(len(texts), sum(len(text) for _, text in texts)) <= most_bytes:
            self._run_block(batched, texts)
            return self
        block: list[tuple[int, bytes]] = []
        used = guest_rows.size(0, 0)
        for place, text in texts:
            needed = guest_rows.size(1, len(text)) - guest_rows.size(0, 0)
            if used + needed > most_bytes:
                self._run_block(batched, block)
                block, used = [], guest_rows.size(0, 0)
            if used + needed > most_bytes:
                self._run_alone(place, text)
                continue
            block.append((place, text))
            used += needed
        self._run_block(batched, block)
        return self

    def stop(self) -> None:
        """End what runs, from any thread; the rows after it are not run."""
        self._is_over = True
        if self._running is not None:
            self._running.close()

    def _texts(self) -> list[tuple[int, bytes]]:
        """Give the JSON text of each row that has one; one that cannot become JSON has an error instead."""
        # What most rows are needs no look at each of them.
        kinds = set(map(type, self._rows))
        if kinds == {str} and "".join(self._rows).isascii():
            return [(place, row.encode()) for place, row in enumerate(self._rows)]
        if kinds == {bytes} and _MARK not in b"".join(self._rows):
            return list(enumerate(self._rows))
        texts: list[tuple[int, bytes]] = []
        for place, row in enumerate(self._rows):
            if row is None:
                continue
            try:
                if isinstance(row, (str, bytes, bytearray, memoryview)):
                    text = text_to_bytes(row)  # type: ignore[arg-type] # all of them are handled there
                else:
                    text = value_to_json(row)
            except DataError as error:
                self._put_error(place, error)
                continue
            texts.append((place, text))
        return texts

    def _run_block(self, source: Source, block: list[tuple[int, bytes]]) -> None:
        """Run rows in batches; after one that ended early those behind it run in an instance of their own."""
        while block and not self._is_over:
            run = Run(source, source.limits)
            texts = [text for _, text in block]
            run.feed(Input(guest_rows.laid_out(b"".join(texts), map(len, texts)), self._flags))
            self._running = run
            try:
                count, step, is_early = self._pull_all(run, source, block)
            finally:
                run.close()
            block = block[count:]
            if is_early and block:
                self._run_alone(*block.pop(0))
                if count == 0 and step == 1:
                    # Not even one row fits into a batch.
                    for place, text in block:
                        self._run_alone(place, text)
                    return

    def _pull_all(self, run: Run, source: Source, block: list[tuple[int, bytes]]) -> tuple[int, int, bool]:
        """Pull until all rows of a run have ended, or a limit or a trap ends it.

        Returns: how many ended; how many rows the last pull was to run; whether the run ended early.
        """
        at = 0
        while not self._is_over:
            step, batching = self._step, Batching(WHOLE_RUN.bytes, self._step)
            batch = on_worker(run, lambda batching=batching: run.pull_rows(batching), source)  # type: ignore[misc] # mypy infers no default
            count = self._take(batch, block[at : at + step], run.fuel)
            at += count
            if batch.error is not None:
                self._step = max(1, step // 2)
                return at, step, True
            if not self._options.with_fuel:
                self._step = min(2 * step, MOST_ROWS)
            if batch.done:
                return at, step, False
        return at, self._step, False

    def _take(self, batch: Batch, block: list[tuple[int, bytes]], fuel: int) -> int:
        """Take what the rows of a pull gave. Returns: how many ended. Raises: GuestError."""
        lines = guest_rows.plain(batch)
        ended = [] if lines is not None else guest_rows.ended(batch, self._options.limits)
        count = len(ended) if lines is None else len(lines)
        if count > len(block) or (count == 0 and batch.error is None):
            raise GuestError("the guest's batch has not the rows that it was to run")
        if self._options.with_fuel and count:
            self.fuel[block[0][0]] = fuel
        if lines is None:
            self._take_each(ended, block)
            return count
        is_array = self._options.outputs == "array"
        for (place, _), line in zip(block, lines, strict=False):
            self.outcomes[place] = f"[{line}]" if is_array else line
        return count

    def _take_each(self, ended: list[guest_rows.Ended], block: list[tuple[int, bytes]]) -> None:
        is_raised = self._options.errors == "raise"
        for (place, text), row in zip(block, ended, strict=False):
            if self._is_over:
                return
            if not row.error and not (is_raised and self._is_several(row.texts)):
                self._put(place, row.texts)
            elif self._options.errors == "null":
                continue
            elif self._options.errors == "keep":
                texts = self._source.alone.texts
                self._put_error(place, row.exception(self._options.limits, texts=texts, text=text))
            else:
                # Raised with what the row used and gave, as every error of a run.
                self._run_alone(place, text)

    def _run_alone(self, place: int, text: bytes) -> None:
        if self._is_over:
            return
        batching = ONE_OUTPUT if self._flags else WHOLE_RUN
        try:
            stream = self._running = Stream(self._source.alone, text, self._options.limits, 0, batching)
            if self._flags:
                texts = list(itertools.islice(stream.batches(), 1))
                result = stream.result()
                stream.close()
                texts = [output.removesuffix("\n") for output in texts]
            else:
                result = stream.whole()
                texts = result.text.split("\n")[:-1]
        except JqMagicError as error:
            self.fuel[place] = error.usage.fuel if error.usage is not None else 0
            self._put_error(place, error)
            return
        self.fuel[place] = result.usage.fuel
        self._put(place, texts, result)

    def _is_several(self, texts: list[str]) -> bool:
        return self._options.outputs not in {"array", "lines"} and len(texts) > 1

    def _put(self, place: int, texts: list[str], result: Result | None = None) -> None:
        if self._is_several(texts):
            error = exceeded("outputs", len(texts), 1, reason=_SEVERAL)
            error.advice = _ADVICE
            error.partial, error.usage = result, None if result is None else result.usage
            self._put_error(place, error)
        elif self._options.outputs == "array":
            self.outcomes[place] = f"[{','.join(texts)}]"
        elif self._options.outputs == "lines":
            self.outcomes[place] = "\n".join(texts)
        else:
            self.outcomes[place] = texts[0] if texts else None

    def _put_error(self, place: int, error: JqMagicError) -> None:
        error.document = self.number + place
        # Drop the traceback: its frames keep the run and its document alive.
        self.outcomes[place] = None if self._options.errors == "null" else error.with_traceback(None)
        if self._options.errors == "raise":
            self._is_over = True
