"""Whoever changes the handlers of signals, a filter that meets a limit ends its run and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.support import missing, python

pytestmark = pytest.mark.slow

#: What the process goes through: a first use, then a change, then traps of each kind by whatever is there to run.
PLAY = """
import ctypes, faulthandler, signal, sys, threading, warnings
import jq_magic

runtime, how, library = sys.argv[1:]
limits = jq_magic.Limits(fuel=10**7, memory_bytes=32 << 20, deadline_s=600)
traps = ["last(range(1e18))", "def f: 1 + f; f", '"ab" * 1000000000']
ends = ["FuelError", "FuelError", "MemoryLimitError"]

NUMBERS = (signal.SIGILL, signal.SIGSEGV, signal.SIGFPE)

def install(kind):
    lib = ctypes.CDLL(library)
    for number in NUMBERS:
        assert lib.install(int(number), kind) == 0

def chained_by_ctypes():
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    class Action(ctypes.Structure):
        _fields_ = [("handler", ctypes.c_void_p), ("mask", ctypes.c_ubyte * 128), ("flags", ctypes.c_int),
                    ("restorer", ctypes.c_void_p)]
    libc = ctypes.CDLL(None)
    for number in NUMBERS[:2]:
        old = Action()
        libc.sigaction(int(number), None, ctypes.byref(old))
        pass_on = prototype(old.handler)
        handler = prototype(lambda *args, pass_on=pass_on: pass_on(*args))
        keep.append((handler, pass_on))
        new = Action(ctypes.cast(handler, ctypes.c_void_p).value, old.mask, old.flags, None)
        libc.sigaction(int(number), ctypes.byref(new), None)

keep = []
CHANGES = {
    "nothing": lambda: None,
    "default": lambda: signal.signal(signal.SIGILL, signal.SIG_DFL),
    "default for all": lambda: [signal.signal(number, signal.SIG_DFL) for number in NUMBERS],
    "ignored": lambda: signal.signal(signal.SIGILL, signal.SIG_IGN),
    "a Python function": lambda: signal.signal(signal.SIGILL, lambda *_: None),
    "a Python function for SIGSEGV": lambda: signal.signal(signal.SIGSEGV, lambda *_: None),
    "faulthandler": faulthandler.enable,
    "faulthandler off": faulthandler.disable,
    "faulthandler off and on": lambda: (faulthandler.disable(), faulthandler.enable()),
    "flags": lambda: install(5),
    "chaining": lambda: install(0),
    "chaining by ctypes": chained_by_ctypes,
    "returning": lambda: install(1),
    "ending": lambda: install(2),
    "skipping": lambda: install(3),
    "waiting": lambda: install(4),
    "removed": lambda: install(6),
}

def end(program):
    try:
        program.run("null")
    except (jq_magic.LimitError, jq_magic.RuntimeUnavailableError) as error:
        said.append(str(error))
        return type(error).__name__

def use():
    '''By kept programs and instances, by a new one, by an iterator that lives, by threads.'''
    found = [[end(program) for program in programs]]
    found.append([end(jq_magic.Sandbox(runtime, limits).compile(trap)) for trap in traps]
                 if found == [ends] else found[0])
    outcomes = list(programs[0].run_many(["null"] * 6, jobs=2, errors="give"))
    found.append([type(outcome).__name__ for outcome in outcomes])
    try:
        for _ in living.pop():
            pass
    except jq_magic.JqMagicError as error:
        found.append(type(error).__name__)
    return found

said, living = [], []
if how.startswith("faulthandler off"):
    faulthandler.enable()
sandbox = jq_magic.Sandbox(runtime, limits)
programs = [sandbox.compile(trap) for trap in traps]
small = sandbox.compile("1, 2")
for _ in range(40):
    small.run("null")
for _ in range(4):
    outputs = iter(sandbox.compile("range(1e18)").input_value(None))
    next(outputs)
    living.append(outputs)
right = [ends, ends, ["FuelError"] * 6, "FuelError"]
assert use() == right
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for step in how.split(", "):
        CHANGES[step]()
        found = use()
        print("right" if found == right else "refused" if {*found[0]} == {"RuntimeUnavailableError"} else found)
print(len(caught), [str(w.message)[:60] for w in caught])
print(said[-1] if said and library in said[-1] else "")
"""

#: A handler that passes on what comes, and some that do not.
LIBRARY = """
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <ucontext.h>
static struct sigaction before[65];
static void chain(int number, siginfo_t *info, void *context) {
    if (before[number].sa_flags & SA_SIGINFO) before[number].sa_sigaction(number, info, context);
    else before[number].sa_handler(number);
}
static void come_back(int number, siginfo_t *info, void *context) {}
static void end(int number, siginfo_t *info, void *context) { _exit(3); }
static void skip(int number, siginfo_t *info, void *context) {
#ifdef __x86_64__
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
#else
    _exit(3);
#endif
}
static void wait_for_ever(int number, siginfo_t *info, void *context) { for (;;) pause(); }
int install(int number, int kind) {
    static void (*const handlers[])(int, siginfo_t *, void *) = {chain, come_back, end, skip, wait_for_ever};
    struct sigaction action;
    if (kind == 6) return sigaction(number, &before[number], 0);
    if (sigaction(number, 0, &action)) return 1;
    if (kind == 5) action.sa_flags &= ~(SA_SIGINFO | SA_ONSTACK);
    else {
        before[number] = action;
        action.sa_sigaction = handlers[kind];
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    }
    return sigaction(number, &action, 0);
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        missing("a library is made with a C compiler: apt-get install gcc")
    directory = tmp_path_factory.mktemp("library")
    (directory / "handlers.c").write_text(LIBRARY)
    made = directory / "libhandlers.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, directory / "handlers.c"], check=True)
    return str(made)


def played(runtime, how, library="-"):
    done = python(PLAY, runtime, how, library)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("how", "warnings"),
    [
        ("nothing", 0),
        ("default", 1),
        ("default for all", 1),
        ("ignored", 1),
        ("a Python function", 1),
        ("a Python function for SIGSEGV", 1),
        ("faulthandler", 1),
        ("faulthandler off", 1),
        ("faulthandler off and on", 0),
        ("default, default, a Python function", 3),
        ("faulthandler, default, faulthandler", 3),
    ],
)
def test_a_handler_that_was_taken_away_is_put_back_with_one_warning(runtime, how, warnings):
    *found, said, _ = played(runtime, how)
    assert set(found) == {"right"}, (found, said)
    assert said.startswith(f"{warnings} ["), said


@pytest.mark.parametrize("how", ["chaining", "chaining, removed", "flags", "chaining, default"])
def test_a_library_that_passes_signals_on_is_left_alone(runtime, how, library):
    *found, said, _ = played(runtime, how, library)
    assert set(found) == {"right"}, (found, said)
    assert said.startswith(f"{int('flags' in how or 'default' in how)} ["), said


@pytest.mark.skipif(sys.platform != "linux", reason="the test writes Linux's struct sigaction")
def test_a_handler_made_in_memory_that_passes_signals_on_is_left_alone(runtime):
    *found, said, _ = played(runtime, "chaining by ctypes")
    assert set(found) == {"right"}, (found, said)
    assert said == "0 []"


@pytest.mark.parametrize("how", ["returning", "ending", "skipping"])
def test_a_library_that_keeps_signals_to_itself_is_refused_by_name(runtime, how, library):
    found, said, refusal = played(runtime, how, library)
    assert (found, said) == ("refused", "0 []")
    assert library in refusal
    assert "another process" in refusal


def test_a_library_whose_handler_does_not_come_back_is_refused_in_time(runtime, library):
    assert played(runtime, "waiting", library)[0] == "refused"


@pytest.mark.parametrize("how", ["returning, removed", "returning, default for all, removed"])
def test_it_works_again_when_such_a_library_has_gone(runtime, how, library):
    found = played(runtime, how, library)
    assert found[0] == "refused"
    assert set(found[1:-2]) == {"right"}, found


MEANWHILE = """
import ctypes, faulthandler, signal, sys, threading, time, warnings
import jq_magic
from jq_magic.guest.guest import Guest
runtime, how, works, library = sys.argv[1:]
limits = jq_magic.Limits(fuel=2**62, deadline_s=1.0)
runs, pull = threading.Event(), Guest.pull

def pulling(guest):
    runs.set()
    return pull(guest)

Guest.pull = pulling
program = jq_magic.Sandbox(runtime, limits).compile("last(range(1e18))")
warnings.simplefilter("ignore")
ends = []

def run():
    outcomes = program.run_many(["null"] * 2, jobs=2, errors="give") if works == "many" else [None]
    for outcome in outcomes:
        try:
            ends.append(type(outcome or program.run("null")).__name__)
        except jq_magic.JqMagicError as error:
            ends.append(type(error).__name__)

thread = threading.Thread(target=run)
thread.start()
runs.wait()
time.sleep(0.3)
if how == "default":
    signal.signal(signal.SIGILL, signal.SIG_DFL)
elif how == "a Python function":
    signal.signal(signal.SIGILL, lambda *_: None)
elif how == "faulthandler":
    faulthandler.enable()
else:
    assert ctypes.CDLL(library).install(int(signal.SIGILL), int(how)) == 0
thread.join()
print(ends)
"""


@pytest.mark.parametrize("works", ["one", "many"])
@pytest.mark.parametrize("how", ["default", "a Python function", "faulthandler", "0", "1", "2"])
def test_handlers_that_change_while_a_filter_runs_do_not_let_its_end_be_that_of_the_process(
    runtime, how, works, library
):
    done = python(MEANWHILE, runtime, how, works, library)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    assert done.stdout == f"{['DeadlineError'] * (2 if works == 'many' else 1)}\n", done.stderr[-2000:]
