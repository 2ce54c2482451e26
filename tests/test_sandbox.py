"""The sandbox: errors, isolation, interrupts, threads, asyncio, fork."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import os
import time

import pytest

import jq_magic
from tests.support import ROOMY, TOLD, interrupted, python

ENDLESS = "last(range(1e18))"
FOREVER = ROOMY.replace(fuel=2**62, deadline_s=600.0)


def test_a_program_error_has_its_place_and_a_caret(sandbox):
    with pytest.raises(jq_magic.ProgramError) as caught:
        sandbox.compile('.a\n| "é" | foo(1)')
    error = caught.value
    assert (error.line, error.column) == (2, 9)
    assert isinstance(error, ValueError)


def test_the_caret_stands_under_the_mistake(sandbox):
    with pytest.raises(jq_magic.ProgramError) as caught:
        sandbox.compile('.a\n| "日本" | foo(1)')
    lines = str(caught.value).splitlines()
    assert lines[0] == "foo/1 is not defined"
    assert lines[1] == '  2 | | "日本" | foo(1)'
    # Two wide characters take four columns.
    assert lines[2] == "    | " + " " * len('| "xxxx" | ') + "^^^"


def test_an_input_error_has_its_place_and_keeps_what_came_before(sandbox):
    with pytest.raises(jq_magic.InputError) as caught:
        sandbox.run(".", '1\n{"a": 2,}\n3')
    error = caught.value
    assert (error.index, error.offset) == (1, 10)
    assert "value 1, byte 10, line 2, column 9" in str(error)
    assert str(error).splitlines()[-2].endswith("^")
    assert error.partial.text == "1\n"
    assert error.usage.outputs == 1


def test_a_filter_error_has_the_value_that_catch_would_see(sandbox):
    with pytest.raises(jq_magic.FilterError) as caught:
        sandbox.run("if . == 2 then error({code: 12345678901234567890}) else . end", "1 2 3")
    assert caught.value.value == {"code": 12345678901234567890}
    assert caught.value.index == 1
    assert caught.value.partial.values == [1]


def test_halt_ends_a_run_and_halt_error_is_an_error(sandbox):
    assert sandbox.run("1, halt, 2", "null").text == "1\n"
    assert sandbox.run("1", "null").halted is None
    with pytest.raises(jq_magic.HaltError) as caught:
        sandbox.run('1, ("bye" | halt_error(3))', "null")
    assert (caught.value.exit_code, caught.value.value) == (3, "bye")
    assert caught.value.partial.text == "1\n"


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("halt", None),
        ("null | halt_error(0)", None),
        ('"bye" | halt_error(0)', "bye"),
        ("[1.0] | halt_error(0)", [1.0]),
    ],
)
def test_a_result_says_what_a_filter_halted_with(sandbox, program, value):
    result = sandbox.run(f"., ({program})", "1 2")
    assert result.text == "1\n"
    assert result.halted is not None
    assert (result.halted.exit_code, result.halted.value) == (0, value)


def test_a_limit_holds_for_what_a_filter_halts_with(sandbox):
    limits = ROOMY.replace(output_bytes=100)
    assert sandbox.compile('"x" * 98 | halt_error(0)').run("null", limits=limits).halted is not None
    for code in (0, 1):
        program = sandbox.compile(f'"x" * 99 | halt_error({code})')
        with pytest.raises(jq_magic.OutputLimitError):
            program.run("null", limits=limits)


def test_a_long_error_is_cut(sandbox):
    with pytest.raises(jq_magic.FilterError) as caught:
        sandbox.run('error("x" * 100000)', "null")
    assert len(str(caught.value)) <= 4_096
    assert str(caught.value).endswith("xx… (100,002 bytes of JSON in all)")


def test_a_message_that_does_not_fit_is_an_output_limit(sandbox):
    with pytest.raises(jq_magic.OutputLimitError) as caught:
        sandbox.compile('("x" * 60 | stderr), 1, ("y" * 60 | stderr)').run(
            "null", limits=ROOMY.replace(output_bytes=100)
        )
    assert caught.value.partial.messages == ["x" * 60]


def test_an_error_with_a_value_that_python_cannot_hold_is_still_a_filter_error(sandbox):
    for program, error in [("error", jq_magic.FilterError), ("halt_error", jq_magic.HaltError)]:
        deep = sandbox.compile(f"reduce range(9000) as $i (null; [.]) | {program}")
        with pytest.raises(error):
            deep.run("null", limits=ROOMY.replace(depth=10_000))


def test_an_error_as_ipython_shows_it_moves_no_cursor(sandbox):
    with pytest.raises(jq_magic.FilterError) as caught:
        sandbox.run(r'error("\u001b[2J\u202ex\ny")', "null")
    assert caught.value.value == "\x1b[2J\u202ex\ny"
    assert str(caught.value) == r"\x1b[2J\u202ex" + "\ny"
    first, second, *place = caught.value._render_traceback_()
    assert (first, second) == (r"FilterError: \x1b[2J\u202ex", "y")
    assert all(line.isprintable() for line in place)


def test_messages_are_what_debug_and_stderr_said(sandbox):
    result = sandbox.run('debug, debug("m"), ("a\n" | stderr) | empty', '{"a":1}')
    assert result.messages == ['["DEBUG:",{"a":1}]', '["DEBUG:","m"]', "a\n"]


def test_a_result_says_where_it_ran_and_what_it_used(sandbox):
    result = sandbox.run(".[]", "[1, 2]")
    assert result.values == [1, 2]
    assert (result.runtime, result.engine, result.limits) == (sandbox.runtime, sandbox.engine, ROOMY)
    assert len(result.guest_sha256) == 64
    usage = result.usage
    assert (usage.input_bytes, usage.output_bytes, usage.outputs) == (6, 4, 2)
    assert usage.fuel > 0
    assert usage.memory_bytes > 0
    assert 0 < usage.wall_s < 60


def test_arguments_are_variables(sandbox):
    program = sandbox.compile("[$a, $b.c]", {"a": 10**30, "b": {"c": "$a"}})
    assert program.run("null").values == [[10**30, "$a"]]
    for name in ["", "a b", "1", "é", "$a", 'a"']:
        # What jq cannot write as a variable is a key all the same.
        assert sandbox.compile("$ARGS.named", {name: 1}).run("null").values == [{name: 1}]
    with pytest.raises(jq_magic.DataError, match="no name for an argument"):
        sandbox.compile(".", {1: 1})


def test_options_of_a_run(sandbox):
    program = sandbox.compile(".")
    assert program.run("a\nb\n", raw_input=True).values == ["a", "b"]
    assert program.run("a\nb", raw_input=True, slurp=True).values == ["a\nb"]
    assert program.run("1 2", slurp=True).values == [[1, 2]]
    assert program.run("1 2", null_input=True).values == [None]
    assert program.run('{"b":1,"a":2}', sort_keys=True).text == '{"a":2,"b":1}\n'


def test_the_interface_of_the_package_jq():
    program = jq_magic.compile(".[] + $x", args={"x": 1})
    assert program.input_value([1, 2]).all() == [2, 3]
    assert program.input_values([[1], [2]]).text() == "2\n3"
    assert program.input_text("[1] [2]").first() == 2
    assert list(program.input_text("[1] [2]")) == [2, 3]
    assert jq_magic.compile("length").input_text("1 2", slurp=True).first() == 2
    assert jq_magic.compile(".").input_value("text").first() == "text"
    assert jq_magic.all(".", text="1 2") == [1, 2]
    assert jq_magic.first(".", value={"a": 1}) == {"a": 1}
    assert jq_magic.text(".", values=[1, 2]) == "1\n2"
    assert list(jq_magic.iter(".[]", [1, 2])) == [1, 2]
    with pytest.raises(jq_magic.DataError, match="one of value, values and text"):
        jq_magic.all(".")


def test_outputs_are_computed_when_they_are_asked_for():
    program = jq_magic.compile('1, 2, error("late")')
    assert program.input_value(None).first() == 1
    outputs = iter(program.input_value(None))
    assert [next(outputs), next(outputs)] == [1, 2]
    with pytest.raises(jq_magic.FilterError, match="late"):
        next(outputs)
    endless = iter(jq_magic.compile("repeat(1)").input_value(None))
    assert [next(endless) for _ in range(3)] == [1, 1, 1]
    endless.close()


def test_unavailable_runtimes_and_engines_say_so():
    for runtime, engine in [("wasmtime", "gojq"), ("v8", "magic")]:
        with pytest.raises(jq_magic.RuntimeUnavailableError, match=r"not available|there is no"):
            jq_magic.compile(".", runtime=runtime, engine=engine)


def test_nothing_of_one_run_is_seen_by_the_next(sandbox):
    secret = "a secret of the first run"
    sandbox.run("[., .] | debug", json.dumps([secret] * 1000))
    paths = "env" if sandbox.engine == "jaq" else "input_filename, get_search_list"
    program = f'[{TOLD[sandbox.engine]}, $ARGS, env, {paths}] | tojson | contains("secret")'
    assert sandbox.run(program, "null").values == [False]


def test_a_run_opens_no_file_and_no_socket_and_sees_no_environment(runtime):
    code = """
import sys, jq_magic
source = "., env, $ENV, (try input_filename catch .), now, (now|todate), localtime?, get_search_list"
program = jq_magic.compile(source, runtime=sys.argv[1])
program.run("1")
seen = []
sys.addaudithook(lambda event, args: seen.append(event))
result = program.run('{"a": 1}')
found = [e for e in seen if e.split(".")[0] in {"open", "os", "socket", "subprocess", "shutil", "import", "exec"}]
print(found)
print("CANARY" in result.text, result.text.count("{}"))
"""
    done = python(code, runtime, env={**os.environ, "JQ_CANARY": "CANARY"})
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["[]", "False 2"]


def test_the_clock_stands_still_during_a_run(sandbox):
    before = time.time()
    values = sandbox.run("now, (last(range(300000)) | now)", "null").values
    assert values[0] == values[1]
    assert before - 60 < values[0] < time.time() + 60


@pytest.mark.parametrize("delay_s", [0.02, 0.2, 0.5])
@pytest.mark.usefixtures("restarting")
def test_ctrl_c_ends_a_run_and_leaves_everything_usable(delay_s, runtime):
    program = jq_magic.compile(ENDLESS, limits=FOREVER, runtime=runtime)
    began = time.perf_counter()
    interrupted(lambda: program.run("null"), delay_s)
    # A wide margin: without the interrupt the run would last for centuries.
    assert time.perf_counter() - began < 300
    assert jq_magic.Sandbox(runtime).run("1 + 1", "null").values == [2]


def test_several_threads_run_at_once(sandbox):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: sandbox.run("[range(.)] | add", str(n)).values[0], range(1, 200)))
    assert results == [n * (n - 1) // 2 if n > 1 else 0 for n in range(1, 200)]


def test_a_deadline_in_one_thread_is_no_concern_of_another(sandbox):
    def endless():
        with pytest.raises(jq_magic.DeadlineError):
            sandbox.compile(ENDLESS).run("null", limits=FOREVER.replace(deadline_s=0.2))
        return True

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ended = [pool.submit(endless) for _ in range(4)]
        others = [pool.submit(sandbox.run, "last(range(100000))", "null") for _ in range(20)]
        assert all(other.result().text == "99999\n" for other in others)
        assert all(end.result() for end in ended)


def test_it_works_under_asyncio(sandbox):
    async def main():
        return sandbox.run("1 + 1", "null").values, await asyncio.to_thread(lambda: sandbox.run("2 + 2", "null").values)

    assert asyncio.run(main()) == ([2], [4])


def test_it_works_after_fork(runtime):
    code = """
import os, sys, jq_magic
box = jq_magic.Sandbox(sys.argv[1])
print(box.run("1 + 1", "null").values, flush=True)
child = os.fork()
if child == 0:
    limits = jq_magic.Limits(fuel=2**62, deadline_s=0.3)
    try:
        box.compile("last(range(1e18))").run("null", limits=limits)
    except jq_magic.DeadlineError:
        os._exit(0 if box.run("2 + 2", "null").values == [4] else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = python(code, runtime)
    assert done.stdout.splitlines() == ["[2]", "0"], done.stderr


def test_an_interpreter_that_exits_during_a_run_just_exits(runtime):
    code = """
import sys, threading, time, jq_magic
limits = jq_magic.Limits(fuel=2**62, deadline_s=3600)
program = jq_magic.compile("last(range(1e18))", limits=limits, runtime=sys.argv[1])
threading.Thread(target=lambda: program.run("null"), daemon=True).start()
time.sleep(0.5)
print("over")
"""
    done = python(code, runtime)
    assert (done.returncode, done.stdout) == (0, "over\n")


def test_importing_is_light():
    code = """
import sys, jq_magic
heavy = {"wasmtime", "jq_magic_wasmer", "IPython", "pandas", "msgspec", "traitlets"}
print(sorted({name.split(".")[0] for name in sys.modules} & heavy))
"""
    assert python(code).stdout == "[]\n"


@pytest.mark.slow
def test_memory_stays_flat_over_many_runs(runtime):
    code = """
import sys, psutil, jq_magic
program = jq_magic.compile("[range(1000)] | length", runtime=sys.argv[1])
def grown(runs):
    for _ in range(runs):
        program.run("null")
    return psutil.Process().memory_info().rss
first = grown(200)
print((grown(2000) - first) < 20 << 20)
"""
    assert python(code, runtime).stdout == "True\n"


BOMBS = {
    "cpu": (ENDLESS, "null", "FuelError"),
    "deadline": (ENDLESS, "null", "DeadlineError"),
    "memory": ('[limit(1e9; repeat("aaaaaaaaaaaa"))] | add', "null", "MemoryLimitError"),
    "doubling": ('"ab" * 1000000000', "null", "MemoryLimitError"),
    "recursion": ("def f: 1 + f; f", "null", "MemoryLimitError"),
    "output": ("repeat(1)", "null", "OutputLimitError"),
    "print": ("reduce range(60) as $i (1; [., .])", "null", "OutputLimitError"),
    "deep input": (".", "[" * 100_000, "InputLimitError"),
    "deep program": ("(" * 10_000, "null", "ProgramLimitError"),
}
BOMB = """
import json, pathlib, re, resource, sys, time
import jq_magic

def peak():
    # Linux's ru_maxrss begins with what the parent held, and would hide what this process takes.
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

program, text, kind = json.loads(sys.argv[1])
box = jq_magic.Sandbox(sys.argv[2])
box.run("1", "null")
fuel, deadline = (2**62, 1.0) if kind == "DeadlineError" else (2 * 10**10, 600.0)
limits = jq_magic.Limits(fuel=fuel, memory_bytes=128 << 20, deadline_s=deadline, output_bytes=4 << 20)
before = peak()
began = time.perf_counter()
try:
    box.compile(program).run(text, limits=limits)
    end = "no error"
except jq_magic.JqMagicError as error:
    end = type(error).__name__
wall = time.perf_counter() - began
grown = peak() - before
print(json.dumps([end, wall, grown, box.run("1 + 1", "null").values]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_with_its_error_within_its_memory(name, runtime, record_property):
    done = python(BOMB, json.dumps(BOMBS[name]), runtime)
    assert done.returncode == 0, done.stderr
    end, wall_s, grown_mib, sum_ = json.loads(done.stdout)
    record_property("wall_s", wall_s)
    record_property("grown_mib", grown_mib)
    assert end == BOMBS[name][2]
    assert sum_ == [2]
    assert grown_mib < 128 + 64
    # What is measured is the sandbox's memory: a memory bomb fills a good part of what it may.
    assert end != "MemoryLimitError" or name == "doubling" or grown_mib > 16


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_faulthandler_does_not_turn_a_limit_into_a_crash(when):
    code = """
import faulthandler, sys, jq_magic
if sys.argv[1] == "before":
    faulthandler.enable()
print(jq_magic.all("1 + 1", None))
if sys.argv[1] == "after":
    faulthandler.enable()
# Only jaq has calls on the sandbox's stack.
for engine, program in [("magic", "last(range(1e18))"), ("jaq", "def f: 1 + f; f")]:
    try:
        jq_magic.compile(program, engine=engine, limits=jq_magic.Limits(fuel=10**7)).run("null")
    except jq_magic.LimitError as error:
        print(type(error).__name__)
print(faulthandler.is_enabled())
"""
    done = python(code, when)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[2]", "FuelError", "StackLimitError", str(when == "before")]
    assert ("faulthandler is disabled again" in done.stderr) == (when == "after")
