"""The build's store: an entry is there whole or not at all."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import pytest

from wasm.builder import store


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.setenv("JQ_MAGIC_BUILD_CACHE", str(tmp_path))
    return tmp_path / "store"


def entries(directory):
    return [path.name for path in directory.iterdir() if path.suffix != ".lock"]


def write(text):
    return lambda into: (into / "file").write_text(text)


def test_an_entry_is_made_once_for_each_key():
    first = store.get("thing", "a" * 64, write("one"))
    assert store.get("thing", "a" * 64, write("two")) == first
    assert (first / "file").read_text() == "one"
    assert (store.get("thing", "b" * 64, write("two")) / "file").read_text() == "two"


def test_what_fails_half_way_leaves_nothing(directory):
    def fail(into):
        (into / "file").write_text("half")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        store.get("thing", "a" * 64, fail)
    assert entries(directory) == []


def test_of_two_that_want_the_same_one_makes_it_and_the_other_waits():
    begun, made = threading.Event(), []

    def make(into):
        made.append(into)
        begun.set()
        time.sleep(0.05)
        write("one")(into)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(store.get, "thing", "a" * 64, make)
        begun.wait()
        second = pool.submit(store.get, "thing", "a" * 64, make)
        assert first.result() == second.result()
    assert len(made) == 1


def test_a_dropped_entry_is_made_again(directory):
    store.get("thing", "a" * 64, write("one"))
    store.drop("thing", "a" * 64)
    assert entries(directory) == []
    assert (store.get("thing", "a" * 64, write("two")) / "file").read_text() == "two"
    store.drop("thing", "c" * 64)


def test_a_tree_that_is_equal_already_keeps_its_times(tmp_path):
    source, destination = tmp_path / "source", tmp_path / "destination"
    source.mkdir()
    write("one")(source)
    store.replace_tree(source, destination)
    before = (destination / "file").stat()
    store.replace_tree(source, destination)
    assert (destination / "file").stat().st_mtime_ns == before.st_mtime_ns
    (destination / "more").touch()
    store.replace_tree(source, destination)
    assert [path.name for path in destination.iterdir()] == ["file"]
