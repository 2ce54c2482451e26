"""The guest of an engine: the one of its manifest, compiled once for a runtime, waited for by whoever needs it."""

from __future__ import annotations

import json
import threading

import pytest

import jq_magic
from jq_magic.guest import module
from jq_magic.guest.module import MODULES, Modules, manifest
from jq_magic.wasm_runtimes import cache, load


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Put an empty folder in the place of the package's, for the guests that a test writes there."""
    monkeypatch.setattr(module, "_PACKAGE", tmp_path)
    functions = (module._manifest, module.wasm)
    for function in functions:
        function.cache_clear()
    yield tmp_path
    for function in functions:
        function.cache_clear()


def test_a_guest_that_is_not_the_manifests_is_never_loaded(package):
    (package / "magic.wasm").write_bytes(b"\0asm\1\0\0\0")
    (package / "magic.json").write_text('{"sha256": "0"}')
    with pytest.raises(jq_magic.GuestError, match="not the module that the build made"):
        module.wasm("magic")


@pytest.mark.parametrize("text", ["[]", "{}", '{"sha256": 1}', "null"])
def test_what_is_no_manifest_is_a_defect(package, text):
    (package / "magic.json").write_text(text)
    with pytest.raises(jq_magic.GuestError, match="is not a manifest"):
        manifest("magic")


def test_an_engine_that_was_not_built_says_why(package):
    with pytest.raises(jq_magic.RuntimeUnavailableError, match=r"jq\.json is missing"):
        manifest("jq")
    (package / "jq.json").write_text(json.dumps({"unavailable": "no C compiler"}))
    with pytest.raises(jq_magic.RuntimeUnavailableError, match="the engine jq is not available: no C compiler"):
        manifest("jq")
    with pytest.raises(jq_magic.RuntimeUnavailableError, match="there is no engine"):
        manifest("../magic")


def test_the_engines_are_those_that_were_built_the_default_first(package):
    assert jq_magic.engines() == []
    for engine in sorted(module.ENGINES, reverse=True):
        (package / f"{engine}.json").write_text('{"sha256": "0"}')
    module._manifest.cache_clear()
    assert jq_magic.engines() == list(module.ENGINES)
    assert jq_magic.engines()[0] == "magic"
    (package / "magic.json").write_text(json.dumps({"unavailable": "no compiler"}))
    module._manifest.cache_clear()
    assert "magic" not in jq_magic.engines()


def test_a_guest_is_loaded_once_and_shared(runtime, engine):
    loaded = [MODULES.get(runtime, engine) for _ in range(2)]
    assert loaded[0][1] is loaded[1][1]
    assert loaded[0][0] is load(runtime)


class SlowRuntime:
    """A runtime that compiles when it is let, and counts how often."""

    name, fingerprint, thread_stack_bytes = "slow", "slow", 0

    def __init__(self):
        self.go, self.compiled, self.failure = threading.Event(), 0, None

    def compile(self, wasm):
        assert self.go.wait(60)
        self.compiled += 1
        if self.failure is not None:
            raise self.failure
        return object()


@pytest.fixture
def slow(monkeypatch):
    """Put a slow runtime in the place of the one that is asked for, and no cache beside it."""
    slow = SlowRuntime()
    monkeypatch.setattr(module, "load", lambda _name: slow)
    monkeypatch.setattr(cache, "load", lambda *_: None)
    monkeypatch.setattr(cache, "store", lambda *_: None)
    monkeypatch.setattr(cache, "is_stored", lambda *_: False)
    return slow


def test_threads_that_need_a_guest_wait_for_one_compilation(slow):
    modules, results = Modules(), []
    threads = [threading.Thread(target=lambda: results.append(modules.get("slow", "magic")[1])) for _ in range(4)]
    for thread in threads:
        thread.start()
    slow.go.set()
    for thread in threads:
        thread.join()
    assert slow.compiled == 1
    assert len(set(results)) == 1


def test_who_waits_for_a_compilation_is_told_and_who_does_not_is_not(slow):
    modules = Modules()
    said: list[str] = []
    modules.notice = said.append
    waiting = threading.Thread(target=lambda: modules.get("slow", "magic"))
    waiting.start()
    while not said:
        assert waiting.is_alive()
    slow.go.set()
    waiting.join()
    modules.get("slow", "magic")
    assert len(said) == 1
    assert said[0].startswith("jq_magic: compiling the sandbox for this machine, about ")


def test_a_compilation_that_failed_is_tried_again(slow):
    modules = Modules()
    slow.failure = jq_magic.GuestError("no")
    slow.go.set()
    with pytest.raises(jq_magic.GuestError):
        modules.get("slow", "magic")
    slow.failure = None
    assert modules.get("slow", "magic")[1] is not None
    assert slow.compiled == 2


def test_a_warm_up_begins_the_work_and_waits_for_nothing(slow):
    modules = Modules()
    modules.warm_up("slow", "magic")
    assert slow.compiled == 0
    slow.go.set()
    modules.get("slow", "magic")
    assert slow.compiled == 1


def test_a_forked_child_begins_anew_what_its_parent_had_not_finished(slow):
    modules = Modules()
    unfinished = modules.begin(slow, "magic")
    modules.forget_unfinished()
    slow.go.set()
    assert modules.begin(slow, "magic") is not unfinished
    assert modules.get("slow", "magic")[1] is not None
