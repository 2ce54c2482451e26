"""The second wall, by trying: what a process that was taken over can still do, and what without it."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jq_magic.kernel import install, landlock, seccomp
from jq_magic.wasm_runtimes import cache
from tests.support import ROOT, missing, python

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these walls")

#: What somebody tries who runs code in the process; each is an expression, and all succeed without a wall.
TRIES = {
    "read a file beside the data": "open(SECRET).read()",
    "read a file of the system": "open('/etc/passwd').read(1)",
    "list the root": "os.listdir('/')",
    "read its own memory": "open('/proc/self/maps').read(1)",
    "read the environment": "open('/proc/self/environ').read(1)",
    "write into the data": "open(DATA + '/new', 'w').close()",
    "remove from the data": "os.unlink(DATA + '/gone')",
    "make a link in the data": "os.symlink('x', DATA + '/link')",
    "rename the data": "os.rename(DATA + '/old', DATA + '/renamed')",
    "follow a link out": "open(DATA + '/out').read()",
    "import a module": "__import__('this_module_is_in_the_secret_place')",
    "start a program": "subprocess.run(['/bin/true'], check=True)",
    "become a program": "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)[1] == 0 or 1 / 0",
    "fork": "os.waitpid(os.fork() or os._exit(0), 0)",
    "connect": "socket.create_connection(('127.0.0.1', PORT)).close()",
    "send a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "listen on a port": "socket.create_server(('127.0.0.1', 0)).close()",
    "connect to a socket in the files": "socket.socket(socket.AF_UNIX).connect(UNIX)",
    "end its parent": "os.kill(os.getppid(), 0)",
    "look into another process": "open(f'/proc/{os.getppid()}/maps').read(1)",
}
ALLOWED = {
    "read the data": "open(DATA + '/a.json').read()",
    "list the data": "os.listdir(DATA)",
    "start a thread": "[thread.start() or thread.join() for thread in [threading.Thread(target=int)]]",
    "interrupt itself": "os.kill(os.getpid(), 0)",
    "interrupt its group": "os.killpg(os.getpgid(0), 0) if os.getpgid(0) == os.getpid() else None",
}
IMPORTS = "import os, socket, subprocess, sys, threading, json"


@pytest.fixture
def place(tmp_path):
    """A directory of data with a secret beside it, and sockets that can be connected to."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "this_module_is_in_the_secret_place.py").write_text("")
    data = tmp_path / "data"
    data.mkdir()
    for name in ["a.json", "gone", "old"]:
        (data / name).write_text("1")
    (data / "out").symlink_to("../secret.txt")

    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "socket"))
    unix.listen()
    names = {
        "DATA": str(data),
        "SECRET": str(tmp_path / "secret.txt"),
        "UNIX": str(tmp_path / "socket"),
        "PORT": tcp.getsockname()[1],
    }
    yield names
    tcp.close()
    unix.close()


def outcomes(script, names, tmp_path):
    """Run the tries in a process of their own; what came of each."""
    code = textwrap.dedent(f"""
        {IMPORTS}
        sys.path.append({str(tmp_path)!r})
        globals().update({names!r})
        from jq_magic.kernel import confine
        {script}
        found = {{}}
        for name, code in { ({**TRIES, **ALLOWED})!r}.items():
            try:
                eval(code)
                found[name] = "done"
            except (OSError, ImportError) as error:
                found[name] = type(error).__name__
        print(json.dumps(found))
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, start_new_session=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_the_wall_everything_is_done(place, tmp_path):
    found = outcomes("pass", place, tmp_path)
    assert {name for name, outcome in found.items() if outcome != "done"} == set()


def test_with_both_walls_nothing_is_done_but_what_the_kernel_needs(place, tmp_path):
    if not landlock.version() or not seccomp.is_known():
        missing("this system has no Landlock, or its machine is not known")
    script = "walls = confine.files(os.open(DATA, os.O_RDONLY), [], None) + [confine.calls()]"
    found = outcomes(script, place, tmp_path)
    assert {name for name in TRIES if found[name] == "done"} == set()
    assert {name for name in ALLOWED if found[name] != "done"} == set()


def test_each_wall_stands_alone(place, tmp_path):
    if not landlock.version() or not seccomp.is_known():
        missing("this system has no Landlock, or its machine is not known")
    files = outcomes("confine.files(os.open(DATA, os.O_RDONLY), [], None)", place, tmp_path)
    assert files["read a file beside the data"] != "done"
    assert files["follow a link out"] != "done"
    if landlock.version() >= 4:
        assert files["connect"] != "done"
        assert files["listen on a port"] != "done"
    assert files["fork"] == "done"
    calls = outcomes("confine.landlock.no_new_privileges(); confine.calls()", place, tmp_path)
    assert calls["read a file beside the data"] == "done"
    assert calls["start a program"] != "done"
    assert calls["connect to a socket in the files"] != "done"


def test_a_port_of_the_connection_file_can_be_bound(place, tmp_path):
    if landlock.version() < 4:
        missing("this system's Landlock knows no ports")
    script = textwrap.dedent("""
        import socket, os
        from jq_magic.kernel import landlock
        free = socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        landlock.no_new_privileges()
        landlock.restrict([], [port])
        socket.create_server(("127.0.0.1", port)).close()
        try:
            socket.create_server(("127.0.0.1", port - 1 if port > 1025 else port + 1))
        except PermissionError:
            print("refused")
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "refused\n"


COLD = """
import os, sys
from jq_magic.kernel import confine
# One is enough to see whether its compilers leave threads.
confine.ENGINES = ("jq",)
confine.prepare()
print(*confine.files(os.open(sys.argv[1], os.O_RDONLY), [], None), sep="\\n")
"""


@pytest.mark.slow
def test_the_first_kernel_of_a_user_has_the_walls_of_later_ones(place, tmp_path):
    if not landlock.version():
        missing("this system has no Landlock")
    done = python(COLD, place["DATA"], env={**os.environ, cache.DIRECTORY_VARIABLE: str(tmp_path / "cache")})
    assert "files: those of the data directory only" in done.stdout, (done.stdout, done.stderr[-2000:])


#: A kernel whose cells are Python: what somebody has who broke out of the sandbox.
TAKEN_OVER = f"""
{IMPORTS}
sys.path[:] = [path for path in sys.path if path]
from jq_magic.kernel import session
def execute(self, code, number):
    yield session.Text(repr(eval(code, globals())))
session.Session.execute = execute
from jq_magic.kernel.app import main
main()
"""


@pytest.mark.slow
def test_a_kernel_that_was_taken_over_can_read_its_data_and_no_more(place, tmp_path, specs, start):
    if not landlock.version() or not seccomp.is_known():
        missing("this system has no Landlock, or its machine is not known")
    spec = install.spec(sys.executable, data=place["DATA"])
    spec["argv"][2] = TAKEN_OVER
    (specs / "taken").mkdir()
    (specs / "taken" / "kernel.json").write_text(json.dumps(spec))
    kernel = start(tmp_path, "taken")
    kernel.text(f"globals().update({place!r}) or sys.path.append({str(tmp_path)!r})")
    reached = []
    for name, code in {**TRIES, **ALLOWED}.items():
        reply, _ = kernel.run(code)
        if reply["status"] == "ok":
            reached.append(name)
    assert set(reached) == set(ALLOWED)
    threads = ast.literal_eval(kernel.text("len(threading.enumerate())"))
    assert threads > 3
    process = kernel.manager.provisioner.pid
    for task in Path(f"/proc/{process}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        status = dict(line.split(":\t") for line in lines if ":\t" in line)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.slow
def test_limits_says_what_stands(kernel):
    text = kernel.text("%limits")
    if landlock.version() and seccomp.is_known():
        assert "files: those of the data directory only" in text
        assert "programs and sockets: none" in text
    for engine in ["", "--engine jq"]:
        assert kernel.text(f"%jq {engine} -n '\"2024-01-02T03:04:05Z\" | fromdate'").startswith("1704164645\n")
