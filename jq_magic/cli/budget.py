"""Keeps one budget for the runs over a part of the input: an error ends a run, and the inputs after it need another."""

from __future__ import annotations

from jq_magic.errors import LimitError
from jq_magic.limits import KINDS, Limits
from jq_magic.limits.exceeded import exceeded
from jq_magic.result import Usage

#: What all runs over a part share; memory and nesting are those of each run, and a part is no longer than its limit.
_SHARED = tuple(kind for kind in KINDS if kind.usage and kind.field not in {"memory_bytes", "input_bytes"})


class Budget:
    """What is left of the limits for the runs over one part.

    Args:
        limits: What all runs over it may use together.

    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._used = Usage.none()

    def left(self) -> Limits:
        """Give the limits of the next run. Raises: LimitError when nothing is left of one."""
        if not self._used.wall_s:
            return self._limits
        left = {}
        for kind in _SHARED:
            used, allowed = getattr(self._used, kind.usage or ""), getattr(self._limits, kind.field)
            if used >= allowed:
                raise exceeded(kind.field, used, allowed)
            left[kind.field] = allowed - used
        return self._limits.replace(**left)

    def add(self, usage: Usage | None) -> None:
        """Take off what a run has used."""
        self._used += usage or Usage.none()

    def whole(self, error: LimitError) -> LimitError:
        """Give the error of a run as that of all runs over the part, whose limits are those that the user knows."""
        for kind in _SHARED:
            if kind.field == error.limit and self._used.wall_s:
                before, allowed = getattr(self._used, kind.usage or ""), getattr(self._limits, kind.field)
                made = exceeded(kind.field, before + error.used, allowed, error=type(error))
                made.usage, made.partial = error.usage, error.partial
                made.blame(error.part)
                return made
        return error
