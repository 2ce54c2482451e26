"""Lends one instance to one run: stopped from any thread, freed once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from jq_magic.wasm_runtimes import Instance


class Lease:
    """The instance of one run. Whoever closes an instance that ran, does it here.

    The thread that runs the guest holds the lease by `with` while it is inside the instance. `stop` and `release`
    come from any thread at any time: an instance that somebody is inside of is freed when it is left.
    """

    def __init__(self) -> None:
        self.instance: Instance | None = None
        #: Whether somebody stopped the run; then its instance is never used again.
        self.was_stopped = False
        self._is_inside = self._is_released = False
        self._keep: Callable[[], None] | None = None
        # Re-entrant: a signal's handler that closes an iterator can come while it is held.
        self._lock = threading.RLock()

    def hold(self, instance: Instance) -> None:
        """Put the instance into the lease; a run that was stopped before stops at its first check."""
        with self._lock:
            self.instance = instance
            if self.was_stopped:
                instance.stop()

    def stop(self) -> None:
        """Make the guest trap at its next check, now or when it begins; does nothing once the instance is released."""
        with self._lock:
            self.was_stopped = True
            if self.instance is not None:
                self.instance.stop()

    def release(self, keep: Callable[[], None] | None = None) -> None:
        """Free the instance, or call `keep`, which keeps it for another run; again, it does nothing.

        An instance whose run was stopped is freed, since the word to stop may still stand in its memory.
        """
        with self._lock:
            if self._is_released:
                return
            self._is_released = True
            self._keep = None if self.was_stopped else keep
            if self._is_inside:
                self.stop()
                return
        self._end()

    def __enter__(self) -> None:
        with self._lock:
            self._is_inside = True

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_inside = False
            is_released = self._is_released
        if is_released:
            self._end()

    def _end(self) -> None:
        with self._lock:
            instance, self.instance = self.instance, None
            keep, self._keep = self._keep, None
        if instance is not None:
            (instance.close if keep is None or self.was_stopped else keep)()
