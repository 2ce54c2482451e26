"""Bounds how much of the results that have a view is decoded at a time.

A result stays open in the page for as long as its cell stands in the notebook, and decoded it takes many times the
memory of its text, unless it is a long array: see `items.py`. So the results whose pages sent the last requests are
held decoded, and others as text only.
"""

from __future__ import annotations

import collections
import threading
import weakref
from typing import Protocol

#: Characters of the texts that are held decoded; that of the last request is held whatever its length.
DECODED_CHARS = 16 << 20


class Decoded(Protocol):
    """Holds a decoded text, and can decode it again."""

    def forget(self) -> None:
        """Let go of what was decoded."""


class Shelf:
    """Lets go of decoded texts whose last use is longest ago.

    Args:
        most_chars: Characters of all texts.

    """

    def __init__(self, most_chars: int) -> None:
        self._most_chars = most_chars
        self._chars: collections.OrderedDict[weakref.ref[Decoded], int] = collections.OrderedDict()
        # Pages are answered on more than one thread where the kernel has subshells.
        self._turn = threading.Lock()

    def put(self, decoded: Decoded, chars: int) -> None:
        """Note that a text of so many characters is in use, and let go of those whose last use is longest ago."""
        gone: list[weakref.ref[Decoded]] = []
        with self._turn:
            self._chars[weakref.ref(decoded)] = chars
            self._chars.move_to_end(weakref.ref(decoded))
            for reference in [reference for reference in self._chars if reference() is None]:
                del self._chars[reference]
            total = sum(self._chars.values())
            while total > self._most_chars and len(self._chars) > 1:
                reference, chars = self._chars.popitem(last=False)
                total -= chars
                gone.append(reference)
        for reference in gone:
            other = reference()
            if other is not None:
                other.forget()
