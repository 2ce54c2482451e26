"""Maps rows to what a program gives for each: in order, chunk by chunk, on one thread or several."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Literal

from jq_magic import jobs
from jq_magic.data import decode
from jq_magic.errors import DataError, JqMagicError
from jq_magic.limits import Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.many.documents import MOST_JOBS
from jq_magic.many.rows import CHUNK_BYTES, MOST_ROWS, Chunk, Outcome, RowOptions, RowSource
from jq_magic.run.run import Source
from jq_magic.run.worker import end, submit

#: Rows of the first chunk, since somebody may want the first results only; each has twice as many as the one before.
FIRST_ROWS = 64
#: pyarrow's names for types of texts, and for those of the bytes that they are made of.
_BYTES_OF = {"string": "binary", "large_string": "large_binary"}
#: asyncio sets siginterrupt(SIGINT, False): the system then restarts an untimed wait after Ctrl-C.
_WAIT_S = 3600.0

Mapped = Generator[Any, None, None]


def options(
    outputs: Literal["one", "first", "array"],
    errors: Literal["raise", "null", "keep"],
    jobs_: int,
    limits: Limits,
    *,
    with_fuel: bool,
) -> RowOptions:
    """Check how rows are to be run. Raises: DataError, with what can be chosen."""
    if outputs not in {"one", "first", "array"}:
        raise DataError(f'outputs is "one", "first" or "array", not {outputs!r}')
    if errors not in {"raise", "null", "keep"}:
        raise DataError(f'errors is "raise", "null" or "keep", not {errors!r}')
    if not isinstance(jobs_, int) or not 1 <= jobs_ <= MOST_JOBS:
        raise DataError(f"jobs is a number of threads from 1 to {MOST_JOBS}, not {jobs_!r}")
    return RowOptions(outputs, errors, jobs_, limits, with_fuel)


def mapped(
    source: Source, rows: Iterable[Any], options: RowOptions, *, as_text: bool, first_rows: int = FIRST_ROWS
) -> Mapped:
    """Give what each row came to; pairs of that and its fuel, where that is counted.

    Args:
        source: What runs.
        rows: JSON texts as str or bytes, values, or None for what is missing.
        options: How.
        as_text: Give JSON texts instead of values.
        first_rows: Rows of the first chunk; as many as in any other where all of them are wanted.
    Raises: as `Program.map`.

    """
    if isinstance(rows, (str, bytes, bytearray, memoryview, dict)):
        raise DataError(f"rows are an iterable of rows, not one {type(rows).__name__}; program.run takes one text")
    PROCESS.check_jobs(options.jobs, source.ceiling)
    PROCESS.check_runtime(source.runtime, source.ceiling)
    options = dataclasses.replace(options, limits=PROCESS.enforce(options.limits, source.ceiling))
    if hasattr(type(rows), "to_pylist"):
        rows = _plain(rows)
    return _mapped(RowSource(source, options), rows, as_text=as_text, first_rows=first_rows)


def _plain(array: Any) -> Iterator[Any]:
    """Give what an array of Arrow holds as plain values; its own items are none.

    A text is given as its bytes: they are what the guest takes, and an array of strangers may hold some that are no
    UTF-8, which is an error of their row.
    """
    kind = _BYTES_OF.get(str(getattr(array, "type", "")))
    if kind is not None:
        array = array.cast(kind)
    for start in range(0, len(array), MOST_ROWS):
        yield from array[start : start + MOST_ROWS].to_pylist()


def _mapped(source: RowSource, rows: Iterable[Any], *, as_text: bool, first_rows: int) -> Mapped:
    is_raised = source.options.errors == "raise"
    cut = _Cut(rows, first_rows)
    chunks = (Chunk(source, part, number) for number, part in cut.parts())
    done = map(Chunk.run, chunks) if source.options.jobs == 1 else _in_lanes(source, chunks)
    with contextlib.closing(done) if isinstance(done, Generator) else contextlib.nullcontext():
        for chunk in done:
            outcomes = chunk.outcomes if as_text else _values(chunk.outcomes, chunk.number, source.options.errors)
            if not is_raised and not source.options.with_fuel:
                yield from outcomes
                continue
            for outcome, fuel in zip(outcomes, chunk.fuel, strict=True):
                if is_raised and isinstance(outcome, JqMagicError):
                    raise outcome
                yield (outcome, fuel) if source.options.with_fuel else outcome
    if cut.failure is not None:
        raise cut.failure


class _Cut:
    """Cuts rows into chunks; what their source raises is noted, for after the rows before it."""

    def __init__(self, rows: Iterable[Any], first_rows: int) -> None:
        self._rows, self._first_rows = rows, first_rows
        self.failure: Exception | None = None

    def parts(self) -> Iterator[tuple[int, list[Any]]]:
        """Give the number of a chunk's first row, and its rows."""
        rows = self._noted()
        number, most = 0, self._first_rows
        while part := list(itertools.islice(rows, FIRST_ROWS)):
            used = _size(part)
            # A few at a time: with long rows a chunk is full early.
            while len(part) < most and used < CHUNK_BYTES and (more := list(itertools.islice(rows, FIRST_ROWS))):
                part += more
                used += _size(more)
            yield number, part
            number += len(part)
            most = min(2 * most, MOST_ROWS)

    def _noted(self) -> Iterator[Any]:
        try:
            yield from self._rows
        except Exception as error:  # noqa: BLE001 - raised when its turn has come
            self.failure = error


def _values(outcomes: list[Outcome], number: int, errors: str) -> list[Any]:
    """Decode the texts among what rows came to; one that Python cannot hold is an error of its row."""
    texts = [outcome for outcome in outcomes if isinstance(outcome, str)]
    if not texts:
        return list(outcomes)
    try:
        values = decode.from_json_lines("\n".join(texts) + "\n")
    except DataError:
        return [_value(outcome, number + place, errors) for place, outcome in enumerate(outcomes)]
    if len(texts) == len(outcomes):
        return values
    decoded = iter(values)
    return [next(decoded) if isinstance(outcome, str) else outcome for outcome in outcomes]


def _value(outcome: Outcome, number: int, errors: str) -> Any:
    if not isinstance(outcome, str):
        return outcome
    try:
        return decode.from_json(outcome)
    except DataError as error:
        error.document = number
        return None if errors == "null" else error.with_traceback(None)


def _size(rows: list[Any]) -> int:
    try:
        return sum(map(len, rows))
    except TypeError:
        # Some are no texts.
        return sum(len(row) for row in rows if isinstance(row, (str, bytes, bytearray)))


def _in_lanes(source: RowSource, chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """Run chunks on threads, and give them in order; a few are run ahead of those that are wanted."""
    waiting: collections.deque[tuple[Chunk, jobs.Job[Chunk]]] = collections.deque()
    stack_bytes = source.alone.pool.stacks.thread_bytes
    try:
        while True:
            while len(waiting) < source.options.jobs and (chunk := next(chunks, None)) is not None:
                waiting.append((chunk, submit(chunk.run, stack_bytes)))
            if not waiting:
                return
            while not waiting[0][1].wait(_WAIT_S):
                pass
            yield waiting.popleft()[1].result()
    finally:
        for chunk, job in waiting:
            end(job, chunk.stop)
