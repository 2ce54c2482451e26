"""What is measured: programs with their input, and the same in Python where a person would write that.

Three kinds: `data` (reading, reshaping and writing documents of megabytes), `evaluation` (the kinds of
work that jaq's own benchmarks have: recursion, folds, paths, updates, strings) and `small` (a filter
on a document of some bytes, where everything but the filter is what costs).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import documents
from evaluation import EVALUATION, MORE_EVALUATION

Python = Callable[[Any], list[Any]]


class Task(NamedTuple):
    """One program on one input.

    Attributes:
        kind: "data", "evaluation" or "small".
        program: The jq program.
        document: Name of a document, or "" for `text`.
        text: The input itself, JSON.
        python: The same on the decoded input, giving the list of outputs.
        quick: Whether the quick run has it.

    """

    kind: str
    program: str
    document: str = ""
    text: str = ""
    python: Python | None = None
    quick: bool = False

    def input(self, *, small: bool) -> bytes:
        """The input as bytes; `small` for the quick run. Raises: UnavailableError."""
        if not self.document:
            return self.text.encode()
        return documents.path(self.document, 10_000 if small else 100_000).read_bytes()


def _descend(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _descend(child)


def _numbers(value: Any) -> Iterator[Any]:
    return (found for found in _descend(value) if isinstance(found, (int, float)) and not isinstance(found, bool))


def _counted(values: list[Any], key: Callable[[Any], Any], name: str) -> list[dict[str, Any]]:
    ordered = sorted(values, key=key)
    return [{name: found, "n": len(list(group))} for found, group in itertools.groupby(ordered, key)]


def _csv(cell: Any) -> str:
    return '"' + cell.replace('"', '""') + '"' if isinstance(cell, str) else str(cell)


def _rows(program: str, python: Python, *, quick: bool = False) -> Task:
    return Task("data", program, documents.ROWS, python=python, quick=quick)


_NINE = re.compile("9$")

_DATA = {
    "rows: .": _rows(".", lambda v: [v], quick=True),
    "rows: length": _rows("length", lambda v: [len(v)], quick=True),
    "rows: sum of a column": _rows("map(.score) | add", lambda v: [sum(r["score"] for r in v)], quick=True),
    "rows: select": _rows(
        "map(select(.score > 50) | {name, score})",
        lambda v: [[{"name": r["name"], "score": r["score"]} for r in v if r["score"] > 50]],
        quick=True,
    ),
    "rows: group_by": _rows(
        "group_by(.city) | map({city: .[0].city, n: length})",
        lambda v: [_counted(v, lambda r: r["city"], "city")],
        quick=True,
    ),
    "rows: sort_by": _rows("sort_by(.score) | map(.id)", lambda v: [[r["id"] for r in sorted(v, key=_score)]]),
    "rows: to_entries": _rows(
        "map(to_entries | map(select(.value != 0)) | from_entries) | length",
        lambda v: [len([{key: item for key, item in r.items() if item != 0} for r in v])],
    ),
    "rows: regex": _rows(
        '[.[] | select(.name | test("9$"))] | length', lambda v: [sum(bool(_NINE.search(r["name"])) for r in v)]
    ),
    "rows: numbers": _rows("[.. | numbers] | add", lambda v: [sum(_numbers(v))]),
    "rows: tojson, fromjson": _rows("tojson | fromjson | length", lambda v: [len(v)]),
    "rows: @csv": _rows(
        ".[] | [.id, .name, .score] | @csv",
        lambda v: [",".join(map(_csv, (r["id"], r["name"], r["score"]))) for r in v],
        quick=True,
    ),
    "browsers: .": Task("data", ".", "browsers", python=lambda v: [v]),
    "browsers: strings": Task(
        "data",
        "[.. | strings | length] | add",
        "browsers",
        python=lambda v: [sum(len(found) for found in _descend(v) if isinstance(found, str))],
    ),
    "browsers: experimental": Task(
        "data",
        '[.. | objects | select(has("__compat")) | .__compat | select(.status.experimental) | .mdn_url] | length',
        "browsers",
        python=lambda v: [
            sum(
                bool((found["__compat"].get("status") or {}).get("experimental"))
                for found in _descend(v)
                if isinstance(found, dict) and "__compat" in found
            )
        ],
    ),
    "flights: mean delay": Task(
        "data", "(map(.delay) | add) / length", "flights", python=lambda v: [sum(r["delay"] for r in v) / len(v)]
    ),
    "flights: late ones": Task(
        "data", ".[] | select(.delay > 180)", "flights", python=lambda v: [r for r in v if r["delay"] > 180]
    ),
    "flights: by distance": Task(
        "data",
        "group_by(.distance / 500 | floor) | map({far: (.[0].distance / 500 | floor), n: length})",
        "flights",
        python=lambda v: [_counted(v, lambda r: r["distance"] // 500, "far")],
    ),
}


def _score(row: Any) -> Any:
    return row["score"]


_QUICK_EVALUATION = {"reduce", "fib", "strings", "update", "ackermann"}
_EVALUATION = {
    name: Task("evaluation", program, text=str(size), quick=name in _QUICK_EVALUATION)
    for name, (program, size) in (EVALUATION | MORE_EVALUATION).items()
}

_ORDER = (
    '{"id":7,"customer":{"name":"Ada","city":"Turin"},'
    '"items":[{"sku":"a","n":2,"each":3.5},{"sku":"b","n":1,"each":9}]}'
)
_SMALL = {
    ".a": Task("small", ".a", text='{"a":1}', python=lambda v: [v["a"]], quick=True),
    "names": Task(
        "small",
        "{id, name: .customer.name, skus: [.items[].sku]}",
        text=_ORDER,
        python=lambda v: [{"id": v["id"], "name": v["customer"]["name"], "skus": [i["sku"] for i in v["items"]]}],
        quick=True,
    ),
    "total": Task(
        "small",
        "[.items[] | .n * .each] | add",
        text=_ORDER,
        python=lambda v: [sum(i["n"] * i["each"] for i in v["items"])],
        quick=True,
    ),
}

TASKS: dict[str, Task] = {**_SMALL, **_DATA, **_EVALUATION}
