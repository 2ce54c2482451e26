"""Every attack of the table, on every runtime and engine that can be used here."""

from __future__ import annotations

import functools
import itertools
import os

import pytest

import jq_magic
from tests.proof.attacks import runner, table

pytestmark = pytest.mark.slow

#: Every attack in the full proof, a third of each class otherwise.
ATTACKS = [attack for attack in table.attacks() if "JQ_MAGIC_PROOF" in os.environ or attack["number"] % 3 == 0]


@functools.cache
def answers(runtime, engine):
    return runner.run(ATTACKS, runtime, engine)


@pytest.mark.parametrize(("runtime", "engine"), list(itertools.product(jq_magic.runtimes(), jq_magic.engines())))
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack["id"])[1:-1])
def test_an_attack_ends_as_it_must(attack, runtime, engine):
    answer = answers(runtime, engine)[attack["id"]]
    assert runner.faults(attack, answer, engine) == []


def test_the_table_is_large_and_no_attack_is_left_out():
    assert len(ATTACKS) >= 250
    assert len(table.attacks()) >= 900
    assert {attack["group"] for attack in ATTACKS} == {
        "cpu", "memory", "stack", "output", "capability", "fidelity", "display", "decoding", "options", "policy",
        "host",
    }  # fmt: skip


SOUND = {
    "status": 0, "end": "FuelError", "said": "", "shown": "", "wall_s": 1.0, "peak_mib": 10.0, "kept_mib": 1.0,
    "cpu_s": 1.0, "shown_bytes": 100,
    "events": [], "canary": False, "after": [2], "descriptors": 0, "is_limit": True, "refused": False,
    "has_usage": True,
}  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"status": -11}, {"end": "GuestError"}, {"end": "answer"}, {"wall_s": 100.0}, {"peak_mib": 129.0},
        {"kept_mib": 33.0}, {"events": ["open"]}, {"canary": True}, {"after": [3]}, {"descriptors": 1},
        {"cpu_s": 100.0}, {"shown_bytes": 2**20 + 1}, {"has_usage": False}, {"shown": "\x1b[2J"}, {"shown": "\u202e"},
    ],
)  # fmt: skip
def test_each_part_of_the_judgement_can_fail(broken):
    attack = {"kind": "program", "ends": "fuel", "group": "cpu", "limits": table.LIMITS}
    assert runner.faults(attack, SOUND, "magic") == []
    assert len(runner.faults(attack, {**SOUND, **broken}, "magic")) == 1


@pytest.mark.parametrize("broken", [{"cpu_s": 0.6}, {"peak_mib": 9.0}, {"kept_mib": 3.0}, {"shown_bytes": 51}])
def test_each_bound_of_an_attack_can_fail(broken):
    bounds = {"cpu_s": 0.5, "peak_mib": 8, "kept_mib": 2, "shown_bytes": 50}
    attack = {"kind": "line", "ends": "fuel", "group": "host", "limits": table.LIMITS, **bounds}
    kept = {**SOUND, "cpu_s": 0.4, "peak_mib": 7.0, "shown_bytes": 49}
    assert runner.faults(attack, kept, "magic") == []
    assert len(runner.faults(attack, {**kept, **broken}, "magic")) == 1


@pytest.mark.parametrize("page", ["<pre><script>", "<pre><b>", '<pre><span onclick="x">', "<pre></pre><a href=x>"])
def test_a_page_that_would_act_is_found(page):
    attack = {"kind": "bundle", "ends": "fuel", "group": "display", "limits": table.LIMITS}
    assert len(runner.faults(attack, {**SOUND, "said": page}, "magic")) == 1


@pytest.mark.parametrize(
    "limit", [{"fuel": 2**62, "deadline_s": 3.0}, {"fuel": 2**62, "memory_bytes": 4 << 30, "deadline_s": 3.0}]
)
def test_without_its_limit_an_attack_is_found_to_end_otherwise(limit):
    (attack,) = [
        attack for attack in ATTACKS if attack["id"] == "cpu: a generator that gives nothing 0: last(range(1e18))"
    ]
    attack = {**attack, "limits": {**attack["limits"], **limit}}
    answer = runner.run([attack], "wasmtime", "magic", processes=1)[attack["id"]]
    assert answer["end"] == "DeadlineError"
    assert any("DeadlineError" in fault for fault in runner.faults(attack, answer, "magic"))
