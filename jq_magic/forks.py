"""Registers what happens when the process forks: the one caller of os.register_at_fork.

A forked child has one thread. Locks that other threads of the parent held stay locked in it, work that they did
stays half done, and objects of the parent's threads must not be used. Each owner of such state says here how a
child renews it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator

#: Seconds that a fork waits for those who delay it.
_MOST_DELAY_S = 10.0
_LOOK_EVERY_S = 0.001
#: The threads that delay a fork.
_delaying: list[int] = []
_before: list[Callable[[], None]] = []
_in_child: list[Callable[[], None]] = []
_depth = 0


def before(function: Callable[[], None]) -> Callable[[], None]:
    """Have `function` called in the parent right before it forks."""
    _before.append(function)
    return function


def in_child(function: Callable[[], None]) -> Callable[[], None]:
    """Have `function` called in each forked child, in the order of these calls."""
    _in_child.append(function)
    return function


@contextlib.contextmanager
def delayed() -> Iterator[None]:
    """Around an import: a fork by another thread waits for its end.

    A child that is forked in the middle could neither end it nor begin anew, since Python's lock for the module stays
    with a thread that the child has not.
    """
    thread = threading.get_ident()
    _delaying.append(thread)
    try:
        yield
    finally:
        _delaying.remove(thread)


def is_child() -> bool:
    """Tell whether this process was forked after the package was imported."""
    return _depth > 0


def _call_before() -> None:
    thread, ends = threading.get_ident(), time.monotonic() + _MOST_DELAY_S
    while any(other != thread for other in list(_delaying)) and time.monotonic() < ends:
        time.sleep(_LOOK_EVERY_S)
    for function in _before:
        function()


def _call_in_child() -> None:
    global _depth  # noqa: PLW0603 - a fact of the process
    _depth += 1
    _delaying[:] = [thread for thread in _delaying if thread == threading.get_ident()]
    for function in _in_child:
        function()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_call_before, after_in_child=_call_in_child)
