"""Basic jq operations, by the case table."""

from __future__ import annotations

import json

import pytest

import jq_magic
from tests.support import ROOMY, cases, dialect, expected, refusal


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["program"][:40])
def test_outputs_are_as_the_table_says(case, runtime, engine):
    # What never ends in the dialect of an engine ends at its fuel, of which a case takes little.
    sandbox = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=10**9), engine=engine)
    outputs = expected(case, engine)
    if outputs is None:
        with pytest.raises(jq_magic.JqMagicError) as caught:
            sandbox.run(case["program"], case["input"])
        assert type(caught.value).__name__ in refusal(case, engine)
    else:
        assert sandbox.run(case["program"], case["input"]).text.splitlines() == outputs


def test_the_dialect_of_jaq_is_what_differs_and_no_more():
    table = {(case["program"], case["input"]): case["outputs"] for case in cases()}
    for row in dialect():
        assert ("outputs" in row) != ("error" in row), row
        assert row.get("outputs") != table[row["program"], row["input"]], row


def test_a_difference_between_the_engines_has_a_reason():
    for case in cases():
        assert ("jq_outputs" in case) == ("why" in case), case
        assert case.get("jq_outputs") != case["outputs"], case


def test_every_output_is_strict_json(sandbox):
    def refuse(constant):
        raise AssertionError(constant)

    valid = [case for case in cases() if expected(case, sandbox.engine) is not None]
    lines = [line for case in valid for line in sandbox.run(case["program"], case["input"]).text.splitlines()]
    assert len(lines) > len(valid) > 140
    for line in lines:
        json.loads(line, parse_constant=refuse)


def test_the_same_run_costs_the_same_fuel(sandbox):
    for case in [case for case in cases() if expected(case, sandbox.engine) is not None][::10]:
        fuels = {sandbox.run(case["program"], case["input"]).usage.fuel for _ in range(3)}
        assert len(fuels) == 1, case


def test_a_small_filter_on_a_small_document_costs_under_100_000_fuel(sandbox):
    assert sandbox.run(".a", '{"a":1}').usage.fuel < 100_000


def test_an_everyday_filter_on_a_frame_of_20_rows_fits_into_a_million(sandbox):
    rows = [{"name": f"name number {i}", "score": i / 4, "city": "Somewhere", "tags": ["a", "b"]} for i in range(20)]
    text = json.dumps(rows)
    assert 1_500 < len(text) < 3_000
    used = sandbox.run(".[] | select(.score > 3) | {name, score}", text).usage.fuel
    assert used < 1_000_000
