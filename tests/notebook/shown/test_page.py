"""The HTML of a result without script: a table of the first rows, or the text, bounded and escaped."""

from __future__ import annotations

import html
import json
import re

import pytest

from jq_magic.notebook.shown import page
from jq_magic.notebook.shown.page import as_table, as_text, preview


def lines(*values):
    return "".join(json.dumps(value, separators=(",", ":")) + "\n" for value in values)


def table(text):
    found = preview(text)
    assert found is not None
    return as_table(found)


def cells(markup):
    """The texts of a table's cells, row by row."""
    rows = re.findall("<tr>(.*?)</tr>", markup)
    return [[html.unescape(cell) for cell in re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_the_first_twenty_rows_are_a_table_and_the_rest_is_counted():
    rows = [{"name": f"n{number}", "v": number, "in": [number]} for number in range(23)]
    for text in (lines(*rows), lines(rows)):
        shown = table(text)
        assert cells(shown)[:2] == [["", "name", "v", "in"], ["0", "n0", "0", "[0]"]]
        assert len(cells(shown)) == 1 + page.ROWS
        assert shown.endswith("<div>… 3 more rows</div>")
    assert "more" not in table(lines(*rows[:20]))
    assert table(lines(*rows[:21])).endswith("<div>… 1 more row</div>")


def test_members_of_an_object_have_their_keys_and_missing_cells_are_empty():
    shown = table(lines({"a": {"n": 1, "x": None}, "b": {"n": 2}}))
    assert cells(shown) == [["", "n", "x"], ["a", "1", "null"], ["b", "2", ""]]
    many = table(lines({f"k{number}": {"n": number} for number in range(50)}))
    assert many.endswith("<div>… 30 more rows</div>")
    wide = table(lines(*[{f"c{number}": 1 for number in range(22)}] * 2))
    assert wide.endswith("<div>… 2 more columns</div>")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1\n",
        lines({"a": 1}),
        lines({"a": 1, "b": 2}),
        lines([{"a": 1}]),
        lines({"a": 1}, {"b": 1}),
        lines([{"a": 1}], [{"a": 2}]),
        lines([{"a": 1}, 2]),
        lines({"a": "x" * 200_000}, {"a": 1}),
        '{"a":1}\n{"a":\n',
        '[{"a":1},{"a":\n',
        '[{"a":' * 5_000,
    ],
)
def test_what_is_no_table_has_no_preview(text):
    assert preview(text) is None


def test_a_text_that_a_view_would_not_decode_has_no_preview(monkeypatch):
    text = lines({"a": 1}, {"a": 2})
    monkeypatch.setattr(page, "TEXT_CHARS", len(text))
    assert preview(text) is not None
    monkeypatch.setattr(page, "TEXT_CHARS", len(text) - 1)
    assert preview(text) is None


def test_what_strangers_wrote_is_text_and_short():
    bad = "<img src=x onerror=alert(1)>\u202e" + "x" * 500
    for shown in (
        table(lines(*[{bad: bad}] * 2)),
        table(lines({bad: {bad: 1}, "b": {bad: 1}})),
    ):
        assert "<img" not in shown
        assert "\u202e" not in shown
        assert all(len(cell) <= page._CELL_CHARS + 1 for row in cells(shown) for cell in row)
    assert "<img" not in as_text([bad], [json.dumps(bad)])


def test_tokens_of_json_have_colours_up_to_a_number():
    shown = as_text(["said: 1"], ['  "a": [1, "b\\"", true],'])
    assert re.findall(r"--jp-mirror-editor-(\w+)-color,inherit\)\">(.*?)</span>", shown) == [
        ("property", "&quot;a&quot;"),
        ("number", "1"),
        ("string", "&quot;b\\&quot;&quot;"),
        ("keyword", "true"),
    ]
    assert html.unescape(re.sub("<[^>]*>", "", shown)) == 'said: 1\n  "a": [1, "b\\"", true],'
    long = as_text([], ["1," * 5_000] * 2)
    assert long.count("<span") == page._COLOURED
    assert "<span" not in as_text([], ["1"], is_json=False)


def test_days_have_no_time_where_all_of_a_column_are_midnight():
    rows: list[dict[str, object]] = [
        {"day": "2012-01-01T00:00:00.000Z", "at": "2012-01-01T00:00:00", "no": "2012-01-01T00:00:00 x"}
    ] * 2
    rows.append({"day": None, "at": "2012-01-01T00:00:01", "no": "2012-01-01T00:00:00"})
    shown = cells(table(lines(*rows)))
    assert [row[1] for row in shown] == ["day", "2012-01-01", "2012-01-01", "null"]
    assert [row[2] for row in shown] == ["at", "2012-01-01T00:00:00", "2012-01-01T00:00:00", "2012-01-01T00:00:01"]
    assert shown[1][3] == "2012-01-01T00:00:00 x"
