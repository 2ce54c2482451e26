"""How do the columns of a data frame reach the guest?

They are copied as they are, without a text in between. `block` lays them out, `from_arrow` takes them from whatever
has the Arrow PyCapsule interface, `from_polars` from polars, and `from_pandas` from pandas, with NumPy alone where
there is no pyarrow; `zones` tells the guest what lies between UTC and a time zone. `of` chooses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import Any

from jq_magic import imports
from jq_magic.data.columns.block import Columns

#: Arrow's PyCapsule interface: a table, or an array of a column.
_CAPSULES = ("__arrow_c_stream__", "__arrow_c_array__")


#: The names of the columns of a frame that are needed, None for all; or what finds them out.
Needed = Collection[str] | None | Callable[[], Collection[str] | None]


def of(value: Any, *, index: bool = False, most_bytes: int | None = None, needs: Needed = None) -> Columns | None:
    """Give the columns of a data frame or of a series; None for anything else, and for types that have no columns.

    Args:
        value: A frame of pandas, or whatever gives Arrow data by the PyCapsule interface.
        index: Keep an index of pandas that only counts the rows, too.
        most_bytes: As many may be copied; None for any number.
        needs: The columns of a frame that are copied; the others are no members of its records, whatever is in them. A
            function is called for frames only.
    Raises: Refused, with the column and what to do; InputLimitError.

    """
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        module = imports.whole("jq_magic.data.columns.from_pandas")
    elif polars is not None and isinstance(value, (polars.DataFrame, polars.Series)):
        module = imports.whole("jq_magic.data.columns.from_polars")
    elif any(hasattr(type(value), name) for name in _CAPSULES):
        module = imports.whole("jq_magic.data.columns.from_arrow")
    else:
        return None
    names = needs() if callable(needs) else needs
    made: Columns | None = module.columns(value, index=index, most_bytes=most_bytes, needs=names)
    return made
