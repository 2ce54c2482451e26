"""Says that a run is on, when it takes long: in the page, or on the terminal's last line."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jq_magic.limits.amounts import show_seconds

#: A run that takes no longer says nothing.
AFTER_S = 0.3
_EVERY_S = 0.2

#: Opens something that shows the progress; what it returns takes it away.
Opener = Callable[[float, float], Callable[[], None]]


@contextmanager
def shown(deadline_s: float, opener: Opener | None, after_s: float = AFTER_S) -> Iterator[None]:
    """While the body runs, and from `after_s` on, the progress is shown.

    Args:
        opener: Called with the seconds gone and the deadline; None shows nothing.

    """
    if opener is None:
        yield
        return
    began = time.perf_counter()
    over = threading.Event()

    def show() -> None:
        if over.wait(after_s):
            return
        close = opener(time.perf_counter() - began, deadline_s)
        over.wait()
        close()

    # In the context of the cell that runs: a kernel sends what the page answers to where the line's messages came from.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(show,), name="jq_magic progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # What it shows is gone before the result comes.
        thread.join()


def in_page(began_s: float, deadline_s: float) -> Callable[[], None]:
    """A line in the notebook's page that is no output: a saved notebook knows nothing of it."""
    from jq_magic.notebook.view.widget import ProgressLine  # noqa: PLC0415 - terminals do without anywidget

    return ProgressLine.begin(began_s, deadline_s).end


def in_terminal(began_s: float, deadline_s: float) -> Callable[[], None]:
    """A line on standard error that is written over and at last erased."""
    over = threading.Event()
    began = time.perf_counter() - began_s

    def write() -> None:
        while True:
            gone = time.perf_counter() - began
            line = f"jq: {show_seconds(gone)} of {show_seconds(deadline_s)}; Ctrl-C stops it"
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
            if over.wait(_EVERY_S):
                break
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    thread = threading.Thread(target=write, name="jq_magic terminal", daemon=True)
    thread.start()

    def close() -> None:
        over.set()
        thread.join()

    return close
