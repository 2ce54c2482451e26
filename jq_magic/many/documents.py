"""Runs a program over many documents: each a run of its own with its own limits, on several threads, in order.

The documents are read as they are needed, a few ahead of those that run, and what came out waits in
bounded amounts, so memory does not depend on how many there are.

No document sees anything of another, and each spends the fuel that it would spend alone, compiling
the program included (see `jq_magic.run.pool`).
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Generator, Iterable, Sized

from jq_magic.errors import DataError, JqMagicError
from jq_magic.guest.module import manifest
from jq_magic.limits import Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.many.chunks import Chunk, Document, Gatherer, Outcome
from jq_magic.many.lanes import Lanes
from jq_magic.many.progress import Progress
from jq_magic.many.total import Total
from jq_magic.result import Result, Usage
from jq_magic.run.run import Source

#: Each thread has a stack of tens of megabytes of address space, and its instance some gigabytes.
MOST_JOBS = 256
#: asyncio sets siginterrupt(SIGINT, False): the system then restarts an untimed wait for a lock after Ctrl-C, but not
#: a timed one. So waits for outcomes have a time, if a long one.
_WAIT_S = 3600.0


@dataclasses.dataclass(frozen=True)
class ManyOptions:
    """How documents are run; the names are those of `Program.run_many`.

    Attributes:
        limits: Those of each document; None for those of the program.
        total: What all documents may use together.
        flags: RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS of `jq_magic.guest.abi`.
        jobs: How many threads.
        raises: Raise the first error instead of giving it.
        progress: Whether a bar is shown; None where somebody can see it.

    Raises: DataError for a number of threads that cannot be.

    """

    limits: Limits | None = None
    total: Limits | None = None
    flags: int = 0
    jobs: int = 1
    raises: bool = True
    progress: bool | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.jobs, int) or not 1 <= self.jobs <= MOST_JOBS:
            raise DataError(f"jobs is a number of threads from 1 to {MOST_JOBS}, not {self.jobs!r}")


def _outcomes(source: Source, texts: Iterable[Document], options: ManyOptions) -> Generator[Outcome, None, None]:
    """Give the result or the error of each document, in order. Raises: CeilingError, and what `texts` raises."""
    lanes = Lanes(source, PROCESS.enforce(options.limits or source.limits, source.ceiling), options.flags, options.jobs)
    try:
        gatherer = Gatherer(texts)
        waiting: collections.deque[Chunk] = collections.deque()
        while True:
            # One more for each lane than it runs: none waits for the reader of the outcomes.
            width = 2 * options.jobs if options.jobs > 1 and gatherer.is_to_share else 1
            while len(waiting) < width and (chunk := gatherer.chunk()) is not None:
                waiting.append(chunk)
                lanes.put(chunk)
            if not waiting:
                gatherer.raise_failure()
                return
            first = waiting[0]
            while not first.ready.acquire(timeout=_WAIT_S):
                pass
            if first.failure is not None:
                raise first.failure
            ready, first.outcomes = first.outcomes, []
            if first.texts:
                lanes.put(first)
            else:
                gatherer.learn(first)
                waiting.popleft()
            yield from ready
    finally:
        lanes.end()


def run_many(source: Source, texts: Iterable[Document], options: ManyOptions) -> Generator[Outcome, None, None]:
    """Run a program over many documents; see `Program.run_many`."""
    PROCESS.check_jobs(options.jobs, source.ceiling)
    total = None if options.total is None else Total(options.total)
    length = len(texts) if isinstance(texts, Sized) else None
    outcomes = _outcomes(source, texts, options)
    with contextlib.closing(outcomes), Progress(length, options.progress) as bar:
        for number, outcome in enumerate(outcomes):
            if isinstance(outcome, JqMagicError):
                outcome.document = number
            if total is not None and outcome.usage is not None:
                total.add(outcome.usage)
            if options.raises and isinstance(outcome, JqMagicError):
                raise outcome
            bar.step()
            yield outcome


def joined(source: Source, limits: Limits | None, outcomes: Iterable[Outcome]) -> Result:
    """Make one result of all.

    Raises: what `outcomes` raises; an error of ours gets the one result, with what the document that failed gave.
    """
    results: list[Result] = []
    try:
        results.extend(outcome for outcome in outcomes if isinstance(outcome, Result))
    except JqMagicError as error:
        results += [] if error.partial is None else [error.partial]
        error.partial = _one(source, limits, results)
        error.usage = error.partial.usage
        raise
    return _one(source, limits, results)


def _one(source: Source, limits: Limits | None, results: list[Result]) -> Result:
    return Result(
        "".join(result.text for result in results),
        sum((result.usage for result in results), Usage.none()),
        PROCESS.enforce(limits or source.limits, source.ceiling),
        source.runtime,
        source.engine,
        manifest(source.engine)["sha256"],
        [message for result in results for message in result.messages],
    )
