"""Runs the filter of a magic on each row of a data set that is lazy, where it is: of polars, Dask, Spark or Ray."""

from __future__ import annotations

from typing import Any, NamedTuple

from IPython.core.error import UsageError

from jq_magic import imports
from jq_magic.jqoptions import Options
from jq_magic.program import Program

#: Rows whose outputs a display shows.
SHOWN_ROWS = 20
#: Packages, and the names of their classes of data sets.
_KINDS = {
    "polars": {"LazyFrame"},
    "dask": {"DataFrame", "Series", "Bag"},
    "pyspark": {"DataFrame"},
    "ray": {"Dataset"},
}
_MODULES = {"pyspark": "spark"}
#: Options that need all rows at once, or another input than rows.
_OF_ONE_RUN = ("slurp", "raw_input", "null_input", "stream", "index", "profile", "sort_keys", "exit_status")


class Lazy(NamedTuple):
    """A data set that is lazy.

    Attributes:
        data: It.
        kind: The name of its class.
        module: The module of ours for its engine.

    """

    data: Any
    kind: str
    module: Any

    def first(self, program: Program) -> bytes:
        """Give the first rows as JSON texts. Raises: DataError, LimitError."""
        return "\n".join(self.module.first(self.data, SHOWN_ROWS, program)).encode()

    def each(self, program: Program) -> Any:
        """Give a data set of the same kind with the outputs for each row; nothing runs yet."""
        return self.module.each(self.data, program)


def of(value: Any) -> Lazy | None:
    """Give a data set that is lazy with the module for it; None for anything else. No code of the value runs."""
    for base in type(value).__mro__:
        package = base.__module__.partition(".")[0]
        if base.__name__ in _KINDS.get(package, ()):
            return Lazy(value, base.__name__, imports.whole(f"jq_magic.{_MODULES.get(package, package)}"))
    return None


def check(lazy: Lazy, options: Options) -> None:
    """Check that options make sense for rows. Raises: UsageError."""
    names = [key.replace("_", "-") for key in _OF_ONE_RUN if key in options]
    form = options.get("as", "values")
    names += [] if form == "values" else [f"as {form}"]
    if names:
        raise UsageError(f"a {lazy.kind} runs row by row and stays one: collect it first for --{names[0]}")
