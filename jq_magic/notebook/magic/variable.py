"""Makes the input of a magic's run of what a variable holds."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any

from jq_magic.data import inputs
from jq_magic.data.columns.block import Columns
from jq_magic.data.refusals import LeftOut
from jq_magic.errors import JqMagicError
from jq_magic.jqoptions import Options
from jq_magic.notebook.shown.display import Shown
from jq_magic.program import Program
from jq_magic.result import Result
from jq_magic.sandbox import Sandbox


def as_input(value: Any, sandbox: Sandbox, compiled: Callable[[], Program], options: Options) -> bytes | Columns:
    """Give what a variable holds as the input of a filter; a result is its outputs as they are.

    Of a frame the columns are copied that the filter can reach.

    Args:
        compiled: Gives the filter. Raises: JqMagicError.
    Raises: DataError, InputLimitError.

    """
    held = value.text if isinstance(value, (Shown, Result)) else value
    needs = functools.partial(_columns, compiled, options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LeftOut)
        most_bytes = sandbox.limits.input_bytes
        text = inputs.text_input(held, index="index" in options, most_bytes=most_bytes, needs=needs)
    for warning in caught:
        if issubclass(warning.category, LeftOut):
            # Without the place in our code that Python's own form of a warning shows.
            print(f"note: {warning.message}", file=sys.stderr)  # noqa: T201 - as Python shows warnings
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return text


def _columns(compiled: Callable[[], Program], options: Options) -> frozenset[str] | None:
    """Give the names of the columns of a frame that a filter can reach; None for all."""
    if "raw_input" in options or "stream" in options:
        return None
    try:
        program = compiled()
    except JqMagicError:
        # The run that follows says what is wrong.
        return None
    return program.columns(slurp="slurp" in options)
