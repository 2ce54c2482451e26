"""What a run had produced until a limit ended it: whole texts, on every engine and runtime."""

from __future__ import annotations

import json
from typing import Any

import pytest

import jq_magic

#: Programs that say and give something before they meet each limit.
ENDS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "fuel": ("1, (2 | debug), last(range(1e18))", {"fuel": 10**7}, jq_magic.FuelError),
    "deadline": ("1, (2 | debug), last(range(1e18))", {"fuel": 2**62, "deadline_s": 0.5}, jq_magic.DeadlineError),
    "memory": (
        '1, (2 | debug), ([limit(1e7; repeat("x" * 1000 + tostring))] | length)', {"memory_bytes": 32 << 20},
        jq_magic.MemoryLimitError,
    ),
    "stack": (
        "1, (2 | debug), (def f: 1 + f; f)", {"memory_bytes": 64 << 20},
        (jq_magic.StackLimitError, jq_magic.MemoryLimitError),
    ),
}  # fmt: skip


@pytest.mark.parametrize("limit", ENDS)
def test_outputs_and_messages_until_a_limit_are_kept(limit, run):
    program, limits, kind = ENDS[limit]
    with pytest.raises(kind) as caught:
        run(program, **limits)
    partial = caught.value.partial
    assert partial.text == "1\n2\n"
    assert partial.values == [1, 2]
    assert partial.messages == ['["DEBUG:",2]']
    assert (partial.usage.outputs, partial.usage.output_bytes) == (2, 4)
    assert caught.value.usage == partial.usage


def test_every_output_is_whole_wherever_the_fuel_ends(run):
    program = '["x" * range(60), range(60)] | .[0:3], .'
    whole = run(program, '"abc"').text.splitlines()
    seen = set()
    most = run(program, '"abc"').usage.fuel
    for fuel in range(most - 40_000, most, 97):
        with pytest.raises(jq_magic.FuelError) as caught:
            run(program, '"abc"', fuel=fuel)
        lines = caught.value.partial.text.splitlines()
        assert lines == whole[: len(lines)]
        assert caught.value.usage.outputs == len(lines)
        seen.add(len(lines))
    assert len(seen) > 1


def test_all_of_a_batch_that_moved_while_it_grew_is_there(run):
    text = json.dumps(["text " * 20] * 3000)
    with pytest.raises(jq_magic.FuelError) as caught:
        run(".[], last(range(1e18))", text, fuel=5 * 10**8)
    assert caught.value.partial.values == ["text " * 20] * 3000


def test_an_iterator_gives_what_came_before_the_limit(sandbox):
    outputs = iter(sandbox.compile("1, 2, last(range(1e18))").input_value(None))
    assert [next(outputs), next(outputs)] == [1, 2]
