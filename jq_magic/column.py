"""Runs a filter on the rows of a column, as the modules of all engines do it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal

from jq_magic.api import as_program
from jq_magic.errors import DataError, JqMagicError
from jq_magic.limits import Limits
from jq_magic.many import mapping
from jq_magic.many.rows import MOST_ROWS, RowOptions
from jq_magic.program import Program

#: What stands in the place of a row with an error, by the words that Spark has for it.
ERRORS_OF_MODE: dict[str, Literal["raise", "null", "keep"]] = {
    "PERMISSIVE": "null",
    "DROPMALFORMED": "keep",
    "FAILFAST": "raise",
}


@dataclasses.dataclass(frozen=True)
class ColumnFilter:
    """A program, and how it runs on a column. It can be pickled: a worker compiles the program where it is unpickled.

    Attributes:
        program: The program.
        outputs, errors, jobs, limits: As for `Program.map`.
        as_text: Whether JSON texts are wanted, and not values.
        is_cut: Whether the engine cuts columns where it likes: the number of a row tells nothing then.

    """

    program: Program
    outputs: Literal["one", "first", "array"] = "one"
    errors: Literal["raise", "null", "keep"] = "raise"
    jobs: int = 1
    limits: Limits | None = None
    as_text: bool = True
    is_cut: bool = True

    @classmethod
    def of(
        cls, program: str | Program, args: dict[str, Any] | None, *, can_keep: bool = False, **options: Any
    ) -> ColumnFilter:
        """Check a program and how it is to run, where the query is written.

        Args:
            program, args: jq source and its arguments, or a program that is compiled.
            can_keep: Whether the engine's columns can hold errors.
            options: outputs, errors, jobs, limits and as_text as for `Program.map`, and is_cut.
        Raises: as `jq_magic.compile`; DataError for options that cannot be.

        """
        made = cls(as_program(program, args), **options)
        if made.errors == "keep" and not can_keep:
            raise DataError('errors is "raise" or "null" in this column, which cannot hold errors, not \'keep\'')
        made._options(with_fuel=False)
        return made

    def _options(self, *, with_fuel: bool) -> RowOptions:
        limits = self.limits or self.program.sandbox.limits
        return mapping.options(self.outputs, self.errors, self.jobs, limits, with_fuel=with_fuel)

    def mapped(self, rows: Iterable[Any], *, with_fuel: bool = False) -> Iterator[Any]:
        """Give what each row came to, None or its error, or pairs of that and its fuel; many rows at once.

        Raises: as `Program.map`.
        """
        source, options = self.program._source, self._options(with_fuel=with_fuel)  # noqa: SLF001 - one subject
        try:
            yield from mapping.mapped(source, rows, options, as_text=self.as_text, first_rows=MOST_ROWS)
        except JqMagicError as error:
            if self.is_cut:
                error.document = None
            raise

    def listed(self, rows: Collection[Any]) -> list[Any]:
        """Give what each row came to; None, or an error, as `errors` says. Raises: as `mapped`."""
        return list(self.mapped(rows))

    def outputs_of(self, rows: Iterable[Any]) -> list[list[str]]:
        """Give the JSON texts of all outputs of each row; none for a row that is None. Raises: as `mapped`."""
        options = dataclasses.replace(self._options(with_fuel=False), outputs="lines")
        source = self.program._source  # noqa: SLF001 - one subject
        texts = mapping.mapped(source, rows, options, as_text=True, first_rows=MOST_ROWS)
        try:
            return [text.split("\n") if text else [] for text in texts]
        except JqMagicError as error:
            error.document = None
            raise
