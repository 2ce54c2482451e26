"""Many documents: each a run of its own, in order, on any number of threads, with bounded memory."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import signal
import sys
import threading
import time

import pytest
from conftest import ROOMY, python

import jq_magic
from jq_magic.many import documents
from jq_magic.many import progress

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
        '(tostring | test("a+")), ([$__loc__, $ENV, input_line_number])'
    )
    texts = MIXED * 20
    assert [told(found) for found in program.run_many(texts, jobs=jobs)] == [alone(program, text) for text in texts]


@pytest.mark.parametrize("jobs", JOBS)
def test_a_document_is_the_same_after_those_that_failed_and_those_that_took_much(jobs, sandbox):
    source = """if . == 1 then error("one") elif . == 2 then last(range(1e18)) elif . == 3 then repeat("ab")
      elif . == 4 then halt elif . == 5 then "b", halt_error(3) elif . == 6 then ([range(300000) | tostring] | length)
      elif . == 7 then (def f: 1 + f; f) elif . == 8 then "ab" * (. * 1e8) else [.] end"""
    limits = ROOMY.replace(fuel=2e8, output_bytes=10_000, memory_bytes=64 << 20)
    program = sandbox.compile(source)
    texts = ["0", "1", "0", "2", "0", "3", "0", "4", "0", "5", "0", "6", "0", "7", "{", "8", "0", "[1,2", "0"] * 2
    found = [told(outcome) for outcome in program.run_many(texts, jobs=jobs, limits=limits, errors="give")]
    assert found == [alone(program, text, limits) for text in texts]
    kinds = {kind.partition("Error")[0] for kind, *_ in found}
    # Calls of jq are in its heap.
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
    taken = []
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
        assert len(read) <= 501 + 2 * jobs * documents._MOST_DOCUMENTS
        found.close()


def test_what_the_source_raises_comes_after_the_documents_before_it(sandbox):
    def texts():
        yield from map(str, range(10))
        raise OSError("the file is gone")

    for jobs in JOBS:
        found = sandbox.compile(".").run_many(texts(), jobs=jobs)
        taken = []
        with pytest.raises(OSError, match="gone"):
            taken.extend(result.values[0] for result in found)
        assert taken == list(range(10))


@pytest.mark.parametrize("jobs", JOBS)
def test_a_deadline_holds_for_each_document(jobs, sandbox):
    program = sandbox.compile("if . == 3 then last(range(1e18)) else . end")
    limits = ROOMY.replace(fuel=2**62, deadline_s=0.3)
    began = time.monotonic()
    # More time in all than one may take.
    found = list(program.run_many(["1", "3", "2"] * 3, jobs=jobs, limits=limits, errors="give"))
    assert time.monotonic() - began < 60
    assert [type(outcome).__name__ for outcome in found] == ["Result", "DeadlineError", "Result"] * 3
    assert all(outcome.used >= 0.3 for outcome in found[1::3])


def test_a_deadline_holds_while_nobody_asks_for_results(runtime):
    program = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=2**62, deadline_s=0.3)).compile(
        "if . == 1 then 1 else last(range(1e18)) end"
    )
    found = program.run_many(["1", "2", "2"], jobs=2, errors="give")
    assert next(found).values == [1]
    time.sleep(1.5)
    late = next(found)
    assert isinstance(late, jq_magic.DeadlineError)
    # It was ended at its time, and not when it was asked for.
    assert late.used < 1.2
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
    used = total if name != "deadline_s" else None
    if name == "outputs":
        assert len(list(program.run_many(["11"] * used, total=ROOMY.replace(outputs=used)))) == used
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
    assert program.run("1\n2\n", jobs=1).values == [[1, None], [2, None]]
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


def lanes():
    return [found for found in threading.enumerate() if found.name == "jq_magic deadlines"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_runs_ends_when_the_generator_is_closed_or_dropped(jobs, runtime):
    program = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=2**62, deadline_s=600.0)).compile(
        "if . == 1 then 1 else last(range(1e18)) end"
    )
    before = threading.active_count()
    for end in ("close", "drop"):
        found = program.run_many(["1"] + ["2"] * 20, jobs=jobs)
        assert next(found).values == [1]
        began = time.monotonic()
        if end == "close":
            found.close()
        del found
        assert time.monotonic() - began < 60
    ends = time.monotonic() + 30
    while lanes() and time.monotonic() < ends:
        time.sleep(0.01)
    assert lanes() == []
    # Its workers are idle again, and serve others.
    assert threading.active_count() <= before + jobs
    assert jq_magic.Sandbox(runtime).run("1 + 1", "null").values == [2]


@pytest.mark.parametrize("delay_s", [0.05, 0.3])
@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.usefixtures("restarting")
def test_ctrl_c_ends_all_jobs(delay_s, jobs, runtime):
    program = jq_magic.Sandbox(runtime, ROOMY.replace(fuel=2**62, deadline_s=600.0)).compile("last(range(1e18))")
    killer = threading.Timer(delay_s, lambda: os.kill(os.getpid(), signal.SIGINT))
    began = time.monotonic()
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        list(program.run_many(["1"] * 10, jobs=jobs))
    assert time.monotonic() - began < 60
    killer.join()
    assert [result.values for result in jq_magic.Sandbox(runtime).compile(".").run_many(["1", "2"])] == [[1], [2]]


def test_a_ceiling_holds_for_documents_too(sandbox, monkeypatch):
    from jq_magic.limits import ceiling

    limits = {"fuel": (1000, "a test")}
    monkeypatch.setattr(ceiling, "_ceiling", ceiling.Ceiling(limits, None))
    program = sandbox.compile
    with pytest.raises(jq_magic.FuelError):
        program(".")
    monkeypatch.undo()
    compiled = sandbox.compile(".")
    monkeypatch.setattr(ceiling, "_ceiling", ceiling.Ceiling({"fuel": (1000, "a test")}, None))
    with pytest.raises(jq_magic.CeilingError, match="a test"):
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


@pytest.mark.parametrize("jobs", [1, 3])
def test_memory_does_not_depend_on_the_number_of_documents(jobs, runtime):
    done = python(STREAM, runtime, str(jobs))
    assert done.stdout == "True\n", done.stderr


def test_outputs_that_nobody_fetches_are_bounded(sandbox):
    # Each document gives a megabyte: a chunk of them is handed over after the first.
    program = sandbox.compile('"x" * 1000000')
    found = program.run_many(["1"] * 500, jobs=2)
    for _ in range(200):
        next(found)
    held = found.gi_frame.f_locals["found"].gi_frame.f_locals["waiting"]
    assert sum(len(result.text) for chunk in held for result in chunk.outcomes) < 16 << 20
    found.close()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "wanted", "shown"),
    [(Terminal, None, True), (io.StringIO, None, False), (Terminal, False, False), (io.StringIO, True, True)],
)
def test_progress_is_shown_where_it_can_be_seen(stream, wanted, shown, monkeypatch, sandbox):
    monkeypatch.setattr(progress, "_AFTER_S", 0.0)
    monkeypatch.setattr(sys, "stderr", stream())
    assert len(list(sandbox.compile(".").run_many(["1"] * 50, progress=wanted))) == 50
    assert ("50" in sys.stderr.getvalue()) == shown


def test_short_work_shows_no_progress(monkeypatch, sandbox):
    monkeypatch.setattr(progress, "_AFTER_S", 3600.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    list(sandbox.compile(".").run_many(["1"] * 50))
    assert sys.stderr.getvalue() == ""


def test_a_file_of_json_lines_is_a_source(tmp_path, sandbox):
    path = tmp_path / "rows.ndjson"
    path.write_text("".join(json.dumps({"n": n}) + "\n" for n in range(1000)))
    with path.open("rb") as lines, contextlib.closing(sandbox.compile(".n").run_many(lines, jobs=2)) as found:
        assert sum(result.values[0] for result in found) == 999 * 1000 / 2


@pytest.mark.parametrize(
    ("source", "texts", "together"),
    [(".", ["1"] * 4000, False), ("last(range(1e5))", ["null"] * 60, True)],
    ids=["tiny documents", "large ones"],
)
def test_tiny_documents_are_run_by_one_thread_at_a_time(source, texts, together, sandbox, monkeypatch):
    if sandbox.engine == "jq":
        pytest.skip("its least document takes about as long as is worth two threads")
    inside, most = [], []
    whole = documents.Stream.whole

    def watched(self, **given):
        inside.append(self)
        most.append(len(inside))
        try:
            return whole(self, **given)
        finally:
            inside.remove(self)

    monkeypatch.setattr(documents.Stream, "whole", watched)
    program = sandbox.compile(source)
    assert len(list(program.run_many(texts, jobs=2))) == len(texts)
    # How long a document takes is known after some, and some take longer on a busy machine.
    shared = sum(number > 1 for number in most) / len(most)
    assert shared > 0.5 if together else shared < 0.3
