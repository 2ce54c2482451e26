"""One guest on two runtimes: the same outputs, the same errors, the same fuel; and both in one process."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jq_magic
from jq_magic.wasm_runtimes import load
from tests.support import cases, needs, python
from wasm.builder import recipe, wasmer

needs("jq_magic_wasmer", "make wasmer")

pytestmark = pytest.mark.slow

RUNTIMES = ("wasmtime", "wasmer")
#: Small, so that many of the drawn runs meet a limit; the deadline is none that a run could meet.
TIGHT = jq_magic.Limits(fuel=5e6, memory_bytes=16 << 20, deadline_s=300.0, output_bytes=10_000, outputs=100)


def outcome(runtime, program, text, limits):
    """All that a run gives but its time."""
    found: tuple[str, str, Any, Any]
    try:
        result = jq_magic.Sandbox(runtime, limits).run(program, text)
    except jq_magic.JqMagicError as error:
        found = (type(error).__name__, str(error), error.usage, error.partial)
    else:
        found = ("", "", result.usage, result)
    kind, message, usage, partial = found
    counts = usage and (usage.fuel, usage.memory_bytes, usage.input_bytes, usage.output_bytes, usage.outputs)
    return kind, message, counts, partial and (partial.text, partial.messages)


def test_both_runtimes_are_there_and_known():
    assert jq_magic.runtimes() == list(RUNTIMES)


def test_a_runtime_without_its_package_says_how_to_install_it():
    code = """
import importlib.util, sys
sys.modules["jq_magic_wasmer"] = None
import jq_magic
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "jq_magic_wasmer" else find(name)
print(jq_magic.runtimes())
for make in [lambda: jq_magic.Sandbox("wasmer"), lambda: jq_magic.compile(".", runtime="wasmer")]:
    try:
        make()
    except jq_magic.RuntimeUnavailableError as error:
        print("pip install 'jq-magic[wasmer]'" in str(error))
print(jq_magic.all("1 + 1", None))
"""
    done = python(code)
    assert done.stdout.splitlines() == ["['wasmtime']", "True", "True", "[2]"], done.stderr


def test_the_extension_is_the_one_that_these_sources_make():
    assert wasmer.is_installed(), "run: make wasmer"
    assert recipe.key(wasmer.Wasmer()) in load("wasmer").fingerprint


@pytest.mark.parametrize("wrap", ["[.]", "{a: .}"])
@pytest.mark.parametrize(
    "use",
    [
        ". == .",
        "[., .] | sort | length",
        "contains(.)",
        "tojson",
        "[..] | length",
        "flatten",
        "walk(.)",
        "del(.[0][0])?",
    ],
)
def test_a_value_that_nests_deep_ends_alike_as_deep_as_the_readme_says(wrap, use):
    limits = jq_magic.Limits(deadline_s=300.0)
    ends = [
        outcome(runtime, f"reduce range(90000) as $i (null; {wrap}) | {use}", "null", limits) for runtime in RUNTIMES
    ]
    assert ends[0] == ends[1]
    assert ends[0][2]


# `now` differs from run to run.
@pytest.mark.parametrize(
    "case", [case for case in cases() if "now" not in case["program"]], ids=lambda case: case["program"][:40]
)
def test_a_case_gives_and_costs_the_same(case):
    limits = jq_magic.Limits(deadline_s=300.0)
    ends = [outcome(runtime, case["program"], case["input"], limits) for runtime in RUNTIMES]
    assert ends[0] == ends[1]
    assert ends[0][2]


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("[range(1000)] | add", "null"),
        ("last(range(1e18))", "null"),
        (".[] | .a", json.dumps([{"a": "x" * 50}] * 200)),
        ('"ab" * 1000000000', "null"),
        ('[limit(1e9; repeat("aaaaaaaaaaaa"))] | add', "null"),
        ("def f: 1 + f; f", "null"),
        ("[recurse([.])] | length", "null"),
        ("repeat(1)", "null"),
        ("1, error({a: 1})", "null"),
        ("1, halt_error(3)", "null"),
        ("debug, stderr", "1 2 3"),
        (".", '{"a": 1} {"b": '),
        (".a | foo", "null"),
    ],
)
@pytest.mark.parametrize("fuel", [1, 1_000, 30_000, 45_000, 60_000, 1_000_000, 2**62])
def test_whatever_ends_a_run_ends_it_at_the_same_fuel(program, text, fuel):
    limits = TIGHT.replace(fuel=fuel, memory_bytes=64 << 20)
    if fuel == 2**62 and program == "last(range(1e18))":
        limits = limits.replace(fuel=10**8)
    ends = [outcome(runtime, program, text, limits) for runtime in RUNTIMES]
    assert ends[0] == ends[1]


ATOMS = st.sampled_from(
    [
        ".", ".a", ".[0]", ".[]", ".[]?", "..", "keys", "length", "tostring", "tojson", "add", "type", "sort", "not",
        "1", "-0.5", "1e300", "12345678901234567890", "null", '"x"', "[]", "{}", "range(5)", "empty", "error", "input",
        "floor", "first", "reverse", "to_entries", "paths", "flatten", "unique", "ascii_downcase", "halt", "debug",
        "$__prog_args", "foo", "limit(1000; repeat(.))", "tonumber", "fromjson", "@base64", "explode", "min",
        'splits("a")',
    ]
)  # fmt: skip
JOINS = st.sampled_from(
    [
        "({f} | {g})", "({f}, {g})", "({f} + {g})", "({f} * {g})", "({f} - {g})", "({f} / {g})", "({f} // {g})",
        "({f} == {g})", "({f} < {g})", "[{f}]", "{{a: {f}, b: {g}}}", "(try {f} catch {g})",
        "(if {f} then {g} else . end)",
        "(reduce {f} as $x (0; . + {g}))", "(foreach {f} as $x (0; {g}))", "map({f})", "select({f})", "first({f})",
        "limit(2; {f})", "(.[0] = {f})", "(.a |= {f})", "path({f})", "(def f: {f}; f | {g})", "sort_by({f})",
        "(label $l | {f} | ., break $l)",
        "group_by({f})", "any({f})", "with_entries({f})", '("\\({f})")', "test({f})", "until({f}; {g})", "del({f})",
    ]
)  # fmt: skip
PROGRAMS = st.recursive(
    ATOMS,
    lambda inner: st.tuples(JOINS, inner, inner).map(lambda drawn: drawn[0].format(f=drawn[1], g=drawn[2])),
    max_leaves=12,
)
KEYS = st.sampled_from("abc") | st.text(max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
TEXTS = st.lists(VALUES.map(json.dumps), max_size=4).map(" ".join) | st.text(max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(program=PROGRAMS | st.text(max_size=30), text=TEXTS, fuel=st.sampled_from([5_000_000, 100_000, 50_000]))
def test_any_filter_on_any_document_ends_alike(program, text, fuel):
    if "now" in program or "\ud800" <= max(program + text, default="") <= "\udfff":
        return
    limits = TIGHT.replace(fuel=fuel)
    ends = [outcome(runtime, program, text, limits) for runtime in RUNTIMES]
    assert ends[0] == ends[1]
    assert ends[0][0] != "GuestError"


def test_both_runtimes_run_at_once_in_many_threads():
    programs = ["[range(.)] | add", "def f: 1 + f; f", "last(range(1e18))", '"ab" * 1000000000']
    limits = jq_magic.Limits(fuel=10**7, memory_bytes=32 << 20, deadline_s=300.0)
    jobs = [(runtime, program, "1000", limits) for program in programs for runtime in RUNTIMES] * 20
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda job: outcome(*job), jobs))
    for program, end in zip([job[1] for job in jobs], ends, strict=True):
        assert end == ends[2 * programs.index(program)]


TOGETHER = """
import faulthandler, json, sys
import jq_magic

limits = jq_magic.Limits(fuel=10**7, memory_bytes=32 << 20)
# Only jaq has calls on the sandbox's stack.
programs = [("magic", "last(range(1e18))"), ("jaq", "def f: 1 + f; f"), ("magic", '"ab" * 1000000000')]
used = []

def end(runtime, engine, program):
    try:
        jq_magic.Sandbox(runtime, limits, engine=engine).run(program, "null")
    except jq_magic.LimitError as error:
        return type(error).__name__

for step in json.loads(sys.argv[1]):
    if step in ("enable", "disable", "disable enable"):
        for change in step.split():
            getattr(faulthandler, change)()
    else:
        used.append(step)
    # A trap of each kind on each runtime that is in use by now, the latest last and first.
    for runtime in used + used[::-1]:
        found = [end(runtime, *program) for program in programs]
        assert found == ["FuelError", "StackLimitError", "MemoryLimitError"], (step, runtime, found)
print("alive")
"""


@pytest.mark.parametrize(
    "steps",
    [
        *itertools.permutations(["wasmtime", "wasmer", "enable"]),
        *itertools.permutations(RUNTIMES),
        ("enable", "wasmtime", "wasmer", "disable"),
        ("enable", "wasmer", "wasmtime", "disable", "enable"),
        ("wasmer", "wasmtime", "enable", "disable", "enable"),
        ("wasmtime", "enable", "wasmer", "disable"),
        ("enable", "wasmtime", "wasmer", "disable enable"),
    ],
    ids=", ".join,
)
def test_traps_end_runs_whatever_came_first(steps):
    done = python(TOGETHER, json.dumps(steps))
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_a_crash_is_still_a_crash():
    # The handlers take the signals of their own code and no others.
    code = """
import ctypes, faulthandler, jq_magic
faulthandler.enable()
for runtime in jq_magic.runtimes():
    jq_magic.Sandbox(runtime).run(".", "1")
ctypes.string_at(0)
"""
    done = python(code, env={**os.environ, "PYTHONFAULTHANDLER": ""})
    assert done.returncode == -11
    assert "Segmentation fault" in done.stderr


def test_code_of_another_configuration_is_not_loaded():
    assert len({load(runtime).fingerprint for runtime in RUNTIMES}) == 2
    for runtime in RUNTIMES:
        with pytest.raises(jq_magic.GuestError, match="refuses"):
            load(runtime).deserialize(b"\0" * 1000)
