"""Completion and inspection in cells of a jq notebook."""

from __future__ import annotations

import pytest

from jq_magic.kernel import complete as completion
from jq_magic.kernel.complete import complete, leading
from jq_magic.kernel.files import Directory
from jq_magic.kernel.inputs import Inputs, is_complete
from jq_magic.kernel.inspection import inspect
from jq_magic.kernel.session import Session

ROWS = '[{"name": "a", "origin": {"city": "x", "code": 1}}, {"name": "b", "note": null}]'


@pytest.fixture
def session(tmp_path):
    (tmp_path / "rows.json").write_text(ROWS)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deep.json").write_text("{}")
    directory = Directory(tmp_path)
    session = Session(directory)
    for number, cell in enumerate(
        ["%use rows.json", "%%data kept\n" + '{"inner": [1]}', "def shout: ascii_upcase;"], 1
    ):
        list(session.execute(cell, number))
    yield session
    directory.close()


def offered(session, code):
    """What is offered at the mark ‸ of a cell."""
    before, _, after = code.partition("‸")
    found = complete(session, before + after, len(before))
    return [before[: found.start] + match for match in found.matches]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (".[].‸", {".[].name", ".[].origin", ".[].note"}),
        (".[].na‸", {".[].name"}),
        (".[0].origin.‸", {".[0].origin.city", ".[0].origin.code"}),
        ("map(.origin.c‸)", {"map(.origin.city", "map(.origin.code"}),
        ("map(.origin) | .[].c‸", {"map(.origin) | .[].city", "map(.origin) | .[].code"}),
        (".[] | select(.no‸", {".[] | select(.note"}),
        (".[] | {name, c: .origin.ci‸}", {".[] | {name, c: .origin.city"}),
        ("%%jq kept\n.in‸", {"%%jq kept\n.inner"}),
        ("%%jq -s rows.json\n.[0][].na‸", {"%%jq -s rows.json\n.[0][].name"}),
        ("%jq kept .in‸", {"%jq kept .inner"}),
        ("$kept.in‸", {"$kept.inner"}),
        ("$ke‸", {"$kept"}),
        ("sho‸", {"shout"}),
        ("with_en‸", {"with_entries"}),
        ("@bas‸", {"@base64", "@base64d"}),
        ("%%jq --fu‸", {"%%jq --fuel"}),
        ("%%jq ro‸", {"%%jq rows.json"}),
        ("%data x sub/‸", {"%data x sub/deep.json"}),
        ("%use ‸", {"%use kept", "%use rows.json", "%use sub/"}),
        ("%nam‸", {"%names"}),
        ("%%da‸", {"%%data"}),
        ("x = %jq ke‸", {"x = %jq kept"}),
    ],
)
def test_what_can_stand_at_the_cursor_is_offered(session, code, wanted):
    assert set(offered(session, code)) == wanted


@pytest.mark.parametrize(
    "code", ["‸", "1 + ‸", "%%jq nothing\n.a‸", '.[] | error("x") | .a‸', "%run ‸x", '"‸', "%%jq --nope x\n.‸"]
)
def test_where_nothing_is_known_nothing_breaks(session, code):
    assert isinstance(offered(session, code), list)


@pytest.mark.parametrize(
    ("text", "pipeline"),
    [
        ("", "."),
        (".a | ", ".a"),
        ("map(.a | ", ".[] | .a"),
        (".x[] | select(.a | test(", ".x[] | .a"),
        ("[.[] | ", ".[]"),
        ("map(.a) | .[0] | ", "map(.a) | .[0]"),
        ('"a|b(" | ', '"a|b("'),
        (". as $x | .a | ", ".a"),
        ("# a | (\n.b | ", ".b"),
        ("(.[]|.a) | ", "(.[] | .a)"),
        ("map # each (\n(.a | ", ".[] | .a"),
        (")] | {a: (.b|.c)} | ", ")] | {a: (.b | .c)}"),
    ],
)
def test_the_pipeline_before_the_cursor(text, pipeline):
    assert leading(text) == pipeline


@pytest.mark.parametrize(
    "text",
    [
        "(a)" * 20_000,
        "()" * 30_000,
        "(" * 50_000,
        "map(" * 20_000,
        "|" * 99_000,
        '"' * 50_000,
        "[.a," * 20_000,
        "\\" * 50_000,
        "a" * 99_000,
    ],
)
def test_a_hostile_cell_is_completed_in_bounds(session, text):
    assert len(offered(session, f"{text}.‸")) <= completion.OFFERED
    assert offered(session, f"{text * 3}.‸") == [] or len(text) * 3 <= completion.CODE_CHARS


def test_a_key_press_costs_little_whatever_the_cell_asks_for(session):
    assert offered(session, "[range(1e12)] | .[] | .‸") is not None
    assert offered(session, "last(range(infinite)) | .na‸") == ["last(range(infinite)) | .name"]


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("map‸(.a)", "map(f)\n    an array of the outputs"),
        ("ran‸ge", "range(from; to; by)"),
        ("@bas‸e64", "@base64\n"),
        ("sho‸ut", "def shout: ascii_upcase;"),
        ("$ke‸pt", 'kept: 14 bytes from a cell\n\n{"inner": [1]}'),
        ("%%jq ke‸pt", "kept: 14 bytes"),
        (".[].na‸me", ".name: string"),
        (".[].ori‸gin.city", ".origin: null, object"),
        (".[].origin.co‸de", ".code: number"),
    ],
)
def test_what_stands_at_the_cursor_is_described(session, code, part):
    before, _, after = code.partition("‸")
    assert part in inspect(session, before + after, len(before))


@pytest.mark.parametrize("code", ["nothing‸", "‸", ".[].nope‸", "$nope‸", "1‸"])
def test_what_nobody_knows_is_not_described(session, code):
    before, _, after = code.partition("‸")
    assert inspect(session, before + after, len(before)) in {"", ".nope: null"}


@pytest.mark.parametrize(
    ("code", "whole"),
    [
        (".a", True), ("map(.a", False), (".a |", False), ('"a', False), ("if . then 1", False), (".a b", True),
        ("", True),
        ("%%jq x", False), ("%%jq x\n.a", True), ("%%jq x\n.a |", False), ("%%data x\n1", False),
        ("%%data x\n1\n\n", True),
        ("%use x", True), ("%%bash\nls", True), ("shout", True), ("$kept", True), ("{a: 1,", False),
        ("def f: 1;", True),
    ],
)  # fmt: skip
def test_a_cell_is_whole_unless_its_filter_could_go_on(session, code, whole):
    assert is_complete(session, code) is whole


def test_history_gives_the_last_a_part_and_those_that_match():
    inputs = Inputs()
    for number, code in enumerate([".a", ".b", ".a", "map(.c)"], 1):
        inputs.add(number, code)
    inputs.add(9, "x" * 10_001)
    assert inputs.listed("tail", {"n": 2}) == [(0, 3, ".a"), (0, 4, "map(.c)")]
    assert inputs.listed("range", {"start": 2, "stop": 4}) == [(0, 2, ".b"), (0, 3, ".a")]
    assert inputs.listed("search", {"pattern": "*a*", "n": 9}) == [(0, 1, ".a"), (0, 3, ".a"), (0, 4, "map(.c)")]
    assert inputs.listed("search", {"pattern": ".a", "unique": True}) == [(0, 3, ".a")]
    assert inputs.listed("tail", {"n": -1}) == []
    assert len(inputs.listed("nonsense", {})) == 4
