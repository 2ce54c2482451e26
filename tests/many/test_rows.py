"""Rows that the guest runs together: each gives what a run of its own does, whatever stands beside it."""

from __future__ import annotations

import itertools
import random
import signal
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jq_magic
from jq_magic.guest.abi import ONE_OUTPUT
from jq_magic.many import mapping, rows
from jq_magic.run.stream import Stream
from tests.support import ROOMY, interrupted

#: Each is a document of its own, or none; written beside one another they are others.
HOSTILE = (
    '{"a":1}', '{"a":"x"}', "[1,", "2]", "1 2", "", "  ", "\n", '{"a":1}\n', '{\n "a": 2\n}', '"a\nb"', "null", None,
    "[[[[1]]]]", '{"__jq":0}', '{"a":"\\ud800"}', '"\ud800"', "nan", "1e1000", '{"a":100000000000000000000001}',
    '{"a":1}\r', "\ufeff{}", "\ufeff", '{"a":"\u2028"}', "[" * 600 + "]" * 600, "tru", "true1", '{"a":"é€😀"}',
    b'{"a":3}', b'"\xff"', b"\xff\xfe1\x00", b"\xfe\xff\x001", b"\xef\xbb\xbf[]", '"]"', '{"e":1}', '{"a":1}{"a":2}',
    "# c", "\0", "1\0", '\x1e{"a":1}', "-0", "1.000", "[1 2]", '{"a":1} x', "'a'", "]", "}", ",", ":", '"', "\\", "0x1",
    "1.", ".5", "NaN", "-Infinity", "[[]]", '{"a":{"b":null}}', '{"a":1,"a":2}', "9" * 50,
    {"a": (1, None)}, [float("nan")], 7, 2.5, True, {1, 2}, b"",
)  # fmt: skip
PROGRAMS = (
    ".", ".a", ".a # c", "", ".[]?", "error", "error(null)", ".a + 1", "empty", "1, 2", "def f: .a; f",
    "try error(.) catch .", "first(.a, .b)", '"\\(.a)"', ". as $x | [$x]", "$__loc__", "input", "[inputs]",
    "try input catch .", "first(inputs)", "halt", "1, halt, 2", '"x" | halt_error', "halt_error(0)", ".a | debug",
    "debug, stderr", "label $f | 1, break $f, 2", "{e: .}", "[.]", "$x", "reduce range(3) as $i (0; . + $i)",
    "env, $ENV", "input_line_number", "., input_line_number", 'getpath(["a"])', "limit(1; repeat(1))", "..",
    "tojson", "@json", 'splits("a")?', 'tostring | test("a+")', "[.. | scalars] | sort", "[recurse] | length",
    "range(1e9)", "[range(1e7)] | length", "def f: 1 + f; f", "last(range(1e18))", "[limit(70; repeat(.))] | tojson",
    "try error({}) catch .", '1, error("b")', ".a = 1", "to_entries?", "[label $f | (1, break $f)] | tojson",
    "try (label $f | error(break $f)) catch .", "splits(.a)",
    'ltrimstr("a")', "@base64d", "tonumber", "limit(3; .[])",
    "[., 1] | .[0] |= empty", "getpath([1])", "ascii", "implode", "fromjson", "input_filename", "now | type",
)  # fmt: skip
#: Parts of drawn programs.
PARTS = (
    ".",
    ".a",
    ".[]?",
    "1",
    "empty",
    "error",
    "input",
    "$x",
    "debug",
    "[.]",
    "{a: .}",
    "tojson",
    "label $f | ., break $f",
)
LIMITS = ROOMY.replace(fuel=3e7, memory_bytes=48 << 20, output_bytes=4096, outputs=60, input_bytes=4096, depth=300)


def said(outcome):
    """What a row came to, and of an error all that it says but what was used."""
    if isinstance(outcome, jq_magic.JqMagicError):
        return type(outcome), outcome.args, outcome.advice, {**outcome.__dict__, "usage": None, "partial": None}
    return outcome


def alone(program, row, outputs, number):
    """What a run of its own gives for a row, in the form that is wanted."""
    if row is None:
        return None
    try:
        text = row if isinstance(row, (str, bytes)) else program.input_value(row)._text
        if outputs == "first":
            stream = Stream(program._source, text, None, 0, ONE_OUTPUT)
            return next((output.removesuffix("\n") for output in stream.batches()), None)
        texts = program.run(text).text.split("\n")[:-1]
    except jq_magic.JqMagicError as error:
        error.document = number
        return said(error)
    if outputs == "array":
        return f"[{','.join(texts)}]"
    return (texts or [None])[0] if len(texts) < 2 else "several"


def compared(mapped, expected):
    """Both, with an error for several outputs as one word."""
    several = jq_magic.OutputLimitError, "the row has more outputs than one"
    for number, (one, other) in enumerate(zip(mapped, expected, strict=True)):
        is_several = isinstance(one, jq_magic.OutputLimitError) and str(one).partition(": ")[2].startswith(several[1])
        yield number, "several" if is_several else said(one), other


@pytest.mark.parametrize("outputs", ["one", "first", "array"])
@pytest.mark.parametrize("source", PROGRAMS)
def test_each_row_gives_what_a_run_of_its_own_gives(source, outputs, runtime):
    program = jq_magic.Sandbox(runtime, LIMITS).compile(source, {"x": 1})
    order = random.Random(source + outputs).sample(HOSTILE, len(HOSTILE))
    mapped = program.map(order, outputs=outputs, errors="keep", as_text=True)
    expected = (alone(program, row, outputs, number) for number, row in enumerate(order))
    for number, one, other in compared(mapped, expected):
        assert one == other, (number, order[number])


drawn_rows = st.lists(
    st.one_of(
        st.sampled_from(HOSTILE),
        st.text(max_size=6),
        st.binary(max_size=6),
        st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)),
        st.text(alphabet='[]{},:"1 \\n\\ta', max_size=12),
    ),
    max_size=30,
)
drawn_programs = st.recursive(
    st.sampled_from(PARTS),
    lambda part: (
        st.builds("(({}) {} ({}))".format, part, st.sampled_from([",", "|", "+", "//", "as $x |"]), part)
        | st.builds("(try ({}) catch .)".format, part)
        | st.builds("first({})".format, part)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_rows, drawn_programs, st.sampled_from(["one", "first", "array"]))
def test_drawn_rows_and_programs_give_what_runs_of_their_own_give(order, source, outputs):
    program = jq_magic.compile(source, {"x": 1}, limits=LIMITS)
    mapped = program.map(order, outputs=outputs, errors="keep", as_text=True)
    expected = (alone(program, row, outputs, number) for number, row in enumerate(order))
    for number, one, other in compared(mapped, expected):
        assert one == other, (number, order[number])


def test_rows_that_end_well_or_with_an_error_of_theirs_have_no_runs_of_their_own(monkeypatch, runtime):
    monkeypatch.setattr(rows, "Stream", None)
    program = jq_magic.Sandbox(runtime).compile("if .a == 2 then error else .a, 7 end")
    texts = ['{"a":1}', '{"a":2}', "[1,", ""] * 3000
    mapped = list(program.map(texts, outputs="array", errors="null"))
    assert mapped == [[1, 7], None, None, []] * 3000


@pytest.mark.parametrize("errors", ["null", "keep"])
@pytest.mark.parametrize("outputs", ["one", "first", "array"])
def test_every_engine_gives_the_same(sandbox, outputs, errors):
    program = sandbox.compile('if . == 3 then error("x") elif . == 4 then halt else .[]? end')
    texts = ["[1]", "[1, 2]", "[]", None, "3", "4", "[1,", [8], "", "[[5]] [6]"]
    expected: dict[str, list[object]] = {
        "one": [1, "OutputLimitError", None, None, "FilterError", None, "InputError", 8, None, "OutputLimitError"],
        "first": [1, 1, None, None, "FilterError", None, "InputError", 8, None, [5]],
        "array": [[1], [1, 2], [], None, "FilterError", [], "InputError", [8], [], [[5], 6]],
    }
    failed = {"OutputLimitError", "FilterError", "InputError"}
    mapped = [
        type(row).__name__ if isinstance(row, jq_magic.JqMagicError) else row
        for row in program.map(texts, outputs=outputs, errors=errors)
    ]
    assert mapped == [None if errors == "null" and str(row) in failed else row for row in expected[outputs]]


@pytest.mark.parametrize(
    ("source", "edge", "past", "limits"),
    [
        ("range(.)", "3", "4", {"outputs": 3}),
        ('"a" * .', "7", "8", {"output_bytes": 10}),
        (".", "[[1]]", "[[[1]]]", {"depth": 2}),
        (". | length", "[1,2,3]", "[1,2,33]", {"input_bytes": 7}),
    ],
)
def test_a_limit_is_that_of_each_row(source, edge, past, limits, sandbox):
    program = sandbox.compile(source)
    texts = ["1", *[edge] * 100, past, edge]
    kept = list(program.map(texts, outputs="array", errors="keep", limits=sandbox.limits.replace(**limits)))
    failed = [number for number, row in enumerate(kept) if isinstance(row, jq_magic.LimitError)]
    assert failed == [101]
    assert (kept[101].document, kept[101].limit) == (101, next(iter(limits)))
    assert not any(isinstance(row, jq_magic.LimitError) for row in program.map(texts, outputs="array", errors="keep"))


@pytest.mark.parametrize(
    ("spent", "limits", "error"),
    [
        ("last(range(1e18))", {"fuel": 5e7}, jq_magic.FuelError),
        ("[range(1e9)]", {"memory_bytes": 32 << 20}, jq_magic.MemoryLimitError),
        ("last(range(1e18))", {"deadline_s": 1.0, "fuel": 1e15}, jq_magic.DeadlineError),
    ],
)
def test_a_row_that_uses_too_much_ends_alone(spent, limits, error, runtime):
    program = jq_magic.Sandbox(runtime, ROOMY).compile(f"if . == 0 then {spent} else . end")
    texts = ["1", "2", "0", "3", "0", "4"]
    kept = list(program.map(texts, errors="keep", limits=ROOMY.replace(**limits)))
    assert [type(row) for row in kept] == [int, int, error, int, error, int]
    assert [row for row in kept if isinstance(row, int)] == [1, 2, 3, 4]
    assert (kept[2].document, kept[4].document) == (2, 4)


def test_a_row_may_use_all_that_a_run_of_its_own_may(runtime):
    program = jq_magic.Sandbox(runtime, ROOMY).compile("last(range(.))")
    used = [program.run(text).usage.fuel for text in ("200000", "200001")]
    limits = ROOMY.replace(fuel=used[0])
    kept = list(program.map(["9", "200000", "200001", "9"], errors="keep", limits=limits))
    assert kept[:2] == [8, 199_999]
    assert isinstance(kept[2], jq_magic.FuelError)
    assert kept[3] == 8


def test_an_error_is_raised_after_the_rows_before_it_with_what_its_row_used(sandbox):
    program = sandbox.compile('1, error("no")')
    mapped = program.map(["", "", "[]", "1"], outputs="array")
    assert [next(mapped), next(mapped)] == [[], []]
    with pytest.raises(jq_magic.FilterError, match="document 2: no") as raised:
        next(mapped)
    assert raised.value.partial.text == "1\n"
    with pytest.raises(jq_magic.FilterError) as alone_:
        program.run("[]")
    assert raised.value.usage.fuel == alone_.value.usage.fuel


def test_several_outputs_are_an_error_that_says_what_to_choose(sandbox):
    with pytest.raises(
        jq_magic.OutputLimitError, match='more outputs than one: used 2 of 1\ntry outputs="first"'
    ) as raised:
        list(sandbox.compile("1, 2").map(["0"]))
    assert raised.value.partial.text == "1\n2\n"


def test_a_program_that_must_not_be_long_runs_no_row_of_a_chunk_after_an_error(monkeypatch):
    begun = []

    def begin(source, text, *args):
        begun.append(text)
        return Stream(source, text, *args)

    monkeypatch.setattr(rows, "Stream", begin)
    with pytest.raises(jq_magic.FilterError):
        list(jq_magic.compile("error").map(str(number) for number in range(5000)))
    assert begun == [b"0"]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_order_and_fuel_are_the_same_on_any_number_of_threads(jobs, runtime):
    program = jq_magic.Sandbox(runtime, ROOMY).compile("if . % 500 == 0 then error else . * 2 end")
    pairs = list(program.map(map(str, range(3000)), errors="null", jobs=jobs, fuel=True))
    assert [row for row, _ in pairs] == [None if number % 500 == 0 else 2 * number for number in range(3000)]
    one = list(
        jq_magic.compile("if . % 500 == 0 then error else . * 2 end").map(
            map(str, range(3000)), errors="null", fuel=True
        )
    )
    assert pairs == one


def test_the_fuel_of_a_row_is_that_of_a_run_but_for_compiling_and_memory(runtime):
    program = jq_magic.Sandbox(runtime, ROOMY).compile("[range(.)] | add")
    few, many = (program.run(text).usage.fuel for text in ("10", "20000"))
    (_, first), (_, second) = program.map(["10", "20000"], fuel=True)
    assert 0 < first < few
    assert abs((second - first) - (many - few)) < 0.02 * (many - few)


def test_what_the_source_of_rows_raises_comes_after_the_rows_before_it():
    def source():
        yield from ["1", "2"]
        raise OSError("gone")

    mapped = jq_magic.compile(".").map(source(), jobs=2)
    assert [next(mapped), next(mapped)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(mapped)


def test_rows_are_taken_as_they_are_needed():
    numbers = itertools.count()
    mapped = jq_magic.compile(".").map(map(str, numbers))
    assert [next(mapped) for _ in range(5)] == [0, 1, 2, 3, 4]
    mapped.close()
    assert next(numbers) <= 2 * mapping.FIRST_ROWS


def test_long_rows_are_not_gathered_by_the_thousand():
    numbers = itertools.count()
    mapped = jq_magic.compile("length").map(f'"{"x" * 100_000}"' for _ in numbers)
    for _ in range(mapping.FIRST_ROWS):
        assert next(mapped) == 100_000
    mapped.close()
    assert next(numbers) <= 2 * mapping.FIRST_ROWS


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_interrupt_ends_what_runs(jobs):
    program = jq_magic.compile("last(range(1e18))", limits=ROOMY.replace(fuel=1e17))
    mapped = program.map(["1"] * 1000, jobs=jobs)
    # To the thread that waits: it is this signal that ends its wait.
    main = threading.main_thread().ident
    assert main is not None
    interrupted(lambda: next(mapped), 0.3, lambda: signal.pthread_kill(main, signal.SIGINT))
    assert list(jq_magic.compile(".").map(["1"])) == [1]


def test_a_generator_that_is_closed_ends_its_threads():
    program = jq_magic.compile("if . == 0 then 0 else last(range(1e18)) end", limits=ROOMY.replace(fuel=1e17))
    mapped = program.map(["0"] * 64 + ["1"] * 1000, jobs=2)
    assert next(mapped) == 0
    mapped.close()
    with pytest.raises(StopIteration):
        next(mapped)


def test_an_output_that_nests_too_deep_for_python_is_an_error_of_its_row():
    deep = "[" * 5000 + "]" * 5000
    limits = ROOMY.replace(depth=6000)
    kept = list(jq_magic.compile(".", limits=limits).map(["1", deep, "2"], errors="keep"))
    assert (kept[0], kept[2], type(kept[1]), kept[1].document) == (1, 2, jq_magic.DataError, 1)
    assert list(jq_magic.compile(".", limits=limits).map([deep], as_text=True)) == [deep]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"outputs": "two"}, 'outputs is "one"'),
        ({"errors": "give"}, 'errors is "raise"'),
        ({"jobs": 0}, "jobs is a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused_at_once(arguments, message):
    with pytest.raises(jq_magic.DataError, match=message):
        jq_magic.compile(".").map([], **arguments)


@pytest.mark.parametrize("one", ["[1]", b"[1]", {"a": 1}])
def test_one_text_is_no_rows(one):
    with pytest.raises(jq_magic.DataError, match="iterable of rows"):
        jq_magic.compile(".").map(one)
