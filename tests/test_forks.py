"""What a fork leaves behind is renewed in the child, by its owners and in one place."""

from __future__ import annotations

import ast

from jq_magic import forks
from tests.support import ROOT, python

FORKED = """
import os, threading
from jq_magic import forks
calls = []
forks.before(lambda: calls.append("before"))
forks.in_child(lambda: calls.append("first"))
forks.in_child(lambda: calls.append("second"))
assert not forks.is_child()
child = os.fork()
if child == 0:
    grandchild = os.fork()
    if grandchild == 0:
        os._exit(0 if calls == ["before", "first", "second"] * 2 and forks.is_child() else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1])
    os._exit(status or (0 if calls == ["before", "first", "second", "before"] and forks.is_child() else 2))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), calls, forks.is_child())
"""


def test_what_is_registered_is_called_in_order_in_each_child():
    done = python(FORKED)
    assert done.stdout == "0 ['before'] False\n", done.stderr


LOCKED = """
import os, sys, threading, jq_magic
from jq_magic import jobs
from jq_magic.guest.module import MODULES
from jq_magic.limits.ceiling import PROCESS
from jq_magic.run.placement import PLACEMENT
from jq_magic.run.pool import POOLS
held, go = threading.Event(), threading.Event()
def hold():
    with jobs._stack_size, MODULES._lock, PROCESS._lock, PLACEMENT.turn, POOLS._trimming:
        held.set()
        go.wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    # Another thread of the parent holds every lock: in the child nobody would open them.
    os._exit(0 if jq_magic.all("1 + 1", None) == [2] else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
go.set()
"""


def test_a_child_works_whatever_lock_a_thread_of_its_parent_held():
    done = python(LOCKED)
    assert done.stdout == "0\n", done.stderr


def test_forks_are_registered_in_one_place():
    registering = [
        path.name
        for path in (ROOT / "jq_magic").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "register_at_fork"
    ]
    assert set(registering) == {"forks.py"}
    assert callable(forks.before)
