"""Runs chunks of documents on several threads, and ends those whose time is over."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from jq_magic import forks, jobs
from jq_magic.errors import JqMagicError
from jq_magic.limits import Limits
from jq_magic.many.chunks import Chunk, Document, Outcome
from jq_magic.run.run import Source
from jq_magic.run.stream import Stream
from jq_magic.run.worker import LOOK_EVERY_S, STOP_EVERY_S, Deadline, end, hold_handlers, submit

#: Bytes of output, and seconds, after which a chunk's outcomes are handed over.
_OUTPUT_BYTES = 1 << 20
_CHUNK_S = 0.05
#: The threads that are lanes now, of all work of the process.
_LANES: set[int] = set()
forks.in_child(_LANES.clear)


class Lanes:
    """Workers that take chunks from a queue, and a thread that watches over their deadlines.

    Args:
        source: What runs.
        limits: Those of each document.
        flags: As for a run.
        jobs_: How many workers.
    Raises: RuntimeUnavailableError when there are no threads to be had.

    """

    def __init__(self, source: Source, limits: Limits, flags: int, jobs_: int) -> None:
        self._source, self._limits, self._flags = source, limits, flags
        self._chunks: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
        self._deadlines: list[Deadline | None] = [None] * jobs_
        self._is_ended = False
        self._wake_watch: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._lanes: list[jobs.Job[None]] = []
        try:
            for place in range(jobs_):
                self._lanes.append(submit(self._lane_at(place), source.pool.stacks.thread_bytes))
            jobs.start(self._watch)
        except BaseException:
            self.end()
            raise

    def put(self, chunk: Chunk) -> None:
        """Have a lane run a chunk."""
        self._chunks.put(chunk)

    def end(self) -> None:
        """End what runs, and return when no lane runs any more.

        A lane does not wait: garbage that it collects can have a generator in it that ends this lane, or one that
        waits for this one. What runs is ended by the thread that watches, then.
        """
        self._is_ended = True
        self._wake_watch.put(None)
        # For each that may have begun: an interrupt can come between the start of a lane and the note of it.
        for _ in self._deadlines:
            self._chunks.put(None)
        if threading.get_ident() in _LANES:
            return
        for lane in self._lanes:
            end(lane, self._expire_all)

    def _expire_all(self) -> None:
        for deadline in self._deadlines:
            if deadline is not None:
                deadline.expire()

    def _watch(self) -> None:
        pause = 0.0
        while not self._is_ended or not all(lane.done for lane in self._lanes):
            if self._is_ended:
                self._expire_all()
                pause = STOP_EVERY_S
            try:
                self._wake_watch.get(timeout=pause)
            except queue.Empty:
                # What begins during the pause cannot be over before its end.
                pause = min(self._limits.deadline_s, LOOK_EVERY_S)
            hold_handlers()
            for deadline in list(self._deadlines):
                if deadline is not None:
                    seconds_left = deadline.seconds_left()
                    if seconds_left <= 0:
                        deadline.expire()
                    pause = min(pause, seconds_left if seconds_left > 0 else STOP_EVERY_S)

    def _lane_at(self, place: int) -> Callable[[], None]:
        def lane() -> None:
            thread = threading.get_ident()
            _LANES.add(thread)
            try:
                run_chunks()
            finally:
                _LANES.discard(thread)

        def run_chunks() -> None:
            while (chunk := self._chunks.get()) is not None and not self._is_ended:
                try:
                    self._serve(place, chunk)
                except BaseException as error:  # noqa: BLE001 - whoever waits for the chunk gets it
                    chunk.failure = error
                chunk.ready.release()

        return lane

    def _serve(self, place: int, chunk: Chunk) -> None:
        began, worked = time.perf_counter(), time.thread_time()
        written_bytes = 0
        while chunk.texts and not self._is_ended:
            outcome = self._outcome(place, chunk.texts.popleft())
            chunk.outcomes.append(outcome)
            result = outcome.partial if isinstance(outcome, JqMagicError) else outcome
            written_bytes += result.usage.output_bytes if result is not None else 0
            chunk.seconds = time.perf_counter() - began
            if chunk.seconds > _CHUNK_S or written_bytes > _OUTPUT_BYTES:
                break
        if chunk.outcomes:
            chunk.work_s = (time.thread_time() - worked) / len(chunk.outcomes)

    def _outcome(self, place: int, text: Document) -> Outcome:
        try:
            stream = Stream(self._source, text, self._limits, self._flags)
            self._deadlines[place] = stream.deadline()
            return stream.whole_here()
        except JqMagicError as error:
            # Drop the traceback: its frames keep the run and its document alive.
            return error.with_traceback(None)
        finally:
            self._deadlines[place] = None
