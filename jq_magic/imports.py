"""Imports modules of other packages on a thread of their own, where no interrupt leaves half of one.

Python runs the handlers of signals on the main thread alone. There an interrupt can come in the middle of an import,
and what it leaves behind may never be whole again in this process: msgspec goes on without the part that it could not
import and ends the process later, pandas and polars lack names, and IPython imports itself in a circle.
"""

from __future__ import annotations

import _imp
import contextlib
import importlib
import sys
import threading
from types import FrameType, ModuleType

from jq_magic import forks, jobs
from jq_magic.errors import RuntimeUnavailableError

#: Seconds that somebody waits for an import at most, which takes a second or less.
_MOST_S = 60.0

_IMPORTLIB = "<frozen importlib._bootstrap>"
#: The functions that hold the lock of all imports.
_BOOKKEEPING = {"_get_module_lock", "cb", "__enter__", "__exit__", "_find_spec"}


def whole(name: str) -> ModuleType:
    """Import a module, or give it where it was imported. An interrupt ends the wait, and the import goes on.

    Where no thread can be started, this one imports.
    Raises: What the import raises; RuntimeUnavailableError after a minute, as when a handler of signals came in the
        middle of an import that this one needs.
    """
    return _IMPORTS.get(name)


def holds_lock() -> bool:
    """Tell whether this thread is inside Python's own bookkeeping of imports, as a signal's handler can be.

    An interrupt in the middle of that bookkeeping, which an import leaves behind, keeps its lock for good, and every
    other thread that imports anything waits for ever. No such code is on the stack then, and the lock is freed here.
    """
    count = 0
    with contextlib.suppress(RuntimeError):
        while True:
            _imp.release_lock()
            count += 1
    frame: FrameType | None = sys._getframe() if count else None  # noqa: SLF001 - the only way to the frames beneath
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTLIB and frame.f_code.co_name in _BOOKKEEPING:
            for _ in range(count):
                _imp.acquire_lock()
            return True
        frame = frame.f_back
    return False


class _Imports:
    """The imports of a process, each with the job that does or did it."""

    def __init__(self) -> None:
        self._jobs: dict[str, jobs.Job[ModuleType]] = {}
        # Re-entrant: a signal's handler that imports the same can come while it is held.
        self._lock = threading.RLock()

    def get(self, name: str) -> ModuleType:
        """Give a module; waits for its import."""
        job = self._jobs.get(name)
        if job is None or not job.done or _is_void(name, job):
            job = self._begin(name)
            if not job.wait(_MOST_S):
                raise RuntimeUnavailableError(f"{name} is still being imported by another thread; try again")
        return job.result()

    def _begin(self, name: str) -> jobs.Job[ModuleType]:
        with self._lock:
            is_importing = holds_lock()
            job = self._jobs.get(name)
            if job is None or _is_void(name, job) or (is_importing and not job.done):
                job = jobs.Job(lambda: _imported(name))
                if is_importing:
                    # Another thread would wait for the import that this one is in the middle of.
                    job.run_here()
                else:
                    self._start(job)
                # Published once its thread runs: nobody waits for work that was never begun.
                self._jobs[name] = job
            return job

    def _start(self, job: jobs.Job[ModuleType]) -> None:
        try:
            job.start()
        except RuntimeUnavailableError:
            job.run_here()

    def forget_unfinished(self) -> None:
        """Drop what a forked child's parent was importing: the child has not the threads that do it."""
        self._lock = threading.RLock()
        self._jobs = {name: job for name, job in self._jobs.items() if job.done}


def _is_void(name: str, job: jobs.Job[ModuleType]) -> bool:
    """Tell whether an import has failed, or somebody has taken the module away since or put another in its place."""
    return job.has_failed() or (job.done and sys.modules.get(name) is not job.result())


def _imported(name: str) -> ModuleType:
    with forks.delayed():
        return importlib.import_module(name)


_IMPORTS = _Imports()
forks.in_child(_IMPORTS.forget_unfinished)
