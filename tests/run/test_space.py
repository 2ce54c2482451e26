"""Where address space, memory or threads are short: what fits runs as elsewhere, the rest is refused, nothing dies."""

from __future__ import annotations

import sys

import pytest

from tests.support import python

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits on address space hold on Linux"),
]

START = """
import resource, sys
runtime, gib = sys.argv[1], float(sys.argv[2])
size = int(gib * 2**30) if gib else resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_AS, (size, size))
import jq_magic
limits = jq_magic.Limits(deadline_s=600, fuel=10**8)
sandbox = jq_magic.Sandbox(runtime, limits)

def end(program, text="null", **changes):
    try:
        result = sandbox.compile(program).run(text, limits=limits.replace(**changes))
    except jq_magic.LimitError as error:
        return type(error).__name__, error.usage.fuel
    return result.text, result.usage.fuel, result.usage.memory_bytes
"""

#: Runs that are repeated until instances are kept and put back, runs that meet each limit, and memory that grows.
SAME = (
    START
    + """
program = sandbox.compile(".a + 1")
ends = {(result.text, result.usage.fuel) for result in (program.run('{"a": 1}') for _ in range(60))}
print(sorted(ends))
for number in range(30):
    sandbox.compile(f".a + {number}").run('{"a": 1}')
for trap in ["last(range(1e18))", "def f: 1 + f; f", '"ab" * 1000000000']:
    print(end(trap))
for mib in (1, 10, 50):
    print(end(f'("a" * 1e6) as $a | [range({mib}) | $a + "\\\\(.)"] | length'))
# The word that stops a run stands in memory that has grown.
print(end('("a" * 1e6) as $a | [range(30) | $a + "x"] | last(range(1e18))', deadline_s=1.0, fuel=10**15)[0])
print([result.text for result in program.run_many(['{"a": 1}'] * 100, jobs=1)] == ["2\\n"] * 100)
"""
)


def same(runtime, gib):
    done = python(SAME, runtime, str(gib))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("runtime", "gib"), [("wasmtime", gib) for gib in (24, 12, 6, 2, 1)] + [("wasmer", gib) for gib in (24, 12, 6, 2)]
)
def test_with_little_address_space_runs_give_and_cost_the_same(runtime, gib):
    found = same(runtime, gib)
    assert found == same(runtime, 0)
    assert found.splitlines()[-2:] == ["DeadlineError", "True"]


TOO_MANY = (
    START
    + """
living, program = [], sandbox.compile(".")
try:
    for _ in range(40):
        outputs = iter(sandbox.compile("range(10)").input_value(None))
        next(outputs)
        living.append(outputs)
except jq_magic.RuntimeUnavailableError as error:
    print("ulimit -v" in str(error), len(living) > 0)
outputs = living.pop()
outputs.close()
kinds = {type(outcome).__name__ for outcome in program.run_many(["1"] * 50, jobs=4, errors="give")}
print(kinds <= {"Result", "RuntimeUnavailableError"})
living.clear()
print(end(". + 1", "1")[0])
"""
)


@pytest.mark.parametrize(("runtime", "gib"), [("wasmtime", 12), ("wasmtime", 2), ("wasmer", 12), ("wasmer", 2)])
def test_more_than_fits_is_refused_and_fits_again_later(runtime, gib):
    done = python(TOO_MANY, runtime, str(gib))
    assert done.stdout.splitlines() == ["True True", "True", "2", ""], done.stderr


SEVERAL = (
    START
    + """
living = []
for _ in range(3):
    outputs = iter(sandbox.compile("range(10)").input_value(None))
    next(outputs)
    living.append(outputs)
program = sandbox.compile(". + 1")
print([result.text for result in program.run_many(["1"] * 50, jobs=2)] == ["2\\n"] * 50)
print([list(outputs)[-1] for outputs in living])
"""
)


@pytest.mark.parametrize("gib", [30, 12, 6, 4])
def test_several_runs_fit_at_a_time(runtime, gib):
    done = python(SEVERAL, runtime, str(gib))
    assert done.stdout.splitlines() == ["True", "[9, 9, 9]"], done.stderr


NO_ROOM = """
import resource, sys
import jq_magic
from jq_magic.run.pool import POOLS
sandbox = jq_magic.Sandbox(sys.argv[1])
sandbox.run("1", "null")
POOLS.clear()
# What is reserved for a memory was chosen before there was a limit, and is more than that.
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
sandbox.compile(".")
"""


def test_without_room_for_one_sandbox_it_is_said_what_to_do(runtime):
    done = python(NO_ROOM, runtime)
    assert done.returncode == 1
    assert f"RuntimeUnavailableError: {runtime} cannot make another sandbox here" in done.stderr


NO_THREADS = """
import _thread, os, resource, sys, tempfile
import jq_magic, jq_magic.api
runtime = sys.argv[1]
if os.getuid() == 0:
    # A limit on processes holds for nobody's threads, not for root's.
    os.environ["JQ_MAGIC_CACHE_DIR"] = directory = tempfile.mkdtemp()
    os.chown(directory, 65534, 65534)
    import jq_magic.wasm_runtimes.wasmtime, jq_magic.wasm_runtimes.wasmer
    os.setuid(65534)
else:
    os.environ["JQ_MAGIC_CACHE_DIR"] = tempfile.mkdtemp()
hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]

def attempt():
    try:
        return jq_magic.compile(". + 1", runtime=runtime).input_value(1).all()
    except jq_magic.RuntimeUnavailableError as error:
        return "refused"

for allowed in (0, 0, hard):
    resource.setrlimit(resource.RLIMIT_NPROC, (allowed, hard))
    print(attempt())
resource.setrlimit(resource.RLIMIT_NPROC, (0, hard))
print(attempt())
program = jq_magic.compile(".", runtime=runtime)
try:
    list(program.run_many(["1"] * 9, jobs=9))
except jq_magic.RuntimeUnavailableError:
    print("refused")
resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
print(len(list(program.run_many(["1"] * 9, jobs=9))))
"""


def test_without_threads_calls_are_refused_and_work_again_when_there_are_some(runtime):
    done = python(NO_THREADS, runtime)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    assert done.stdout.splitlines() == ["refused", "refused", "[2]", "[2]", "refused", "9"], done.stderr


SCARCE = """
import sys, tempfile, os
os.environ["JQ_MAGIC_CACHE_DIR"] = tempfile.mkdtemp()
import jq_magic
from jq_magic import jobs
# There are threads for Python, but not one more for each core.
jobs.can_start = lambda count, stack_bytes=0: False
try:
    print(jq_magic.compile(". + 1", runtime=sys.argv[1]).input_value(1).all())
except jq_magic.RuntimeUnavailableError as error:
    print("no threads" in str(error))
"""


@pytest.mark.parametrize(("runtime", "end"), [("wasmtime", "[2]"), ("wasmer", "True")])
def test_without_threads_for_the_compiler_nothing_dies(runtime, end):
    done = python(SCARCE, runtime)
    assert done.stdout == end + "\n", done.stderr
