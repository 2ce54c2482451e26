"""Each limit: at its edge, just past it, and switched off."""

from __future__ import annotations

import dataclasses

import pytest

import jq_magic
from jq_magic.limits import PRESETS, Limits


def test_presets_are_as_documented():
    assert PRESETS["strict"] == Limits(10**9, 64 << 20, 1.0, 1 << 20, 1 << 20, 10_000, 256, 64 << 10)
    assert (
        PRESETS["standard"]
        == Limits()
        == Limits(2 * 10**10, 512 << 20, 10.0, 32 << 20, 16 << 20, 1_000_000, 512, 64 << 10)
    )
    assert PRESETS["generous"] == Limits(10**12, 4 << 30, 300.0, 512 << 20, 256 << 20, 100_000_000, 512, 64 << 10)


def test_limits_are_frozen_and_replaced():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().fuel = 1  # type: ignore[misc]
    assert Limits().replace(fuel=1e6).fuel == 1_000_000
    with pytest.raises(jq_magic.LimitValueError, match="there is no limit fule"):
        Limits().replace(fule=1)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Limits)])
@pytest.mark.parametrize(
    "value",
    [0, -1, float("nan"), float("inf"), float("-inf"), 10**5000, 2**63, "1", None, True, [1]],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_limit_is_refused_by_name(field, value):
    with pytest.raises(jq_magic.LimitValueError, match=field):
        Limits(**{field: value})


def test_fuel_at_its_edge(run):
    used = run("[range(100)]").usage.fuel
    assert run("[range(100)]", fuel=used).usage.fuel == used
    with pytest.raises(jq_magic.FuelError) as caught:
        run("[range(100)]", fuel=used - 1)
    assert (caught.value.limit, caught.value.allowed) == ("fuel", used - 1)
    assert caught.value.used >= used
    assert caught.value.usage.fuel == caught.value.used
    assert f"Limits(fuel={10 * (used - 1):_})" in str(caught.value)


def test_fuel_without_effect_when_it_is_large(run):
    assert run("[range(100000)] | length", fuel=10**12).text == "100000\n"


def test_memory_at_its_edge(run):
    program = "[range(300000)] | length"
    used = run(program).usage.memory_bytes
    assert run(program, memory_bytes=used).text == "300000\n"
    # Memory comes in pages, and the guest asks for what it needs when it cannot have a large step.
    with pytest.raises(jq_magic.MemoryLimitError) as caught:
        run(program, memory_bytes=used // 2)
    assert caught.value.limit == "memory_bytes"
    assert caught.value.used > used // 2
    assert "Limits(memory_bytes=" in str(caught.value)


def test_memory_below_what_the_sandbox_itself_needs_is_a_memory_error(run):
    with pytest.raises(jq_magic.MemoryLimitError, match="the sandbox itself"):
        run(".", memory_bytes=1 << 20)


@pytest.mark.parametrize(
    "program", ['"ab" * 1000000000', "[range(1e12)]", '[limit(1e9; repeat("aaaaaaaaaaaaaaaaaaaa"))] | add']
)
def test_memory_bombs_are_memory_errors(run, program):
    with pytest.raises(jq_magic.MemoryLimitError):
        run(program, memory_bytes=64 << 20, fuel=10**12)


def test_deadline_ends_a_run_that_fuel_would_not(run):
    with pytest.raises(jq_magic.DeadlineError) as caught:
        run("last(range(1e18))", fuel=2**62, deadline_s=0.3)
    assert (caught.value.limit, caught.value.allowed) == ("deadline_s", 0.3)
    # Wide margins: the machine can be busy. Without the deadline this would run for centuries.
    assert 0.3 <= caught.value.used < 10
    assert "Limits(deadline_s=" in str(caught.value)


def test_deadline_is_no_concern_of_a_run_that_ends_before(run):
    assert run("[range(1000)] | length", deadline_s=30.0).text == "1000\n"


def test_output_bytes_at_their_edge(run):
    assert run('"abcd","efg"', output_bytes=13).text == '"abcd"\n"efg"\n'
    with pytest.raises(jq_magic.OutputLimitError) as caught:
        run('"abcd","efg"', output_bytes=12)
    assert (caught.value.limit, caught.value.allowed) == ("output_bytes", 12)
    assert caught.value.partial.text == '"abcd"\n'


def test_messages_count_as_output(run):
    assert run('"abcd"|stderr|empty', output_bytes=7).messages == ["abcd"]
    with pytest.raises(jq_magic.OutputLimitError):
        run('"abcd"|stderr|empty', output_bytes=6)


def test_an_output_that_shares_its_parts_is_stopped_while_it_is_written(run):
    with pytest.raises(jq_magic.OutputLimitError):
        run("reduce range(60) as $i (1; [., .])", fuel=10**12)


def test_outputs_at_their_edge(run):
    assert run("range(3)", outputs=3).usage.outputs == 3
    with pytest.raises(jq_magic.OutputLimitError) as caught:
        run("range(4)", outputs=3)
    assert (caught.value.limit, caught.value.used, caught.value.allowed) == ("outputs", 4, 3)
    assert caught.value.partial.text == "0\n1\n2\n"


def test_input_bytes_at_their_edge(run):
    assert run(".", "[1,2]", input_bytes=5).text == "[1,2]\n"
    with pytest.raises(jq_magic.InputLimitError) as caught:
        run(".", "[1,2]", input_bytes=4)
    assert (caught.value.limit, caught.value.used, caught.value.allowed) == ("input_bytes", 5, 4)


def test_program_bytes_at_their_edge(runtime, engine):
    box = jq_magic.Sandbox(runtime, Limits(program_bytes=5), engine=engine)
    assert box.run(".+1.5", "1").text == "2.5\n"
    with pytest.raises(jq_magic.ProgramLimitError) as caught:
        box.compile(".+1.50")
    assert (caught.value.limit, caught.value.used, caught.value.allowed) == ("program_bytes", 6, 5)


def test_depth_of_input_at_its_edge(run):
    assert run(".", "[[[]]]", depth=3).text == "[[[]]]\n"
    with pytest.raises(jq_magic.InputLimitError) as caught:
        run(".", "1 [[[[]]]]", depth=3)
    assert (caught.value.limit, caught.value.allowed) == ("depth", 3)
    assert caught.value.partial.text == "1\n"


def test_depth_of_output_at_its_edge(run):
    nest = "reduce range({}) as $i (null; [.])"
    assert run(nest.format(3), depth=3).text == "[[[null]]]\n"
    with pytest.raises(jq_magic.OutputLimitError, match="nests deeper"):
        run(nest.format(4), depth=3)


def test_depth_of_program_at_its_edge(runtime, engine):
    box = jq_magic.Sandbox(runtime, Limits(depth=3), engine=engine)
    assert box.run('(((1))) # ((((\n | "(((("', "1").text == '"(((("\n'
    for program in ["((((1))))", '[["\\([1])"]]', "[[[{}]]]"]:
        with pytest.raises(jq_magic.ProgramLimitError) as caught:
            box.compile(program)
        assert (caught.value.limit, caught.value.allowed) == ("depth", 3)


@pytest.mark.parametrize(
    "program", ["def f: 1 + f; f", "def f: [f]; f", "def f: f + 1; [f]", "[recurse([.])] | length"]
)
def test_endless_recursion_meets_a_limit(run, program):
    with pytest.raises(jq_magic.LimitError):
        run(program, fuel=10**9)


def test_recursion_that_fills_the_stack_or_the_memory_is_an_error_of_that(run, engine):
    # jaq keeps the calls of a filter on its stack, the others in their heap.
    error = jq_magic.StackLimitError if engine == "jaq" else jq_magic.MemoryLimitError
    with pytest.raises(error, match=r"recursion went too deep|needs more memory"):
        run("def f: 1 + f; f", memory_bytes=128 << 20)


@pytest.mark.parametrize(
    ("program", "calls"),
    [
        ("def f: if . == 0 then 0 else 1 + (. - 1 | f) end; f", 3000),
        ("def f: if . == 0 then 0 else [. - 1 | f] | .[0] + 1 end; f", 3000),
        ("def f($n): if $n == 0 then 0 else 1 + f($n - 1) end; f(.)", 3000),
        ("def f: if . == 0 then 0 else . as $n | reduce 1 as $i (0; . + $i + ($n - 1 | f)) end; f", 2500),
    ],
)
def test_recursion_goes_thousands_of_calls_deep(run, program, calls):
    assert run(program, str(calls)).text == f"{calls}\n"


@pytest.mark.parametrize(
    "program",
    [
        "try last(range(1e18)) catch .",
        'try ("ab" * 1000000000) catch .',
        "try (def f: 1 + f; f) catch .",
        "(def f: 1 + f; f)?",
        "try reduce range(600) as $i (null; [.]) catch .",
        "first(try (repeat(1) | debug | empty) catch .)",
    ],
)
def test_try_catches_no_limit(run, program):
    with pytest.raises(jq_magic.LimitError):
        run(program, fuel=10**9, memory_bytes=64 << 20)


def test_the_sandbox_works_after_every_kind_of_end(run):
    for program in ["last(range(1e18))", "def f: 1 + f; f", '"ab" * 1000000000', "error", "halt_error"]:
        with pytest.raises(jq_magic.JqMagicError):
            run(program, fuel=10**8)
        assert run("1 + 1").text == "2\n"
