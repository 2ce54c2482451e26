"""The guest's own count against wasmtime's, on the guest that is shipped."""

from __future__ import annotations

import subprocess

import pytest
from meter_runs import METERED, OWN, Form

from tests.support import ROOT, cases, expected
from wasm.builder import recipe
from wasm.builder.packer import Packer

pytestmark = pytest.mark.slow

MORE = [
    ("[range(3000)] | map(. * 2) | add", "null"),
    ('[range(2000) | tostring] | sort | join(",") | length', "null"),
    ('[range(300) | {a: ., b: "x\\(.)"}] | group_by(.a % 7) | map(length)', "null"),
    ('[range(300) | "a\\(.)"] | map(select(test("9$"))) | length', "null"),
    ("def fib: if . < 2 then . else (. - 1 | fib) + (. - 2 | fib) end; 15 | fib", "null"),
    ("[limit(100000; repeat(1))] | length", "null"),
    ("[., .] | tojson | fromjson | length", "[" + ",".join(['{"k": [1, 2.5, "s"]}'] * 2000) + "]"),
]


def test_the_count_is_wasmtimes_own_to_the_unit(engine):
    exact, own = Form(METERED, engine=engine), Form(OWN, engine=engine)
    # What another engine does not do as the table says may have no end there, as `range(0; 10; 0)` in jaq.
    runs = [(case["program"], case["input"]) for case in cases() if expected(case, engine) == case["outputs"]] + MORE
    assert len(runs) > 150
    spent = set()
    for program, text in runs:
        if "now" in program:
            continue
        ours, theirs = exact.run(program, text), own.run(program, text)
        assert (ours.outcome, ours.fuel) == (theirs.outcome, theirs.fuel), program
        spent.add(ours.fuel)
    assert len(spent) > 100


def test_the_module_that_is_shipped_passes_the_validator(engine):
    packer = recipe.made(Packer()) / Packer.name
    done = subprocess.run(
        [packer, "check", ROOT / "jq_magic" / f"{engine}.wasm"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "metered" in done.stdout
