"""Runs a function on another thread so that a caller can wait for it in a way that signals interrupt.

Threads are started by `_thread.start_new_thread`, which starts one or raises, and waits for nothing: a
`threading.Thread` that an interrupt meets while it starts, or while somebody asks whether it lives, is left
marked as stopped for good.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from jq_magic import forks
from jq_magic.errors import RuntimeUnavailableError

T = TypeVar("T")

# The size of a new thread's stack is a setting of the process. The lock is re-entrant, since a signal's handler
# that runs a program can come while it is held.
_stack_size = threading.RLock()


@forks.in_child
def _renew_lock() -> None:
    global _stack_size  # noqa: PLW0603 - the module's own state
    _stack_size = threading.RLock()


def start(function: Callable[[], None], stack_bytes: int = 0) -> None:
    """Call `function` on a new thread that does not keep the process alive.

    Args:
        function: It must raise nothing.
        stack_bytes: Least size of the thread's stack; 0 for the system's.
    Raises: RuntimeUnavailableError when the system has no thread to give.

    """
    with _stack_size:
        before = threading.stack_size(stack_bytes)
        try:
            _thread.start_new_thread(function, ())
        except (RuntimeError, MemoryError) as error:
            message = (
                f"no thread can be started ({error}); end other threads, or raise the limit on processes or memory"
            )
            raise RuntimeUnavailableError(message) from None
        finally:
            threading.stack_size(before)


def can_start(count: int, stack_bytes: int = 0) -> bool:
    """Tell whether the system has threads for those who end the process when it has none."""
    gate = threading.Lock()

    def pass_gate() -> None:
        with gate:
            pass

    with gate:
        try:
            for _ in range(count):
                start(pass_gate, stack_bytes)
        except RuntimeUnavailableError:
            return False
    return True


class Job(Generic[T]):
    """A function that a thread calls once, and how that ended; any number of threads may wait for it.

    concurrent.futures.Future does the same, and a run of a small filter spent a fifth of its time in it.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._error: BaseException | None = None
        # Locked until the function has ended.
        self._gate = threading.Lock()
        self._gate.acquire()
        #: Set before the gate opens: an interrupt can lose the news that the gate is open, but not this.
        self.done = False

    def run(self) -> None:
        """Call the function on this thread and keep what it returns or raises."""
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001 - the caller gets it, whatever it is
            self._error = error

    def end(self) -> None:
        """Wake whoever waits."""
        self.done = True
        self._gate.release()

    def start(self, stack_bytes: int = 0) -> None:
        """Run the function on a new thread. Raises: RuntimeUnavailableError when there is none to be had."""
        start(self.run_here, stack_bytes)

    def run_here(self) -> None:
        """Run the function on this thread, and wake whoever waits."""
        self.run()
        self.end()

    def wait(self, seconds: float = threading.TIMEOUT_MAX) -> bool:
        """Wait for at most `seconds`, and tell whether the job has ended. Signals interrupt the wait."""
        if not self.done and self._gate.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            self._gate.release()
        return self.done

    def has_failed(self) -> bool:
        """Tell whether the function has raised."""
        return self.done and self._error is not None

    def error(self) -> BaseException | None:
        """Give what the function raised, once the job has ended."""
        return self._error

    def result(self) -> T:
        """Give what the function returned, once the job has ended. Raises: what the function raised."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                # The error's traceback has this frame, which has the job: nothing would free them soon.
                del self
        return self._result
