"""The handlers of the signals that traps raise, which the runtimes share with faulthandler and others.

Every limit ends a run by a trap, and a trap is a signal to the process. A runtime's handler takes those
of its own code and passes the others on to the handler that was there before it; faulthandler's takes
each for a crash, and the process ends. So nothing may come to stand above the runtimes' handlers, nor
take them away, which `faulthandler.disable()` does to handlers above its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import signal
import threading
import warnings
from collections.abc import Iterator

from jq_magic import forks

_SIGNALS = (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS)
#: Bytes for a `struct sigaction`, which is smaller on every system.
_SIGACTION_BYTES = 512

_lock = threading.Lock()
#: Whether faulthandler was enabled before the first runtime; None when there is none yet.
_faulthandler_is_below: bool | None = None
#: Whether it was enabled at the last look.
_faulthandler_was_enabled = False
#: The handlers before the first runtime, and as the runtimes left them.
_beneath: list[bytes] = []
_handlers: list[bytes] = []
_sigaction = ctypes.CDLL(None, use_errno=True).sigaction
_sigaction.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)


@contextlib.contextmanager
def installing() -> Iterator[None]:
    """Around what makes a runtime install its handlers: they come to stand on top of those that are there."""
    global _faulthandler_is_below, _faulthandler_was_enabled, _beneath, _handlers  # noqa: PLW0603 - one process, one set
    keep()
    with _lock:
        _faulthandler_was_enabled = faulthandler.is_enabled()
        if _faulthandler_is_below is None:
            _faulthandler_is_below, _beneath = _faulthandler_was_enabled, _installed()
        yield
        _handlers = _installed()


def keep() -> None:
    """Put the runtimes' handlers back when faulthandler took them away or stands above them.

    A faulthandler that was enabled later is disabled, with a RuntimeWarning. Handlers that others put on top
    are left alone: a runtime that does so passes on what is not its own.
    """
    global _faulthandler_was_enabled  # noqa: PLW0603 - one process, one faulthandler
    with _lock:
        if _faulthandler_is_below is None:
            return
        is_enabled = faulthandler.is_enabled()
        has_changed, _faulthandler_was_enabled = is_enabled != _faulthandler_was_enabled, is_enabled
        is_late = is_enabled and not _faulthandler_is_below
        found = _addresses(_installed())
        if found == _addresses(_handlers) or not (is_late or has_changed or found == _addresses(_beneath)):
            return
        if is_late:
            faulthandler.disable()
            _faulthandler_was_enabled = False
        for number, handler in zip(_SIGNALS, _handlers, strict=True):
            if _sigaction(number, handler, None) != 0:
                raise OSError(ctypes.get_errno(), f"the handler of {number.name} cannot be installed")
    if is_late:
        message = "faulthandler is disabled again: enable it before jq_magic is first used, or it ends the process"
        warnings.warn(message, RuntimeWarning, stacklevel=2)


def _installed() -> list[bytes]:
    found = []
    for number in _SIGNALS:
        handler = ctypes.create_string_buffer(_SIGACTION_BYTES)
        if _sigaction(number, None, handler) != 0:
            raise OSError(ctypes.get_errno(), f"the handler of {number.name} cannot be read")
        found.append(handler.raw)
    return found


def _addresses(handlers: list[bytes]) -> list[bytes]:
    """Where the handlers are: the one member of the structure that is the same each time it is read."""
    return [handler[: ctypes.sizeof(ctypes.c_void_p)] for handler in handlers]


@forks.in_child
def _renew_lock() -> None:
    """After a fork the thread that held the lock may be gone."""
    global _lock  # noqa: PLW0603 - the module's own state
    _lock = threading.Lock()
