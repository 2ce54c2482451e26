"""A result: its values, decoded once, and its usage, which adds up."""

from __future__ import annotations

import dataclasses

import pytest

import jq_magic
from jq_magic.result import Result, Usage

USAGE = Usage(fuel=1, memory_bytes=20, wall_s=0.5, input_bytes=3, output_bytes=4, outputs=5)


def result(text):
    return Result(text, USAGE, jq_magic.Limits(), "wasmtime", "magic", "0" * 64, [])


def test_values_are_decoded_on_first_use_and_once():
    made = result('1\n"a"\n[]\n')
    values = made.values
    assert values == [1, "a", []]
    assert made.values is values
    with pytest.raises(jq_magic.DataError):
        _ = result("[" * 100_000 + "]" * 100_000 + "\n").values


def test_results_are_compared_by_what_they_say_and_are_frozen():
    assert result("1\n") == result("1\n") != result("2\n")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result("1\n").text = "2\n"


def test_usage_adds_up_and_memory_is_the_largest():
    other = Usage(fuel=10, memory_bytes=10, wall_s=1.0, input_bytes=30, output_bytes=40, outputs=50)
    assert USAGE + other == Usage(11, 20, 1.5, 33, 44, 55) == other + USAGE
    assert sum([USAGE, other], Usage.none()) == USAGE + other
    assert Usage.none() + USAGE == USAGE
