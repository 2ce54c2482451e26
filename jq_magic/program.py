"""Holds a program that was checked once and runs any number of times, with the interface of the package jq."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from jq_magic.data import decode, encode, inputs
from jq_magic.data.columns.block import Columns
from jq_magic.data.modules import Modules
from jq_magic.errors import DataError, JqMagicError, LimitError, RuntimeUnavailableError
from jq_magic.guest import abi
from jq_magic.guest.module import ENGINES, MODULES, manifest
from jq_magic.limits import Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.many import documents, mapping
from jq_magic.needs import Needs, of_text
from jq_magic.result import Result
from jq_magic.run.pool import POOLS, StackSizes
from jq_magic.run.run import Source
from jq_magic.run.stream import Stream, check

if TYPE_CHECKING:
    from jq_magic.sandbox import Sandbox

_ABSENT: Any = object()


class Program:
    """A jq program that was checked, with its arguments; it can run any number of times.

    Made by `jq_magic.compile` or `Sandbox.compile`.
    """

    def __init__(
        self,
        program: str,
        args: dict[str, Any] | None = None,
        *,
        positional: list[Any] | None = None,
        modules: Mapping[str, Any] | Modules | None = None,
        sandbox: Sandbox,
    ) -> None:
        """Args: args, positional, modules: As for `Sandbox.compile`.

        Raises: ProgramError, ProgramLimitError, DataError for arguments that are no JSON.
        """
        text = encode.program(program)
        texts = Modules.of(modules, sandbox.engine)
        self.program = program
        self.sandbox = sandbox
        arguments = encode.arguments(args or {}, positional or [], texts.layout)
        self._compile(text + texts.joined, arguments, texts.names)

    def _compile(self, text: bytes, args: bytes, names: tuple[tuple[str, int], ...]) -> None:
        """Find where the program runs, and check it there."""
        sandbox = self.sandbox
        runtime, module = MODULES.get(sandbox.runtime, sandbox.engine)
        stacks = StackSizes(manifest(sandbox.engine)["stack_bytes"], runtime.thread_stack_bytes)
        pool = POOLS.program(module, PROCESS.enforce(sandbox.limits, sandbox.ceiling).depth, stacks)
        where = (sandbox.runtime, sandbox.engine, sandbox.limits, pool, sandbox.ceiling)
        self._source = Source(text, args, *where, names)
        check(self._source)

    @functools.cached_property
    def _profiled(self) -> Source:
        """The same program with code that counts, in instances of its own. Raises: RuntimeUnavailableError."""
        source = self._source
        if source.engine != ENGINES[0]:
            message = f"the engine {source.engine} does not say what the parts of a filter do; {ENGINES[0]} does"
            raise RuntimeUnavailableError(message)
        return source._replace(pool=source.pool.apart(), is_profiled=True)

    def __reduce__(self) -> tuple[Any, ...]:
        # It is compiled again where it is needed; the arguments travel as the JSON that they became.
        source = self._source
        return _restored, (self.program, source.program, source.args, source.modules, self.sandbox)

    def __repr__(self) -> str:
        # As the package jq shows it: `import jq_magic as jq` is all that changes.
        return f"jq.compile({self.program!r})"

    @property
    def program_string(self) -> str:
        """The program's text."""
        return self.program

    @functools.cached_property
    def needs(self) -> Needs:
        """What of its input the program can reach; all of it where the engine is not `magic`.

        The program is looked at and not run. Raises: LimitError.
        """
        if self.sandbox.engine != ENGINES[0]:
            return Needs(whole=True)
        return of_text(Stream(self._source, b"", None, abi.NEEDS).whole().text)

    def columns(self, *, slurp: bool = False) -> frozenset[str] | None:
        """Give the names of the columns of a frame that the program can reach; None for all.

        Args:
            slurp: The frame is the one item of an array.

        """
        try:
            return self.needs.columns(slurp=slurp)
        except LimitError:
            # The run that follows meets the limit, too, and says what it was doing.
            return None

    def run(
        self,
        text: str | bytes | Columns,
        *,
        limits: Limits | None = None,
        raw_input: bool = False,
        slurp: bool = False,
        null_input: bool = False,
        sort_keys: bool = False,
        jobs: int | None = None,
        profile: bool = False,
    ) -> Result:
        """Run over a text of JSON values, one after another, in a sandbox of its own.

        No run sees anything of another, and each costs the same fuel however often the program ran.

        Args:
            text: JSON texts, 0 or more; with raw_input lines of text. Or the columns of a data frame, which are one
                value, as `jq_magic.data.columns.of` gives them.
            limits: Other limits than the sandbox's.
            raw_input: Each line is a string.
            slurp: All values are one array; with raw_input all text is one string.
            null_input: Run once on null; values come from `input` and `inputs`.
            sort_keys: Write objects in the order of their keys.
            jobs: Threads; None for one run over all of `text`. With a number each line is a document of its own,
                as for `run_many`: a run with these limits, whose `input` sees no other line.
            profile: Count what each part of the filter does, for `Result.profile`, which takes fuel of its own. A
                limit that ends the run then names the part that used most. For the engine magic, and without jobs.
        Raises: InputError, FilterError, HaltError, LimitError; each with `.usage` and `.partial`.
            RuntimeUnavailableError for a profile of another engine.

        """
        flags = _flags(raw_input, slurp, null_input, sort_keys)
        if profile:
            if jobs is not None:
                raise DataError("a profile is that of one run: leave out jobs")
            return Stream(self._profiled, text, limits, flags).whole()
        if jobs is None or isinstance(text, Columns):
            return Stream(self._source, text, limits, flags).whole()
        lines = (line for line in encode.text_to_bytes(text).split(b"\n") if line and not line.isspace())
        options = documents.ManyOptions(limits=limits, flags=flags, jobs=jobs)
        return documents.joined(self._source, limits, documents.run_many(self._source, lines, options))

    @overload
    def run_many(
        self,
        texts: Iterable[str | bytes],
        *,
        jobs: int = 1,
        limits: Limits | None = None,
        total: Limits | None = None,
        errors: Literal["raise"] = "raise",
        progress: bool | None = None,
        raw_input: bool = False,
        slurp: bool = False,
        null_input: bool = False,
        sort_keys: bool = False,
    ) -> Generator[Result, None, None]: ...

    @overload
    def run_many(
        self,
        texts: Iterable[str | bytes],
        *,
        jobs: int = 1,
        limits: Limits | None = None,
        total: Limits | None = None,
        errors: Literal["raise", "give"],
        progress: bool | None = None,
        raw_input: bool = False,
        slurp: bool = False,
        null_input: bool = False,
        sort_keys: bool = False,
    ) -> Generator[Result | JqMagicError, None, None]: ...

    def run_many(
        self,
        texts: Iterable[str | bytes],
        *,
        jobs: int = 1,
        limits: Limits | None = None,
        total: Limits | None = None,
        errors: Literal["raise", "give"] = "raise",
        progress: bool | None = None,
        raw_input: bool = False,
        slurp: bool = False,
        null_input: bool = False,
        sort_keys: bool = False,
    ) -> Generator[Result | JqMagicError, None, None]:
        """Run over many documents, each in a sandbox of its own, and give their results in order.

        Memory does not depend on their number: documents are read as they are needed, so `texts` can be an open
        file of JSON lines, or endless. What runs ends when the generator is closed.

        Args:
            texts: Documents, each JSON texts as for `run`.
            jobs: Threads that run them, each in instances of its own.
            limits: Limits of each document, if others than the sandbox's.
            total: What all documents may use together: fuel, deadline_s (seconds inside the sandboxes, summed),
                input_bytes, output_bytes, outputs. None for no such limit.
            errors: "raise" the first error, or "give" errors in the place of results and go on.
            progress: A progress bar: True, False, or None for one where it can be seen, when it takes over a second.
            raw_input, slurp, null_input, sort_keys: As for `run`, for each document.
        Raises: as `run`, with `.document`, the number of the document from 0; and what `texts` raises.

        """
        if errors not in {"raise", "give"}:
            raise DataError(f'errors is "raise" or "give", not {errors!r}')
        flags = _flags(raw_input, slurp, null_input, sort_keys)
        options = documents.ManyOptions(
            limits=limits, total=total, flags=flags, jobs=jobs, raises=errors == "raise", progress=progress
        )
        return documents.run_many(self._source, texts, options)

    def map(
        self,
        rows: Iterable[Any],
        *,
        outputs: Literal["one", "first", "array"] = "one",
        errors: Literal["raise", "null", "keep"] = "raise",
        jobs: int = 1,
        limits: Limits | None = None,
        as_text: bool = False,
        fuel: bool = False,
    ) -> Generator[Any, None, None]:
        """Give what the filter makes of each row, in order; each row is a document with what a run of its own gives.

        Args:
            rows: JSON texts as str or bytes, other Python values, and None for what is missing, which gives None; or
                an Arrow array of them. They are taken as they are needed, some thousands at a time.
            outputs: "one" output, or None without one, and an OutputLimitError for more; the "first", after which
                nothing is computed; or an "array" of all.
            errors: "raise" the first error; "null", None instead; or "keep" the error in the place of its row.
            jobs: Threads.
            limits: Limits of each row, if others than the sandbox's.
            as_text: Give JSON texts instead of values.
            fuel: Give pairs, with the fuel that the row used, which is counted row by row and takes longer.
        Raises: as `run_many`, with `.document`, the number of the row from 0.

        """
        options = mapping.options(outputs, errors, jobs, limits or self.sandbox.limits, with_fuel=fuel)
        return mapping.mapped(self._source, rows, options, as_text=as_text)

    def input(self, value: Any = _ABSENT, text: Any = _ABSENT) -> Inputs:
        """One Python value, or with `text` JSON texts, as input. Raises: DataError unless one is given."""
        if (value is _ABSENT) == (text is _ABSENT):
            raise DataError("Either the value or text argument should be set")
        return self.input_value(value) if text is _ABSENT else self.input_text(text)

    def input_value(self, value: Any) -> Inputs:
        """One value as input; a data frame is an array of records, and a Result its outputs.

        Of a frame the columns are copied that the program can reach.

        Raises: DataError, InputLimitError.
        """
        if isinstance(value, Result):
            return Inputs(self, value.text, slurp=False)
        most_bytes = self.sandbox.limits.input_bytes
        return Inputs(self, inputs.value_input(value, most_bytes=most_bytes, needs=self.columns), slurp=False)

    def input_values(self, values: Iterable[Any], *, jobs: int | None = None) -> Inputs:
        """Several values as inputs. Raises: DataError.

        Args:
            values: Python values.
            jobs: Threads; None for one run over all values. With a number each value is a document of its own, as for
                `run_many`, and is taken from `values` when it is needed.

        """
        if jobs is not None:
            return Documents(self, (encode.value_to_json(value) for value in values), jobs=jobs)
        return Inputs(self, b"\n".join(encode.value_to_json(value) for value in values), slurp=False)

    def input_text(self, text: str | bytes, *, slurp: bool = False) -> Inputs:
        """JSON texts as inputs."""
        return Inputs(self, text, slurp=slurp)


class Inputs:
    """A program with its input; nothing runs until outputs are asked for."""

    def __init__(self, program: Program, text: str | bytes | Columns, *, slurp: bool) -> None:
        self._program, self._text, self._slurp = program, text, slurp

    def all(self) -> list[Any]:
        """All outputs."""
        return self._program.run(self._text, slurp=self._slurp).values

    def text(self) -> str:
        """All outputs as JSON texts, a line each, as the package jq gives them."""
        return self._program.run(self._text, slurp=self._slurp).text.removesuffix("\n")

    def first(self) -> Any:
        """The first output; the rest is never computed. Raises: StopIteration when there is none."""
        outputs = self.__iter__()
        try:
            return next(outputs)
        finally:
            outputs.close()

    def __iter__(self) -> Generator[Any, None, None]:
        """The outputs one by one, each computed when it is asked for."""
        flags = abi.SLURP * self._slurp
        stream = Stream(self._program._source, self._text, None, flags, abi.ONE_OUTPUT)  # noqa: SLF001 - one subject
        return _values(stream)


class Documents(Inputs):
    """A program with documents that each have a run of their own; they are taken once."""

    def __init__(self, program: Program, texts: Iterator[bytes], *, jobs: int) -> None:
        super().__init__(program, b"", slurp=False)
        self._texts, self._jobs = texts, jobs

    def all(self) -> list[Any]:
        """All outputs of all documents."""
        return list(self)

    def text(self) -> str:
        """All outputs as JSON texts, a line each."""
        return "".join(result.text for result in self._results()).removesuffix("\n")

    def __iter__(self) -> Generator[Any, None, None]:
        """The outputs one by one; a few documents are run ahead of those that are asked for."""
        with contextlib.closing(self._results()) as results:
            for result in results:
                yield from result.values

    def _results(self) -> Generator[Any, None, None]:
        return self._program.run_many(self._texts, jobs=self._jobs)


def _flags(raw_input: bool, slurp: bool, null_input: bool, sort_keys: bool) -> int:
    return abi.RAW_INPUT * raw_input | abi.SLURP * slurp | abi.NULL_INPUT * null_input | abi.SORT_KEYS * sort_keys


def _values(stream: Stream) -> Generator[Any, None, None]:
    try:
        for text in stream.batches():
            yield from decode.from_json_lines(text)
    finally:
        stream.close()


def _restored(program: str, text: bytes, args: bytes, names: tuple[tuple[str, int], ...], sandbox: Sandbox) -> Program:
    """Make a program again from what pickle or copy kept of it. Raises: as `Program`."""
    restored = Program.__new__(Program)
    restored.program, restored.sandbox = program, sandbox
    restored._compile(text, args, names)  # noqa: SLF001 - its own second constructor
    return restored
