"""Asks a page's questions and judges the answers, for tests of several subjects."""

from __future__ import annotations

import json
import time

#: Characters of an answer to a page, as JSON.
ANSWER_CHARS = 4_000_000


def ask(view, operation, **request):
    """Give the answer to a well-formed request."""
    return view.answer({"id": 1, "op": operation, **request})["ok"]


def refusal(view, operation, **request):
    """Give the reason why a request has no answer."""
    return view.answer({"id": 1, "op": operation, **request})["error"]


def span(start, stop, left=0, right=1):
    return {"from": start, "to": stop, "left": left, "right": right}


def seconds(act):
    """Give the processor's time for a call: the least of three, for other work on the machine disturbs it."""
    times = []
    for _ in range(3):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return min(times)


def check(answer):
    """Check an answer to any request: none, what was asked for, or the reason why not, as a message can hold it."""
    if answer is None:
        return
    assert set(answer) in ({"id", "ok"}, {"id", "error"})
    assert len(json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()) < ANSWER_CHARS
