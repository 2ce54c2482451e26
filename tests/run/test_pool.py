"""Instances that run again: nothing tells them from fresh ones, and none is kept that could be told."""

from __future__ import annotations

import gc
import json
import sys
import weakref

import pytest

import jq_magic
from jq_magic.guest.module import MODULES
from jq_magic.run.image import Image
from jq_magic.run.pool import MOST_KEPT, MOST_OF_ONE, POOLS, RUNS_BEFORE_IMAGE
from jq_magic.run.run import Input, Run
from tests.support import ROOMY, TOLD, python, wait_until

SMALL = '{"a":1}'
#: What a run can leave behind: values, caches, messages, a deep stack, memory that has grown, an end before the end.
PROGRAMS = {
    "a field": ".a?",
    "variables": "[$secret, $ARGS, $ENV]",
    "a cache of expressions": '[tostring | test("^[a-z{]+"), sub("a"; "b")]',
    "messages": "debug, stderr",
    "inputs": "[., (try input catch .)]",
    "limits and labels": "label $out | limit(3; repeat(.)) | ., break $out",
    "a deep stack": "def f: if . > 2000 then . else (. + 1 | f) + 1 end; 0 | f",
    "much memory": "[range(20000) | tostring] | length",
    "errors caught": "[range(50) | try error({a: .}) catch .a] | add",
    "an end before the end": "1, halt, 2",
    "an error that ends it": "1, error([$secret, .])",
    "an error from the deep": "def f: if . > 200 then error([.]) else (. + 1 | f) + 1 end; 0 | f",
    "a halt that says why": "1, ({a: .} | halt_error)",
    "dates": '[now | type, (0 | todate), (0 | strftime("%A"))]',
}
DOCUMENTS = (SMALL, "[]", json.dumps({"a": "x" * 30_000, "b": list(range(3000))}), SMALL, '"a" "b"', "", SMALL)
#: Documents that end in an error, after which the instance is put back, or freed after a limit.
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


def shared_pool(runtime, engine="magic"):
    """The pool of a module that all its programs share."""
    return POOLS.shared(MODULES.get(runtime, engine)[1])


def pool_of(program):
    """The pool of one program."""
    return program._source.pool


def empty(shared):
    """Free what a shared pool keeps."""
    while shared.idle:
        shared.idle.pop()[0].close()


def use_fresh(program):
    """Make the next run of a program one in an instance in which nothing ever ran."""
    pool_of(program).clear()
    empty(pool_of(program).shared)
    return program


def idle(program):
    return len(pool_of(program).idle)


@pytest.mark.parametrize("name", [*PROGRAMS, "what it is told"])
def test_a_run_is_the_same_after_any_other_as_in_a_fresh_instance(name, sandbox):
    source = PROGRAMS.get(name, TOLD[sandbox.engine])
    program = sandbox.compile(source, {"secret": ["s", {"t": 1}]})
    for text in DOCUMENTS * 3:
        fresh = use_fresh(sandbox.compile(source, {"secret": ["s", {"t": 1}]}))
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
    for number in range(RUNS_BEFORE_IMAGE + 30):
        program.run(SMALL)
        # An instance is put back after its run has returned, once its program is worth an image.
        assert number < RUNS_BEFORE_IMAGE or wait_until(lambda: idle(program))
        used += [prepared.instance for prepared in pool_of(program).idle]
    assert len(set(map(id, used))) <= MOST_OF_ONE
    assert len(used) >= 30
    assert shared_pool(sandbox.runtime, sandbox.engine).is_exact is True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises what a page is that was given back")
@pytest.mark.parametrize("name", ["an error that ends it", "a halt that says why"])
def test_an_instance_is_put_back_to_the_byte_after_an_error(name, sandbox):
    program = sandbox.compile(PROGRAMS[name], {"secret": ["s"]})
    shared = pool_of(program).shared
    for _ in range(RUNS_BEFORE_IMAGE + 2):
        assert told(program, SMALL)[0]
    assert wait_until(lambda: idle(program))
    (kept,) = {id(prepared.instance) for prepared in pool_of(program).idle}
    # The next instance that is put back is compared with a fresh one.
    shared.is_exact = None
    assert told(program, SMALL)[0]
    assert wait_until(lambda: idle(program))
    assert shared.is_exact is True
    assert {id(prepared.instance) for prepared in pool_of(program).idle} == {kept}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises what a page is that was given back")
@pytest.mark.parametrize("limits", [{"fuel": 10**6}, {"output_bytes": 2}, {"deadline_s": 0.05}])
def test_an_instance_is_freed_after_a_limit(limits, sandbox):
    program = sandbox.compile("if . == 9 then repeat([.]) else . end")
    for _ in range(RUNS_BEFORE_IMAGE + 2):
        program.run("1")
    assert wait_until(lambda: idle(program))
    with pytest.raises(jq_magic.LimitError):
        program.run("9", limits=ROOMY.replace(**limits))
    assert idle(program) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises what a page is that was given back")
def test_an_instance_goes_from_program_to_program_and_takes_nothing_along(sandbox):
    # Each program leaves what it can, and looks for what others left.
    sources = [
        *PROGRAMS.values(),
        TOLD[sandbox.engine],
        '[limit(3; repeat("leak"))]',
        "{a: $secret} | debug",
        ".[]? // 7",
        "1 +",
    ]
    pool = shared_pool(sandbox.runtime, sandbox.engine)
    for _ in range(40):
        sandbox.run(".", "1")
    for turn in range(6):
        for number, source in enumerate(sources):
            args = {"secret": f"secret {turn} {number}"}
            sandbox.run("[., .] | debug", json.dumps(["other secret"] * 50))
            assert wait_until(lambda: pool.idle)
            ends = []
            for prepare in (lambda: None, lambda: empty(pool)):
                prepare()
                try:
                    program = sandbox.compile(source, args)
                except jq_magic.ProgramError as error:
                    ends.append((str(error), error.usage))
                    continue
                ends.append(told(program, SMALL))
            assert ends[0] == ends[1]
    assert len(pool.idle) <= MOST_OF_ONE


def test_the_first_run_has_the_instance_in_which_the_program_was_checked(sandbox):
    program = sandbox.compile(".a")
    assert wait_until(lambda: idle(program) == 1)
    instance = pool_of(program).idle[0].instance
    assert program.run(SMALL).values == [1]
    assert idle(program) == 0
    assert wait_until(lambda: is_closed(instance) or instance in [shared for shared, _ in pool_of(program).shared.idle])


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
        assert wait_until(lambda: idle(program) or sys.platform != "linux")  # noqa: B023 - called at once
        use_fresh(fresh)
        assert told(program, SMALL, limits) == told(fresh, SMALL, limits)


@pytest.mark.parametrize("lie", ["a page that is not forgotten", "a page that is not copied"])
def test_an_instance_that_is_not_put_back_exactly_is_never_used_again(lie, runtime, monkeypatch):
    pool = shared_pool(runtime)
    monkeypatch.setattr(pool, "is_exact", None)
    monkeypatch.setattr(pool, "idle", [])
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
    assert (idle(program), pool.idle) == (0, [])


@pytest.mark.slow
def test_an_instance_that_took_much_memory_is_left_once(sandbox):
    program = sandbox.compile('[range(. * 100000) | "\\(.) and more"] | length')
    expected = {str(n): [n * 100_000] for n in range(3)}
    for turn in range(18):
        text = str(turn % 3)
        assert program.run(text).values == expected[text]
        assert [result.values for result in program.run_many([text], jobs=2)] == [expected[text]]
    pool = shared_pool(sandbox.runtime, sandbox.engine)
    assert not [instance for instance, _ in pool.idle if is_closed(instance)]


def test_where_the_system_forgets_no_page_every_run_has_a_fresh_instance(runtime, monkeypatch):
    monkeypatch.setattr(Image, "_forget", lambda *_: False)
    monkeypatch.setattr(shared_pool(runtime), "idle", [])
    program = jq_magic.Sandbox(runtime, ROOMY).compile(".a")
    fuels = {program.run(SMALL).usage.fuel for _ in range(12)}
    assert len(fuels) == 1
    assert (idle(program), shared_pool(runtime).idle) == (0, [])


def test_no_more_instances_are_kept_than_allowed_and_none_outlives_its_program(sandbox):
    programs = [sandbox.compile(f".a + {n}") for n in range(MOST_KEPT + 5)]
    assert wait_until(lambda: sum(map(idle, programs)) == MOST_KEPT)
    # Those that were used last are kept.
    assert [idle(program) for program in programs] == [0] * 5 + [1] * MOST_KEPT
    instances = [pool_of(program).idle[0].instance for program in programs[5:]]
    assert len(instances) == MOST_KEPT
    assert all(program.run(SMALL).values == [n + 1] for n, program in enumerate(programs))
    references = [weakref.ref(instance) for instance in instances]
    instances.clear()
    programs.clear()
    gc.collect()
    # Those that have gone to all programs alone are alive.
    spares = [instance for instance, _ in shared_pool(sandbox.runtime, sandbox.engine).idle]
    alive = [reference() for reference in references if reference() is not None]
    assert all(any(instance is spare for spare in spares) for instance in alive)


def test_a_child_of_a_fork_makes_its_own_instances(runtime):
    code = """
import os, sys, jq_magic
program = jq_magic.compile(".a", runtime=sys.argv[1])
for _ in range(12):
    program.run('{"a": 1}')
before = program.run('{"a": 1}').usage.fuel
child = os.fork()
if child == 0:
    empty = not program._source.pool.idle and not program._source.pool.shared.idle
    fuels = {program.run('{"a": 1}').usage.fuel for _ in range(12)}
    os._exit(0 if empty and fuels == {before} else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), program.run('{"a": 1}').usage.fuel == before)
"""
    assert python(code, runtime).stdout == "0 True\n"


def test_a_deadline_that_comes_late_stops_no_other_run(sandbox):
    program = sandbox.compile(".a")
    for _ in range(8):
        program.run(SMALL)
    run = Run(program._source, ROOMY)
    run.feed(Input(SMALL.encode()))
    assert run.pull().text == b"1\n"
    run.leave()
    # What a caller does whose wait ended a moment after the run.
    run.lease.stop()
    run.close()
    assert [program.run(SMALL).values for _ in range(3)] == [[1]] * 3
