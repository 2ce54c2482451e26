"""Makes a result of the batches of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jq_magic.data.columns.block import Columns
from jq_magic.data.encode import text_to_bytes
from jq_magic.errors import HaltError, JqMagicError, LimitError, OutputLimitError
from jq_magic.guest.abi import RAW_INPUT, WHOLE_RUN, Batching
from jq_magic.guest.guest import Batch
from jq_magic.guest.module import ENGINES, MODULES, manifest
from jq_magic.limits import Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.limits.exceeded import exceeded
from jq_magic.profile import Profile
from jq_magic.result import Result, Usage
from jq_magic.run.pool import POOLS
from jq_magic.run.run import Input, Run, Source
from jq_magic.run.worker import Deadline, call


class Stream:
    """The batches of one run, and the result so far.

    Args:
        source: What runs.
        text: The input: JSON texts, or the columns of a frame.
        limits: Those of the run; None for those of the source.
        flags: RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS of `jq_magic.guest.abi`.
        batch: What fills a batch.
    Raises: as Program.run, for limits that are met before it begins.

    """

    def __init__(
        self,
        source: Source,
        text: str | bytes | Columns,
        limits: Limits | None,
        flags: int = 0,
        batch: Batching = WHOLE_RUN,
    ) -> None:
        self._source = source
        self._limits = limits or source.limits
        self._texts: list[str] = []
        self._messages: list[str] = []
        self._halt: HaltError | None = None
        self._outputs = self._output_bytes = 0
        # Only what the program itself produced is kept for the result of a stream that is not collected.
        self._is_kept = batch == WHOLE_RUN
        self._run: Run | None = None
        try:
            self._run = run = Run(source, self._limits)
            run.feed(Input(_fed(text, source, run.limits, flags), flags, batch))
        except JqMagicError as error:
            raise self._attached(error) from error.__cause__

    def batches(self) -> Iterator[str]:
        """Give JSON texts as they come; each batch is made on a worker, until the deadline. Raises: as Program.run."""
        done = False
        while not done:
            assert self._run is not None
            batch = on_worker(self._run, self._run.pull, self._source)
            text = self._taken(batch)
            done = batch.done
            if text:
                yield text
            if batch.error is not None:
                raise self._attached(batch.error)

    def whole(self) -> Result:
        """Run to the end on a worker, until the deadline.

        Raises: as Program.run; a KeyboardInterrupt has `usage`, as the errors of a run have.
        """
        try:
            for _ in self.batches():
                pass
        except KeyboardInterrupt as interrupt:
            interrupt.__dict__["usage"] = self.result().usage
            raise
        return self.result()

    def deadline(self) -> Deadline:
        """Make what ends the run when its time is over, for those who run it by `whole_here`."""
        assert self._run is not None
        return Deadline(self._run.lease, self._run.limits.deadline_s)

    def whole_here(self) -> Result:
        """Run to the end on this thread, which has the stack that the runtime needs. Raises: as Program.run."""
        assert self._run is not None
        try:
            while True:
                batch = self._run.pull()
                self._taken(batch)
                if batch.error is not None:
                    raise self._attached(batch.error)
                if batch.done:
                    return self.result()
        finally:
            self._run.leave()
            self._run.close()

    def _taken(self, batch: Batch) -> str:
        """Count a batch and, where that is wanted, keep it. Returns: its text."""
        text = batch.text.decode()
        if self._is_kept:
            self._texts.append(text)
        self._messages += batch.messages
        self._halt = batch.halt
        self._outputs += batch.outputs
        self._output_bytes += len(batch.text)
        return text

    def result(self) -> Result:
        """Make a result of what was produced so far."""
        run, source = self._run, self._source
        usage = Usage(
            fuel=run.fuel if run else 0,
            memory_bytes=run.memory_bytes if run else 0,
            wall_s=run.wall_s if run else 0.0,
            input_bytes=run.input_bytes if run else 0,
            output_bytes=self._output_bytes,
            outputs=self._outputs,
        )
        return Result(
            "".join(self._texts),
            usage,
            run.limits if run else self._limits,
            source.runtime,
            source.engine,
            manifest(source.engine)["sha256"],
            self._messages,
            self._halt,
            run.profile if run else Profile(),
        )

    def _attached(self, error: JqMagicError) -> JqMagicError:
        """Give an error the result so far; one that a limit raised names the part that used most."""
        error.partial = self.result()
        error.usage = error.partial.usage
        if isinstance(error, LimitError) and error.partial.profile:
            error.blame(error.partial.profile.blame(error.limit))
        return error

    def close(self) -> None:
        """End the run and free its instance."""
        if self._run is not None:
            self._run.close()


def _fed(text: str | bytes | Columns, source: Source, limits: Limits, flags: int) -> bytes | Columns:
    """Give what the guest takes: only the first of the engines reads columns, and none of them has lines."""
    if not isinstance(text, Columns):
        return text_to_bytes(text)
    if source.engine == ENGINES[0] and not flags & RAW_INPUT:
        return text
    return _json(text, source, limits)


def _json(columns: Columns, source: Source, limits: Limits) -> bytes:
    """Write columns as a JSON text, in a run of the first engine. Raises: LimitError, InputLimitError."""
    _, module = MODULES.get(source.runtime, ENGINES[0])
    stacks = source.pool.stacks._replace(guest_bytes=manifest(ENGINES[0])["stack_bytes"])
    pool = POOLS.program(module, limits.depth, stacks)
    bound = PROCESS.with_carried(source.ceiling).limits.get("output_bytes")
    longest = limits.input_bytes if bound is None else min(limits.input_bytes, int(bound[0]))
    writer = source._replace(program=b".", modules=(), args=b"", engine=ENGINES[0], pool=pool, is_profiled=False)
    try:
        return Stream(writer, columns, limits.replace(output_bytes=longest)).whole().text.encode()
    except OutputLimitError as error:
        raise exceeded("input_bytes", error.used, error.allowed) from None


def check(source: Source) -> None:
    """Compile a program, and keep the instance for its first run. Raises: ProgramError, LimitError, GuestError."""
    run = Run(source, source.limits)
    batch = on_worker(run, run.check, source)
    if batch.error is not None:
        raise batch.error


def on_worker(run: Run, step: Callable[[], Batch], source: Source) -> Batch:
    """Run a step of a run on a worker, until the deadline; a run that is interrupted is closed."""
    deadline = Deadline(run.lease, run.limits.deadline_s - run.wall_s)
    try:
        return call(step, deadline, stack_bytes=source.pool.stacks.thread_bytes, after=run.leave)
    except BaseException:
        # Interrupted, or without a thread: nobody pulls again.
        run.close()
        raise
