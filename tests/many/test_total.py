"""What all documents may use together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import jq_magic
from jq_magic.limits import Limits
from jq_magic.many.total import Total
from jq_magic.result import Usage

ONE = Usage(fuel=10, memory_bytes=1 << 40, wall_s=1.0, input_bytes=10, output_bytes=10, outputs=10)


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("fuel", jq_magic.FuelError),
        ("outputs", jq_magic.OutputLimitError),
        ("output_bytes", jq_magic.OutputLimitError),
        ("input_bytes", jq_magic.InputLimitError),
        ("deadline_s", jq_magic.DeadlineError),
    ],
)
def test_a_limit_holds_for_the_sum_and_at_its_edge(field, error):
    used: Any = 3.0 if field == "deadline_s" else 30
    total = Total(Limits(**{field: used}))
    for _ in range(3):
        total.add(ONE)
    with pytest.raises(error, match="all documents together need more than `total` allows") as caught:
        total.add(ONE)
    assert caught.value.limit == field
    assert caught.value.used > caught.value.allowed == used


def test_memory_is_that_of_the_largest_run_and_no_matter_of_all():
    total = Total(Limits(memory_bytes=1 << 20))
    total.add(ONE)
    total.add(dataclasses.replace(ONE, memory_bytes=1))
    assert total.usage.memory_bytes == 1 << 40
    assert total.usage.fuel == 20
