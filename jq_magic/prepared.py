"""Instances in which a program is compiled: kept for its next run, and put back to what compiling left.

A program that runs again and again gets an instance that ran before, if nothing can tell it from a
fresh one in which the program was just compiled. What an instance can change is its memory and its
globals (a guest has no other state: see `jq_magic.binary` and the validator of the build). The memory
is put back page by page, the few that compiling or a small document touches by a copy, all others by
the system, which forgets what was written to them. So the next run reads, spends and meets the same as
in a fresh instance, to the byte and to the unit, whatever the run before it left behind.

An instance whose run did not end well, or whose memory has grown, is freed instead.
"""

from __future__ import annotations

import dataclasses
import mmap
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import TypeVar

from jq_magic.limits import Limits
from jq_magic.runtimes import Instance, Module

T = TypeVar("T")

#: Runs of a program before it is worth its image, which takes as long as some ten fresh instances.
_RUNS_BEFORE_IMAGE = 4
#: Instances that are kept in all; each holds the pages that it wrote to, and reserves address space.
MOST_KEPT = 8
#: Of one program; the second is for a thread that runs it at the same time.
_MOST_OF_ONE = 2
#: What is compared first; a page of WebAssembly.
_CHUNK = 65_536
_PAGE = mmap.PAGESIZE
#: Pages that are copied although compiling left them alone, since a small document writes there too: below the
#: stack that compiling used, and behind its last allocation. A page that the system gives back costs more.
_BELOW, _BEHIND = 2, 8
#: Pages between two that are copied are copied too when they are no more than this: each call has its price.
_BETWEEN = 4
_STACK_POINTER = "__stack_pointer"


@dataclasses.dataclass(frozen=True)
class Prepared:
    """An instance right after `compile`.

    Attributes:
        instance: Nothing runs in it.
        fuel: What compiling spent.
        memory_bytes: The limit that its memory has.
        image: What puts it back; None when it serves one run only.

    """

    instance: Instance
    fuel: int
    memory_bytes: int
    image: Image | None


class Image:
    """What compiling a program left in memory.

    Args:
        prepared: An instance right after compiling.
        fresh: Another instance of its module, in which nothing ran.

    """

    def __init__(self, prepared: Instance, fresh: Instance) -> None:
        self.memory_bytes = prepared.memory_bytes()
        self._stack_pointer = prepared.get_global(_STACK_POINTER)
        changed = set(_differing(prepared, fresh)) if fresh.memory_bytes() == self.memory_bytes else set()
        self._is_usable = bool(changed)
        copied = {page for page in self._neighbours(changed) if 0 <= page < self.memory_bytes // _PAGE}
        # Address and bytes of what is copied, address and length of what is forgotten.
        stop_word = prepared.get_global("stop_word")
        self._copied = [(at, _without_stop(prepared.read(at, length), stop_word - at)) for at, length in _spans(copied)]
        self._forgotten: list[tuple[int, int]] = []
        end = 0
        for at, content in [*self._copied, (self.memory_bytes, b"")]:
            if at > end:
                self._forgotten.append((end, at - end))
            end = at + len(content)

    def _neighbours(self, changed: set[int]) -> set[int]:
        if not changed:
            return set()
        in_stack = [page for page in changed if page * _PAGE < self._stack_pointer]
        around = set(changed)
        if in_stack:
            around |= set(range(min(in_stack) - _BELOW, min(in_stack)))
        return around | set(range(max(changed), max(changed) + 1 + _BEHIND))

    def renew(self, instance: Instance) -> bool:
        """Make `instance` what it was after compiling; False when it cannot be, and must be freed."""
        if (
            not self._is_usable
            or instance.memory_bytes() != self.memory_bytes
            or instance.get_global(_STACK_POINTER) != self._stack_pointer
        ):
            return False
        if not self._forget(instance):
            return False
        for address, content in self._copied:
            instance.write(address, content)
        return True

    def _forget(self, instance: Instance) -> bool:
        return all(instance.forget(address, length) for address, length in self._forgotten)

    def is_in(self, instance: Instance, fresh: Instance) -> bool:
        """Whether the memory of `instance` is exactly what this image says, byte for byte."""
        if instance.memory_bytes() != self.memory_bytes:
            return False
        expected = bytearray(fresh.read(0, self.memory_bytes))
        for address, content in self._copied:
            expected[address : address + len(content)] = content
        return instance.read(0, self.memory_bytes) == expected


def _differing(left: Instance, right: Instance) -> Iterator[int]:
    """Numbers of the pages that differ, of two memories of one size."""
    for start in range(0, left.memory_bytes(), _CHUNK):
        ours, theirs = left.read(start, _CHUNK), right.read(start, _CHUNK)
        if ours != theirs:
            for at in range(0, _CHUNK, _PAGE):
                if ours[at : at + _PAGE] != theirs[at : at + _PAGE]:
                    yield (start + at) // _PAGE


def _without_stop(content: bytes, at: int) -> bytes:
    """The bytes with those of the stop word, if they are among them, as they were before anybody said stop."""
    return content[:at] + bytes(8) + content[at + 8 :] if 0 <= at < len(content) else content


def _spans(pages: set[int]) -> list[tuple[int, int]]:
    """Address and length of what lies together, or nearly so."""
    spans: list[tuple[int, int]] = []
    for page in sorted(pages):
        start, end = page * _PAGE, (page + 1) * _PAGE
        if spans and start - sum(spans[-1]) <= _BETWEEN * _PAGE:
            spans[-1] = (spans[-1][0], end - spans[-1][0])
        else:
            spans.append((start, _PAGE))
    return spans


class Stock:
    """The instances that one program keeps for its next runs; any thread may use it.

    Args:
        module: What the instances are of.
        depth: The nesting limit that the program is compiled with.

    """

    def __init__(self, module: Module, depth: int) -> None:
        self._module, self._depth = module, depth
        # Changed by single steps that no other thread sees a half of, so that a fork finds nothing locked.
        self.kept: list[Prepared] = []
        self._image: Image | None = None
        self._runs = 0

    def take(self, limits: Limits) -> Prepared | None:
        """An instance for one run within `limits`; None when it has to be made."""
        if limits.depth != self._depth:
            return None
        self._runs += 1
        try:
            found = self.kept.pop()
        except IndexError:
            return None
        # A run that cannot pay for compiling fails in it, at its own unit of fuel.
        if found.memory_bytes == limits.memory_bytes and found.fuel <= limits.fuel:
            return found
        found.instance.close()
        return None

    def prepared(self, instance: Instance, fuel: int, limits: Limits) -> Prepared:
        """What is known of an instance right after it compiled the program."""
        image = None
        if limits.depth == self._depth and self._runs > _RUNS_BEFORE_IMAGE and _is_exact.get(self._module, True):
            image = self._image = self._image or self._compared(instance, lambda fresh: Image(instance, fresh))
        return Prepared(instance, fuel, limits.memory_bytes, image)

    def _compared(self, instance: Instance, compare: Callable[[Instance], T]) -> T:
        fresh = self._module.instantiate(instance.memory_bytes())
        try:
            return compare(fresh)
        finally:
            fresh.close()

    def keep(self, prepared: Prepared) -> None:
        """Keep an instance in which nothing ran since it was prepared."""
        self.kept.append(prepared)
        _trim(self)

    def give_back(self, prepared: Prepared) -> bool:
        """Keep an instance whose run ended well; False when it cannot be put back, and must be freed."""
        image, instance = prepared.image, prepared.instance
        if image is None or len(self.kept) >= _MOST_OF_ONE or not image.renew(instance):
            return False
        if self._module not in _is_exact:
            # Once a process: how a runtime lays memory out, and what the system forgets, is seen and not believed.
            _is_exact[self._module] = self._compared(instance, lambda fresh: image.is_in(instance, fresh))
        if not _is_exact[self._module]:
            return False
        self.keep(prepared)
        return True

    def clear(self) -> None:
        """Free what is kept."""
        while self.kept:
            self.kept.pop().instance.close()


#: Whether instances of a module are put back exactly.
_is_exact: weakref.WeakKeyDictionary[Module, bool] = weakref.WeakKeyDictionary()
#: Stocks in the order of their last use.
_stocks: dict[weakref.ref[Stock], None] = {}
_trimming = threading.Lock()
#: The stock that was used last.
_newest: weakref.ref[Stock] | None = None
#: What a child of a fork has of its parent's instances: their ends could wait for locks that nobody will open.
_of_parent: list[Prepared] = []


def _trim(used: Stock) -> None:
    """Free what was not used for longest, when more is kept than allowed."""
    global _newest  # noqa: PLW0603 - the module's own state
    if _newest is not None and _newest() is used and len(used.kept) == 1:
        # As after the last time, so all is in order.
        return
    found = weakref.ref(used, lambda gone: _stocks.pop(gone, None))
    with _trimming:
        _newest = found
        _stocks.pop(found, None)
        _stocks[found] = None
        stocks = [stock for stock in (reference() for reference in list(_stocks)) if stock is not None]
        excess = sum(len(stock.kept) for stock in stocks) - MOST_KEPT
        for stock in stocks:
            if excess <= 0:
                break
            excess -= len(stock.kept)
            stock.clear()


def _abandon() -> None:
    """After a fork."""
    global _trimming  # noqa: PLW0603 - the module's own state
    _trimming = threading.Lock()
    for stock in [reference() for reference in list(_stocks)]:
        if stock is not None:
            _of_parent.extend(stock.kept)
            stock.kept.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon)
