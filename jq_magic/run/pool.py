"""Keeps instances for later runs: those in which a program is compiled, and those in which nothing is.

After a run from which the guest returned, with outputs or an error of the filter, its instance is put back (see
`jq_magic.run.image`): to where its program was just compiled, for the next run of that program, or to the beginning,
for any. So the next run reads, spends and meets the same as in a fresh instance, to the byte and to the unit, whatever
ran before. An instance whose run was ended by a trap, or whose memory has grown, is freed instead.

Lists are changed here by single steps that no other thread sees a half of, and nobody waits for a lock: a fork,
a signal's handler or a finalizer that runs a program finds nothing locked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import weakref
from typing import NamedTuple

from jq_magic import forks
from jq_magic.errors import RuntimeUnavailableError
from jq_magic.limits import Limits
from jq_magic.run.image import Image
from jq_magic.run.room import most_bytes
from jq_magic.wasm_runtimes import Instance, Module

#: Runs of a program before it is worth an image, which takes as long as some ten fresh instances.
RUNS_BEFORE_IMAGE = 4
#: Instances with a program that are kept in all; each holds the pages that it wrote to, and reserves address space.
MOST_KEPT = 8
#: Looked up now, since a run opens no file.
_ROOM_BYTES = most_bytes()
#: At most this many idle instances per program (the second serves a concurrent thread), and as many without one.
MOST_OF_ONE = 2


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


class SharedPool:
    """Keeps instances of a module that are as good as fresh, for any program.

    Args:
        module: What they are instances of.
        pools: All pools of the process.

    """

    def __init__(self, module: Module, pools: Pools) -> None:
        self.module, self._pools = module, pools
        self.idle: list[tuple[Instance, int]] = []
        self._image: Image | None = None
        self._returns = 0
        #: Whether instances are put back exactly; None before that was looked at.
        self.is_exact: bool | None = None

    def take(self, memory_bytes: int) -> Instance:
        """Give an instance whose memory cannot grow past `memory_bytes`, nor past what this machine has room for.

        Raises: as `Module.instantiate`.
        """
        with contextlib.suppress(IndexError):
            instance, limit = self.idle.pop()
            if limit == memory_bytes:
                return instance
            instance.close()
        return self._fresh(memory_bytes)

    def _fresh(self, memory_bytes: int) -> Instance:
        memory_bytes = min(memory_bytes, _ROOM_BYTES)
        try:
            return self.module.instantiate(memory_bytes)
        except RuntimeUnavailableError:
            # Each instance reserves address space: those that wait for a run make room for this one.
            if not self._pools.clear():
                raise
        return self.module.instantiate(memory_bytes)

    def give_back(self, instance: Instance, memory_bytes: int) -> None:
        """Keep an instance whose guest returned from its run, or free it."""
        self._returns += 1
        # What a run writes to is learned from one that was small, and looked for less and less often.
        if self._image is None and self._returns >= RUNS_BEFORE_IMAGE and self._returns.bit_count() == 1:
            image = self.image(instance, is_fresh=True)
            self._image = image if image is not None and image.is_usable else None
        is_wanted = self._image is not None and len(self.idle) < MOST_OF_ONE
        if is_wanted and self._image is not None and self.renew(instance, self._image):
            self.idle.append((instance, memory_bytes))
        else:
            instance.close()

    def image(self, instance: Instance, *, is_fresh: bool = False) -> Image | None:
        """Make the image of `instance`, or with `is_fresh` of a fresh one that will be used as it was.

        Returns: None where there is no room for another instance to compare with.
        """
        fresh = self._other(instance)
        if fresh is None:
            return None
        try:
            return Image(fresh if is_fresh else instance, instance, fresh)
        finally:
            fresh.close()

    def _other(self, instance: Instance) -> Instance | None:
        try:
            return self.module.instantiate(instance.memory_bytes())
        except RuntimeUnavailableError:
            return None

    def renew(self, instance: Instance, image: Image) -> bool:
        """Put an instance back; False when it must be freed."""
        if self.is_exact is False or not image.renew(instance):
            return False
        if self.is_exact is None:
            # Once a process: how a runtime lays memory out, and what the system forgets, is seen and not believed.
            fresh = self._other(instance)
            if fresh is None:
                return False
            try:
                self.is_exact = image.is_in(instance, fresh)
            finally:
                fresh.close()
        return self.is_exact


class StackSizes(NamedTuple):
    """Bytes of stack.

    Attributes:
        guest_bytes: Where the guest's own begins; it grows down to address 0.
        thread_bytes: What a thread needs to call into an instance.

    """

    guest_bytes: int
    thread_bytes: int


class ProgramPool:
    """Keeps the instances in which one program is compiled; any thread may use it.

    Args:
        shared: Where its instances come from, and go.
        depth: The nesting limit that the program is compiled with.
        stacks: What its runs need.
        pools: All pools of the process, which together keep no more than MOST_KEPT.

    """

    def __init__(self, shared: SharedPool, depth: int, stacks: StackSizes, pools: Pools) -> None:
        self.shared, self._depth, self.stacks, self._pools = shared, depth, stacks, pools
        self.idle: list[Prepared] = []
        self._image: Image | None = None
        self._runs = 0
        #: Whether an image could not be made for want of room: the program runs in fresh instances then.
        self._is_cramped = False

    def apart(self) -> ProgramPool:
        """Make a pool for the same program compiled otherwise."""
        return ProgramPool(self.shared, self._depth, self.stacks, self._pools)

    def take(self, limits: Limits) -> Prepared | None:
        """Give an instance for one run within `limits`; None when the program has to be compiled."""
        if limits.depth != self._depth:
            return None
        self._runs += 1
        try:
            prepared = self.idle.pop()
        except IndexError:
            return None
        # A run that cannot pay for compiling fails in it, at its own unit of fuel.
        if prepared.memory_bytes == limits.memory_bytes and prepared.fuel <= limits.fuel:
            return prepared
        prepared.instance.close()
        return None

    def prepared(self, instance: Instance, fuel: int, limits: Limits) -> Prepared:
        """Note what is known of an instance right after it compiled the program."""
        image = None
        is_worth_it = limits.depth == self._depth and self._runs > RUNS_BEFORE_IMAGE and not self._is_cramped
        if is_worth_it and self.shared.is_exact is not False:
            image = self._image = self._image or self.shared.image(instance)
            self._is_cramped = image is None
        return Prepared(instance, fuel, limits.memory_bytes, image)

    def keep(self, prepared: Prepared) -> None:
        """Keep an instance in which nothing ran since it was prepared."""
        self.idle.append(prepared)
        self._pools.trim(self)

    def give_back(self, prepared: Prepared) -> None:
        """Keep an instance whose guest returned from its run, here or in the shared pool, or free it."""
        image = prepared.image
        if image is None or len(self.idle) >= MOST_OF_ONE:
            self.shared.give_back(prepared.instance, prepared.memory_bytes)
        elif self.shared.renew(prepared.instance, image):
            self.keep(prepared)
        else:
            prepared.instance.close()

    def clear(self) -> None:
        """Free what is kept."""
        while self.idle:
            try:
                prepared = self.idle.pop()
            except IndexError:
                # Another thread took the last one.
                return
            prepared.instance.close()


class Pools:
    """All pools of a process.

    Args:
        most_idle: How many instances with a program are kept in all.

    """

    def __init__(self, most_idle: int = MOST_KEPT) -> None:
        self._most_idle = most_idle
        self._shared: weakref.WeakKeyDictionary[Module, SharedPool] = weakref.WeakKeyDictionary()
        #: Pools of programs in the order of their last use.
        self._programs: dict[weakref.ref[ProgramPool], None] = {}
        self._newest: weakref.ref[ProgramPool] | None = None
        self._trimming = threading.Lock()
        # A forked child keeps its parent's instances alive and unused: closing them could wait for a lock whose
        # owner does not exist in the child.
        self._of_parent: list[object] = []

    def shared(self, module: Module) -> SharedPool:
        """Give the pool of a module that all its programs share."""
        return self._shared.get(module) or self._shared.setdefault(module, SharedPool(module, self))

    def program(self, module: Module, depth: int, stacks: StackSizes) -> ProgramPool:
        """Make the pool of one program."""
        return ProgramPool(self.shared(module), depth, stacks, self)

    def _live(self) -> list[ProgramPool]:
        """List the pools whose programs still exist, in the order of their last use."""
        pools = (reference() for reference in list(self._programs))
        return [pool for pool in pools if pool is not None]

    def trim(self, used: ProgramPool) -> None:
        """Free what was not used for longest, when more is kept than allowed."""
        if self._newest is not None and self._newest() is used and len(used.idle) == 1:
            # As after the last time, so all is in order.
            return
        # Whoever trims already sees to it: to wait here could be to wait for oneself, in a finalizer.
        if not self._trimming.acquire(blocking=False):
            return
        try:
            reference = weakref.ref(used, lambda gone: self._programs.pop(gone, None))
            self._newest = reference
            self._programs.pop(reference, None)
            self._programs[reference] = None
            pools = self._live()
            excess = sum(len(pool.idle) for pool in pools) - self._most_idle
            for pool in pools:
                if excess <= 0:
                    break
                excess -= len(pool.idle)
                pool.clear()
        finally:
            self._trimming.release()

    def clear(self) -> int:
        """Free every instance that is kept, for those who need their memory. Returns: how many there were."""
        programs = self._live()
        count = sum(len(pool.idle) for pool in programs)
        for pool in programs:
            pool.clear()
        for shared in list(self._shared.values()):
            while shared.idle:
                try:
                    instance, _ = shared.idle.pop()
                except IndexError:
                    # Another thread took the last one.
                    break
                instance.close()
                count += 1
        return count

    def abandon(self) -> None:
        """Keep the parent's instances from use in a forked child."""
        self._trimming = threading.Lock()
        programs = self._live()
        for idle in [pool.idle for pool in programs] + [shared.idle for shared in self._shared.values()]:
            self._of_parent.extend(idle)
            idle.clear()


POOLS = Pools()
forks.in_child(POOLS.abandon)
