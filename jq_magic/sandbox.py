"""A sandbox: one runtime, one engine, limits; and one run in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from jq_magic import ceiling, modules, worker
from jq_magic.errors import DeadlineError, InputLimitError, LimitError, ProgramLimitError
from jq_magic.guest import Batch, Guest
from jq_magic.limits import PRESETS, Limits
from jq_magic.runtimes import load

if TYPE_CHECKING:
    from jq_magic.program import Program
    from jq_magic.result import Result
    from jq_magic.runtimes import Instance

T = TypeVar("T")

#: A batch of a whole run: large enough to make calls rare, small enough to be stopped at.
WHOLE_RUN = (1 << 20, 2**32 - 1)
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

    def compile(self, program: str, args: dict[str, Any] | None = None) -> Program:
        """Check `program` and bind `args` as `$name`. Raises: ProgramError, ProgramLimitError, DataError."""
        from jq_magic.program import Program  # noqa: PLC0415 - program stands above sandbox

        return Program(program, args, sandbox=self)

    def run(self, program: str, text: str | bytes, args: dict[str, Any] | None = None) -> Result:
        """Compile and run in one. Raises: as `compile` and `Program.run`."""
        return self.compile(program, args).run(text)


class Run:
    """One run in a fresh instance, which lives until `close`.

    Args:
        program: jq source.
        args: The arguments as `data.arguments` makes them.
        text: The input, UTF-8; None to check the program only.
        flags: As `jq_magic.guest` names them.
        batch: Bytes and outputs that fill a batch.
    Raises: CeilingError, ProgramLimitError, InputLimitError, RuntimeUnavailableError, GuestError.

    """

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits,
        program: str,
        args: bytes,
        text: bytes | None,
        *,
        flags: int = 0,
        batch: tuple[int, int] = WHOLE_RUN,
    ) -> None:
        # Every run passes here, whoever gave its limits.
        self.limits = limits = ceiling.enforce(limits)
        self.wall_s = 0.0
        self.fuel = self.memory_bytes = self.input_bytes = 0
        self._instance: Instance | None = None
        self._guest: Guest | None = None
        self._stopped = self._closed = False
        # Held by the worker while it is inside the instance, which must not be freed then.
        self._busy = threading.Lock()
        length = len(program.encode("utf-8", "surrogatepass"))
        if length > limits.program_bytes:
            raise ProgramLimitError("program_bytes", length, limits.program_bytes)
        if text is not None and len(text) > limits.input_bytes:
            raise InputLimitError("input_bytes", len(text), limits.input_bytes)
        runtime, self._module = modules.module(sandbox.runtime, sandbox.engine)
        self._thread_stack_bytes = runtime.thread_stack_bytes
        self._stack_bytes: int = modules.manifest(sandbox.engine)["stack_bytes"]
        self._start = (program, args, text, flags, batch)

    def check(self) -> None:
        """Compile the program and do no more. Raises: ProgramError, LimitError."""
        self._on_worker(self._started)

    def pull(self) -> Batch:
        """The next batch; after an error or the last one the instance is closed.

        Raises: LimitError, GuestError for what traps; other errors come with the batch.
        """
        batch = self._on_worker(lambda: self._started().pull())
        if batch.done:
            self.close()
        return batch

    def close(self) -> None:
        """End what runs and free the instance, now or when the worker has left it. Again, it does nothing."""
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

    def _started(self) -> Guest:
        if self._guest is not None:
            return self._guest
        program, args, text, flags, batch = self._start
        self._instance = self._module.instantiate(self.limits.memory_bytes)
        if self._stopped:
            self._instance.stop()
        self._guest = Guest(self._instance, self.limits, program, stack_bytes=self._stack_bytes)
        self._guest.start(args, text, flags, time.time(), batch)
        return self._guest

    def _stop(self) -> None:
        self._stopped = True
        instance = self._instance
        if instance is not None:
            instance.stop()

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

    def _on_worker(self, function: Callable[[], T]) -> T:
        left = max(self.limits.deadline_s - self.wall_s, 0.0)
        try:
            return worker.run(
                lambda: self._measured(function), seconds=left, stop=self._stop, stack_bytes=self._thread_stack_bytes
            )
        except worker.Expired as expired:
            self.close()
            # The run met another limit just before it was stopped: that one is exact.
            if isinstance(expired.__cause__, LimitError):
                raise expired.__cause__ from None
            raise DeadlineError("deadline_s", self.wall_s, self.limits.deadline_s) from None
        except BaseException:
            self.close()
            raise
