"""Functions of the C library give the double next to the exact value, or its neighbour: as this machine's library."""

from __future__ import annotations

import json
import math
import random
import struct

import pytest

FUNCTIONS = {
    "pow(.[0];.[1])": math.pow, "atan2(.[0];.[1])": math.atan2, "hypot(.[0];.[1])": math.hypot,
    "(.[0]|exp)": lambda x, _: math.exp(x), "(.[0]|log)": lambda x, _: math.log(x),
    "(.[0]|log2)": lambda x, _: math.log2(x), "(.[0]|sin)": lambda x, _: math.sin(x),
    "(.[0]|cos)": lambda x, _: math.cos(x), "(.[0]|tan)": lambda x, _: math.tan(x),
    "(.[0]|atan)": lambda x, _: math.atan(x), "(.[0]|expm1)": lambda x, _: math.expm1(x),
    "(.[0]|log1p)": lambda x, _: math.log1p(x), "(.[0]|sqrt)": lambda x, _: math.sqrt(x),
}  # fmt: skip
COUNT = 1000


@pytest.fixture
def engine():
    """Choose the engine whose functions are ours; the engine jq has musl's."""
    return "magic"


def steps(left: float, right: float) -> int:
    """Count the doubles from one number to another of the same sign."""
    places = [struct.unpack("<q", struct.pack("<d", abs(number)))[0] for number in (left, right)]
    return abs(places[0] - places[1])


@pytest.mark.parametrize("program", FUNCTIONS)
def test_a_function_is_at_most_one_double_off(program, sandbox):
    draw = random.Random(program)
    pairs = [(draw.uniform(0, 50), draw.choice([draw.uniform(-30, 30), draw.randrange(-40, 40)])) for _ in range(COUNT)]
    expected = [FUNCTIONS[program](*pair) for pair in pairs]
    computed = json.loads(sandbox.run(f"map({program})", json.dumps(pairs)).text)
    off = [steps(*both) for both in zip(computed, expected, strict=True)]
    signs = [(math.copysign(1, left), math.copysign(1, right)) for left, right in zip(computed, expected, strict=True)]
    assert all(left == right for left, right in signs)
    assert max(off) <= 1
    assert sum(off) < COUNT * 0.15
