"""Adds up what all documents use together, and ends the work when that is more than allowed."""

from __future__ import annotations

from jq_magic.limits import KINDS, Limits
from jq_magic.limits.exceeded import exceeded
from jq_magic.result import Usage

_REASON = "all documents together need more than `total` allows"


class Total:
    """What all documents have used together.

    Memory is no part of it, since the runs of one thread follow each other, nor what a run does not count.

    Args:
        limits: What they may use; deadline_s is seconds inside the sandboxes, summed.

    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.usage = Usage.none()

    def add(self, usage: Usage) -> None:
        """Add what one document used. Raises: LimitError when the limits on all documents are met."""
        self.usage += usage
        for kind in KINDS:
            if kind.usage is None or kind.field == "memory_bytes":
                continue
            used, allowed = getattr(self.usage, kind.usage), getattr(self._limits, kind.field)
            if used > allowed:
                raise exceeded(kind.field, used, allowed, reason=_REASON)
