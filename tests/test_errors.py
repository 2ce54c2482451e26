"""Errors, programs, sandboxes, limits and results travel to other processes; errors stay small and cheap."""

from __future__ import annotations

import concurrent.futures
import copy
import multiprocessing
import pickle

import pytest

import jq_magic
from jq_magic import errors
from tests.support import python

WAYS = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}

MADE = [
    errors.JqMagicError("a message"),
    errors.LimitValueError("a message"),
    errors.CeilingError("a message"),
    errors.DataError("a message"),
    errors.RuntimeUnavailableError("a message"),
    errors.GuestError("a message"),
    errors.ProgramError("a message", program=b"1 +\n) 2", start=4, end=5, hint="a hint"),
    errors.InputError("a message", index=3, offset=4, text=b"1 2 x"),
    errors.FilterError("a message", value={"a": [1]}, index=2),
    errors.HaltError(7, {"a": 1}),
    *(
        kind("a message", limit="fuel", used=3, allowed=2)
        for kind in (
            errors.LimitError, errors.FuelError, errors.MemoryLimitError, errors.DeadlineError, errors.StackLimitError,
            errors.OutputLimitError, errors.InputLimitError, errors.ProgramLimitError,
        )
    ),
]  # fmt: skip


def everything(error):
    return type(error), str(error), error.args, {name: str(value) for name, value in vars(error).items()}


def test_every_class_is_tried():
    classes = {
        value for value in vars(errors).values() if isinstance(value, type) and value.__module__ == errors.__name__
    }
    public = {kind for kind in classes if issubclass(kind, Exception) and not kind.__name__.startswith("_")}
    assert {type(error) for error in MADE} == public


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after(way, error):
    error = copy.copy(error)
    error.advice, error.document = "try this", 5
    again = WAYS[way](error)
    assert everything(again) == everything(error)
    assert str(again).startswith("document 5: ")
    assert str(again).endswith("\ntry this")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("program", "text", "limits"),
    [
        (".a", "[", {}), ("error({a: 1})", "1", {}), ('"x" | halt_error(3)', "1", {}), ("def f: 1 + f; f", "1", {}),
        ("1, last(range(1e9))", "1", {"fuel": 10**6}), ("[limit(3; repeat(1))] | .[]", "1", {"outputs": 2}),
        (".", "[[[1]]]", {"depth": 2}),
    ],
)  # fmt: skip
def test_an_error_of_a_run_takes_its_usage_and_its_result_along(way, program, text, limits, runtime):
    compiled = jq_magic.compile(program, runtime=runtime)
    with pytest.raises(jq_magic.JqMagicError) as caught:
        compiled.run(text, limits=jq_magic.Limits(**limits))
    again = WAYS[way](caught.value)
    assert everything(again) == everything(caught.value)
    assert again.usage == caught.value.usage
    assert again.partial == caught.value.partial


@pytest.mark.parametrize("way", WAYS)
def test_programs_sandboxes_limits_and_results_are_the_same_after(way, sandbox):
    program = sandbox.compile("[., $x, $ARGS.positional]", {"x": {"é": 2**70}}, positional=["p"])
    result = program.run("1 2")
    for value in (result, result.usage, result.limits):
        assert WAYS[way](value) == value
    again = WAYS[way](program)
    assert again.program == program.program
    assert again.run("1 2").text == result.text
    assert again.run("1 2").usage.fuel == result.usage.fuel
    box = WAYS[way](sandbox)
    assert (box.runtime, box.engine, box.limits) == (sandbox.runtime, sandbox.engine, sandbox.limits)


def run_one(text):
    return jq_magic.compile(".a").run(text).text


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_a_bad_document_is_an_error_and_not_a_hang_in_a_pool(method):
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.apply_async(run_one, ('{"a":1}',)).get(120) == "1\n"
        with pytest.raises(jq_magic.InputError, match="not JSON"):
            pool.apply_async(run_one, ("{",)).get(120)
        with pytest.raises(jq_magic.FilterError, match="Cannot index"):
            pool.apply_async(run_one, ("1",)).get(120)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_program_runs_in_an_executor(method, runtime):
    context = multiprocessing.get_context(method)
    program = jq_magic.compile(".a + $n", {"n": 1}, runtime=runtime)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        assert [found.text for found in executor.map(program.run, ['{"a":1}', '{"a":2}'], timeout=120)] == [
            "2\n",
            "3\n",
        ]


LOWERED = """
import os, pickle, subprocess, sys
import jq_magic
from jq_magic.limits.ceiling import PROCESS
program = jq_magic.compile("last(range(1e9))")
sandbox = jq_magic.Sandbox()
PROCESS.lower("fuel=1e6,runtimes=wasmtime,jobs=2", "a test")
child = f'''
import pickle, sys, jq_magic
for value in pickle.loads(bytes.fromhex({pickle.dumps([program, sandbox]).hex()!r})):
    for act in (lambda: value.run("1") if hasattr(value, "program") else value.run("last(range(1e9))", "1"),
                lambda: value.run("1", limits=jq_magic.Limits(fuel=2e6)) if hasattr(value, "program") else None,
                lambda: list(value.run_many(["1"], jobs=3)) if hasattr(value, "program") else None):
        try:
            print(act())
        except jq_magic.JqMagicError as error:
            print(type(error).__name__, str(error).splitlines()[0])
'''
env = {name: value for name, value in os.environ.items() if name != "JQ_MAGIC_CEILING" or sys.argv[1] == "inherited"}
print(subprocess.run([sys.executable, "-c", child], env=env, capture_output=True, text=True, check=True).stdout)
plain = "import jq_magic; print(jq_magic.compile('.').run('1').limits.fuel, jq_magic.runtimes())"
print(subprocess.run([sys.executable, "-c", plain], env=env, capture_output=True, text=True, check=True).stdout)
"""


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["inherited", "taken away"])
def test_a_ceiling_that_was_lowered_here_holds_where_a_program_goes(environment):
    done = python(LOWERED, environment)
    assert done.returncode == 0, done.stderr
    run, above, jobs, boxed, *_, plain = [line for line in done.stdout.splitlines() if line and line != "None"]
    assert run.startswith("FuelError the filter spent its fuel")
    assert run.endswith("of 1e6")
    assert above.startswith("CeilingError fuel = 2e6 is above the ceiling of 1e6")
    assert jobs.startswith("CeilingError jobs = 3 is above the ceiling of 2")
    assert boxed.startswith("FuelError")
    # A process that is started from here knows the ceiling by its environment.
    assert (plain == "1000000 ['wasmtime']") == (environment == "inherited")


class Liar(int):
    """An int that is never too large."""

    def __le__(self, other):
        return True

    def __ge__(self, other):
        return True

    __lt__, __gt__ = __le__, __ge__

    def __int__(self):
        return 10**12


class Replacing(jq_magic.Limits):
    def replace(self, **_changes):
        return self


@pytest.mark.parametrize("limits", [Replacing(fuel=10**9), "strict", {"fuel": 1}, object()], ids=repr)
def test_limits_of_another_type_are_refused(limits):
    with pytest.raises(jq_magic.LimitValueError, match=r"limits are a jq_magic\.Limits"):
        jq_magic.compile(".").run("1", limits=limits)
    with pytest.raises(jq_magic.LimitValueError, match=r"limits are a jq_magic\.Limits"):
        jq_magic.compile(".", limits=limits)


def test_a_number_that_lies_is_taken_for_what_it_is():
    assert type(jq_magic.Limits(fuel=Liar(5)).fuel) is int
    assert jq_magic.Limits(fuel=Liar(5)).fuel == 5
    with pytest.raises(jq_magic.LimitValueError, match="between"):
        jq_magic.Limits(fuel=Liar(2**63))


@pytest.mark.parametrize("end", ["error", "halt_error"])
@pytest.mark.parametrize(
    ("program", "value"),
    [
        ('"x" * 14000000', "x" * 14_000_000),
        ('{a: ("x" * 14000000)}', {"a": "x" * 14_000_000}),
        ('"é\\n" * 3000000', "é\n" * 3_000_000),
    ],
    ids=["a string", "an object", "a string with escapes"],
)
def test_a_large_value_of_an_error_is_decoded_when_it_is_asked_for(program, value, end):
    with pytest.raises((jq_magic.FilterError, jq_magic.HaltError)) as caught:
        jq_magic.compile(f"{program} | {end}").run("1")
    assert isinstance(vars(caught.value)["_value"], errors.Undecoded)
    assert len(str(caught.value)) <= 4096
    assert str(caught.value).endswith("bytes of JSON in all)")
    assert caught.value.value == value


@pytest.mark.parametrize("raised", ["\x1b[2J", "\x9b2J", "\u202e", "\r", "a\x00b", "\u2028", "\x07"])
def test_no_message_has_characters_that_move_a_terminal(raised):
    for program in ("error", "halt_error", "{a: .} | error", "{(.): 1} | error"):
        with pytest.raises(jq_magic.JqMagicError) as caught:
            jq_magic.compile(program).input_value(raised).all()
        assert not any(character in str(caught.value) for character in raised if character not in "[2Jab")
    with pytest.raises(jq_magic.ProgramError) as wrong:
        jq_magic.compile(f"1 + {raised}")
    assert not any(character in str(wrong.value) for character in raised if character not in "[2Jab")


DIGITS = """
import sys, jq_magic
program = jq_magic.compile("., (tostring | error)")
for digits in (639, 640, 641, 4299, 4300, 4301, 100_000):
    text = "7" * digits
    try:
        program.run(text)
    except jq_magic.FilterError as error:
        value = error.partial.values[0]
    print(type(value).__name__, f"{value:f}" == text if type(value).__name__ == "Decimal" else True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("most", "first"), [("640", "int int Decimal"), ("0", "int int int"), ("", "int int int")])
def test_pythons_setting_for_long_integers_changes_no_outcome(most, first, monkeypatch):
    monkeypatch.setenv("PYTHONINTMAXSTRDIGITS", most)
    done = python(DIGITS)
    assert done.returncode == 0, done.stderr
    kinds = [line.split()[0] for line in done.stdout.splitlines()]
    assert all(line.endswith(" True") for line in done.stdout.splitlines())
    assert " ".join(kinds[:3]) == first
    assert kinds[5:] == ["Decimal", "Decimal"]
