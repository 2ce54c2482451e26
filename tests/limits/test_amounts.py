"""Amounts as people read and write them."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic.limits import BY_FIELD, amounts
from jq_magic.limits.amounts import Unit


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (amounts.read_count, "1e6", 10**6),
        (amounts.read_count, "20_000", 20_000),
        (amounts.read_count, "1.5e9", 1_500_000_000),
        (amounts.read_bytes, "64MiB", 64 << 20),
        (amounts.read_bytes, "64 mb", 64 * 10**6),
        (amounts.read_bytes, "1.5GiB", 3 << 29),
        (amounts.read_bytes, "4096", 4096),
        (amounts.read_seconds, "2s", 2.0),
        (amounts.read_seconds, "500ms", 0.5),
        (amounts.read_seconds, "1.5", 1.5),
        (amounts.read_seconds, "2min", 120.0),
    ],
)
def test_amounts_are_read_as_people_write_them(read, text, value):
    assert read(text) == value


@pytest.mark.parametrize("read", [amounts.read_count, amounts.read_bytes, amounts.read_seconds])
@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "1e999", "x", "1 2", "1zz", "9" * 5000, "0x10", "٣"])
def test_nonsense_is_refused_with_an_example(read, text):
    with pytest.raises(jq_magic.LimitValueError, match="write for example"):
        read(text)


@pytest.mark.parametrize(
    ("limit", "amount", "shown"),
    [
        ("fuel", 48_112, "48,112"),
        ("fuel", 10**6, "1e6"),
        ("fuel", 2 * 10**10, "2e10"),
        ("memory_bytes", 512 << 20, "512 MiB"),
        ("memory_bytes", 2_516_582, "2.4 MiB"),
        ("deadline_s", 0.0013, "1.3 ms"),
        ("deadline_s", 10.0, "10 s"),
    ],
)
def test_amounts_are_shown_as_people_read_them(limit, amount, shown):
    assert BY_FIELD[limit].unit.show(amount) == shown


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("amount", [1, 7, 1000, 1234, 10**6, 2 * 10**10, (1 << 20) + 1, 64 << 20])
def test_an_amount_as_an_option_writes_it_is_read_again_and_is_no_less(unit, amount):
    again = unit.read(unit.option(amount))
    assert (
        again == pytest.approx(amount, rel=1e-5)
        if unit is not Unit.BYTES or amount < 1 << 20
        else 0 <= again - amount < 1 << 20
    )
    assert eval(unit.python(amount)) == pytest.approx(amount, rel=1e-5)
