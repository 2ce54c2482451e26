"""The table of values: what each becomes as JSON, or the error that it gets."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import jq
import pytest
import tables

import jq_magic
from jq_magic.data import values
from jq_magic.data.encode import value_to_json
from tests.data.examples import NAMES, Point, bomb

GROUPS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("values.json").read_text())
ROWS = [row for group in GROUPS for row in group["rows"]]


def _peer_takes(row):
    """The package jq gives its values to the module json."""
    try:
        json.dumps(eval(row["value"], dict(NAMES)))
    except TypeError:
        return False
    return "json" in row


PEER = [row for group in GROUPS if group.get("peer") for row in group["rows"] if _peer_takes(row)]


@pytest.mark.parametrize("row", ROWS, ids=[row["value"] for row in ROWS])
def test_a_value_becomes_what_the_table_says(row):
    value = eval(row["value"], dict(NAMES))
    if "json" in row:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            assert value_to_json(value).decode() == row["json"]
        assert bool(warned) == row.get("warns", False)
    else:
        with pytest.raises(jq_magic.DataError) as raised:
            value_to_json(value)
        assert str(raised.value).endswith(row["error"])


def test_rows_without_their_numbers_are_told_of():
    rows = NAMES["pd"].DataFrame({"a": [1, 2, 3]})[1:]
    with pytest.warns(UserWarning, match=r"left out: \.reset_index\(\), or"):
        assert jq_magic.first(".[0]", value=rows) == {"a": 2}


def test_there_are_no_two_rows_of_one_value():
    assert len({row["value"] for row in ROWS}) == len(ROWS)


def test_every_engine_reads_what_the_table_says(engine):
    texts = [row["json"] for row in ROWS if "json" in row]
    result = jq_magic.Sandbox(engine=engine).run(".", "\n".join(texts))
    assert result.values == [json.loads(text) for text in texts]


def test_an_infinity_is_one_in_a_filter(run):
    assert run(".[] | isinfinite, . > 0", value_to_json([float("inf"), float("-inf")])).values == [
        *(True, True),
        *(True, False),
    ]


@pytest.mark.parametrize("row", PEER, ids=[row["value"] for row in PEER])
def test_numbers_and_keys_mean_what_they_mean_in_the_package_jq(row):
    program = jq.compile(".")
    peer = program.input_value(eval(row["value"], dict(NAMES))).text()
    assert program.input_text(row["json"]).text() == peer


def test_a_decimal_compares_as_a_number():
    prices = [{"price": NAMES["Decimal"]("2.50")}, {"price": NAMES["Decimal"]("3.50")}]
    assert jq_magic.all(".[] | select(.price > 3) | .price", value=prices) == [3.5]


@pytest.mark.slow
def test_what_stands_in_many_places_is_counted_at_each(monkeypatch):
    with pytest.raises(jq_magic.DataError, match="more than 100,000,000 values"):
        value_to_json(bomb())
    monkeypatch.setattr(values, "MOST_VALUES", 1_000)
    for value in (bomb(), [bomb(), {1}]):
        with pytest.raises(jq_magic.DataError, match="stand in many places"):
            value_to_json(value)


@pytest.mark.parametrize("leaf", [1, {1}])
def test_nesting_that_python_cannot_go_through_is_a_data_error(leaf):
    value = [leaf]
    for _ in range(100_000):
        value = [value]
    with pytest.raises(jq_magic.DataError, match="the list nests too deep"):
        value_to_json(value)


@pytest.mark.parametrize("leaf", [1, Point(1), "\ud800", float("inf"), 10**5_000], ids=range(5))
def test_nesting_up_to_the_limit_of_depth_is_written(leaf):
    value = leaf
    for _ in range(256):
        value = {"a": [value]}
    assert value_to_json(value).startswith(b'{"a":[' * 256)


def test_a_value_that_stands_twice_is_no_cycle():
    shared = {1}
    assert value_to_json([shared, {"a": shared}]) == b'[[1],{"a":[1]}]'


def test_an_integer_of_any_length_is_written():
    assert value_to_json([10**5_000, {10**5_000: 1}]) == b'[1%s,{"1%s":1}]' % (b"0" * 5_000, b"0" * 5_000)


def test_what_a_class_raises_is_said_with_its_name():
    class Broken(dict[str, object]):
        def items(self):
            raise KeyError("gone")

    with pytest.raises(jq_magic.DataError, match=r"Broken cannot become JSON: 'gone' \(at \.a\)"):
        value_to_json({"a": Broken()})


def test_the_page_of_the_documentation_has_a_line_for_each_value():
    page = tables.values()
    assert page.count("\n| `") == len(ROWS)
    assert all(f"## {group['name']}\n" in page for group in GROUPS)
