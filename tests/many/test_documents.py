"""Many documents: each a run of its own, in order, on any number of threads, with bounded memory."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import threading
import time

import psutil
import pytest

import jq_magic
from jq_magic.limits import ceiling
from jq_magic.many import chunks, documents
from jq_magic.many.chunks import Gatherer
from jq_magic.run.stream import Stream
from tests.support import ROOMY, TOLD, interrupted, python, wait_until

JOBS = (1, 2, 5)
MIXED = ("1", '{"a": [1, 2]}', "", "[]", '"' + "y" * 3000 + '"', "2 3", "null")


def told(outcome):
    """All that an outcome says but its time and its number."""
    if isinstance(outcome, jq_magic.JqMagicError):
        message = str(outcome).partition(": ")[2] if outcome.document is not None else str(outcome)
        kind, result = type(outcome).__name__ + message, outcome.partial
    else:
        kind, result = "", outcome
    usage = result.usage
    return kind, result.text, result.messages, usage.fuel, usage.memory_bytes, usage.input_bytes, usage.outputs


def alone(program, text, limits=None):
    try:
        return told(program.run(text, limits=limits))
    except jq_magic.JqMagicError as error:
        return told(error)


@pytest.mark.parametrize("jobs", JOBS)
def test_each_document_gives_and_costs_what_it_does_alone(jobs, sandbox):
    # What a filter can keep, say, skip or end must not reach the next document.
    program = sandbox.compile(
        'debug, [., (try input catch "none")], ([limit(2; repeat(1))]), (label $f | 1, break $f), '
        f'(tostring | test("a+")), ({TOLD[sandbox.engine]})'
    )
    texts = MIXED * 20
    assert [told(found) for found in program.run_many(texts, jobs=jobs)] == [alone(program, text) for text in texts]


@pytest.mark.parametrize("jobs", JOBS)
def test_a_document_is_the_same_after_those_that_failed_and_those_that_took_much(jobs, sandbox):
    source = """if . == 1 then error("one") elif . == 2 then last(range(1e18)) elif . == 3 then repeat("ab")
      elif . == 4 then halt elif . == 5 then "b", halt_error(3) elif . == 6 then ([range(300000) | tostring] | length)
      elif . == 7 then (def f: 1 + f; f) elif . == 8 then "ab" * (. * 100000000) else [.] end"""
    limits = ROOMY.replace(fuel=2e8, output_bytes=10_000, memory_bytes=64 << 20)
    program = sandbox.compile(source)
    texts = ["0", "1", "0", "2", "0", "3", "0", "4", "0", "5", "0", "6", "0", "7", "{", "8", "0", "[1,2", "0"] * 2
    found = [told(outcome) for outcome in program.run_many(texts, jobs=jobs, limits=limits, errors="give")]
    assert found == [alone(program, text, limits) for text in texts]
    kinds = {kind.partition("Error")[0] for kind, *_ in found}
    # Only jaq keeps calls on its stack.
    stack = {"StackLimit"} if sandbox.engine == "jaq" else set()
    assert kinds == {"", "Filter", "Fuel", "OutputLimit", "Halt", "MemoryLimit", "Input"} | stack


@pytest.mark.parametrize("jobs", JOBS)
def test_results_come_in_the_order_of_the_documents(jobs, sandbox):
    # Early documents take longest.
    program = sandbox.compile("if . % 50 == 0 then last(range(100000)) + 1 + . else . end")
    texts = map(str, range(400))
    values = [result.values[0] for result in program.run_many(texts, jobs=jobs)]
    assert values == [n + 100_000 if n % 50 == 0 else n for n in range(400)]


@pytest.mark.parametrize("jobs", JOBS)
def test_the_first_error_ends_it_with_the_number_of_its_document(jobs, sandbox):
    program = sandbox.compile('if . == 37 then "kept", error("bad") else . end')
    found = program.run_many(map(str, itertools.count()), jobs=jobs)
    taken: list[object] = []
    with pytest.raises(jq_magic.FilterError, match=r"^document 37: bad") as caught:
        taken.extend(result.values[0] for result in found)
    assert taken == list(range(37))
    assert (caught.value.document, caught.value.partial.values) == (37, ["kept"])
    assert caught.value.usage.fuel > 0


def test_documents_are_read_as_they_are_needed(sandbox):
    read = []

    def texts():
        for n in itertools.count():
            read.append(n)
            yield str(n)

    for jobs in JOBS:
        read.clear()
        found = sandbox.compile(".").run_many(texts(), jobs=jobs)
        assert read == []
        assert next(found).values == [0]
        assert len(read) <= 2 * jobs
        assert [next(found).values[0] for _ in range(500)] == list(range(1, 501))
        assert len(read) <= 501 + 2 * jobs * chunks._MOST_DOCUMENTS
        found.close()


def test_what_the_source_raises_comes_after_the_documents_before_it(sandbox):
    def texts():
        yield from map(str, range(10))
        raise OSError("the file is gone")

    for jobs in JOBS:
        found = sandbox.compile(".").run_many(texts(), jobs=jobs)
        taken: list[object] = []
        with pytest.raises(OSError, match="gone"):
            taken.extend(result.values[0] for result in found)
        assert taken == list(range(10))


@pytest.mark.parametrize("jobs", JOBS)
def test_a_deadline_holds_for_each_document(jobs, sandbox):
    program = sandbox.compile("if . == 3 then last(range(1e18)) else . end")
    # A busy machine runs the others within a second and a half.
    limits = ROOMY.replace(fuel=2**62, deadline_s=1.5)
    began = time.monotonic()
    # More time in all than one may take.
    found = list(program.run_many(["1", "3", "2"] * 2, jobs=jobs, limits=limits, errors="give"))
    assert time.monotonic() - began < 60
    assert [type(outcome).__name__ for outcome in found] == ["Result", "DeadlineError", "Result"] * 2
    assert all(outcome.used >= 1.5 for outcome in found[1::3])


@pytest.mark.slow
def test_a_deadline_holds_while_nobody_asks_for_results(runtime):
    program = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=2**62, deadline_s=0.3)).compile(
        "if . == 1 then 1 else last(range(1e18)) end"
    )
    found = program.run_many(["1", "2", "2"], jobs=2, errors="give")
    assert next(found).values == [1]
    time.sleep(5.0)
    late = next(found)
    assert isinstance(late, jq_magic.DeadlineError)
    # It was ended at its time, and not when it was asked for.
    assert late.used < 4.5
    found.close()


@pytest.mark.parametrize(
    ("name", "total", "error"),
    [
        ("fuel", 3_000_000, jq_magic.FuelError),
        ("outputs", 10, jq_magic.OutputLimitError),
        ("output_bytes", 30, jq_magic.OutputLimitError),
        ("input_bytes", 30, jq_magic.InputLimitError),
        ("deadline_s", 1e-6, jq_magic.DeadlineError),
    ],
)
def test_limits_hold_for_all_documents_together(name, total, error, sandbox):
    program = sandbox.compile(".")
    ends = []
    for jobs in JOBS:
        taken = []
        found = program.run_many(["11"] * 1000, jobs=jobs, total=ROOMY.replace(**{name: total}))
        with pytest.raises(error, match="all documents together") as caught:
            taken.extend(found)
        assert caught.value.used > caught.value.allowed == total
        ends.append(len(taken))
    assert len(set(ends)) == 1
    # At its edge, and without it.
    if name == "outputs":
        assert len(list(program.run_many(["11"] * total, total=ROOMY.replace(outputs=total)))) == total
    assert len(list(program.run_many(["11"] * 1000))) == 1000


def test_usage_of_many_is_the_sum_of_each(sandbox):
    program = sandbox.compile(".[]?, debug")
    text = "[1,2]\n\n3\n  \n[4]\n"
    joined = program.run(text, jobs=2)
    each = [program.run(line) for line in ("[1,2]", "3", "[4]")]
    assert joined.text == "".join(result.text for result in each)
    assert joined.messages == [message for result in each for message in result.messages]
    for field in ("fuel", "input_bytes", "output_bytes", "outputs"):
        assert getattr(joined.usage, field) == sum(getattr(result.usage, field) for result in each)
    assert joined.usage.memory_bytes == max(result.usage.memory_bytes for result in each)
    assert program.run("", jobs=2).text == ""


def test_with_jobs_a_line_is_a_document_and_without_the_text_is_one(sandbox):
    program = sandbox.compile("[., (try input catch null)]")
    assert program.run("1\n2\n").values == [[1, 2]]
    # In jaq, `input` has no output where jq's raises an error.
    rest = [] if sandbox.engine == "jaq" else [None]
    assert program.run("1\n2\n", jobs=1).values == [[1, *rest], [2, *rest]]
    with pytest.raises(jq_magic.InputError, match=r"^document 0: ") as caught:
        program.run("[\n 1\n]\n", jobs=2)
    assert caught.value.partial.text == ""


def test_an_error_of_many_lines_has_what_came_before(sandbox):
    program = sandbox.compile('if . == 2 then "x", error("bad") else . end')
    with pytest.raises(jq_magic.FilterError, match="document 2: bad") as caught:
        program.run("0\n1\n2\n3\n", jobs=2)
    assert caught.value.partial.values == [0, 1, "x"]
    assert caught.value.usage.outputs == 3


def test_input_values_with_jobs_takes_values_one_by_one(sandbox):
    program = sandbox.compile(".[]")
    assert program.input_values(([n, n] for n in range(100)), jobs=2).all() == [n for n in range(100) for _ in "ab"]
    assert program.input_values([[1], [2]], jobs=1).text() == "1\n2"
    assert program.input_values(([n] for n in itertools.count()), jobs=2).first() == 0
    endless = iter(program.input_values(([n] for n in itertools.count()), jobs=2))
    assert [next(endless) for _ in range(5)] == list(range(5))
    endless.close()
    with pytest.raises(jq_magic.DataError):
        program.input_values([object()], jobs=2).all()


@pytest.mark.parametrize("wrong", [0, -1, documents.MOST_JOBS + 1, 1.5, "2"])
def test_a_number_of_jobs_that_is_none_is_refused(wrong, sandbox):
    program = sandbox.compile(".")
    for call in (lambda: program.run_many(["1"], jobs=wrong), lambda: program.run("1", jobs=wrong)):
        with pytest.raises(jq_magic.DataError, match="jobs"):
            call()
    with pytest.raises(jq_magic.DataError, match="errors"):
        program.run_many(["1"], errors="ignore")


def test_a_document_that_is_no_text_is_its_error_alone(sandbox):
    found = list(sandbox.compile(".").run_many(["1", {"a": 1}, b"2"], errors="give"))
    assert [type(outcome).__name__ for outcome in found] == ["Result", "DataError", "Result"]


def threads():
    """How many threads this process has; those that `jq_magic.jobs` starts are in no list of Python's."""
    return psutil.Process().num_threads()


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_runs_ends_when_the_generator_is_closed_or_dropped(jobs, runtime):
    program = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=2**62, deadline_s=600.0)).compile(
        "if . == 1 then 1 else last(range(1e18)) end"
    )
    # Its workers are there from now on, idle.
    list(jq_magic.Sandbox(runtime).compile(".").run_many(["1"] * 10, jobs=jobs))
    before = threads()
    for end in ("close", "drop"):
        found = program.run_many(["1"] + ["2"] * 20, jobs=jobs)
        assert next(found).values == [1]
        began = time.monotonic()
        if end == "close":
            found.close()
        del found
        assert time.monotonic() - began < 60
    assert wait_until(lambda: threads() <= before)
    assert jq_magic.Sandbox(runtime).run("1 + 1", "null").values == [2]


@pytest.mark.parametrize("delay_s", [0.05, 0.3])
@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.usefixtures("restarting")
def test_ctrl_c_ends_all_jobs(delay_s, jobs, runtime):
    program = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=2**62, deadline_s=600.0)).compile("last(range(1e18))")
    began = time.monotonic()
    interrupted(lambda: list(program.run_many(["1"] * 10, jobs=jobs)), delay_s)
    assert time.monotonic() - began < 300
    assert [result.values for result in jq_magic.Sandbox(runtime).compile(".").run_many(["1", "2"])] == [[1], [2]]


def test_a_ceiling_holds_for_documents_too(sandbox, monkeypatch):
    compiled = sandbox.compile(".")
    # The ceiling of a process is only ever lowered, so this one is put in the place of its own for a moment.
    low = ceiling.ProcessCeiling("fuel=1000", None)
    monkeypatch.setattr(ceiling.PROCESS, "current", low.current)
    with pytest.raises(jq_magic.FuelError):
        sandbox.compile(".")
    with pytest.raises(jq_magic.CeilingError, match="set by the environment variable"):
        list(compiled.run_many(["1"], limits=ROOMY.replace(fuel=10**6)))


STREAM = """
import itertools, json, resource, sys, psutil, jq_magic
program = jq_magic.compile("{a: .a, n: (.b | length)}", runtime=sys.argv[1])
row = json.dumps({"a": 1, "b": list(range(200))})
def grown(count):
    size = sum(len(result.text) for result in program.run_many(itertools.repeat(row, count), jobs=int(sys.argv[2])))
    assert size == count * len('{"a":1,"n":200}\\n')
    return psutil.Process().memory_info().rss
first = grown(2_000)
print((grown(20_000) - first) < 24 << 20)
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 3])
def test_memory_does_not_depend_on_the_number_of_documents(jobs, runtime):
    done = python(STREAM, runtime, str(jobs))
    assert done.stdout == "True\n", done.stderr


@pytest.mark.slow
def test_outputs_that_nobody_fetches_are_bounded(sandbox):
    # Each document gives a megabyte: a chunk of them is handed over after the first.
    program = sandbox.compile('"x" * 1000000')
    with contextlib.closing(program.run_many(["1"] * 500, jobs=2)) as results:
        for _ in range(200):
            next(results)
        held = [thing for thing in gc.get_objects() if isinstance(thing, jq_magic.Result)]
        assert sum(len(result.text) for result in held) < 16 << 20


def test_a_file_of_json_lines_is_a_source(tmp_path, sandbox):
    path = tmp_path / "rows.ndjson"
    path.write_text("".join(json.dumps({"n": n}) + "\n" for n in range(1000)))
    with path.open("rb") as lines, contextlib.closing(sandbox.compile(".n").run_many(lines, jobs=2)) as found:
        assert sum(result.values[0] for result in found) == 999 * 1000 / 2


class Inside:
    """Counts the documents that are run at one time, and can hold each until another one runs too."""

    def __init__(self, monkeypatch, *, wait_for_another=False):
        self.most = self._now = 0
        self._barrier = threading.Barrier(2, timeout=60.0) if wait_for_another else None
        self._lock = threading.Lock()
        self._whole_here = Stream.whole_here
        monkeypatch.setattr(Stream, "whole_here", lambda stream: self._run(stream))  # noqa: PLW0108 - bound when called

    def _run(self, stream):
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            if self._barrier is not None:
                self._barrier.wait()
            return self._whole_here(stream)
        finally:
            with self._lock:
                self._now -= 1


@pytest.mark.parametrize("is_to_share", [True, False])
def test_documents_are_shared_by_threads_where_their_gatherer_says_so(is_to_share, monkeypatch):
    class Sure(Gatherer):
        """Has its mind made up; how it makes it up is tested in test_chunks.py."""

        def __init__(self, texts):
            super().__init__(texts)
            self.is_to_share = is_to_share

        def learn(self, chunk):
            assert chunk.is_alone is not is_to_share

    monkeypatch.setattr(documents, "Gatherer", Sure)
    # Where two threads share documents, each waits for one of the other: no clock of a busy machine decides it.
    inside = Inside(monkeypatch, wait_for_another=is_to_share)
    results = list(jq_magic.Sandbox(limits=ROOMY).compile(".").run_many(map(str, range(40)), jobs=2))
    assert [result.values for result in results] == [[number] for number in range(40)]
    assert inside.most == (2 if is_to_share else 1)
