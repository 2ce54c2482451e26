"""Turns JSON texts into Python values."""

from __future__ import annotations

import decimal
import json
import re
import sys
from typing import Any

import msgspec

from jq_magic.errors import DataError

#: Integers of more digits are decoded as Decimal: CPython takes quadratic time for them, or refuses to read them.
INT_DIGITS = 4_300
#: Decodes lines several times as fast as the module json.
_LINES = msgspec.json.Decoder()
_LONG_INTEGER = re.compile(rf"[0-9]{{{INT_DIGITS + 1}}}")


def from_json(text: str) -> Any:
    """Decode one JSON text.

    Integers are exact up to any size (Decimal above INT_DIGITS digits, whatever PYTHONINTMAXSTRDIGITS says);
    1e400 is infinite.
    Raises: DataError for nesting that Python cannot hold; ValueError for what is no JSON.
    """
    try:
        # CPython itself refuses integers above its own setting, unless that is switched off or raised.
        if not 0 < sys.get_int_max_str_digits() <= INT_DIGITS and _LONG_INTEGER.search(text):
            return json.loads(text, parse_int=_integer)
        return json.loads(text)
    except RecursionError:
        raise DataError("the output nests too deep for Python; take it as text") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=_integer)


def from_json_bytes(text: bytes) -> Any:
    """Decode one JSON text in UTF-8. Raises: as from_json."""
    return from_json(text.decode())


def from_json_lines(text: str) -> list[Any]:
    """Decode JSON texts, each ended by a line end. Raises: as from_json."""
    try:
        if 0 < sys.get_int_max_str_digits() <= INT_DIGITS or not _LONG_INTEGER.search(text):
            return _LINES.decode_lines(text)
    except RecursionError:
        raise DataError("the output nests too deep for Python; take it as text") from None
    except ValueError:
        # A number that no float or integer of CPython's settings holds; or no JSON, which is said below.
        pass
    values: list[Any] = from_json(f"[{text.removesuffix(chr(10)).replace(chr(10), ',')}]")
    return values


def _integer(digits: str) -> int | decimal.Decimal:
    most = sys.get_int_max_str_digits() or INT_DIGITS
    return int(digits) if len(digits) <= min(most, INT_DIGITS) else decimal.Decimal(digits)
