"""Instances that are used again: those in which a program is compiled, and those in which nothing is.

After a run that ended well its instance is put back (see `jq_magic.image`): to where its program was
just compiled, for the next run of that program, or to the beginning, for any. So the next run reads,
spends and meets the same as in a fresh instance, to the byte and to the unit, whatever ran before.
An instance whose run did not end well, or whose memory has grown, is freed instead.

Lists are changed here by single steps that no other thread sees a half of, so a fork finds nothing locked.
"""

from __future__ import annotations

import dataclasses
import os
import threading
import weakref
from typing import NamedTuple

from jq_magic.image import Image
from jq_magic.limits import Limits
from jq_magic.runtimes import Instance, Module

#: Runs of a program before it is worth an image, which takes as long as some ten fresh instances.
_RUNS_BEFORE_IMAGE = 4
#: Instances with a program that are kept in all; each holds the pages that it wrote to, and reserves address space.
MOST_KEPT = 8
#: Of one program; the second is for a thread that runs it at the same time. And of those without.
_MOST_OF_ONE = 2


@dataclasses.dataclass(frozen=True)
class Prepared:
    """An instance right after `compile`.

    Attributes:
        instance: Nothing runs in it.
        fuel: What compiling spent.
        memory_bytes: The limit that its memory has.
        image: What puts it back there; None when it cannot be.

    """

    instance: Instance
    fuel: int
    memory_bytes: int
    image: Image | None


class Spares:
    """Instances of a module, as good as fresh."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.kept: list[tuple[Instance, int]] = []
        self._image: Image | None = None
        self._given = 0
        #: Whether instances are put back exactly; None before that was looked at.
        self.is_exact: bool | None = None

    def take(self, memory_bytes: int) -> Instance:
        """An instance whose memory cannot grow past `memory_bytes`. Raises: as `Module.instantiate`."""
        try:
            instance, limit = self.kept.pop()
        except IndexError:
            return self.module.instantiate(memory_bytes)
        if limit == memory_bytes:
            return instance
        instance.close()
        return self.module.instantiate(memory_bytes)

    def give(self, instance: Instance, memory_bytes: int) -> None:
        """Keep an instance whose run ended well, or free it."""
        self._given += 1
        # What a run writes to is learned from one that was small, and looked for less and less often.
        if self._image is None and self._given >= _RUNS_BEFORE_IMAGE and self._given.bit_count() == 1:
            image = self.image(instance, is_fresh=True)
            self._image = image if image.is_usable else None
        is_wanted = self._image is not None and len(self.kept) < _MOST_OF_ONE
        if is_wanted and self._image is not None and self.renew(instance, self._image):
            self.kept.append((instance, memory_bytes))
        else:
            instance.close()

    def image(self, instance: Instance, *, is_fresh: bool = False) -> Image:
        """The image of `instance`, or with `is_fresh` of a fresh one of which others will be used like it."""
        fresh = self.module.instantiate(instance.memory_bytes())
        try:
            return Image(fresh if is_fresh else instance, instance, fresh)
        finally:
            fresh.close()

    def renew(self, instance: Instance, image: Image) -> bool:
        """Put an instance back; False when it must be freed."""
        if self.is_exact is False or not image.renew(instance):
            return False
        if self.is_exact is None:
            # Once a process: how a runtime lays memory out, and what the system forgets, is seen and not believed.
            fresh = self.module.instantiate(instance.memory_bytes())
            try:
                self.is_exact = image.is_in(instance, fresh)
            finally:
                fresh.close()
        return self.is_exact


_spares: weakref.WeakKeyDictionary[Module, Spares] = weakref.WeakKeyDictionary()


def spares(module: Module) -> Spares:
    """Those of a module, which all its users share."""
    return _spares.get(module) or _spares.setdefault(module, Spares(module))


class Stacks(NamedTuple):
    """Bytes of stack.

    Attributes:
        guest_bytes: Where the guest's own begins; it grows down to address 0.
        thread_bytes: What a thread needs to call into an instance.

    """

    guest_bytes: int
    thread_bytes: int


class Stock:
    """The instances that one program keeps for its next runs; any thread may use it.

    Args:
        spares: Where its instances come from, and go.
        depth: The nesting limit that the program is compiled with.
        stacks: What its runs need.

    """

    def __init__(self, spares: Spares, depth: int, stacks: Stacks) -> None:
        self.spares, self._depth, self.stacks = spares, depth, stacks
        self.kept: list[Prepared] = []
        self._image: Image | None = None
        self._runs = 0

    def take(self, limits: Limits) -> Prepared | None:
        """An instance for one run within `limits`; None when the program has to be compiled."""
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
        if limits.depth == self._depth and self._runs > _RUNS_BEFORE_IMAGE and self.spares.is_exact is not False:
            image = self._image = self._image or self.spares.image(instance)
        return Prepared(instance, fuel, limits.memory_bytes, image)

    def keep(self, prepared: Prepared) -> None:
        """Keep an instance in which nothing ran since it was prepared."""
        self.kept.append(prepared)
        _trim(self)

    def give_back(self, prepared: Prepared) -> None:
        """Keep an instance whose run ended well, here or among the spares, or free it."""
        image = prepared.image
        if image is None or len(self.kept) >= _MOST_OF_ONE:
            self.spares.give(prepared.instance, prepared.memory_bytes)
        elif self.spares.renew(prepared.instance, image):
            self.keep(prepared)
        else:
            prepared.instance.close()

    def clear(self) -> None:
        """Free what is kept."""
        while self.kept:
            self.kept.pop().instance.close()


#: Stocks in the order of their last use.
_stocks: dict[weakref.ref[Stock], None] = {}
_trimming = threading.Lock()
#: The stock that was used last.
_newest: weakref.ref[Stock] | None = None
#: What a child of a fork has of its parent's instances: their ends could wait for locks that nobody will open.
_of_parent: list[object] = []


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
    stocks = [reference() for reference in list(_stocks)]
    for kept in [stock.kept for stock in stocks if stock is not None] + [found.kept for found in _spares.values()]:
        _of_parent.extend(kept)
        kept.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon)
