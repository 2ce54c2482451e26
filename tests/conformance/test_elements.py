"""Programs that take the items of their input as they are read: they give what they give when all is read first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jq_magic
from tests.conformance.grammar import DOCUMENTS, KEYS
from tests.conformance.test_differential import LIMITS, sized
from tests.conformance.test_needs import SPACE, end, whole_of

#: They take each item once, and nothing else of the input.
ITERATING = [
    ".[]",
    ".[]?",
    ".[].a",
    ".[] | select(.a)",
    ".[] | .a?, .b?",
    "map(.a)",
    "map(length)",
    "[.[] | {a, b}?] | length",
    "reduce .[] as $x (0; . + 1)",
    "reduce .[] as {a: $x} (null; [., $x])",
    "foreach .[] as $x (0; . + 1; [., $x])",
    "add",
    "any",
    "all(.a)",
    "first(.[])",
    "limit(2; .[])",
    "skip(1; .[])",
    "isempty(.[])",
    "try .[] catch .",
    "[.[]?], 1",
    "first(.[] | select(.a?)) // 1",
    "label $out | .[] | ., break $out",
    "def f: if length > 1 then .[0] | f else . end; .[] | f?",
    "map(debug)",
    ".[] | halt_error",
    ".[] | .[]",
    'if type == "array" then .[] else 1 end',
    ".[] | tojson",
    "INDEX(.a)?",
    ".[] as [$x] ?// $x | $x",
]
ITEM = (DOCUMENTS | st.dictionaries(KEYS, DOCUMENTS, max_size=3)).map(json.dumps)
#: What no item of a JSON text is, or what an item is only where nothing follows.
ODD = st.sampled_from(
    ["", "tru", "1 2", "nan", '"a', '"\\x"', "[1", "[1]]", '{"a":1,}', "{}{}", "1]", "[[[[[[[[]]]]]]]]"]
)
ARRAYS = st.lists(ITEM, max_size=5).map(",".join) | st.lists(ITEM | ODD, max_size=5).map(",".join)
TEXTS = st.lists(
    st.builds(
        "{}[{}{}".format, st.sampled_from(["", " ", "\n"]), ARRAYS, st.sampled_from(["]", "]", "]\n", " ]", "", "}"])
    )
    | ITEM,
    min_size=1,
    max_size=3,
).map("".join)


@pytest.mark.slow
@given(program=st.sampled_from(ITERATING), text=TEXTS)
@sized
def test_items_that_are_taken_as_they_are_read_are_those_of_the_whole_text(program, text):
    whole = end(whole_of(program), text)
    if whole is not None:
        assert end(program, text) == whole, f"{program} on {text}"


def one_by_one(program: str, text: str) -> tuple[list[Any], str | None]:
    """Outputs that somebody takes one at a time, and the error after them."""
    outputs = []
    try:
        for output in jq_magic.Sandbox(limits=LIMITS).compile(program).input_text(SPACE + text):
            outputs.append(output)  # noqa: PERF402 - what comes before an error counts
    except jq_magic.JqMagicError as error:
        return outputs, str(error)
    return outputs, None


@pytest.mark.slow
@given(program=st.sampled_from(ITERATING), text=TEXTS)
@sized
def test_outputs_that_are_taken_one_at_a_time_are_the_same(program, text):
    outputs, error = one_by_one(program, text)
    expected, message = one_by_one(whole_of(program), text)
    assert (outputs, error is None) == (expected, message is None), f"{program} on {text}"


def records(count: int) -> str:
    return json.dumps([{"id": n, "name": f"name {n}", "score": n / 8, "tags": ["a", "b"]} for n in range(count)])


@pytest.mark.parametrize("program", [".[]", ".[] | select(.id == 1) | .name", "first(.[])", "map(debug)"])
@pytest.mark.parametrize("mistake", ["nul]", "1", '"a', "1 2]"])
def test_nothing_is_put_out_before_a_mistake_at_the_end(runtime, program, mistake):
    first = '[{"id": 1, "name": "a"}]'
    text = f"{first} {records(300)[:-1]},{mistake}"
    errors = []
    for each in ("1", program):
        with pytest.raises(jq_magic.InputError) as caught:
            jq_magic.Sandbox(runtime).compile(each).run(text)
        error = caught.value
        errors.append((str(error), error.offset, error.index))
    assert errors[1] == errors[0]
    before = jq_magic.compile(program).run(first)
    assert (error.partial.text, error.partial.messages) == (before.text, before.messages)


@pytest.mark.parametrize(
    ("limits", "program"), [({"outputs": 3}, ".[]"), ({"output_bytes": 20}, ".[].name"), ({}, ".[] | error")]
)
def test_a_mistake_counts_more_than_a_limit_or_an_error_before_it(limits, program):
    compiled = jq_magic.compile(program, limits=jq_magic.Limits(**limits))
    with pytest.raises((jq_magic.LimitError, jq_magic.FilterError)):
        compiled.run(records(500))
    text = records(500)
    for wrong in (text[:-1], f"[] {text[:-1]},nul]", f"{text[:-2]}]]"):
        with pytest.raises(jq_magic.InputError) as caught:
            compiled.run(wrong)
        assert caught.value.partial.text == ""


@pytest.mark.parametrize(
    "program", ["reduce .[] as $x (0; . + $x.score)", ".[] | select(.id == 7) | .name", "any(.id < 0)"]
)
def test_a_run_holds_one_item_at_a_time(runtime, program):
    text = records(40_000)
    compiled = jq_magic.Sandbox(runtime).compile(program)
    empty = compiled.run(records(1000)).usage.memory_bytes
    used = compiled.run(text).usage.memory_bytes
    assert used - empty < 1.3 * len(text)
    # All items at once take more.
    assert jq_magic.Sandbox(runtime).compile(whole_of(program)).run(text).usage.memory_bytes > 4 * len(text)


def fuel_of(program: str, text: str) -> int:
    try:
        return jq_magic.compile(program).run(text).usage.fuel
    except (jq_magic.InputError, jq_magic.FilterError, jq_magic.HaltError) as error:
        return error.usage.fuel


@pytest.mark.parametrize("program", ITERATING)
def test_taking_items_as_they_are_read_costs_little_more_than_reading_all(program):
    # Where reading all would never free an item, to free each costs something, and so does a step for each number.
    for text, most in ((records(400), 1.06), (records(400)[:-1], 1.02), (json.dumps(list(range(8000))), 1.12)):
        whole = fuel_of(f"if type == 0 then tojson else ({program}) end", text)
        assert fuel_of(program, text) <= whole * most, text[-20:]


@pytest.mark.parametrize("program", ITERATING)
def test_a_mistake_costs_no_more_than_the_text_without_it(program):
    text = records(300)
    assert fuel_of(program, f"{text[:-1]},nul]") <= fuel_of(program, f"{text[:-1]},null]") * 1.02


def test_a_batch_that_is_full_before_the_end_has_all_outputs_in_order():
    text = json.dumps(["x" * 1000] * 3000)
    result = jq_magic.compile(".[]").run(text)
    assert result.text == f'"{"x" * 1000}"\n' * 3000
    assert list(jq_magic.compile(".[]").input_text(text)) == ["x" * 1000] * 3000
