"""What the documents say of measurements is what was measured."""

from __future__ import annotations

import json

import peers
import pytest
import report
import runtimes_table


def test_the_table_of_runtimes_is_that_of_the_figures():
    found = json.loads(runtimes_table.RESULTS.read_text())
    table = runtimes_table.table(found)
    assert len(table.splitlines()) > 15
    assert table in runtimes_table.PAGE.read_text()
    for suffix in [".png", ".svg"]:
        assert runtimes_table.RESULTS.with_suffix(suffix).stat().st_size > 10_000


def test_the_pages_on_speed_are_what_the_figures_give():
    results = report.Results(json.loads((report.RESULTS / "speed.json").read_text()))
    speed = report.SPEED.read_text()
    assert (report.RESULTS / "README.md").read_text() == report.page(results)
    assert report.excerpt(results, speed) == speed
    assert len(report.summary(results)) == 6


def figures(**run):
    task = {"kind": "data", "program": ".", "bytes": 1}
    machine = {"processor": "p", "cores": 1, "memory_bytes": 1, "system": "s", "python": "3", "load": 0}
    named = {name: {"title": name, "version": "1"} for name in ("ours", "theirs")}
    ours = {"cold_s": [1.0, 2.0, 4.0], "cold_cpu_s": [1.0, 1.0, 1.0], "outputs": "x"}
    runs = {"ours": ours, "theirs": run}
    found = {"date": "d", "machine": machine, "peers": named, "packages": {}, "guests": {}}
    return report.Results(found | {"tasks": {"t": task | {"runs": runs}}})


def test_a_ratio_is_the_median_of_those_within_a_round():
    found = figures(cold_s=[3.0, 4.0, 4.0], cold_cpu_s=[2.0, 2.0, 2.0], outputs="x")
    assert found.ratio("data", "t", "theirs") == 2.0
    assert "3 s–4 s) **2.00** |" in report.page(found)
    assert "| data (1) | 2.00 / 2.00 |" in report.page(found)


def test_failures_and_other_outputs_are_shown():
    failed = figures(failure="timed out after 5 s")
    assert "| timed out after 5 s |" in report.page(failed)
    assert failed.mean("data", "theirs") is None
    assert "**1.00** ≠ |" in report.page(figures(cold_s=[1.0, 2.0, 4.0], cold_cpu_s=[1.0, 1.0, 1.0], outputs="y"))


@pytest.mark.slow
def test_a_peer_that_hangs_is_ended_and_one_that_fails_says_why():
    process = peers.Process("jq_magic:magic:wasmtime")
    child = process._start()
    with pytest.raises(peers.Failure, match="timed out after 0 s"):
        process.ask({"task": ".a", "small": True, "check": False}, 0.0)
    assert child.returncode is not None
    try:
        with pytest.raises(peers.Failure, match="KeyError: 'no such task'"):
            process.ask({"task": "no such task", "small": True, "check": False}, 60.0)
    finally:
        process.close()
