"""Work over many documents that nobody fetches any more ends, whoever finds that out."""

from __future__ import annotations

import pytest

from tests.support import python

pytestmark = pytest.mark.slow

ABANDONED = """
import gc, sys, time
import jq_magic
from jq_magic.many import lanes

gc.disable()
program = jq_magic.compile("[range(20000)] | length", runtime=sys.argv[1])
list(program.run_many(["1"] * 4, jobs=2))
collected = []
outcome = lanes.Lanes._outcome

def collecting(self, place, text):
    if is_abandoned:
        collected.append(gc.collect())
    return outcome(self, place, text)

lanes.Lanes._outcome = collecting
for turn in range(5):
    is_abandoned = False
    works = []
    # One whose lanes collect it, and two whose lanes may collect each other.
    for _ in range(1 + turn % 2):
        outcomes = program.run_many(iter(lambda: "1", None), jobs=2)
        next(outcomes)
        cycle = [outcomes]
        cycle.append(cycle)
        works.append(cycle)
    del outcomes, cycle, works
    is_abandoned = True
    # Lanes run the documents that were gathered ahead; this thread runs nothing that collects.
    time.sleep(0.3)
    gc.collect()
    ends = time.monotonic() + 300
    while lanes._LANES and time.monotonic() < ends:
        time.sleep(0.01)
    print(len(lanes._LANES))
print(len([result for result in program.run_many(["1"] * 50, jobs=3)]), len(collected) > 0)
"""


def test_a_lane_that_collects_the_work_that_it_belongs_to_does_not_wait_for_itself(runtime):
    done = python(ABANDONED, runtime)
    assert done.stdout.splitlines() == ["0"] * 5 + ["50 True"], (done.stdout, done.stderr)


LONG = """
import sys, threading, time
import jq_magic
from jq_magic.many import lanes

limits = jq_magic.Limits(fuel=10**15, deadline_s=600)
program = jq_magic.compile("if . == 1 then 1 else last(range(1e18)) end", runtime=sys.argv[1], limits=limits)
outcomes = program.run_many(["1", "2", "2", "2"], jobs=2)
next(outcomes)
time.sleep(0.3)
began = time.monotonic()
# As a lane would that finds it in its garbage.
lanes._LANES.add(threading.get_ident())
outcomes.close()
lanes._LANES.discard(threading.get_ident())
print(time.monotonic() - began < 100)
while lanes._LANES and time.monotonic() - began < 300:
    time.sleep(0.01)
print(len(lanes._LANES))
"""


def test_what_a_lane_leaves_running_is_ended_by_the_watch(runtime):
    done = python(LONG, runtime)
    assert done.stdout.splitlines() == ["True", "0"], (done.stdout, done.stderr)
