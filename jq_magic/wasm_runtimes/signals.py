"""Watches over the handlers of the signals that traps raise, which the runtimes share with faulthandler and others.

Every limit ends a run by a trap, and a trap is a signal to the process. A runtime's handler takes those of its own
code and passes the others on to the handler that was there before it. Without it the process ends; below a handler
that just returns, as Python's own does, the trap happens again without end. So each signal's handler is looked at
before a guest runs, and is put back where it was taken away.

Where another library's handler stands on top, it is found out once whether it passes traps on; if not, nothing runs.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import faulthandler
import functools
import signal
import struct
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jq_magic import forks
from jq_magic.errors import RuntimeUnavailableError
from jq_magic.wasm_runtimes import Runtime, probe

#: Those that runtimes install handlers for, on one system or another.
_SIGNALS = (signal.SIGSEGV, signal.SIGILL, signal.SIGFPE, signal.SIGBUS)
#: Bytes of the set of signals that stands in a `struct sigaction` between the handler and its flags.
_MASK_BYTES = 4 if sys.platform == "darwin" else 128
#: Bytes for a `struct sigaction`, which is smaller on every system.
_ACTION_BYTES = 256
#: Handler and flags. The rest is not the same each time it is read.
_ACTION = struct.Struct(f"@P{_MASK_BYTES}xi")
_NOBODYS = {int(signal.SIG_DFL), int(signal.SIG_IGN)}
#: Handlers change while they are put right only when another thread changes them.
_MOST_TRIES = 5

# These calls take less than a microsecond: to let go of Python's lock and wait for it again would be most of it.
_lib = ctypes.PyDLL(None)
_sigaction = _lib.sigaction


class _Symbol(ctypes.Structure):
    """What dladdr says about an address."""

    _fields_ = (
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    )


class Action(NamedTuple):
    """How a signal is handled.

    Attributes:
        handler: Address of the handler.
        flags: As sigaction has them.

    """

    handler: int
    flags: int


class Owner(enum.Enum):
    """Who took the place of a runtime's handler; the value is for a warning, empty where none is due."""

    LIBRARY = "a library's handler"
    OURS = "other flags"
    NOBODY = "no handler"
    FUNCTION = "a Python function"
    EARLIER = "the handler from before jq_magic"
    FAULTHANDLER = ""
    #: The one that is beneath too: the runtimes call it for all that is none of their traps.
    EARLY_FAULTHANDLER = " "


class Handlers:
    """The handlers of a process."""

    def __init__(self) -> None:
        #: Those that have installed handlers, by name.
        self._runtimes: dict[str, Runtime] = {}
        self._watched: list[int] = []
        #: The handlers before the first runtime, and as the latest runtime left them, the latter whole.
        self._beneath: dict[int, Action] = {}
        self._ours: dict[int, Any] = {}
        # Several threads may write to it at a time, since all write what holds for the process.
        self._state = ctypes.create_string_buffer(0)
        self._look: list[tuple[int, Any]] = []
        self._unpack = struct.Struct("").unpack_from
        #: The state that was last found to be in order, and that in which nothing may run, with the reason.
        self._in_order: tuple[int, ...] = ()
        self._refused: tuple[tuple[int, ...], str] = ((), "")
        #: The threads that are inside of a guest. Adding to a set and taking from it are one step each.
        self._inside: set[int] = set()
        # Re-entrant: a signal's handler that runs a program can come while it is held.
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def installing(self, runtime: Any) -> Iterator[None]:
        """Around what makes a Runtime install its handlers: they come to stand on top of those that are there."""
        self.check()
        with self._lock:
            before = {int(number): _read(number) for number in _SIGNALS}
            try:
                yield
            finally:
                for number, action in before.items():
                    if (now := _read(number)).raw != action.raw and _action(now) != _action(action):
                        self._beneath.setdefault(number, _action(action))
                        self._ours[number] = now
                        self._runtimes[runtime.name] = runtime
                self._watch()

    def _watch(self) -> None:
        """Prepare `check`, which every run pays for."""
        self._watched = watched = list(self._ours)
        pad = _ACTION_BYTES - _ACTION.size
        self._state = ctypes.create_string_buffer(_ACTION_BYTES * len(watched))
        self._unpack = struct.Struct(f"@{f'P{_MASK_BYTES}xi{pad}x' * len(watched)}").unpack_from
        self._look = [(number, ctypes.byref(self._state, at * _ACTION_BYTES)) for at, number in enumerate(watched)]
        self._in_order = tuple(part for number in watched for part in _action(self._ours[number]))

    def check(self) -> None:
        """See that each trap ends in its runtime's handler, and put that back where it was taken away.

        A RuntimeWarning says what was put back. Raises: RuntimeUnavailableError, where another library's handler
        stands on top and does not pass traps on.
        """
        for number, into in self._look:
            _sigaction(number, None, into)
        if self._unpack(self._state) != self._in_order and (reasons := self._put_right(is_running=False)):
            warnings.warn("; ".join(reasons), RuntimeWarning, stacklevel=2)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Around a call into a guest, which began when `check` found everything in order."""
        thread = threading.get_ident()
        self._inside.add(thread)
        try:
            yield
        finally:
            self._inside.discard(thread)

    def hold(self) -> None:
        """See, while a guest runs, that its trap would not end the process; what stands in its way is replaced.

        Where none runs, nothing is replaced: `check` refuses the next run for a handler that keeps traps to itself.

        A RuntimeWarning says what was put back. Raises: RuntimeUnavailableError, where it cannot be.
        """
        if not self._inside:
            return
        for number, into in self._look:
            _sigaction(number, None, into)
        if self._unpack(self._state) != self._in_order and (reasons := self._put_right(is_running=True)):
            warnings.warn("; ".join(reasons), RuntimeWarning, stacklevel=2)

    def _put_right(self, *, is_running: bool) -> list[str]:
        """Put back what was taken away, and while a guest runs the place of every handler that ends the process.

        Returns: what for, in words.
        """
        told: list[str] = []
        with self._lock:
            for _ in range(_MOST_TRIES):
                actions = {number: _action(_read(number)) for number in self._watched}
                changed = {number: action for number, action in actions.items() if action != self._our_action(number)}
                owners = {number: self._owner(number, action) for number, action in changed.items()}
                if taken := {number: owner for number, owner in owners.items() if owner is not Owner.LIBRARY}:
                    told += [reason for reason in _reasons(taken) if reason not in told]
                    self._put_back(taken)
                    continue
                state = tuple(part for number in self._watched for part in actions[number])
                if owners and state != self._refused[0] and not probe.all_trap(list(self._runtimes.values())):
                    self._refused = (state, _refusal(changed))
                if state != self._refused[0]:
                    self._in_order = state
                    return told
                if not is_running:
                    raise RuntimeUnavailableError(self._refused[1])
                told += _reasons(owners)
                self._put_back(owners)
        names = ", ".join(signal.Signals(number).name for number in self._watched)
        raise RuntimeUnavailableError(f"another thread keeps changing the handlers of {names}, which jq_magic needs")

    def _our_action(self, number: int) -> Action:
        return _action(self._ours[number])

    def _owner(self, number: int, action: Action) -> Owner:
        if action.handler == self._our_action(number).handler:
            return Owner.OURS
        if action.handler in _NOBODYS:
            return Owner.NOBODY
        if _is_pythons(action.handler):
            if callable(signal.getsignal(number)):
                return Owner.FUNCTION
            if faulthandler.is_enabled():
                is_below = action.handler == self._beneath[number].handler
                return Owner.EARLY_FAULTHANDLER if is_below else Owner.FAULTHANDLER
        return Owner.EARLIER if action.handler == self._beneath[number].handler else Owner.LIBRARY

    def _put_back(self, taken: Mapping[int, Owner]) -> None:
        if Owner.FAULTHANDLER in taken.values():
            faulthandler.disable()
        for number in taken:
            if _sigaction(number, self._ours[number], None) != 0:
                raise RuntimeUnavailableError(f"the handler of {signal.Signals(number).name} cannot be installed")

    def renew_lock(self) -> None:
        """Make the lock anew in a forked child: the thread that held it may be gone."""
        self._lock = threading.RLock()


def _reasons(taken: Mapping[int, Owner]) -> list[str]:
    """Say in words why handlers had to be put back, for those who changed them."""
    reasons = []
    by_owner: dict[Owner, list[str]] = {}
    for number, owner in taken.items():
        by_owner.setdefault(owner, []).append(signal.Signals(number).name)
    if Owner.FAULTHANDLER in by_owner:
        first = "enable it before jq_magic is first used, or it ends the process"
        reasons.append(f"faulthandler is disabled again: {first}")
    others = [f"{owner.value} for {', '.join(names)}" for owner, names in by_owner.items() if owner.value.strip()]
    if others:
        what = "would have ended the process, or hung it, when a filter meets a limit"
        instead = "jq_magic's handlers are put back; change handlers before jq_magic is first used"
        reasons.append(f"{'; '.join(others)} {what}: {instead}")
    return reasons


def _read(number: int) -> Any:
    """The whole `struct sigaction` of a signal."""
    buffer = ctypes.create_string_buffer(_ACTION_BYTES)
    if _sigaction(number, None, buffer) != 0:
        raise RuntimeUnavailableError(f"the handler of {signal.Signals(number).name} cannot be read")
    return buffer


def _action(buffer: Any) -> Action:
    handler, flags = _ACTION.unpack_from(buffer)
    return Action(handler, flags)


def _symbol(address: int) -> _Symbol | None:
    symbol = _Symbol()
    return symbol if _lib.dladdr(ctypes.c_void_p(address), ctypes.byref(symbol)) else None


@functools.cache
def _python_base() -> int | None:
    symbol = _symbol(ctypes.cast(ctypes.pythonapi.PyErr_SetInterrupt, ctypes.c_void_p).value or 0)
    return None if symbol is None else symbol.base


def _is_pythons(address: int) -> bool:
    """Whether the code is in the file that holds Python itself: faulthandler's handler, or that of Python functions."""
    symbol = _symbol(address)
    return symbol is not None and symbol.base == _python_base()


def _refusal(changed: dict[int, Action]) -> str:
    names = ", ".join(signal.Signals(number).name for number in changed)
    owners = set()
    for action in changed.values():
        symbol = _symbol(action.handler)
        owners.add(symbol.file.decode(errors="replace") if symbol and symbol.file else "code that was made in memory")
    return (
        f"a handler of {names} by {', '.join(sorted(owners))} does not pass on the signals that end a filter at its "
        "limit: install it before jq_magic is first used, remove it, or use jq_magic in another process"
    )


HANDLERS = Handlers()
forks.in_child(HANDLERS.renew_lock)
