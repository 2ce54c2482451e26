"""Instances that run again: nothing tells them from fresh ones, and none is kept that could be told."""

from __future__ import annotations

import gc
import json
import sys
import weakref

import pytest
from conftest import ROOMY, python, wait_until

import jq_magic
from jq_magic.guest import module as modules
from jq_magic.run import pool as prepared
from jq_magic.run.image import Image

SMALL = '{"a":1}'
#: What a run can leave behind: values, caches, messages, a deep stack, memory that has grown, an end before the end.
PROGRAMS = {
    "a field": ".a?",
    "variables": "[$secret, $ARGS, $__loc__, $ENV]",
    "a cache of expressions": '[tostring | test("^[a-z{]+"), sub("a"; "b")]',
    "messages": "debug, stderr, (input_line_number)",
    "inputs": "[., (try input catch .)]",
    "limits and labels": "label $out | limit(3; repeat(.)) | ., break $out",
    "a deep stack": "def f: if . > 2000 then . else (. + 1 | f) + 1 end; 0 | f",
    "much memory": "[range(20000) | tostring] | length",
    "errors caught": "[range(50) | try error({a: .}) catch .a] | add",
    "an end before the end": "1, halt, 2",
    "dates": '[now | type, (0 | todate), (0 | strftime("%A"))]',
}
DOCUMENTS = (SMALL, "[]", json.dumps({"a": "x" * 30_000, "b": list(range(3000))}), SMALL, '"a" "b"', "", SMALL)
#: Documents and programs that end in an error, after which nothing is kept.
BAD = (("{", "InputError"), ("9", "FilterError"), ('"' + "x" * 200_000 + '"', "OutputLimitError"))


def told(program, text, limits=None):
    """Everything that a caller can see of a run but its time."""
    try:
        result = program.run(text, limits=limits)
    except jq_magic.JqMagicError as error:
        kind, result, usage = type(error).__name__ + str(error), error.partial, error.usage
    else:
        kind, usage = "", result.usage
    return kind, result.text, result.messages, usage.fuel, usage.memory_bytes, usage.input_bytes, usage.outputs


def spares(runtime, engine="jaq"):
    """The spares of a module."""
    return prepared.spares(modules.module(runtime, engine)[1])


def use_fresh(program):
    """Make the next run of a program one in an instance in which nothing ever ran."""
    program._source.stock.clear()
    while program._source.stock.spares.kept:
        program._source.stock.spares.kept.pop()[0].close()
    return program


def kept(program):
    return len(program._source.stock.kept)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_run_is_the_same_after_any_other_as_in_a_fresh_instance(name, sandbox):
    program = sandbox.compile(PROGRAMS[name], {"secret": ["s", {"t": 1}]})
    for text in DOCUMENTS * 3:
        fresh = use_fresh(sandbox.compile(PROGRAMS[name], {"secret": ["s", {"t": 1}]}))
        assert told(program, text) == told(fresh, text)


def test_a_run_is_the_same_after_runs_that_failed(sandbox):
    source = 'if . == 9 then error("nine") else ., . end'
    limits = ROOMY.replace(output_bytes=100_000)
    program = sandbox.compile(source)
    for text, error in [pair for bad in BAD for pair in [bad, (SMALL, ""), (SMALL, "")]] * 4:
        fresh = use_fresh(sandbox.compile(source))
        ends = told(program, text, limits), told(fresh, text, limits)
        assert ends[0] == ends[1]
        assert ends[0][0].startswith(error)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises what a page is that was given back")
def test_an_instance_is_kept_and_used_again(sandbox):
    program = sandbox.compile(".a")
    used = []
    for _ in range(prepared._RUNS_BEFORE_IMAGE + 30):
        program.run(SMALL)
        assert wait_until(lambda: kept(program) or not program._source.stock._image)
        used += [found.instance for found in program._source.stock.kept]
    assert len(set(map(id, used))) <= prepared._MOST_OF_ONE
    assert len(used) >= 30
    assert spares(sandbox.runtime, sandbox.engine).is_exact is True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises what a page is that was given back")
def test_an_instance_goes_from_program_to_program_and_takes_nothing_along(sandbox):
    # Each program leaves what it can, and looks for what others left.
    sources = [*PROGRAMS.values(), '[limit(3; repeat("leak"))]', "{a: $secret} | debug", ".[]? // 7", "1 +"]
    pool = spares(sandbox.runtime, sandbox.engine)
    for _ in range(40):
        sandbox.run(".", "1")
    for turn in range(6):
        for number, source in enumerate(sources):
            args = {"secret": f"secret {turn} {number}"}
            sandbox.run("[., .] | debug", json.dumps(["other secret"] * 50))
            assert wait_until(lambda: pool.kept)
            ends = []
            for prepare in (lambda: None, lambda: [pool.kept.pop()[0].close() for _ in list(pool.kept)]):
                prepare()
                try:
                    program = sandbox.compile(source, args)
                except jq_magic.ProgramError as error:
                    ends.append((str(error), error.usage))
                    continue
                ends.append(told(program, SMALL))
            assert ends[0] == ends[1]
    assert len(pool.kept) <= prepared._MOST_OF_ONE


def test_the_first_run_has_the_instance_in_which_the_program_was_checked(sandbox):
    program = sandbox.compile(".a")
    assert wait_until(lambda: kept(program) == 1)
    instance = program._source.stock.kept[0].instance
    assert program.run(SMALL).values == [1]
    assert kept(program) == 0
    assert wait_until(
        lambda: is_closed(instance) or instance in [spare for spare, _ in spares(sandbox.runtime, sandbox.engine).kept]
    )


def is_closed(instance):
    try:
        instance.memory_bytes()
    except RuntimeError as error:
        return "closed" in str(error)
    return False


@pytest.mark.parametrize(
    "change",
    [
        {"fuel": 1}, {"fuel": 20_000}, {"fuel": 2**62}, {"depth": 2}, {"depth": 10_000}, {"memory_bytes": 8 << 20},
        {"memory_bytes": 1 << 20}, {"output_bytes": 1}, {"outputs": 1}, {"input_bytes": 3},
    ],
    ids=str,
)  # fmt: skip
def test_other_limits_hold_as_in_a_fresh_instance(change, sandbox):
    source = "[.. | numbers], [[[[.]]]]"
    for limits in (ROOMY.replace(**change), ROOMY):
        program, fresh = sandbox.compile(source), sandbox.compile(source)
        for _ in range(8):
            program.run(SMALL)
        assert wait_until(lambda: kept(program) or sys.platform != "linux")  # noqa: B023 - called at once
        use_fresh(fresh)
        assert told(program, SMALL, limits) == told(fresh, SMALL, limits)


@pytest.mark.parametrize("lie", ["a page that is not forgotten", "a page that is not copied"])
def test_an_instance_that_is_not_put_back_exactly_is_never_used_again(lie, runtime, monkeypatch):
    pool = spares(runtime)
    monkeypatch.setattr(pool, "is_exact", None)
    monkeypatch.setattr(pool, "kept", [])
    monkeypatch.setattr(pool, "_image", None)
    init = Image.__init__

    def incomplete(self, *args):
        init(self, *args)
        if lie == "a page that is not copied":
            self._copied, self._lost = self._copied[:-1], self._copied[-1]
        else:
            self._forgotten = []

    monkeypatch.setattr(Image, "__init__", incomplete)
    program = jq_magic.Sandbox(runtime, ROOMY).compile('[range(3000) | tostring] | join("") | length')
    texts = {program.run(json.dumps("x" * 70_000)).text for _ in range(12)}
    assert texts == {"10890\n"}
    assert pool.is_exact is False
    assert (kept(program), pool.kept) == (0, [])


def test_a_word_to_stop_that_comes_while_the_image_is_made_is_not_part_of_it(runtime):
    _, module = modules.module(runtime, "jaq")
    program = jq_magic.Sandbox(runtime, ROOMY).compile(".a")
    assert wait_until(lambda: kept(program) == 1)
    instance, fresh = program._source.stock.kept.pop().instance, module.instantiate(8 << 20)
    word = instance.get_global("stop_word")
    instance.stop()
    image = Image(instance, instance, fresh)
    assert instance.read(word, 8) == b"\xff" * 8
    assert image.renew(instance)
    assert instance.read(word, 8) == bytes(8)
    assert image.is_in(instance, fresh)
    instance.close()
    fresh.close()


def test_an_instance_that_took_much_memory_is_left_once(sandbox):
    program = sandbox.compile('[range(. * 100000) | "\\(.) and more"] | length')
    expected = {str(n): [n * 100_000] for n in range(3)}
    for turn in range(18):
        text = str(turn % 3)
        assert program.run(text).values == expected[text]
        assert [result.values for result in program.run_many([text], jobs=2)] == [expected[text]]
    pool = spares(sandbox.runtime, sandbox.engine)
    assert not [instance for instance, _ in pool.kept if is_closed(instance)]


def test_where_the_system_forgets_no_page_every_run_has_a_fresh_instance(runtime, monkeypatch):
    monkeypatch.setattr(Image, "_forget", lambda *_: False)
    monkeypatch.setattr(spares(runtime), "kept", [])
    program = jq_magic.Sandbox(runtime, ROOMY).compile(".a")
    fuels = {program.run(SMALL).usage.fuel for _ in range(12)}
    assert len(fuels) == 1
    assert (kept(program), spares(runtime).kept) == (0, [])


def test_no_more_instances_are_kept_than_allowed_and_none_outlives_its_program(sandbox):
    programs = [sandbox.compile(f".a + {n}") for n in range(prepared.MOST_KEPT + 5)]
    assert wait_until(lambda: sum(map(kept, programs)) == prepared.MOST_KEPT)
    # Those that were used last are kept.
    assert [kept(program) for program in programs] == [0] * 5 + [1] * prepared.MOST_KEPT
    instances = [program._source.stock.kept[0].instance for program in programs[5:]]
    assert len(instances) == prepared.MOST_KEPT
    assert all(program.run(SMALL).values == [n + 1] for n, program in enumerate(programs))
    references = [weakref.ref(instance) for instance in instances]
    instances.clear()
    programs.clear()
    gc.collect()
    # Those that have gone to all programs alone are alive.
    spared = [instance for instance, _ in spares(sandbox.runtime, sandbox.engine).kept]
    alive = [reference() for reference in references if reference() is not None]
    assert all(any(found is spare for spare in spared) for found in alive)


def test_a_child_of_a_fork_makes_its_own_instances(runtime):
    code = """
import os, sys, jq_magic
from jq_magic.run import pool as prepared
program = jq_magic.compile(".a", runtime=sys.argv[1])
for _ in range(12):
    program.run('{"a": 1}')
before = program.run('{"a": 1}').usage.fuel
child = os.fork()
if child == 0:
    empty = not program._source.stock.kept and not program._source.stock.spares.kept
    fuels = {program.run('{"a": 1}').usage.fuel for _ in range(12)}
    os._exit(0 if empty and fuels == {before} else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), program.run('{"a": 1}').usage.fuel == before)
"""
    assert python(code, runtime).stdout == "0 True\n"


def test_a_deadline_that_comes_late_stops_no_other_run(sandbox):
    from jq_magic.sandbox import Run

    program = sandbox.compile(".a")
    for _ in range(8):
        program.run(SMALL)
    run = Run(program._source, ROOMY, SMALL.encode())
    assert run.pull().text == b"1\n"
    assert wait_until(lambda: run._instance is None)
    # What a caller does whose wait ended a moment after the run.
    run._stop()
    run.close()
    assert [program.run(SMALL).values for _ in range(3)] == [[1]] * 3
