"""Interrupts at any moment: what was interrupted ends, and everything after it works as if nothing had been."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support import python

pytestmark = pytest.mark.slow

SEED = 20261126

STRESS = """
import faulthandler, gc, os, random, signal, sys, time
import jq_magic
from jq_magic import imports
from jq_magic.guest.module import MODULES
from jq_magic.run.pool import POOLS

runtime, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(seed)
faulthandler.dump_traceback_later(500, exit=True)

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
limits = jq_magic.Limits(deadline_s=60, fuel=10**12)
sandbox = jq_magic.Sandbox(runtime, limits)
short, long = sandbox.compile(".a"), sandbox.compile("last(range(1e18))")
living = []

def first_use():
    # What a first use does, but for Python's imports and the compiler.
    MODULES._loadings.clear()
    MODULES._modules.clear()
    imports._IMPORTS._jobs.clear()
    jq_magic.Sandbox(runtime, limits).compile(".").run("1")

def iterate():
    outputs = iter(sandbox.compile("range(1000)").input_value(None))
    for _ in range(draw.randrange(5)):
        next(outputs)
    if draw.random() < 0.3:
        living.append(outputs)
        del living[:-3]

WORKS = {
    "short": lambda: short.run('{"a": 1}'),
    "long": lambda: long.run("null", limits=limits.replace(deadline_s=1.0)),
    "compile": lambda: sandbox.compile(f".a + {draw.randrange(10**6)}"),
    "iterate": iterate,
    "many": lambda: list(short.run_many(['{"a": 1}'] * 20, jobs=2)),
    "first use": first_use,
}

def interrupted(work, seconds):
    '''Repeat some work until an interrupt comes, which a finalizer may swallow.'''
    ends = time.monotonic() + seconds + 0.2
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        while time.monotonic() < ends:
            work()
    except KeyboardInterrupt:
        return 1
    except jq_magic.DeadlineError:
        # The interrupt came in a finalizer, which swallowed it.
        return 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0

def look():
    '''Threads, and gigabytes of address space, when nothing runs.'''
    living.clear()
    for _ in range(200):
        gc.collect()
        POOLS.clear()
        threads = len(os.listdir("/proc/self/task"))
        gib = int(open("/proc/self/statm").read().split()[0]) * 4096 / 2**30
        if threads <= most_threads and gib <= most_gib:
            break
        time.sleep(0.05)
    return threads, gib

def use():
    assert short.run('{"a": 1}').text == "1\\n"
    assert [result.text for result in short.run_many(['{"a": 1}'] * 6, jobs=3)] == ["1\\n"] * 6
    assert sandbox.compile("1 + 1").run("null").text == "2\\n"
    assert list(sandbox.compile("range(3)").input_value(None)) == [0, 1, 2]
    try:
        sandbox.compile("last(range(1e18))").run("null", limits=limits.replace(fuel=10**6))
    except jq_magic.FuelError as error:
        assert error.usage.fuel > 10**6

most_threads, most_gib = 0, 0
for _ in range(3):
    for name in ("short", "compile", "iterate", "many", "first use"):
        WORKS[name]()
    use()
threads, gib = look()
# Threads that are idle are no loss: as many as ever ran at a time, and those of an interrupted step.
most_threads, most_gib = threads + 8, gib + 13
came = 0
for burst in range(count // 50):
    for _ in range(50):
        name = draw.choice(list(WORKS))
        came += interrupted(WORKS[name], draw.choice([1e-4, 1e-3, 1e-2]) * (1 + 2 * draw.random()))
    use()
    now = look()
    assert now[0] <= most_threads and now[1] <= most_gib, (burst, now, threads, gib)
    use()
print(came >= count * 0.8, came, look(), (threads, gib))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads and address space are counted by /proc")
@pytest.mark.parametrize("part", range(2))
def test_after_hundreds_of_interrupts_everything_works_and_nothing_is_lost(runtime, part):
    done = python(STRESS, runtime, str(SEED + part), "500", timeout=590)
    assert done.returncode == 0, done.stdout + done.stderr[-6000:]
    assert done.stdout.startswith("True "), done.stdout


FIRST = """
import faulthandler, os, random, signal, sys, time
runtime, seed = sys.argv[1:]
draw = random.Random(int(seed))
faulthandler.dump_traceback_later(100, exit=True)

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
came = 0
for attempt in range(3):
    try:
        signal.setitimer(signal.ITIMER_REAL, draw.uniform(0.001, float(os.environ["LONGEST_S"])))
        import jq_magic
        jq_magic.compile(".", runtime=runtime).run("1")
    except (KeyboardInterrupt, RuntimeError):
        # Python 3.11 makes a RuntimeError of an interrupt in the making of a class.
        came += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
import jq_magic
print(came, jq_magic.compile(". + 1", runtime=runtime).run("1").text.strip())
try:
    jq_magic.compile("last(range(1e18))", limits=jq_magic.Limits(fuel=10**6), runtime=runtime).run("null")
except jq_magic.FuelError:
    print("ended")
"""


def test_interrupts_in_the_middle_of_the_first_imports_leave_nothing_half_done(runtime):

    for seed in range(SEED, SEED + 25):
        done = python(FIRST, runtime, str(seed), env={**os.environ, "LONGEST_S": "0.2"})
        assert done.stdout.split()[1:] == ["2", "ended"], (seed, done.returncode, done.stdout, done.stderr[-3000:])


INITIALIZING = """
import signal, sys

class Interrupting:
    '''Interrupts what imports `datetime` for the first time, which an extension module does while it is initialized.'''
    def find_spec(name, path, target=None):
        if name == "datetime":
            sys.meta_path.remove(Interrupting)
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting)
try:
    import jq_magic
    jq_magic.compile(".").run("1")
except KeyboardInterrupt:
    print("interrupted")
import jq_magic
print(jq_magic.compile(". + 1").run("1").text.strip())
"""


def test_an_interrupt_while_an_extension_module_is_initialized_is_no_crash():
    done = python(INITIALIZING)
    assert (done.returncode, done.stdout.split()) == (0, ["interrupted", "2"]), (done.stdout, done.stderr[-3000:])


COMPILING = "import os, tempfile\nos.environ['JQ_MAGIC_CACHE_DIR'] = tempfile.mkdtemp()\n" + FIRST


def test_interrupts_in_the_middle_of_a_compilation_end_the_wait_for_it(runtime):

    for seed in range(SEED, SEED + 3):
        done = python(COMPILING, runtime, str(seed), env={**os.environ, "LONGEST_S": "2"})
        assert done.stdout.split()[1:] == ["2", "ended"], (seed, done.returncode, done.stdout, done.stderr[-3000:])


HANDLER = """
import faulthandler, random, signal, sys, time
import jq_magic
runtime = sys.argv[1]
faulthandler.dump_traceback_later(100, exit=True)
program = jq_magic.compile(".a", runtime=runtime)
other = jq_magic.compile("[range(10)] | add", runtime=runtime)
draw = random.Random(7)
seen = []

def handler(*_):
    # Whatever is under way, the handler runs programs of its own: kept ones, a new one, several at a time.
    seen.append(other.run("null").text)
    jq_magic.compile(f". + {len(seen) % 7}", runtime=runtime).run("1")
    if len(seen) % 10 == 0:
        list(program.run_many(['{"a": 1}'] * 4, jobs=2))

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0023)
ends = time.monotonic() + 60
wrong = 0
while len(seen) < 400 and time.monotonic() < ends:
    wrong += program.run('{"a": 1}').text != "1\\n"
    if draw.random() < 0.1:
        wrong += jq_magic.compile(f".a + {draw.randrange(50)}", runtime=runtime).run('{"a": 1}').text == ""
    if draw.random() < 0.02:
        wrong += len(list(program.run_many(['{"a": 1}'] * 9, jobs=2))) != 9
signal.setitimer(signal.ITIMER_REAL, 0)
print(len(seen) >= 400, set(seen), wrong)
"""


def test_a_handler_of_signals_may_run_programs_while_one_starts(runtime):
    done = python(HANDLER, runtime)
    assert done.stdout == "True {'45\\n'} 0\n", (done.stdout, done.stderr[-3000:])


SHUTDOWN = """
import sys, threading, time
import jq_magic
runtime, what = sys.argv[1:]
limits = jq_magic.Limits(deadline_s=100, fuel=10**15)
sandbox = jq_magic.Sandbox(runtime, limits)
endless = sandbox.compile("last(range(1e18))")
living = iter(sandbox.compile("range(1e9)").input_value(None))
print(next(living), flush=True)
if what == "a run":
    threading.Thread(target=endless.run, args=("null",), daemon=True).start()
elif what == "many":
    outcomes = sandbox.compile("if . == 1 then 1 else last(range(1e18)) end").run_many(["1", "2", "2"], jobs=2)
    next(outcomes)
elif what == "a first use":
    import os, tempfile
    os.environ["JQ_MAGIC_CACHE_DIR"] = tempfile.mkdtemp()
    from jq_magic.guest.module import MODULES
    MODULES.warm_up(runtime, "jq")
elif what == "at exit":
    import atexit
    atexit.register(lambda: print(sandbox.run("1 + 1", "null").text.strip(), flush=True))
time.sleep(0.2)
"""


@pytest.mark.parametrize("what", ["an iterator", "a run", "many", "a first use", "at exit"])
def test_the_interpreter_ends_with_whatever_is_under_way(runtime, what):
    done = python(SHUTDOWN, runtime, what)
    said = "0\n2\n" if what == "at exit" else "0\n"
    assert (done.returncode, done.stdout) == (0, said), done.stderr


LOST = """
import _imp, sys, threading
import jq_magic
# As an interrupt in the middle of Python's bookkeeping of imports leaves it.
_imp.acquire_lock()
print(jq_magic.compile(". + 1", runtime=sys.argv[1]).run("1").text.strip(), _imp.lock_held())
"""


def test_a_lock_of_imports_that_an_interrupt_lost_is_freed(runtime):
    done = python(LOST, runtime)
    assert done.stdout == "2 False\n", done.stderr


IN_THE_MIDDLE = """
import sys
import importlib._bootstrap as bootstrap
import jq_magic, jq_magic.api
said = []
acquire = bootstrap._imp.acquire_lock

class Imp:
    '''Python's own functions, with a handler that runs a program while the lock of all imports is held.'''
    def __getattr__(self, name):
        return getattr(real, name)
    def acquire_lock(self):
        acquire()
        if not said and wanted in sys._getframe(1).f_code.co_name:
            said.append(0)
            said.append(jq_magic.compile(". + 1", runtime=sys.argv[1]).run("1").text.strip())

real, wanted = bootstrap._imp, "_get_module_lock"
bootstrap._imp = Imp()
import colorsys
print(said, real.lock_held(), colorsys.__name__)
"""


def test_a_handler_in_the_middle_of_an_import_may_be_the_first_to_use_a_runtime(runtime):
    done = python(IN_THE_MIDDLE, runtime)
    assert done.stdout == "[0, '2'] False colorsys\n", done.stderr
