"""JSON texts become Python values."""

from __future__ import annotations

import decimal

import pytest

import jq_magic
from jq_magic.data.decode import from_json, from_json_lines


def test_integers_of_any_size_come_back_exact():
    assert from_json("12345678901234567890123") == 12345678901234567890123
    digits = "9" * 4_300
    assert from_json(digits) == int(digits)
    assert from_json(f"[1, {'9' * 5_000}]") == [1, decimal.Decimal("9" * 5_000)]


def test_nesting_that_python_cannot_hold_is_a_data_error():
    with pytest.raises(jq_magic.DataError, match="nests too deep"):
        from_json("[" * 200_000 + "]" * 200_000)


def test_lines_become_values():
    assert from_json_lines('1\n"a\\nb"\n{"c":[]}\n') == [1, "a\nb", {"c": []}]
    assert from_json_lines("") == []
