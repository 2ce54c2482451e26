"""A program over many documents: each a run of its own with its own limits, on several threads, in order.

The documents are read as they are needed, a few ahead of those that run, and what came out waits in
bounded amounts, so memory does not depend on how many there are. A thread takes documents in chunks,
since handing one over takes as long as running a small one; a chunk ends early when its documents
take long or give much.

No document sees anything of another, and each spends the fuel that it would spend alone, compiling
the program included (see `jq_magic.prepared`).
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sized

from jq_magic import ceiling, modules, worker
from jq_magic.errors import (
    DataError,
    DeadlineError,
    FuelError,
    InputLimitError,
    JqMagicError,
    LimitError,
    OutputLimitError,
)
from jq_magic.limits import Limits
from jq_magic.progress import Progress
from jq_magic.result import Result, Usage
from jq_magic.sandbox import WHOLE_RUN, Source
from jq_magic.stream import Stream

Document = str | bytes
Outcome = Result | JqMagicError

#: Each thread has a stack of tens of megabytes of address space, and its instance some gigabytes.
MOST_JOBS = 256
#: The most documents in a chunk, and the bytes of input or output that end one.
_MOST_DOCUMENTS = 64
_CHUNK_BYTES = 256 << 10
_OUTPUT_BYTES = 1 << 20
#: Seconds after which a chunk's outcomes are handed over, and in which one is gathered.
_CHUNK_S = 0.05
_GATHER_S = 0.005
#: Chunks that took less grow, those that took more shrink.
_SHORT_S, _LONG_S = 0.005, 0.02
#: Of a document that takes less, most is spent in Python, which one thread at a time can run: more would only get into
#: each other's way.
_SHARED_S = 0.00015
#: What threads spend on getting into each other's way is in what a document takes them: below this one chunk is run by
#: one thread alone, to see what it takes then, and that is believed for so many chunks.
_UNSURE_S, _BELIEVED = 0.0005, 16
#: After asyncio has handled an interrupt, the system goes on with a wait that a signal interrupts, unless the wait has
#: an end: so it has one.
_INTERRUPT_S = 3600.0
#: A stop is repeated in case the run just began.
_STOP_EVERY_S = 0.02


class _Chunk:
    """Documents that are still to run, and outcomes that are still to be fetched."""

    def __init__(self, texts: collections.deque[Document], *, is_alone: bool) -> None:
        self.texts = texts
        self.is_alone = is_alone
        self.outcomes: list[Outcome] = []
        self.seconds = 0.0
        #: Of a processor, for each document.
        self.work_s = 0.0
        self.failure: BaseException | None = None
        self.ready = threading.Lock()
        self.ready.acquire()


class _Lanes:
    """Workers that take chunks from a queue, and a thread that watches over their deadlines."""

    def __init__(self, source: Source, limits: Limits, flags: int, jobs: int) -> None:
        self._source, self._limits, self._flags = source, limits, flags
        self._chunks: queue.SimpleQueue[_Chunk | None] = queue.SimpleQueue()
        self._running: list[tuple[Stream, float] | None] = [None] * jobs
        self._is_ended = threading.Event()
        self._jobs: list[worker.Job[None]] = []
        try:
            for place in range(jobs):
                self._jobs.append(worker.submit(self._lane_at(place), source.stock.stacks.thread_bytes))
            threading.Thread(target=self._watch, name="jq_magic deadlines", daemon=True).start()
        except BaseException:
            self.end()
            raise

    def put(self, chunk: _Chunk) -> None:
        self._chunks.put(chunk)

    def end(self) -> None:
        """End what runs, and return when no lane runs any more."""
        self._is_ended.set()
        for _ in self._jobs:
            self._chunks.put(None)
        for job in self._jobs:
            worker.end(job, self._expire_all)

    def _expire_all(self) -> None:
        for running in self._running:
            if running is not None:
                running[0].expire()

    def _watch(self) -> None:
        pause = 0.0
        while not self._is_ended.wait(pause):
            # What begins during the pause cannot be over before its end.
            pause = self._limits.deadline_s
            now = time.perf_counter()
            for running in list(self._running):
                if running is not None:
                    left = running[1] + self._limits.deadline_s - now
                    if left <= 0:
                        running[0].expire()
                    pause = min(pause, left if left > 0 else _STOP_EVERY_S)

    def _lane_at(self, place: int) -> Callable[[], None]:
        def lane() -> None:
            while (chunk := self._chunks.get()) is not None and not self._is_ended.is_set():
                try:
                    self._serve(place, chunk)
                except BaseException as error:  # noqa: BLE001 - whoever waits for the chunk gets it
                    chunk.failure = error
                chunk.ready.release()

        return lane

    def _serve(self, place: int, chunk: _Chunk) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        written = 0
        while chunk.texts and not self._is_ended.is_set():
            outcome = self._outcome(place, chunk.texts.popleft())
            chunk.outcomes.append(outcome)
            result = outcome.partial if isinstance(outcome, JqMagicError) else outcome
            written += result.usage.output_bytes if result is not None else 0
            chunk.seconds = time.perf_counter() - began
            if chunk.seconds > _CHUNK_S or written > _OUTPUT_BYTES:
                break
        if chunk.outcomes:
            chunk.work_s = (time.thread_time() - worked) / len(chunk.outcomes)

    def _outcome(self, place: int, text: Document) -> Outcome:
        try:
            stream = Stream(self._source, text, self._limits, self._flags, WHOLE_RUN)
            self._running[place] = (stream, time.perf_counter())
            return stream.whole(here=True)
        except JqMagicError as error:
            # The frames below hold the run and the document; the error has all that is told of them.
            return error.with_traceback(None)
        finally:
            self._running[place] = None


class _Gatherer:
    """Takes documents from their source; what the source raises comes after the documents before it."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = iter(documents)
        self._failure: Exception | None = None
        self.size = 1
        #: Whether documents take long enough for more than one thread.
        self.is_to_share = True
        self._believed = 0

    def chunk(self) -> _Chunk | None:
        """The next documents; None when there are no more."""
        texts: collections.deque[Document] = collections.deque()
        gathered, ends = 0, time.perf_counter() + _GATHER_S
        while self._failure is None and len(texts) < self.size and gathered < _CHUNK_BYTES:
            try:
                text = next(self._documents)
            except Exception as error:  # noqa: BLE001 - told when its turn has come
                self._failure = error
                break
            texts.append(text)
            gathered += len(text) if isinstance(text, (str, bytes)) else 0
            if time.perf_counter() > ends:
                break
        return _Chunk(texts, is_alone=not self.is_to_share) if texts else None

    def learn(self, chunk: _Chunk) -> None:
        """Choose the size of chunks, and whether threads share them, by how long one took."""
        if chunk.is_alone:
            self.is_to_share, self._believed = chunk.work_s > _SHARED_S, _BELIEVED
        elif self._believed > 0:
            self._believed -= 1
        else:
            self.is_to_share = chunk.work_s > _UNSURE_S
        if chunk.seconds < _SHORT_S:
            self.size = min(2 * self.size, _MOST_DOCUMENTS)
        elif chunk.seconds > _LONG_S:
            self.size = max(self.size // 2, 1)

    def raise_failure(self) -> None:
        """Raises: what the source of the documents raised, if it did."""
        if self._failure is not None and not isinstance(self._failure, StopIteration):
            raise self._failure


def _outcomes(source: Source, texts: Iterable[Document], ways: Ways) -> Generator[Outcome, None, None]:
    """The result or the error of each document, in order. Raises: CeilingError, and what `texts` raises."""
    lanes = _Lanes(source, ceiling.enforce(ways.limits or source.sandbox.limits), ways.flags, ways.jobs)
    try:
        gatherer = _Gatherer(texts)
        waiting: collections.deque[_Chunk] = collections.deque()
        while True:
            # One more for each lane than it runs: none waits for the reader of the outcomes.
            width = 2 * ways.jobs if ways.jobs > 1 and gatherer.is_to_share else 1
            while len(waiting) < width and (chunk := gatherer.chunk()) is not None:
                waiting.append(chunk)
                lanes.put(chunk)
            if not waiting:
                gatherer.raise_failure()
                return
            first = waiting[0]
            while not first.ready.acquire(timeout=_INTERRUPT_S):
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


class _Total:
    """What all documents have used together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.used = {"fuel": 0.0, "deadline_s": 0.0, "input_bytes": 0.0, "output_bytes": 0.0, "outputs": 0.0}

    def add(self, usage: Usage) -> None:
        """Raises: LimitError when the limits on all documents are met."""
        spent = (usage.fuel, usage.wall_s, usage.input_bytes, usage.output_bytes, usage.outputs)
        for name, more in zip(self.used, spent, strict=True):
            self.used[name] += more
            if self.used[name] > getattr(self._limits, name):
                raise self._error(name, self.used[name], getattr(self._limits, name))

    @staticmethod
    def _error(name: str, used: float, allowed: float) -> LimitError:
        kinds: dict[str, type[LimitError]] = {"fuel": FuelError, "deadline_s": DeadlineError}
        kinds |= {"input_bytes": InputLimitError, "output_bytes": OutputLimitError, "outputs": OutputLimitError}
        return kinds[name](name, used, allowed, reason="all documents together need more than `total` allows")


@dataclasses.dataclass(frozen=True)
class Ways:
    """How documents are run; the names are those of `Program.run_many`.

    Attributes:
        raises: Raise the first error instead of giving it.
        flags: As `jq_magic.guest` names them.

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


def run_many(source: Source, texts: Iterable[Document], ways: Ways) -> Generator[Outcome, None, None]:
    """As `Program.run_many`."""
    total = None if ways.total is None else _Total(ways.total)
    length = len(texts) if isinstance(texts, Sized) else None
    found = _outcomes(source, texts, ways)
    with contextlib.closing(found), Progress(length, ways.progress) as bar:
        for number, outcome in enumerate(found):
            if isinstance(outcome, JqMagicError):
                outcome.tell_document(number)
            if total is not None and outcome.usage is not None:
                total.add(outcome.usage)
            if ways.raises and isinstance(outcome, JqMagicError):
                raise outcome
            bar.step()
            yield outcome


def joined(source: Source, limits: Limits | None, outcomes: Iterable[Outcome]) -> Result:
    """One result of all; an error that passes gets it, with what the document that failed gave. Raises: as given."""
    results: list[Result] = []

    def so_far() -> Result:
        usages = [result.usage for result in results]
        usage = Usage(
            fuel=sum(usage.fuel for usage in usages),
            memory_bytes=max((usage.memory_bytes for usage in usages), default=0),
            wall_s=sum(usage.wall_s for usage in usages),
            input_bytes=sum(usage.input_bytes for usage in usages),
            output_bytes=sum(usage.output_bytes for usage in usages),
            outputs=sum(usage.outputs for usage in usages),
        )
        text = "".join(result.text for result in results)
        messages = [message for result in results for message in result.messages]
        sandbox = source.sandbox
        sha256 = modules.manifest(sandbox.engine)["sha256"]
        given = ceiling.enforce(limits or sandbox.limits)
        return Result(text, usage, given, sandbox.runtime, sandbox.engine, sha256, messages)

    try:
        results.extend(outcome for outcome in outcomes if isinstance(outcome, Result))
    except JqMagicError as error:
        results += [] if error.partial is None else [error.partial]
        error.partial = so_far()
        error.usage = error.partial.usage
        raise
    return so_far()
