"""Takes one run through its phases in the guest, on one thread at a time."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from typing import NamedTuple

from jq_magic.data.columns.block import Columns
from jq_magic.errors import FilterError, HaltError, InputError, JqMagicError
from jq_magic.guest.abi import ROWS, WHOLE_RUN, Batching
from jq_magic.guest.guest import Batch, Guest, Stopped
from jq_magic.limits import Limits
from jq_magic.limits.ceiling import PROCESS, Ceiling
from jq_magic.limits.exceeded import exceeded
from jq_magic.places import Texts
from jq_magic.profile import Profile
from jq_magic.run.lease import Lease
from jq_magic.run.pool import Prepared, ProgramPool
from jq_magic.wasm_runtimes.signals import HANDLERS

#: To free an instance with more memory takes so long that it is part of the run, and not done after it.
_MUCH_MEMORY_BYTES = 16 << 20
#: Compiling that took so many seconds is as long as a run, and signals' handlers are looked at once more.
_LONG_S = 0.001
#: Errors that a guest returns with as from any run, so that its instance can be put back as after any run.
_RETURNED = (FilterError, HaltError, InputError)


class Source(NamedTuple):
    """A program with its arguments, and where it runs.

    Attributes:
        program: jq source, UTF-8, and the texts of modules after it.
        args: The arguments as `jq_magic.data.encode.arguments` makes them.
        runtime, engine: Where it runs, by name.
        limits: Those of a run that is given no others.
        pool: Instances in which it was compiled.
        ceiling: That of the process that the program came from; None for one that was made here.
        modules: Names of the modules, and bytes of their texts.
        is_profiled: Whether runs say what the parts of the program did.

    """

    program: bytes
    args: bytes
    runtime: str
    engine: str
    limits: Limits
    pool: ProgramPool
    ceiling: Ceiling | None = None
    modules: tuple[tuple[str, int], ...] = ()
    is_profiled: bool = False

    @property
    def texts(self) -> Texts:
        """The program and its modules, for errors that quote them."""
        return Texts(self.program, self.modules)


class Input(NamedTuple):
    """What a run is fed.

    Attributes:
        text: JSON texts, UTF-8, or the columns of a frame.
        flags: RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS, FIRST of `jq_magic.guest.abi`.
        batch: What fills a batch.

    """

    text: bytes | Columns
    flags: int = 0
    batch: Batching = WHOLE_RUN


class Phase(enum.Enum):
    """How far a run is."""

    NEW = enum.auto()
    COMPILED = enum.auto()
    RUNNING = enum.auto()
    OVER = enum.auto()


class Run:
    """One run in an instance of its own, which is fresh or cannot be told from a fresh one.

    Its steps, `check`, `pull` and `leave`, are called by one thread at a time, which has the stack that the runtime
    needs. `close` comes from any thread.

    Args:
        source: What runs.
        limits: Its limits.
    Raises: CeilingError, RuntimeUnavailableError, ProgramLimitError.

    """

    def __init__(self, source: Source, limits: Limits) -> None:
        # Every run passes here, whoever made its limits.
        self.limits = limits = PROCESS.enforce(limits, source.ceiling)
        PROCESS.check_runtime(source.runtime, source.ceiling)
        if len(source.program) > limits.program_bytes:
            raise exceeded("program_bytes", len(source.program), limits.program_bytes)
        self.lease = Lease()
        self.phase = Phase.NEW
        self.wall_s = 0.0
        self.fuel = self.memory_bytes = self.input_bytes = 0
        self.profile = Profile()
        self._source = source
        self._input: Input | None = None
        self._guest: Guest | None = None
        self._prepared: Prepared | None = None
        self._is_clean = False

    def feed(self, given: Input) -> None:
        """Say what the run reads, before its first pull. Raises: InputLimitError."""
        if len(given.text) > self.limits.input_bytes:
            raise exceeded("input_bytes", len(given.text), self.limits.input_bytes)
        self._input = given

    def check(self) -> Batch:
        """Compile the program and end the run; an empty batch with the error if there is one."""
        return self._step(self._checked)

    def pull(self) -> Batch:
        """Give the next batch; the last one ends the run. An error comes in the batch and is never raised."""
        return self._step(self._pulled)

    def pull_rows(self, batch: Batching) -> Batch:
        """Give the next batch of rows; the limits on fuel and time begin anew. An error ends the run in a row."""
        self.wall_s = 0.0
        return self._step(lambda: self._pulled_rows(batch))

    def leave(self) -> None:
        """Hand the instance of a run that is over on to another run, or free it. Again, it does nothing."""
        if self.phase is Phase.OVER:
            self._guest = None
            self.lease.release(self._hand_on if self._is_clean else None)

    def close(self) -> None:
        """Stop the run wherever it is, and free its instance as soon as no thread is inside it."""
        if self.phase is not Phase.OVER:
            self.lease.stop()
            self.lease.release()

    def _step(self, step: Callable[[], Batch]) -> Batch:
        with self.lease:
            began = time.perf_counter()
            try:
                batch = step()
            except JqMagicError as error:
                batch = Batch(error=error)
            self.wall_s += time.perf_counter() - began
            batch = self._profiled(self._measured(batch))
        if (batch.error is None and self.lease.was_stopped) or isinstance(batch.error, Stopped):
            # Only the deadline stops a run whose caller goes on. It counts from the call, and the worker woke after it.
            used = max(self.wall_s, self.limits.deadline_s)
            batch = batch._replace(done=True, error=exceeded("deadline_s", used, self.limits.deadline_s))
        if batch.done or batch.error is not None:
            self._is_clean = batch.error is None or (self._prepared is not None and isinstance(batch.error, _RETURNED))
            self.phase = Phase.OVER
            # The next run of anybody waits until so much memory is given back.
            if self.memory_bytes > _MUCH_MEMORY_BYTES:
                self.leave()
        return batch

    def _measured(self, batch: Batch) -> Batch:
        """Note what the run has used; a guest that lies about it ends the run."""
        if self.lease.instance is not None and self._guest is not None:
            self.memory_bytes = self.lease.instance.memory_bytes()
            self.input_bytes = self._guest.input_bytes
            try:
                self.fuel = self._guest.fuel_used()
            except JqMagicError as error:
                return batch if batch.error is not None else Batch(error=error)
        return batch

    def _profiled(self, batch: Batch) -> Batch:
        """Note what the parts of the program did in a run that is over; a guest that lies about it ends the run."""
        if self._source.is_profiled and self._guest is not None and (batch.done or batch.error is not None):
            try:
                self.profile = self._guest.profile()
            except JqMagicError as error:
                return batch if batch.error is not None else Batch(error=error)
        return batch

    def _checked(self) -> Batch:
        self._compiled()
        return Batch()

    def _pulled(self) -> Batch:
        guest = self._guest
        if guest is None:
            guest = self._compiled()
            assert self._input is not None
            guest.feed(self._input.text, self._input.flags, time.time(), self._input.batch)
            self.phase = Phase.RUNNING
        else:
            HANDLERS.check()
        with HANDLERS.inside():
            return guest.pull()

    def _pulled_rows(self, batch: Batching) -> Batch:
        guest = self._guest
        if guest is None:
            guest = self._compiled()
            assert self._input is not None
            guest.feed(self._input.text, self._input.flags | ROWS, time.time(), batch)
            self.phase = Phase.RUNNING
        else:
            HANDLERS.check()
        guest.refill(batch)
        with HANDLERS.inside():
            return guest.pull()

    def _compiled(self) -> Guest:
        """Make a guest with the program compiled: in an instance that was kept, or in a fresh one."""
        pool, limits = self._source.pool, self.limits
        HANDLERS.check()
        prepared = pool.take(limits)
        instance = prepared.instance if prepared is not None else pool.shared.take(limits.memory_bytes)
        self.lease.hold(instance)
        self._guest = guest = Guest(
            instance,
            limits,
            self._source.program,
            stack_bytes=pool.stacks.guest_bytes,
            modules=self._source.modules,
            spent=0 if prepared is None else prepared.fuel,
            was_stopped=lambda: self.lease.was_stopped,
            is_profiled=self._source.is_profiled,
        )
        if prepared is None:
            began = time.perf_counter()
            with HANDLERS.inside():
                guest.compile(self._source.args)
            if time.perf_counter() - began > _LONG_S:
                HANDLERS.check()
            prepared = pool.prepared(instance, guest.fuel_used(), limits)
        self._prepared = prepared
        self.phase = Phase.COMPILED
        return guest

    def _hand_on(self) -> None:
        assert self._prepared is not None
        was_fed = self._input is not None
        (self._source.pool.give_back if was_fed else self._source.pool.keep)(self._prepared)
