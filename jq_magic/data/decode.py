"""Turns JSON texts into Python values."""

from __future__ import annotations

import decimal
import json
from typing import Any

from jq_magic.errors import DataError

#: Integers of more digits are decoded as Decimal: CPython refuses to read them.
INT_DIGITS = 4_300


def from_json(text: str) -> Any:
    """One JSON text as a Python value.

    Integers are exact up to any size (Decimal above INT_DIGITS digits); 1e400 is infinite.
    Raises: DataError for nesting that Python cannot hold; ValueError for what is no JSON.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise DataError("the output nests too deep for Python; take it as text") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        # Python refuses integers of many digits, and only then is the slower way needed.
        return json.loads(text, parse_int=_integer)


def from_json_lines(text: str) -> list[Any]:
    """JSON texts, each ended by a line end, as Python values. Raises: as from_json."""
    values: list[Any] = from_json(f"[{text.removesuffix(chr(10)).replace(chr(10), ',')}]")
    return values


def _integer(digits: str) -> int | decimal.Decimal:
    return int(digits) if len(digits) <= INT_DIGITS else decimal.Decimal(digits)
