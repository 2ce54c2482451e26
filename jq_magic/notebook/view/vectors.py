"""Orders numbers, and texts of which few differ, with NumPy where it is installed."""

from __future__ import annotations

import array
import functools
import importlib
from typing import Any

#: Texts that differ: so many ranks fit into 16 bits, which NumPy sorts by their digits.
TEXTS = 1 << 16
#: Integers below this are exact as floats, and none above it becomes one of those.
_EXACT = 1 << 53


@functools.cache
def numpy() -> Any:
    """Give NumPy; None where it is not installed."""
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


class Vectors:
    """Holds the keys of rows, part by part, for one order of all of them.

    Attributes:
        is_exact: Whether all keys were taken, so that `order` gives what Python's `sorted` gives.

    """

    def __init__(self) -> None:
        self.is_exact = True
        self._parts: list[Any] = []
        self._codes: dict[str, int] = {}

    def add(self, keys: list[Any]) -> None:
        """Take the keys of one part: numbers, or texts; `is_exact` says whether that could be done."""
        part = self._texts(keys) if type(keys[0]) is str else self._numbers(keys)
        self.is_exact = part is not None
        self._parts.append(part)
        if not self.is_exact:
            self._parts, self._codes = [], {}

    def _numbers(self, keys: list[Any]) -> Any:
        types = set(map(type, keys))
        if not types <= {int, float}:
            return None
        try:
            part = numpy().array(keys, dtype="int64" if float not in types else "float64")
        except OverflowError:
            return None
        return None if int in types and _is_large(part) else part

    def _texts(self, keys: list[Any]) -> Any:
        unknown = set(keys).difference(self._codes)
        if len(self._codes) + len(unknown) > TEXTS:
            return None
        self._codes.update(zip(unknown, range(len(self._codes), TEXTS), strict=False))
        return numpy().fromiter(map(self._codes.__getitem__, keys), "uint16", len(keys))

    def order(self, *, is_down: bool) -> array.array[int]:
        """Give the indices of all keys in their order; of equal ones, in the order in which they came.

        Args:
            is_down: Whether from high to low.

        """
        # Integers and floats become floats together; all are exact as such.
        keys = numpy().concatenate(self._parts)
        if self._codes:
            ranks = numpy().empty(len(self._codes), "uint16")
            ranks[[self._codes[text] for text in sorted(self._codes)]] = numpy().arange(len(self._codes))
            keys = ranks[keys]
        if is_down:
            # Backwards twice: equal keys keep the order in which they came.
            order = len(keys) - 1 - numpy().argsort(keys[::-1], kind="stable")[::-1]
        else:
            order = numpy().argsort(keys, kind="stable")
        return array.array("I", order.astype(f"u{array.array('I').itemsize}").tobytes())


def _is_large(part: Any) -> bool:
    return bool(part.max() >= _EXACT or part.min() <= -_EXACT)
