"""What the documents say of measurements is what was measured."""

from __future__ import annotations

import json
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import runtimes_table


def test_the_table_of_the_readme_is_that_of_the_figures():
    found = json.loads(runtimes_table.RESULTS.read_text())
    table = runtimes_table.table(found)
    assert len(table.splitlines()) > 15
    assert table in (ROOT / "README.md").read_text()
    for suffix in [".png", ".svg"]:
        assert runtimes_table.RESULTS.with_suffix(suffix).stat().st_size > 10_000
