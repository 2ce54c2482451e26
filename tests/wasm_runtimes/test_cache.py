"""Compiled code on disk: used when it is ours and whole, ignored with one warning otherwise."""

from __future__ import annotations

import concurrent.futures
import os
import re
import signal
import warnings
from pathlib import Path
from typing import Any

import pytest

from jq_magic.wasm_runtimes import cache
from tests.support import missing, python


class FakeRuntime:
    """A runtime whose compiled code is the module with a prefix; a module is its bytes."""

    name = "fake"
    fingerprint = "fake 1"
    thread_stack_bytes = 1 << 20

    def compile(self, wasm):
        return wasm

    def serialize(self, module: Any) -> bytes:
        return b"code of " + module

    def deserialize(self, code: bytes) -> Any:
        assert code.startswith(b"code of ")
        return code.removeprefix(b"code of ")


#: What a fake runtime makes of b"wasm".
MODULE: Any = b"wasm"


@pytest.fixture
def directory(tmp_path, monkeypatch):
    path = tmp_path / "cache"
    monkeypatch.setenv(cache.DIRECTORY_VARIABLE, str(path))
    cache._warned.clear()
    return path


def the_file(directory):
    (path,) = directory.iterdir()
    return path


def test_what_was_stored_is_loaded(directory):
    assert cache.load(FakeRuntime(), b"wasm") is None
    cache.store(FakeRuntime(), b"wasm", MODULE)
    assert cache.is_stored(FakeRuntime(), b"wasm")
    assert cache.load(FakeRuntime(), b"wasm") == MODULE
    assert directory.stat().st_mode & 0o777 == 0o700
    assert the_file(directory).stat().st_mode & 0o777 == 0o600


def test_another_module_or_configuration_has_another_file(directory):
    cache.store(FakeRuntime(), b"wasm", MODULE)
    assert cache.load(FakeRuntime(), b"other") is None
    changed = FakeRuntime()
    changed.fingerprint = "fake 2"
    assert cache.load(changed, b"wasm") is None


@pytest.mark.parametrize("at", range(0, 44, 4))
def test_no_flipped_bit_and_no_shorter_file_is_ever_loaded(at, directory):
    cache.store(FakeRuntime(), b"wasm", MODULE)
    path = the_file(directory)
    content = path.read_bytes()
    assert len(content) == len(b"code of wasm") + 32
    for bit in range(8):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        cache._warned.clear()
        with pytest.warns(cache.CacheWarning, match="damaged"):
            assert cache.load(FakeRuntime(), b"wasm") is None
    path.write_bytes(content[:at])
    cache._warned.clear()
    with pytest.warns(cache.CacheWarning, match="damaged"):
        assert cache.load(FakeRuntime(), b"wasm") is None


def replaced(path, make):
    path.unlink()
    make(path)


def moved_behind_a_link(path):
    target = path.rename(path.parent.parent / "target")
    path.symlink_to(target)


def grown(path):
    with path.open("r+b") as file:
        file.truncate(1 << 40)


#: How a stored file is spoilt.
SPOILT = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\xff" * 100),
    "longer": lambda path: path.write_bytes(b"other" + path.read_bytes()),
    "endless": grown,
    "writable by others": lambda path: path.chmod(0o666),
    "directory writable by others": lambda path: path.parent.chmod(0o777),
    "parent writable by everybody": lambda path: path.parent.parent.chmod(0o777),
    "link": moved_behind_a_link,
    "directory is a link": lambda path: moved_behind_a_link(path.parent),
    "hard link": lambda path: os.link(path, path.parent.parent / "other name"),
    "pipe": lambda path: replaced(path, os.mkfifo),
    "is a directory": lambda path: replaced(path, os.mkdir),
    "foreign": lambda path: os.chown(path, 12345, 12345),
    "directory of another user": lambda path: os.chown(path.parent, 12345, 12345),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_file_is_ignored_with_one_warning(how, directory):
    if how in {"foreign", "directory of another user"} and os.getuid() != 0:
        missing("only root can give files away")
    cache.store(FakeRuntime(), b"wasm", MODULE)
    SPOILT[how](the_file(directory))
    with pytest.warns(cache.CacheWarning, match="not used"):
        assert cache.load(FakeRuntime(), b"wasm") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cache.load(FakeRuntime(), b"wasm") is None


def test_a_directory_that_cannot_be_made_costs_one_warning(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.DIRECTORY_VARIABLE, str(tmp_path / "file" / "cache"))
    cache._warned.clear()
    with pytest.warns(cache.CacheWarning, match="cannot be kept"):
        cache.store(FakeRuntime(), b"wasm", MODULE)


#: With a deadline that is met while the machine compiles for many processes at once.
RUN = (
    "import sys, jq_magic; limits = jq_magic.Limits(deadline_s=3600);"
    "print(jq_magic.Sandbox(*sys.argv[1:], limits=limits).run('1 + 1', 'null').values)"
)


@pytest.mark.slow
def test_a_new_process_uses_what_an_earlier_one_compiled(directory, runtime):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    assert python(RUN, runtime, env=env).stdout == "[2]\n"
    stored = the_file(directory)
    before = stored.stat().st_mtime_ns
    assert python(RUN, runtime, env=env).stdout == "[2]\n"
    assert stored.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_damaged_cache_of_the_real_runtime_is_never_fatal(directory, runtime):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    python(RUN, runtime, env=env)
    stored = the_file(directory)
    stored.write_bytes(stored.read_bytes()[:100_000])
    done = python(RUN, runtime, env=env)
    assert done.stdout == "[2]\n"
    assert done.stderr.count("CacheWarning:") == 1
    assert stored.stat().st_size > 100_000


SIGNED = """
import hashlib, pathlib, sys
path = pathlib.Path(sys.argv[1])
code = path.read_bytes()[:-32]
code = code[: len(code) // 2]
path.write_bytes(code + hashlib.sha256(code).digest())
"""


@pytest.mark.slow
def test_a_truncated_file_with_a_right_checksum_is_not_fatal_either(directory):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    python(RUN, env=env)
    assert python(SIGNED, str(the_file(directory))).returncode == 0
    done = python(RUN, env=env)
    assert done.stdout == "[2]\n", done.stderr


KILLED = """
import os, signal, sys
from jq_magic.wasm_runtimes import cache
written = os.replace
def killed(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "before the rename":
    os.replace = killed
else:
    os.fsync = killed
import jq_magic
jq_magic.all("1", None)
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before the rename", "before the data is on disk"])
def test_a_process_that_is_killed_while_it_writes_leaves_nothing_that_is_loaded(when, directory):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    assert python(KILLED, when, env=env).returncode == -signal.SIGKILL
    (left,) = directory.iterdir()
    assert left.name.startswith(".new-")
    os.utime(left, (0, 0))
    done = python(RUN, env=env)
    assert (done.stdout, done.stderr) == ("[2]\n", "")
    # What was left is swept away once it is old.
    assert the_file(directory).suffix == ".bin"


@pytest.mark.slow
def test_eight_processes_that_start_at_once_on_an_empty_cache_all_work(directory):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        # Each of them compiles the guest, which takes a busy machine minutes.
        ends = list(pool.map(lambda _: python(RUN, env=env, timeout=1800), range(8)))
    assert [(end.returncode, end.stdout, end.stderr) for end in ends] == [(0, "[2]\n", "")] * 8
    assert the_file(directory).suffix == ".bin"
    assert (python(RUN, env=env).stdout) == "[2]\n"


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
"""


@pytest.mark.slow
def test_a_disk_that_is_full_costs_one_warning_and_leaves_nothing(directory):
    done = python(FULL + RUN, env={**os.environ, cache.DIRECTORY_VARIABLE: str(directory)})
    assert done.stdout == "[2]\n"
    assert done.stderr.count("CacheWarning:") == 1
    assert list(directory.iterdir()) == []


@pytest.mark.slow
def test_a_directory_that_cannot_be_written_costs_one_warning(directory):
    # A user without rights: root may write everywhere.
    directory.mkdir(0o500)
    code = f"""
import os
if os.getuid() == 0:
    os.chown({str(directory)!r}, 65534, 65534)
    os.chmod({str(directory.parent)!r}, 0o755)
    os.environ["HOME"] = "/nonexistent"
    import jq_magic.program, jq_magic.wasm_runtimes.wasmtime
    os.setuid(65534)
{RUN}
"""
    done = python(code, env={**os.environ, cache.DIRECTORY_VARIABLE: str(directory)})
    assert done.stdout == "[2]\n", done.stderr
    assert done.stderr.count("CacheWarning:") == 1


@pytest.mark.slow
def test_a_directory_that_cannot_be_entered_costs_one_warning(directory):
    directory.mkdir(0o700)
    closed = directory / "closed"
    closed.mkdir(0o000)
    code = f"""
import os
if os.getuid() == 0:
    import jq_magic.program, jq_magic.wasm_runtimes.wasmtime
    os.setuid(65534)
{RUN}
"""
    done = python(code, env={**os.environ, cache.DIRECTORY_VARIABLE: str(closed / "cache")})
    assert done.stdout == "[2]\n", done.stderr
    assert done.stderr.count("CacheWarning:") == 1


@pytest.mark.slow
def test_without_a_home_nothing_is_taken_from_the_working_directory(tmp_path):
    # A folder of a stranger's that holds what would be the cache of somebody without a home.
    code = f"""
import os
{RUN}
"""
    planted = tmp_path / "~" / ".cache" / "jq_magic"
    env = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_CACHE_HOME"}}
    first = python(code, env={**env, cache.DIRECTORY_VARIABLE: str(planted)})
    assert first.stdout == "[2]\n"
    assert the_file(planted).suffix == ".bin"
    homeless = f"""
import os, pwd
os.chdir({str(tmp_path)!r})
def nobody(uid):
    raise KeyError(uid)
pwd.getpwuid = nobody
from jq_magic.wasm_runtimes import wasmtime
loaded = []
wasmtime.RUNTIME.deserialize = loaded.append
{RUN}
print(loaded)
"""
    done = python(homeless, env=env)
    assert done.stdout == "[2]\n[]\n", done.stderr
    # platformdirs refuses, or gives a path that begins with a tilde, which is then refused here.
    assert "set JQ_MAGIC_CACHE_DIR" in done.stderr
    assert done.stderr.count("CacheWarning:") == 1


def test_a_relative_directory_is_not_used(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(cache.DIRECTORY_VARIABLE, "cache")
    cache._warned.clear()
    with pytest.warns(cache.CacheWarning, match="not absolute"):
        cache.store(FakeRuntime(), b"wasm", MODULE)
    cache._warned.clear()
    with pytest.warns(cache.CacheWarning, match="not absolute"):
        assert cache.load(FakeRuntime(), b"wasm") is None


def test_a_cache_is_not_taken_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv(cache.DIRECTORY_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert not cache._path(FakeRuntime(), b"wasm").is_relative_to(Path.cwd())


@pytest.mark.slow
def test_who_waits_for_a_compilation_is_told_how_long_it_takes(directory, monkeypatch):
    code = """
import os, jq_magic
from jq_magic.guest.module import MODULES
said = []
MODULES.notice = said.append
jq_magic.compile(".")
jq_magic.compile(".")
print(said)
"""
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    first, second = (python(code, env=env).stdout for _ in range(2))
    assert re.fullmatch(r"\['jq_magic: compiling the sandbox .*, about \d+ s left .*'\]\n", first)
    assert second == "[]\n"
