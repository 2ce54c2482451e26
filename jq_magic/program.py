"""Programs: checked once, run any number of times; with the interface of the package jq."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Literal

from jq_magic import data, documents, guest
from jq_magic.errors import DataError, JqMagicError
from jq_magic.limits import Limits
from jq_magic.result import Result
from jq_magic.sandbox import ONE_OUTPUT, WHOLE_RUN, Run, Sandbox, Source
from jq_magic.stream import Stream

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
        sandbox: Sandbox,
    ) -> None:
        """Args: args: become `$name` and `$ARGS.named`; positional: become `$ARGS.positional`.

        Raises: ProgramError, ProgramLimitError, DataError for arguments that are no JSON.
        """
        if not isinstance(program, str):
            raise DataError(f"a program is a str, not {type(program).__name__}")
        try:
            program.encode()
        except UnicodeEncodeError as error:
            raise DataError(f"the program cannot be written in UTF-8: {error.reason}") from None
        self.program = program
        self.sandbox = sandbox
        arguments = data.arguments(args or {}, positional or [])
        self._source = Source(sandbox, program, arguments, sandbox.stock())
        Run(self._source, sandbox.limits, None).check()

    def __repr__(self) -> str:
        # As the package jq shows it: `import jq_magic as jq` is all that changes.
        return f"jq.compile({self.program!r})"

    @property
    def program_string(self) -> str:
        """The program's text."""
        return self.program

    def run(
        self,
        text: str | bytes,
        *,
        limits: Limits | None = None,
        raw_input: bool = False,
        slurp: bool = False,
        null_input: bool = False,
        sort_keys: bool = False,
        jobs: int | None = None,
    ) -> Result:
        """Run over a text of JSON values, one after another, in a sandbox of its own.

        No run sees anything of another, and each costs the same fuel however often the program ran.

        Args:
            text: JSON texts, 0 or more; with raw_input lines of text.
            limits: Other limits than the sandbox's.
            raw_input: Each line is a string.
            slurp: All values are one array; with raw_input all text is one string.
            null_input: Run once on null; values come from `input` and `inputs`.
            sort_keys: Write objects in the order of their keys.
            jobs: Threads; None for one run over all of `text`. With a number each line is a document of its own,
                as for `run_many`: a run with these limits, whose `input` sees no other line.
        Raises: InputError, FilterError, HaltError, LimitError; each with `.usage` and `.partial`.

        """
        flags = _flags(raw_input, slurp, null_input, sort_keys)
        if jobs is None:
            return Stream(self._source, text, limits, flags, WHOLE_RUN).whole()
        lines = (line for line in data.text_to_bytes(text).split(b"\n") if line and not line.isspace())
        found = documents.run_many(self._source, lines, documents.Ways(limits=limits, flags=flags, jobs=jobs))
        return documents.joined(self._source, limits, found)

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
        ways = documents.Ways(
            limits=limits, total=total, flags=flags, jobs=jobs, raises=errors == "raise", progress=progress
        )
        return documents.run_many(self._source, texts, ways)

    def input(self, value: Any = _ABSENT, text: Any = _ABSENT) -> Inputs:
        """One Python value, or with `text` JSON texts, as input. Raises: DataError unless one is given."""
        if (value is _ABSENT) == (text is _ABSENT):
            raise DataError("Either the value or text argument should be set")
        return self.input_value(value) if text is _ABSENT else self.input_text(text)

    def input_value(self, value: Any) -> Inputs:
        """One value as input."""
        return self.input_values([value])

    def input_values(self, values: Iterable[Any], *, jobs: int | None = None) -> Inputs:
        """Several values as inputs. Raises: DataError.

        Args:
            values: Python values.
            jobs: Threads; None for one run over all values. With a number each value is a document of its own, as for
                `run_many`, and is taken from `values` when it is needed.

        """
        if jobs is not None:
            return Documents(self, (data.value_to_json(value) for value in values), jobs=jobs)
        return Inputs(self, b"\n".join(data.value_to_json(value) for value in values), slurp=False)

    def input_text(self, text: str | bytes, *, slurp: bool = False) -> Inputs:
        """JSON texts as inputs."""
        return Inputs(self, text, slurp=slurp)


class Inputs:
    """A program with its input; nothing runs until outputs are asked for."""

    def __init__(self, program: Program, text: str | bytes, *, slurp: bool) -> None:
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
        flags = guest.SLURP * self._slurp
        stream = Stream(self._program._source, self._text, None, flags, ONE_OUTPUT)  # noqa: SLF001 - one subject
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
    return (
        guest.RAW_INPUT * raw_input | guest.SLURP * slurp | guest.NULL_INPUT * null_input | guest.SORT_KEYS * sort_keys
    )


def _values(stream: Stream) -> Generator[Any, None, None]:
    try:
        for text in stream.batches():
            yield from data.from_json_lines(text)
    finally:
        stream.close()


def compile(  # noqa: A001 - the name is the package jq's
    program: str,
    args: dict[str, Any] | None = None,
    *,
    runtime: str = "wasmtime",
    engine: str = "jaq",
    limits: Limits | None = None,
) -> Program:
    """Check a jq program and bind `args` as `$name`.

    Raises: ProgramError, ProgramLimitError, RuntimeUnavailableError, DataError.
    """
    return Sandbox(runtime, limits, engine=engine).compile(program, args)


def _inputs(program: str, args: dict[str, Any] | None, value: Any, values: Any, text: Any) -> Inputs:
    given = [name for name, found in (("value", value), ("values", values), ("text", text)) if found is not _ABSENT]
    if len(given) != 1:
        raise DataError(f"give one of value, values and text, not {' and '.join(given) or 'none'}")
    compiled = compile(program, args)
    if text is not _ABSENT:
        return compiled.input_text(text)
    return compiled.input_value(value) if value is not _ABSENT else compiled.input_values(values)


def all(  # noqa: A001 - the name is the package jq's
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> list[Any]:
    """All outputs of `program` over `value`, `values` or `text`."""
    return _inputs(program, args, value, values, text).all()


def first(
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> Any:
    """The first output; the rest is never computed."""
    return _inputs(program, args, value, values, text).first()


def text(
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> str:
    """All outputs as JSON texts, a line each."""
    return _inputs(program, args, value, values, text).text()


def iter(  # noqa: A001 - the name is the package jq's
    program: str,
    value: Any = _ABSENT,
    text: Any = _ABSENT,
    *,
    values: Any = _ABSENT,
    args: dict[str, Any] | None = None,
) -> Iterator[Any]:
    """The outputs one by one, each computed when it is asked for."""
    return _inputs(program, args, value, values, text).__iter__()
