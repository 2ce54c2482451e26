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

_SIGNALS = (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS)
#: Bytes for a `struct sigaction`, which is smaller on every system.
_SIGACTION_BYTES = 512

_lock = threading.Lock()
#: Whether faulthandler was enabled before the first runtime; None when there is none yet.
_faulthandler_is_below: bool | None = None
#: The handlers as the runtimes left them; empty when there are none yet.
_handlers: list[bytes] = []
_sigaction = ctypes.CDLL(None, use_errno=True).sigaction
_sigaction.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)


@contextlib.contextmanager
def installing() -> Iterator[None]:
    """Around what makes a runtime install its handlers: they come to stand on top of those that are there."""
    global _faulthandler_is_below, _handlers  # noqa: PLW0603 - the process has one set of handlers
    keep()
    with _lock:
        if _faulthandler_is_below is None:
            _faulthandler_is_below = faulthandler.is_enabled()
        yield
        _handlers = _installed()


def keep() -> None:
    """Put the runtimes' handlers back when others were put in their place since.

    A faulthandler that was enabled later is disabled, with a RuntimeWarning.
    """
    with _lock:
        if not _handlers or _installed() == _handlers:
            return
        if faulthandler.is_enabled() and not _faulthandler_is_below:
            faulthandler.disable()
            message = "faulthandler is disabled again: enable it before jq_magic is first used, or it ends the process"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        for number, handler in zip(_SIGNALS, _handlers, strict=True):
            if _sigaction(number, handler, None) != 0:
                raise OSError(ctypes.get_errno(), f"the handler of {number.name} cannot be installed")


def _installed() -> list[bytes]:
    found = []
    for number in _SIGNALS:
        handler = ctypes.create_string_buffer(_SIGACTION_BYTES)
        if _sigaction(number, None, handler) != 0:
            raise OSError(ctypes.get_errno(), f"the handler of {number.name} cannot be read")
        found.append(handler.raw)
    return found
