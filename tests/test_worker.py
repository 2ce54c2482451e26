"""Threads that run the sandbox: kept for the next run, by the size of their stacks."""

from __future__ import annotations

import threading

from jq_magic import worker

SMALL, LARGE = 4 << 20, 32 << 20


def served_by(stack_bytes):
    return worker.run(threading.get_ident, seconds=60, stop=lambda: None, stack_bytes=stack_bytes)


def test_a_worker_serves_again_but_only_those_who_need_its_stack():
    # A runtime that needs a large stack dies on a small one.
    small, large = served_by(SMALL), served_by(LARGE)
    assert small != large
    assert (served_by(SMALL), served_by(LARGE)) == (small, large)
