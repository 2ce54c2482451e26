"""Compiled code on disk: used when it is ours and whole, ignored with one warning otherwise."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from conftest import python

from jq_magic.runtimes import cache


class FakeRuntime:
    """A runtime whose compiled code is the module with a prefix."""

    name = "fake"
    fingerprint = "fake 1"

    def serialize(self, module):
        return b"code of " + module

    def deserialize(self, code):
        assert code.startswith(b"code of ")
        return code.removeprefix(b"code of ")


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
    cache.store(FakeRuntime(), b"wasm", b"wasm")
    assert cache.is_stored(FakeRuntime(), b"wasm")
    assert cache.load(FakeRuntime(), b"wasm") == b"wasm"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert the_file(directory).stat().st_mode & 0o777 == 0o600


def test_another_module_or_configuration_has_another_file(directory):
    cache.store(FakeRuntime(), b"wasm", b"wasm")
    assert cache.load(FakeRuntime(), b"other") is None
    changed = FakeRuntime()
    changed.fingerprint = "fake 2"
    assert cache.load(changed, b"wasm") is None


def spoil(how, path):
    content = path.read_bytes()
    if how == "truncated":
        path.write_bytes(content[:-1])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "garbage":
        path.write_bytes(b"\xff" * len(content))
    elif how == "bit":
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    elif how == "writable by others":
        path.chmod(0o666)
    elif how == "directory writable by others":
        path.parent.chmod(0o777)
    elif how == "link":
        target = path.parent.parent / "target"
        path.rename(target)
        path.symlink_to(target)
    elif how == "foreign":
        os.chown(path, 12345, 12345)


@pytest.mark.parametrize(
    "how",
    ["truncated", "empty", "garbage", "bit", "writable by others", "directory writable by others", "link", "foreign"],
)
def test_a_spoilt_file_is_ignored_with_one_warning(how, directory):
    if how == "foreign" and os.getuid() != 0:
        pytest.skip("only root can give files away")
    cache.store(FakeRuntime(), b"wasm", b"wasm")
    spoil(how, the_file(directory))
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
        cache.store(FakeRuntime(), b"wasm", b"wasm")


RUN = "import sys, jq_magic; print(jq_magic.Sandbox(sys.argv[1]).run('1 + 1', 'null').values)"


def test_a_new_process_uses_what_an_earlier_one_compiled(directory, runtime):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    assert python(RUN, runtime, env=env).stdout == "[2]\n"
    stored = the_file(directory)
    before = stored.stat().st_mtime_ns
    assert python(RUN, runtime, env=env).stdout == "[2]\n"
    assert stored.stat().st_mtime_ns == before


def test_a_damaged_cache_of_the_real_runtime_is_never_fatal(directory, runtime):
    env = {**os.environ, cache.DIRECTORY_VARIABLE: str(directory)}
    python(RUN, runtime, env=env)
    stored = the_file(directory)
    stored.write_bytes(stored.read_bytes()[:100_000])
    done = python(RUN, runtime, env=env)
    assert done.stdout == "[2]\n"
    assert done.stderr.count("CacheWarning") == 1
    assert stored.stat().st_size > 100_000


def test_a_cache_is_not_taken_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv(cache.DIRECTORY_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert not cache._path(FakeRuntime(), b"wasm").is_relative_to(Path.cwd())
