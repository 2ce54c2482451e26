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
    """Show the progress while the body runs, from `after_s` on.

    Args:
        deadline_s: What the progress is shown against; 0 where there is none, while the variable becomes JSON.
        opener: Called with the seconds that passed and the deadline; None shows nothing.
        after_s: Seconds in which a run says nothing.

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

    # The thread has the context of the cell that runs: ipykernel finds there which cell its messages belong to.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(show,), name="jq_magic progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # The progress is taken away before the result is shown.
        thread.join()


def in_page(began_s: float, deadline_s: float) -> Callable[[], None]:
    """Show a line in the notebook's page that is no output, so that a saved notebook does not have it."""
    from jq_magic.notebook.view.widget import ProgressLine  # noqa: PLC0415 - terminals do without anywidget

    return ProgressLine.begin(began_s, deadline_s).end


def in_terminal(began_s: float, deadline_s: float) -> Callable[[], None]:
    """Write a line on standard error again and again, and erase it at the end."""
    over = threading.Event()
    began = time.perf_counter() - began_s

    def write() -> None:
        while True:
            passed_s = time.perf_counter() - began
            of = f" of {show_seconds(deadline_s)}" if deadline_s else ""
            line = f"{'jq' if deadline_s else 'reading the variable'}: {show_seconds(passed_s)}{of}; Ctrl-C stops it"
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
