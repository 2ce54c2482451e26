"""Gathers documents into chunks: what a thread takes at a time, since handing one over takes as long as running it.

A chunk ends early when its documents take long or give much, and is run by one thread alone when they are so small
that threads would only get into each other's way.
"""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Iterable

from jq_magic.errors import JqMagicError
from jq_magic.result import Result

Document = str | bytes
Outcome = Result | JqMagicError

#: The most documents in a chunk, and the bytes of input that end one.
_MOST_DOCUMENTS = 64
_CHUNK_BYTES = 256 << 10
#: Seconds in which a chunk is gathered.
_GATHER_S = 0.005
#: Chunks that took less grow, those that took more shrink.
_SHORT_S, _LONG_S = 0.005, 0.02
#: Most of the time of a document that takes less is spent in Python, which one thread at a time can run.
_SHARED_S = 0.00015
#: The measured time per document includes what threads spend on waiting for Python's lock. Below this many seconds
#: one chunk is run by a single thread, to measure without it, and that is trusted for so many chunks.
_UNSURE_S, _TRUSTED_CHUNKS = 0.0005, 16


class Chunk:
    """Documents that are still to run, and outcomes that are still to be fetched.

    Attributes:
        texts: The documents.
        is_alone: Whether one thread runs it while the others have nothing to do.
        outcomes: A result or an error for each document that has run.
        seconds: What the documents took on the clock.
        work_s: What each took of a processor.
        failure: What ended the thread that ran it.
        ready: Released when there are outcomes to fetch.

    """

    def __init__(self, texts: collections.deque[Document], *, is_alone: bool) -> None:
        self.texts = texts
        self.is_alone = is_alone
        self.outcomes: list[Outcome] = []
        self.seconds = 0.0
        self.work_s = 0.0
        self.failure: BaseException | None = None
        self.ready = threading.Lock()
        self.ready.acquire()


class Gatherer:
    """Takes documents from their source; what the source raises comes after the documents before it."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = iter(documents)
        self._failure: Exception | None = None
        self.size = 1
        #: Whether documents take long enough for more than one thread.
        self.is_to_share = True
        self._trusted_chunks = 0

    def chunk(self) -> Chunk | None:
        """Gather the next documents; None when there are no more."""
        texts: collections.deque[Document] = collections.deque()
        gathered_bytes, ends = 0, time.perf_counter() + _GATHER_S
        while self._failure is None and len(texts) < self.size and gathered_bytes < _CHUNK_BYTES:
            try:
                text = next(self._documents)
            except Exception as error:  # noqa: BLE001 - raised when its turn has come
                self._failure = error
                break
            texts.append(text)
            gathered_bytes += len(text) if isinstance(text, (str, bytes)) else 0
            if time.perf_counter() > ends:
                break
        return Chunk(texts, is_alone=not self.is_to_share) if texts else None

    def learn(self, chunk: Chunk) -> None:
        """Choose the size of chunks, and whether threads share them, by how long one took."""
        if chunk.is_alone:
            self.is_to_share, self._trusted_chunks = chunk.work_s > _SHARED_S, _TRUSTED_CHUNKS
        elif self._trusted_chunks > 0:
            self._trusted_chunks -= 1
        else:
            self.is_to_share = chunk.work_s > _UNSURE_S
        if chunk.seconds < _SHORT_S:
            self.size = min(2 * self.size, _MOST_DOCUMENTS)
        elif chunk.seconds > _LONG_S:
            self.size = max(self.size // 2, 1)

    def raise_failure(self) -> None:
        """Raise what the source of the documents raised, if it did."""
        if self._failure is not None and not isinstance(self._failure, StopIteration):
            raise self._failure
