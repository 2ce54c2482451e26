"""Runs the filter over one part of the input after the other, and says what went wrong with which input."""

from __future__ import annotations

from jq_magic import jqcall
from jq_magic.cli.budget import Budget
from jq_magic.cli.inputs import Part, Pieces
from jq_magic.cli.output import NulError, Output, say
from jq_magic.errors import FilterError, HaltError, InputError, JqMagicError, LimitError
from jq_magic.jqoptions import Options
from jq_magic.limits import Limits
from jq_magic.limits.exceeded import advice_as_option
from jq_magic.profile import Profile
from jq_magic.program import Program

OK, RUN_ERROR = 0, 5


class Runner:
    """Runs a program for the command.

    Args:
        program: What runs.
        limits: What it may use for each part.
        options: Those of the command.
        output: Where outputs go.

    Attributes:
        code: The exit code so far; as in jq, what became of the last input counts.
        has_halted: The filter has ended the command by `halt` or `halt_error`.
        profile: What the parts of the filter did in all runs, if that is asked for.

    """

    def __init__(self, program: Program, limits: Limits, options: Options, output: Output) -> None:
        self._program, self._limits, self._options, self._output = program, limits, options, output
        self._has_one_run = "null_input" in options or "slurp" in options
        self.code = OK
        self._places: set[tuple[str | None, int | None, int | None]] = set()
        self.has_halted = False
        self.profile = Profile()

    def run(self, part: Part, *, counts_lines: bool) -> bool:
        """Run over one part. Returns: whether to go on with the next one. Raises: LimitError.

        Args:
            part: The part.
            counts_lines: The filter asks for the lines that were read.

        """
        pieces = Pieces(part, counts_lines=counts_lines)
        budget = Budget(self._limits)
        goes_on = True
        while goes_on:
            piece = pieces.take()
            try:
                result = self._program.run(piece, limits=budget.left(), **jqcall.flags(self._options))
                self.profile = self.profile.joined(result.profile)
                self._output.write(result)
            except JqMagicError as error:
                if error.partial is not None:
                    self.profile = self.profile.joined(error.partial.profile)
                self._output.write(error.partial)
                goes_on = self._failed(error, pieces, budget)
            except NulError as error:
                self.fail(str(error), part.place(pieces.end))
                return False
            else:
                if self._has_one_run or not piece.isspace():
                    self.code = OK
                budget.add(result.usage)
                pieces.passed()
                if result.halted is not None:
                    self._halt(result.halted)
                    return False
            if not pieces:
                return not pieces.is_over
        return not pieces.is_over

    def _failed(self, error: JqMagicError, pieces: Pieces, budget: Budget) -> bool:
        """Say what ended a run. Returns: whether the inputs after it are run on. Raises: LimitError."""
        part = pieces.part
        if isinstance(error, FilterError):
            # As in jq, an error ends the work on its input only.
            has_read = pieces.failed(error.usage.input_bytes if error.usage else 0)
            self.fail(self._with_place(error), part.place(pieces.at))
            budget.add(error.usage)
            return has_read and not self._has_one_run
        if isinstance(error, LimitError):
            raise budget.whole(error) from None
        pieces.is_over = True
        if isinstance(error, HaltError):
            self._halt(error)
        elif isinstance(error, InputError):
            at = pieces.offset(error.offset)
            # Without an input of its own, it was the filter that read what is no JSON.
            self.fail(part.explain(at, str(error)), part.place(at) if "null_input" in self._options else None)
        else:
            raise error
        return False

    def _with_place(self, error: FilterError) -> str:
        """Add to an error where in the filter it arose, once for each place: many inputs may raise the same error."""
        place = error.module, error.line, error.column
        if not error.where or place in self._places:
            return str(error)
        self._places.add(place)
        return f"{error}\n{error.where}"

    def _halt(self, halt: HaltError) -> None:
        say(jqcall.halt_message(halt))
        self.has_halted = True
        code = abs(halt.exit_code) if "exit_status" in self._options else max(halt.exit_code, 0)
        # exit(3) hands on eight bits.
        self.code = code & 0xFF

    def fail(self, message: str, where: str | None = None) -> None:
        """Say what went wrong, and where in which file."""
        say(f"jq_magic: error{'' if where is None else f' (at {where})'}: {message}\n")
        self.code = RUN_ERROR


def with_advice(error: Exception) -> str:
    """Write an error with the advice that helps on a command line: options, where the library names arguments."""
    if isinstance(error, LimitError):
        error.advice = advice_as_option(error)
    return str(error)
