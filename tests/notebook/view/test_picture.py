"""Charts as shapes: axes, captions, and nothing of the data but texts."""

from __future__ import annotations

import datetime
import json

import pytest

from jq_magic.notebook.view import chart, picture
from jq_magic.notebook.view.tree import Document

DAY_MS = 86_400_000


def values(*found):
    """As the cells of a document."""
    return list(Document(json.dumps(list(found))).find((0,)))


def shapes(drawn, tag):
    return [shape for shape in drawn["shapes"] if shape[0] == tag]


def test_ticks_are_round_numbers_inside_the_range():
    assert picture.ticks(0, 100) == [0, 20, 40, 60, 80, 100]
    assert picture.ticks(-1, 1, 4) == [-1, -0.5, 0, 0.5, 1]
    assert picture.ticks(3, 3) == [3]
    for low, high in [(1e-9, 3e-9), (-5e300, 7e300), (0.1, 0.7), (-1.7e308, 1.7e308), (5e-324, 1e-322)]:
        found = picture.ticks(low, high)
        assert 1 <= len(found) <= 12
        assert all(low - abs(high) * 1e-9 <= at <= high * 1.000001 for at in found)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0"),
        (-0.5, "-0.5"),
        (1234.5678, "1234.6"),
        (99_999, "99999"),
        (1e6, "1e6"),
        (-2.5e-7, "-2.5e-7"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_numbers_on_an_axis_are_short(number, told):
    assert picture.tick(number) == told


def test_dates_are_as_long_as_the_range_asks_for():
    ms = datetime.datetime(2020, 2, 3, 4, 5, tzinfo=datetime.timezone.utc).timestamp() * 1000
    assert picture.date_tick(ms, 10 * 365 * DAY_MS) == "2020"
    assert picture.date_tick(ms, 30 * DAY_MS) == "2020-02-03"
    assert picture.date_tick(ms, DAY_MS) == "02-03 04:05"


def test_the_caption_says_what_is_left_out():
    assert picture.caption({"kind": "histogram"}) == "how often values occur"
    assert picture.caption({"kind": "bars", "others": 1, "left_out": 2000}) == (
        "count by category; 1 rarer category not shown; 2,000 values left out"
    )


def test_a_histogram_has_a_bar_for_each_bin_as_high_as_its_count():
    drawn = picture.laid_out(chart.draw(values(*range(100))))
    bars = shapes(drawn, "rect")
    assert len(bars) == 8
    assert bars[0][3] == "0 to 12.375: 13"
    assert max(bar[1]["height"] for bar in bars) == picture.HEIGHT - 38
    assert {shape[2] for shape in shapes(drawn, "text")} >= {"0", "5", "10", "20", "80"}
    # All of one value: one bar in the middle.
    assert [bar[3] for bar in shapes(picture.laid_out(chart.draw(values(3, 3))), "rect")] == ["3 to 3: 2"]


def test_every_number_of_a_picture_is_inside_it():
    for found in (values(-1.7e308, 1.7e308), values(5e-324, 0), values("a", "b", "b"), values(*[1] * 50)):
        drawn = picture.laid_out(chart.draw(found))
        for _, attributes, _, _ in drawn["shapes"]:
            for name in ("x", "x1", "x2"):
                assert 0 <= attributes.get(name, 0) <= drawn["width"]
            for name in ("y", "y1", "y2"):
                assert 0 <= attributes.get(name, 0) <= drawn["height"]


def test_labels_of_categories_are_visible_texts_and_nothing_else():
    label = '<script>"\u202e\x1b' + "x" * 100
    drawn = picture.laid_out(chart.draw([label, "", label]))
    texts = [shape[2] for shape in shapes(drawn, "text")]
    assert texts[0] == '<script>"\\u202e\\x1bxxxxxxxx…'
    assert texts[2] == '""'
    assert not any("script" in str(shape[1]) for shape in drawn["shapes"])
    assert all(shape[0] in {"text", "rect", "line", "path"} for shape in drawn["shapes"])
