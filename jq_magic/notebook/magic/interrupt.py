"""Says what a run had used that somebody interrupted."""

from __future__ import annotations

from jq_magic.limits.amounts import show_count, show_seconds
from jq_magic.result import Usage


def describe(interrupt: KeyboardInterrupt, usage: Usage | None) -> None:
    """Have IPython show one line of an interrupt, and no traceback of ours; it stays what it is.

    Args:
        interrupt: Ctrl-C, or the stop button, during the run of a magic.
        usage: What the run had used; None when it had not begun.

    """
    used = "" if usage is None else f" after {show_seconds(usage.wall_s)}, fuel {show_count(usage.fuel)}"
    interrupt.args = (f"interrupted{used}",)
    interrupt.__dict__["_render_traceback_"] = lambda: [str(interrupt)]
