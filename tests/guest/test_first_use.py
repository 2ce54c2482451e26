"""Processes that fork before, during and after a first use, and processes that begin at once."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import time

import pytest

from jq_magic.wasm_runtimes import cache
from tests.support import ROOT, python

pytestmark = pytest.mark.slow

EMPTY = """
import os, signal, sys, tempfile, threading, time
runtime = sys.argv[1]
os.environ["JQ_MAGIC_CACHE_DIR"] = tempfile.mkdtemp()
import jq_magic

def use(engine="magic"):
    return jq_magic.Sandbox(runtime, engine=engine).run("1 + 1", "null").text.strip()

def forked(engine="magic"):
    '''A child that uses an engine and exits with 0 when all is well; it is killed when it hangs.'''
    child = os.fork()
    if child:
        return child
    signal.alarm(900)
    try:
        assert use(engine) == "2"
        try:
            jq_magic.Sandbox(runtime, jq_magic.Limits(fuel=10**7)).run("last(range(1e18))", "null")
        except jq_magic.FuelError:
            os._exit(0)
    finally:
        os._exit(1)

def ends(children):
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
"""

AFTER = (
    EMPTY
    + """
use()
print(ends([forked("magic"), forked("jq")]), use(), use("jq"))
"""
)

DURING = (
    EMPTY
    + """
others = [threading.Thread(target=use, args=(engine,)) for engine in ("magic", "jq")]
for other in others:
    other.start()
children = []
for pause in (0.0, 0.02, 0.1, 0.3, 0.5):
    time.sleep(pause)
    children.append(forked("jq" if len(children) % 2 else "magic"))
print(ends(children))
for other in others:
    other.join()
print(use(), use("jq"))
"""
)

FROM_A_THREAD = (
    EMPTY
    + """
found = []
use()
other = threading.Thread(target=lambda: found.append(ends([forked("magic"), forked("jq")])))
other.start()
other.join()
print(*found, use())
"""
)

#: As a server does that loads before it forks, with a signal that ends a child in the middle.
SERVER = (
    EMPTY
    + """
program = jq_magic.Sandbox(runtime).compile(".a")
for _ in range(20):
    program.run('{"a": 1}')
living = iter(jq_magic.Sandbox(runtime).compile("range(10)").input_value(None))
next(living)
def serve():
    child = os.fork()
    if child:
        return child
    signal.alarm(900)
    texts = {program.run('{"a": 1}').text for _ in range(50)}
    texts |= {result.text for result in program.run_many(['{"a": 1}'] * 50, jobs=3)}
    os._exit(0 if texts == {"1\\n"} else 1)
print(ends([serve() for _ in range(4)]), list(living)[-1], program.run('{"a": 1}').text.strip())
"""
)


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (AFTER, "[0, 0] 2 2"),
        (DURING, "[0, 0, 0, 0, 0]\n2 2"),
        (FROM_A_THREAD, "[0, 0] 2"),
        (SERVER, "[0, 0, 0, 0] 9 1"),
    ],
    ids=["after", "during", "from a thread", "server"],
)
def test_a_forked_child_compiles_and_runs(code, end, runtime):
    done = python(code, runtime, timeout=1800)
    assert done.stdout.strip() == end, done.stderr


POOL = """
import multiprocessing, sys
import jq_magic

def work(number):
    try:
        return jq_magic.compile(". + 1", runtime=sys.argv[1]).input_value(number).first()
    except BaseException as error:
        return repr(error)

if __name__ == "__main__":
    print(work(0))
    with multiprocessing.get_context(sys.argv[2]).Pool(3) as pool:
        print(pool.map_async(work, range(9)).get(900))
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_pools_of_processes_work(method, runtime, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(POOL)
    command = [sys.executable, script, runtime, method]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.stdout.splitlines() == ["1", str(list(range(1, 10)))], done.stderr


#: Says when it compiles, which takes long enough for the others to come.
COUNTED = """
import sys
from jq_magic.guest import module
runtime = sys.argv[1]
print(module.MODULES.warm(runtime))
"""


def test_of_processes_that_begin_at_once_one_compiles(runtime, tmp_path):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(tmp_path / "cache")}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = [done.stdout for done in pool.map(lambda _: python(COUNTED, runtime, env=env, timeout=600), range(4))]
    assert sorted(line.split()[0] for line in said) == ["compiled", "magic", "magic", "magic"], said
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".bin"]


LOCKED = """
import fcntl, os, signal, sys, time
descriptor = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(100)
"""


def test_a_process_that_dies_while_it_compiles_lets_go(tmp_path, monkeypatch):
    directory = tmp_path / "cache"
    directory.mkdir(0o700)
    monkeypatch.setenv(cache.DIRECTORY_VARIABLE, str(directory))
    command = [sys.executable, "-c", LOCKED, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        monkeypatch.setattr(cache, "_MOST_TURN_S", 0.3)
        began = time.monotonic()
        with cache.turn():
            assert time.monotonic() - began > 0.2
        other.kill()
    monkeypatch.setattr(cache, "_MOST_TURN_S", 600)
    began = time.monotonic()
    with cache.turn():
        assert time.monotonic() - began < 300


def test_a_child_that_is_forked_while_its_parent_compiles_holds_no_lock(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.DIRECTORY_VARIABLE, str(tmp_path / "cache"))
    with cache.turn():
        child = os.fork()
        if child == 0:
            time.sleep(300)
            os._exit(0)
    try:
        monkeypatch.setattr(cache, "_MOST_TURN_S", 200)
        began = time.monotonic()
        with cache.turn():
            assert time.monotonic() - began < 100
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_a_directory_that_cannot_be_locked_or_made_delays_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "cache", "relative"):
        monkeypatch.setenv(cache.DIRECTORY_VARIABLE, str(place))
        with cache.turn():
            pass


def test_warm_says_what_it_did(runtime, tmp_path):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(tmp_path / "cache")}
    first, second = (python(COUNTED, runtime, env=env, timeout=600).stdout for _ in range(2))
    assert first.startswith(f"compiled magic for {runtime} in ")
    assert second.startswith(f"magic is compiled for {runtime} already: {tmp_path}")
    (tmp_path / "file").touch()
    env[cache.DIRECTORY_VARIABLE] = str(tmp_path / "file" / "cache")
    done = python(COUNTED, runtime, env=env, timeout=600)
    assert "RuntimeUnavailableError" in done.stderr
    assert done.returncode == 1
