"""Profiles: what each part of a filter did, of counts that are right by hand and fuel that adds up."""

import copy
import json
import pickle

import pytest

import jq_magic
from jq_magic.profile import FILTER, Part, Profile
from tests.support import ROOMY, cases


@pytest.fixture
def profiled(runtime):
    """Run a program with a profile on a runtime."""

    def profiled(program, text="null", **limits):
        box = jq_magic.Sandbox(runtime, ROOMY, engine="magic")
        return box.compile(program).run(text, limits=ROOMY.replace(**limits), profile=True)

    return profiled


def counts(profile):
    """The parts of the filter by their text: how often they ran, and their outputs."""
    own = [part for part in profile if part.name == FILTER]
    return [(profile.program[part.start : part.end], part.runs, part.outputs) for part in own]


def fuel(result):
    return sum(part.fuel for part in result.profile)


# The filter, its input, and its parts with runs and outputs that were counted by hand.
BY_HAND = [
    (".", "1 2 3", [(".", 3, 3)]),
    (".a", '{"a":1}', [(".a", 1, 1)]),
    (".[]", "[1,2,3]", [(".[]", 1, 3)]),
    (".[] | .a", '[{"a":1},{"a":2}]', [(".[] | .a", 1, 2), (".[]", 1, 2), (".a", 2, 2)]),
    ("1, .a, 2", '{"a":1}', [("1, .a, 2", 1, 3), (".a", 1, 1)]),
    # The right side runs first.
    (".[] + .[]", "[1,2]", [(".[] + .[]", 1, 4), (".[]", 2, 4), (".[]", 1, 2)]),
    (
        "[.[] | select(. > 1)]",
        "[1,2,3]",
        [
            ("[.[] | select(. > 1)]", 1, 1),
            (".[] | select(. > 1)", 1, 2),
            (".[]", 1, 3),
            ("select(. > 1)", 3, 2),
            (". > 1", 3, 3),
        ],
    ),
    (
        "if .a then .b else .c end",
        '{"a":true,"b":1} {"a":false} {"a":null}',
        [("if .a then .b else .c end", 3, 3), (".a", 3, 3), (".b", 1, 1), (".c", 2, 2)],
    ),
    (
        "if . > 1 and . < 3 or . == 5 then . else empty end",
        "1 2 3 5",
        [
            ("if . > 1 and . < 3 or . == 5 then . else empty end", 4, 2),
            (". > 1 and . < 3 or . == 5", 4, 4),
            (". > 1 and . < 3", 4, 4),
            (". > 1", 4, 4),
            (". < 3", 3, 3),
            (". == 5", 3, 3),
            ("empty", 2, 0),
        ],
    ),
    (".a and .b", '{"a":1,"b":2} {"a":false}', [(".a and .b", 2, 2), (".a", 2, 2), (".b", 1, 1)]),
    (".a // .b", '{"a":1} {"b":2}', [(".a // .b", 2, 2), (".a", 2, 2), (".b", 1, 1)]),
    (".[] // .b", '{"a":1,"b":null}', [(".[] // .b", 1, 1), (".[]", 1, 2), (".b", 0, 0)]),
    (".a?", "1 {}", [(".a?", 2, 1)]),
    ("try error(.) catch .", "1", [("try error(.) catch .", 1, 1), ("error(.)", 1, 0)]),
    (
        'try (1, error("x"), 3) catch .',
        "1",
        [('try (1, error("x"), 3) catch .', 1, 2), ('1, error("x"), 3', 1, 1), ('error("x")', 1, 0)],
    ),
    ("empty", "1 2", [("empty", 2, 0)]),
    (
        "reduce .[] as $x (0; . + $x)",
        "[1,2,3]",
        [("reduce .[] as $x (0; . + $x)", 1, 1), (".[]", 1, 3), (". + $x", 3, 3)],
    ),
    (
        "foreach .[] as $x (0; . + $x; [.])",
        "[1,2]",
        [("foreach .[] as $x (0; . + $x; [.])", 1, 2), (".[]", 1, 2), (". + $x", 2, 2), ("[.]", 2, 2)],
    ),
    (
        "first(.[] | .a)",
        '[{"a":1},{"a":2}]',
        [("first(.[] | .a)", 1, 1), (".[] | .a", 1, 1), (".[]", 1, 1), (".a", 1, 1)],
    ),
    ("limit(2; .[])", "[1,2,3]", [("limit(2; .[])", 1, 2), (".[]", 1, 2)]),
    ("last(.[])", "[1,2,3]", [("last(.[])", 1, 1), (".[]", 1, 3)]),
    ("[range(3)]", "null", [("[range(3)]", 1, 1), ("range(3)", 1, 3)]),
    ("map(.a)", '[{"a":1},{"a":2}]', [("map(.a)", 1, 1), (".a", 2, 2)]),
    ("[..]", "[[1]]", [("[..]", 1, 1), ("..", 1, 3)]),
    # A definition whose code stands in the place of its calls, and one that is called with a filter.
    (
        "def f: .a, .b; f, f",
        '{"a":1}',
        [
            ("def f: .a, .b; f, f", 1, 4),
            (".a, .b", 2, 4),
            (".a", 2, 2),
            (".b", 2, 2),
            ("f, f", 1, 4),
            ("f", 1, 2),
            ("f", 1, 2),
        ],
    ),
    (
        "def f(g): g | g; f(. + 1)",
        "1",
        [
            ("def f(g): g | g; f(. + 1)", 1, 1),
            ("g | g", 1, 1),
            ("g", 1, 1),
            ("g", 1, 1),
            ("f(. + 1)", 1, 1),
            (". + 1", 2, 2),
        ],
    ),
    # A function, and calls at its end, which use its frame again.
    (
        "def f: if . < 5 then . + 1 | f else . end; f",
        "0",
        [
            ("def f: if . < 5 then . + 1 | f else . end; f", 1, 1),
            ("if . < 5 then . + 1 | f else . end", 6, 6),
            (". < 5", 6, 6),
            (". + 1 | f", 5, 5),
            (". + 1", 5, 5),
            ("f", 5, 5),
            ("f", 1, 1),
        ],
    ),
    # The same with a fork, to which the machine comes back: 4, 3, 2 and 1 outputs.
    (
        "def f: ., if . < 3 then . + 1 | f else empty end; f",
        "0",
        [
            ("def f: ., if . < 3 then . + 1 | f else empty end; f", 1, 4),
            ("., if . < 3 then . + 1 | f else empty end", 4, 10),
            ("if . < 3 then . + 1 | f else empty end", 4, 6),
            (". < 3", 4, 4),
            (". + 1 | f", 3, 6),
            (". + 1", 3, 3),
            ("f", 3, 6),
            ("empty", 1, 0),
            ("f", 1, 4),
        ],
    ),
    # Two functions that call each other at their ends, and give two outputs in the end.
    (
        "def f($n): if $n > 0 then f($n - 1) else .[] end; f(3)",
        "[7,8]",
        [
            ("def f($n): if $n > 0 then f($n - 1) else .[] end; f(3)", 1, 2),
            ("if $n > 0 then f($n - 1) else .[] end", 4, 8),
            ("$n > 0", 4, 4),
            ("f($n - 1)", 3, 6),
            ("$n - 1", 3, 3),
            (".[]", 1, 2),
            ("f(3)", 1, 2),
        ],
    ),
    (
        "[recurse(if . < 3 then . + 1 else empty end)]",
        "0",
        [
            ("[recurse(if . < 3 then . + 1 else empty end)]", 1, 1),
            ("recurse(if . < 3 then . + 1 else empty end)", 1, 4),
            ("if . < 3 then . + 1 else empty end", 4, 3),
            (". < 3", 4, 4),
            (". + 1", 3, 3),
            ("empty", 1, 0),
        ],
    ),
    # `repeat` gives what its filter gives, again and again.
    (
        "[limit(3; repeat(. * 2))]",
        "1",
        [
            ("[limit(3; repeat(. * 2))]", 1, 1),
            ("limit(3; repeat(. * 2))", 1, 3),
            ("repeat(. * 2)", 1, 3),
            (". * 2", 3, 3),
        ],
    ),
    ("until(. > 4; . + 1)", "0", [("until(. > 4; . + 1)", 1, 1), (". > 4", 6, 6), (". + 1", 5, 5)]),
    ("path(.a[])", '{"a":[1,2]}', [("path(.a[])", 1, 2), (".a[]", 1, 2)]),
    (".[] |= . + 1", "[1,2,3]", [(".[] |= . + 1", 1, 1), (". + 1", 3, 3)]),
    (".a += 1", '{"a":1}', [(".a += 1", 1, 1)]),
    (
        "del(.[] | select(. > 1))",
        "[1,2,3]",
        [
            ("del(.[] | select(. > 1))", 1, 1),
            (".[] | select(. > 1)", 1, 2),
            (".[]", 1, 3),
            ("select(. > 1)", 3, 2),
            (". > 1", 3, 3),
        ],
    ),
    ("{a: .[], b: 1}", "[1,2]", [("{a: .[], b: 1}", 1, 2), (".[]", 1, 2)]),
    ('"\\(.a) \\(.b)"', '{"a":1,"b":2}', [('"\\(.a) \\(.b)"', 1, 1), (".a", 1, 1), (".b", 1, 1)]),
    (
        "label $out | .[] | if . > 1 then ., break $out else . end",
        "[1,2,3]",
        [
            ("label $out | .[] | if . > 1 then ., break $out else . end", 1, 2),
            (".[]", 1, 2),
            ("if . > 1 then ., break $out else . end", 2, 2),
            (". > 1", 2, 2),
            ("., break $out", 1, 1),
            ("break $out", 1, 0),
        ],
    ),
    (
        "[.[] as [$a, $b] | $a + $b]",
        "[[1,2],[3,4]]",
        [
            ("[.[] as [$a, $b] | $a + $b]", 1, 1),
            (".[] as [$a, $b] | $a + $b", 1, 2),
            (".[]", 1, 2),
            ("$a + $b", 2, 2),
        ],
    ),
    ('"é" | length', "null", [('"é" | length', 1, 1), ("length", 1, 1)]),
    ("input", "1 2", [("input", 1, 1)]),
    ("[inputs]", "1 2 3", [("[inputs]", 1, 1), ("inputs", 1, 2)]),
]


@pytest.mark.parametrize(("program", "text", "parts"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_runs_and_outputs_are_what_was_counted_by_hand(profiled, program, text, parts):
    result = profiled(program, text)
    assert counts(result.profile) == parts
    assert fuel(result) == result.usage.fuel


def test_the_fuel_of_all_parts_is_that_of_the_run(runtime):
    box = jq_magic.Sandbox(runtime, ROOMY)
    for case in cases():
        program = box.compile(case["program"])
        result = program.run(case["input"], profile=True)
        assert fuel(result) == result.usage.fuel, case["program"]
        assert sum(part.memory_bytes for part in result.profile) <= result.usage.memory_bytes
        # What counts changes nothing of what is computed.
        if "now" not in case["program"]:
            assert result.text == program.run(case["input"]).text, case["program"]


def test_a_profile_is_the_same_on_every_runtime_and_in_every_run():
    for case in cases()[::7]:
        boxes = [jq_magic.Sandbox(name, ROOMY) for name in jq_magic.runtimes()]
        profiles = [box.compile(case["program"]).run(case["input"], profile=True).profile for box in boxes]
        program = boxes[0].compile(case["program"])
        profiles += [program.run(case["input"], profile=True).profile for _ in range(6)]
        assert all(profile == profiles[0] for profile in profiles), case["program"]


def test_a_run_without_a_profile_costs_the_same_before_and_after_one(runtime):
    program = jq_magic.Sandbox(runtime, ROOMY).compile(".[] | . + 1")
    before = program.run("[1,2]")
    assert program.run("[1,2]", profile=True).usage.fuel > before.usage.fuel
    after = program.run("[1,2]")
    assert (after.usage.fuel, after.profile) == (before.usage.fuel, [])


def test_parts_say_what_took_the_fuel(profiled):
    profile = profiled('[.[] | select(test("^(a|b)+$")) | length] | add', json.dumps(["abab"] * 500)).profile
    most = profile.most("fuel")
    assert profile.program[most.start : most.end] == 'test("^(a|b)+$")'
    assert (most.runs, most.outputs) == (500, 500)
    # A recursion at the end of a function takes no memory for its calls, with a profile as without.
    deep = profiled("def f: if . < 200000 then . + 1 | f else . end; f", "0", memory_bytes=8 << 20)
    assert deep.text == "200000\n"


def test_memory_is_that_of_the_part_that_needed_it(profiled):
    profile = profiled("[range(20000)] | length", "null").profile
    most = profile.most("memory_bytes")
    assert profile.program[most.start : most.end] == "[range(20000)]"
    assert most.memory_bytes > 20_000 * 8


@pytest.mark.parametrize(
    ("program", "limits", "error", "blamed"),
    [
        ('[1] | last(repeat(test("a")?, 1))', {"fuel": 3e6}, jq_magic.FuelError, 'test("a")'),
        ("[range(1e9)] | length", {"memory_bytes": 8 << 20}, jq_magic.MemoryLimitError, "[range(1e9)]"),
        ("range(1e9)", {"outputs": 1000}, jq_magic.OutputLimitError, "range(1e9)"),
        ("last(range(1e12) | tostring)", {"deadline_s": 0.3}, jq_magic.DeadlineError, "tostring"),
    ],
)
def test_a_limit_names_the_part_that_took_most(profiled, program, limits, error, blamed):
    with pytest.raises(error) as caught:
        profiled(program, "null", **limits)
    partial = caught.value.partial
    assert fuel(partial) == partial.usage.fuel == caught.value.usage.fuel
    assert caught.value.part.endswith(f"line 1, column {program.index(blamed) + 1}: {blamed}")
    assert f"\n{caught.value.part}" in str(caught.value)
    for again in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert (str(again), again.partial.profile) == (str(caught.value), partial.profile)


def test_a_limit_on_fuel_is_that_of_the_run_with_its_counting(profiled):
    program, text = ".[] | . + 1", "[1,2,3]"
    used = profiled(program, text).usage.fuel
    assert profiled(program, text, fuel=used).usage.fuel == used
    with pytest.raises(jq_magic.FuelError):
        profiled(program, text, fuel=used - 1)


def test_a_run_that_ends_while_it_is_compiled_has_spent_all_in_that(runtime):
    program = jq_magic.Sandbox(runtime, ROOMY).compile("[.[] | .a, .b]")
    with pytest.raises(jq_magic.FuelError) as caught:
        program.run("[]", limits=ROOMY.replace(fuel=1000), profile=True)
    assert [(part.name, part.fuel) for part in caught.value.partial.profile] == [("compiling", caught.value.usage.fuel)]
    assert caught.value.part == ""


def test_an_error_of_the_filter_has_its_profile_too(profiled):
    with pytest.raises(jq_magic.FilterError) as caught:
        profiled('.[] | if . > 1 then error("x") else . end', "[1,2]")
    partial = caught.value.partial
    assert fuel(partial) == partial.usage.fuel
    assert counts(partial.profile)[0][1:] == (1, 1)


def test_a_profile_is_for_the_engine_magic_and_for_one_run(engine):
    program = jq_magic.Sandbox(engine=engine).compile(".")
    if engine != "magic":
        with pytest.raises(jq_magic.RuntimeUnavailableError, match=f"the engine {engine} does not say"):
            program.run("1", profile=True)
        return
    with pytest.raises(jq_magic.DataError, match="leave out jobs"):
        program.run("1", profile=True, jobs=1)


def test_a_long_program_with_many_parts_is_counted(profiled):
    program = " | ".join([".a?", "(1, 2)", "[.]", "first"] * 2000)
    with pytest.raises(jq_magic.FuelError) as caught:
        profiled(program, "null", fuel=5e7)
    assert fuel(caught.value.partial) == caught.value.usage.fuel


def test_profiles_of_several_runs_add_up():
    program = jq_magic.compile(". | if . > 1 then .. else . end")
    runs = [program.run(text, profile=True) for text in ("1", "2", "[3]")]
    joined = Profile()
    for result in runs:
        joined = joined.joined(result.profile)
    assert sum(part.fuel for part in joined) == sum(result.usage.fuel for result in runs)
    assert counts(joined)[0][1:] == (3, 4)
    assert counts(joined)[0][0] == program.program


def test_the_layout_of_a_profile_is_bounded_whatever_the_filter_is():
    terms = [Part(0, 4_000_000, 10**18, 10**18, 10**17 + at, 10**18) for at in range(100)]
    texts = ["x" * 4_000_000, "\n" * 4_000_000, "\x1b[31m\u202e" * 1_000_000, "<b>" * 1_000_000]
    for text in texts:
        profile = Profile([*terms, Part(0, 0, 1, 0, 5, 0, "compiling")], text)
        shown = str(profile)
        assert len(shown) < 10_000
        assert shown.count("\n") <= 45
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "<b>" not in profile._repr_html_()
        assert len(profile.blame("fuel")) < 300


def test_the_work_of_a_layout_does_not_grow_with_the_square_of_the_parts():
    class Counted(Part):
        looks = 0

        def __getattribute__(self, name):
            Counted.looks += name == "fuel"
            return super().__getattribute__(name)

    looks = []
    for count in (1_000, 2_000, 4_000):
        Counted.looks = 0
        # Nobody has as much as has a line.
        str(Profile([Counted(at, at + 1, 1, 1, 1, 1) for at in range(count)], "." * count))
        looks.append(Counted.looks)
    assert looks[2] - looks[1] == 2 * (looks[1] - looks[0]) > 0
    assert looks[0] < 10 * 1_000


def test_a_profile_stands_beside_its_filter():
    program = 'def f:\n  .[] | test("a+");\n[f]'
    at = program.index("test")
    profile = Profile(
        [
            Part(0, len(program), 1, 1, 100, 0),
            Part(at, at + 10, 1234, 200_000, 800, 1024),
            Part(0, 0, 1, 0, 60, 0, "compiling"),
            Part(0, 0, 0, 0, 40, 0, "reading"),
            Part(0, 0, 0, 0, 5000, 0, "profiling"),
        ],
        program,
    )
    assert str(profile).split("\n") == [
        "   fuel      runs outputs  memory │",
        "                                  │ def f:",
        "  10.0% ░       1       1    0.0% │ def f:",
        '                                  │   .[] | test("a+");',
        '  80.0% █   1,234 200,000  100.0% │         test("a+")',
        "                                  │ [f]",
        "compiling 6.0% · reading 4.0% · profiling took 5,000 of fuel besides",
    ]


def test_what_is_imported_is_one_part(runtime):
    box = jq_magic.Sandbox(runtime, ROOMY)
    program = box.compile('import "m" as m; [m::twice]', modules={"m": "def twice: (. + 1 | . + 1), .;"})
    result = program.run("1", profile=True)
    assert (result.text, fuel(result)) == ("[3,1]\n", result.usage.fuel)
    assert counts(result.profile)[-2:] == [("[m::twice]", 1, 1), ("m::twice", 1, 2)]
    (imported,) = [part for part in result.profile if part.name == "modules"]
    assert imported.fuel > 0
