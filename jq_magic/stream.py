"""The batches of one run on their way to a result."""

from __future__ import annotations

from collections.abc import Iterator

from jq_magic import data, modules
from jq_magic.errors import JqMagicError
from jq_magic.guest import Batch
from jq_magic.limits import Limits
from jq_magic.result import Result, Usage
from jq_magic.sandbox import WHOLE_RUN, Run, Source


class Stream:
    """The batches of one run, and the result so far."""

    def __init__(
        self, source: Source, text: str | bytes, limits: Limits | None, flags: int, batch: tuple[int, int]
    ) -> None:
        self._sandbox = source.sandbox
        self._limits = limits or self._sandbox.limits
        self._texts: list[str] = []
        self._messages: list[str] = []
        self._outputs = self._output_bytes = 0
        self._run: Run | None = None
        # Only what the program itself produced is kept for the result of a stream that is not collected.
        self._keep = batch == WHOLE_RUN
        with self._told():
            self._run = Run(source, self._limits, data.text_to_bytes(text), flags=flags, batch=batch)

    def batches(self, *, here: bool = False) -> Iterator[str]:
        """JSON texts as they come.

        Args:
            here: Run on this thread, and leave it to others to call `expire` when the time is over.
        Raises: as Program.run.

        """
        done = False
        while not done:
            with self._told():
                assert self._run is not None
                batch = self._run.pull_here() if here else self._run.pull()
                text = self._take(batch)
            done = batch.done
            if text:
                yield text
            if batch.error is not None:
                with self._told():
                    raise batch.error

    def _take(self, batch: Batch) -> str:
        """Count a batch and, where that is wanted, keep it. Returns: its text."""
        text = batch.text.decode()
        if self._keep:
            self._texts.append(text)
        self._messages += batch.messages
        self._outputs += batch.outputs
        self._output_bytes += len(batch.text)
        return text

    def stopped(self) -> Result:
        """What was produced until an error, with what a limit left of a batch."""
        if self._run is not None and self._run.left is not None:
            self._take(self._run.left)
            self._run.left = None
        return self.result()

    def result(self) -> Result:
        """What was produced so far."""
        run = self._run
        usage = Usage(
            fuel=run.fuel if run else 0,
            memory_bytes=run.memory_bytes if run else 0,
            wall_s=run.wall_s if run else 0.0,
            input_bytes=run.input_bytes if run else 0,
            output_bytes=self._output_bytes,
            outputs=self._outputs,
        )
        sha256 = modules.manifest(self._sandbox.engine)["sha256"]
        return Result(
            "".join(self._texts),
            usage,
            run.limits if run else self._limits,
            self._sandbox.runtime,
            self._sandbox.engine,
            sha256,
            self._messages,
        )

    def whole(self, *, here: bool = False) -> Result:
        """Run to the end. Raises: as Program.run."""
        for _ in self.batches(here=here):
            pass
        return self.result()

    def expire(self) -> None:
        """End a run whose time is over, from another thread."""
        if self._run is not None:
            self._run.expire()

    def close(self) -> None:
        """Free the sandbox."""
        if self._run is not None:
            self._run.close()

    def _told(self) -> _Told:
        return _Told(self)


class _Told:
    """Gives an error of ours that passes the usage and the result so far."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, JqMagicError):
            error.partial = self._stream.stopped()
            error.usage = error.partial.usage
