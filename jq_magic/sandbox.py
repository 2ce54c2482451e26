"""A sandbox: one runtime, one engine, limits; and one run in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from jq_magic import ceiling, modules, worker
from jq_magic.errors import DeadlineError, InputLimitError, LimitError, ProgramLimitError
from jq_magic.guest import Batch, Guest
from jq_magic.limits import PRESETS, Limits
from jq_magic.prepared import Prepared, Stacks, Stock, spares
from jq_magic.runtimes import load

if TYPE_CHECKING:
    from jq_magic.program import Program
    from jq_magic.result import Result
    from jq_magic.runtimes import Instance

T = TypeVar("T")

#: A batch of a whole run: large enough to make calls rare, small enough to be stopped at.
WHOLE_RUN = (1 << 20, 2**32 - 1)
#: To free more than this takes so long that it is part of the run, and not done after it.
_MUCH_MEMORY_BYTES = 16 << 20
#: One output at a time.
ONE_OUTPUT = (1, 1)


class Sandbox:
    """Where programs run: a runtime and the limits that hold for each run.

    Args:
        runtime: "wasmtime" or "wasmer".
        limits: The limits of each run; None for the preset "standard".
        engine: "jaq", which is fast, or "jq", jq itself in C.
    Raises: RuntimeUnavailableError for a runtime or engine that cannot be used here.

    """

    def __init__(self, runtime: str = "wasmtime", limits: Limits | None = None, *, engine: str = "jaq") -> None:
        modules.manifest(engine)
        load(runtime)
        self.runtime, self.engine = runtime, engine
        self.limits = limits or PRESETS["standard"]

    def stock(self) -> Stock:
        """Where a program of this sandbox keeps its instances. Raises: CeilingError, RuntimeUnavailableError."""
        runtime, module = modules.module(self.runtime, self.engine)
        stacks = Stacks(modules.manifest(self.engine)["stack_bytes"], runtime.thread_stack_bytes)
        return Stock(spares(module), ceiling.enforce(self.limits).depth, stacks)

    def compile(self, program: str, args: dict[str, Any] | None = None) -> Program:
        """Check `program` and bind `args` as `$name`. Raises: ProgramError, ProgramLimitError, DataError."""
        from jq_magic.program import Program  # noqa: PLC0415 - program stands above sandbox

        return Program(program, args, sandbox=self)

    def run(self, program: str, text: str | bytes, args: dict[str, Any] | None = None) -> Result:
        """Compile and run in one. Raises: as `compile` and `Program.run`."""
        return self.compile(program, args).run(text)


class Source(NamedTuple):
    """A program with its arguments, and where it keeps its instances.

    Attributes:
        sandbox: Where it runs.
        program: jq source.
        args: The arguments as `data.arguments` makes them.
        stock: Instances in which it was compiled.

    """

    sandbox: Sandbox
    program: str
    args: bytes
    stock: Stock


class Run:
    """One run in an instance of its own, which is fresh or cannot be told from a fresh one.

    Args:
        source: What runs.
        limits: Its limits.
        text: The input, UTF-8; None to check the program only.
        flags: As `jq_magic.guest` names them.
        batch: Bytes and outputs that fill a batch.
    Raises: CeilingError, ProgramLimitError, InputLimitError, RuntimeUnavailableError, GuestError.

    """

    def __init__(
        self,
        source: Source,
        limits: Limits,
        text: bytes | None,
        *,
        flags: int = 0,
        batch: tuple[int, int] = WHOLE_RUN,
    ) -> None:
        # Every run passes here, whoever gave its limits.
        self.limits = limits = ceiling.enforce(limits)
        self.wall_s = 0.0
        self.fuel = self.memory_bytes = self.input_bytes = 0
        #: What a pull that was ended by a limit had produced by then.
        self.left: Batch | None = None
        self._instance: Instance | None = None
        self._guest: Guest | None = None
        self._prepared: Prepared | None = None
        self._source = source
        self._stopped = self._closed = False
        self._is_fed = self._is_over = self._is_clean = self._is_expired = False
        # Between those who stop an instance and the one who hands it on.
        self._parting = threading.Lock()
        # Held by the worker while it is inside the instance, which must not be freed then.
        self._busy = threading.Lock()
        length = len(source.program.encode("utf-8", "surrogatepass"))
        if length > limits.program_bytes:
            raise ProgramLimitError("program_bytes", length, limits.program_bytes)
        if text is not None and len(text) > limits.input_bytes:
            raise InputLimitError("input_bytes", len(text), limits.input_bytes)
        ceiling.check_runtime(source.sandbox.runtime)
        self._input = (text or b"", flags, batch)

    def check(self) -> None:
        """Compile the program; the instance is kept for its first run. Raises: ProgramError, LimitError."""
        self._on_worker(self._checked)

    def pull(self) -> Batch:
        """The next batch; after an error or the last one the instance is left.

        Raises: LimitError, GuestError for what traps; other errors come with the batch.
        """
        return self._on_worker(self._pulled)

    def pull_here(self) -> Batch:
        """The next batch, on this thread, which must have the stack that the runtime needs; others may call `expire`.

        Raises: as `pull`.
        """
        try:
            batch = self._measured(self._pulled)
        except BaseException as error:
            self.close()
            if self._is_expired and not isinstance(error, LimitError):
                raise self._deadline() from None
            raise
        self._leave()
        if self._is_expired:
            self.close()
            raise self._deadline()
        return batch

    def expire(self) -> None:
        """End the call of `pull_here` on another thread, since its time is over."""
        self._is_expired = True
        self._stop()

    def _deadline(self) -> DeadlineError:
        return DeadlineError("deadline_s", self.wall_s, self.limits.deadline_s)

    def close(self) -> None:
        """End what runs and free the instance, now or when the worker has left it. Again, it does nothing."""
        if self._is_over:
            # The worker, who has said so, leaves the instance itself.
            return
        self._closed = True
        self._stop()
        self._free()

    def _free(self) -> None:
        if self._busy.acquire(blocking=False):
            try:
                if self._instance is not None:
                    self._instance.close()
                    self._guest = None
            finally:
                self._busy.release()

    def _compiled(self) -> Guest:
        """The guest with the program compiled: in an instance that was kept, or in a fresh one."""
        _, program, args, stock = self._source
        prepared = stock.take(self.limits)
        self._instance = prepared.instance if prepared else stock.spares.take(self.limits.memory_bytes)
        if self._stopped:
            self._instance.stop()
        spent = prepared.fuel if prepared else 0
        self._guest = Guest(self._instance, self.limits, program, stack_bytes=stock.stacks.guest_bytes, spent=spent)
        if prepared is None:
            self._guest.compile(args)
            prepared = stock.prepared(self._instance, self._guest.fuel_used(), self.limits)
        self._prepared = prepared
        return self._guest

    def _checked(self) -> None:
        self._compiled()
        self._is_over = self._is_clean = True

    def _pulled(self) -> Batch:
        guest = self._guest
        if guest is None:
            guest = self._compiled()
            text, flags, batch = self._input
            guest.feed(text, flags, time.time(), batch)
            self._is_fed = True
        try:
            pulled = guest.pull()
        finally:
            self.left = guest.left
        self._is_clean = pulled.error is None
        self._is_over = pulled.done
        return pulled

    def _leave(self) -> None:
        """When the run is over, keep its instance for another or free it; the caller has the last batch by then."""
        if not self._is_over:
            return
        with self._parting:
            instance, self._instance, self._guest = self._instance, None, None
            # A word to stop that came late is in the instance's memory.
            prepared = self._prepared if self._is_clean and not self._stopped else None
            # It is handed on once: what took much memory is left early, and again by whoever waited.
            self._prepared = None
        if prepared is not None:
            (self._source.stock.give_back if self._is_fed else self._source.stock.keep)(prepared)
        elif instance is not None:
            instance.close()

    def _stop(self) -> None:
        # Not after the instance was left: it may be another run's by then.
        with self._parting:
            self._stopped = True
            if self._instance is not None:
                self._instance.stop()

    def _measured(self, function: Callable[[], T]) -> T:
        try:
            with self._busy:
                began = time.perf_counter()
                try:
                    return function()
                finally:
                    self.wall_s += time.perf_counter() - began
                    if self._instance is not None and self._guest is not None:
                        self.memory_bytes = self._instance.memory_bytes()
                        self.input_bytes = self._guest.input_bytes
                        self.fuel = self._guest.fuel_used()
        finally:
            # Whoever closed the run in the meantime, interrupted while it waited, left this to the worker.
            if self._closed:
                self._free()
            # Nobody's next run waits until so much is given back.
            if self.memory_bytes > _MUCH_MEMORY_BYTES:
                self._leave()

    def _on_worker(self, function: Callable[[], T]) -> T:
        left = max(self.limits.deadline_s - self.wall_s, 0.0)
        try:
            return worker.run(
                lambda: self._measured(function),
                seconds=left,
                stop=self._stop,
                stack_bytes=self._source.stock.stacks.thread_bytes,
                after=self._leave,
            )
        except worker.Expired as expired:
            self.close()
            # The run met another limit just before it was stopped: that one is exact.
            if isinstance(expired.__cause__, LimitError):
                raise expired.__cause__ from None
            raise self._deadline() from None
        except BaseException:
            self.close()
            raise
