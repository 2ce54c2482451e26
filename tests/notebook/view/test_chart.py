"""What a picture is made of: a bounded number of values, any date and any text."""

from __future__ import annotations

import itertools
import json
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jq_magic.notebook.view import chart, dates, pages, picture, table
from jq_magic.notebook.view.pages import Pages
from tests.notebook.answers import ask, check


def test_a_picture_is_made_of_the_first_values_and_says_so(monkeypatch):
    numbers = Pages("[1,2,3,4]\n")
    rows = Pages('{"v":1,"d":"2020-01-01"}\n{"v":2,"d":"2020-01-02"}\n{"v":3,"d":"2020-01-03"}\n')
    monkeypatch.setattr(chart, "DRAWN", 4)
    assert ask(numbers, "chart", at=[0])["caption"] == "how often values occur"
    assert ask(rows, "chart", column=0)["caption"] == "by date"
    monkeypatch.setattr(chart, "DRAWN", 2)
    assert ask(numbers, "chart", at=[0])["caption"] == "how often values occur; the first 2 of 4 values"
    assert ask(rows, "chart", column=0)["caption"] == "by date; the first 2 of 3 values"


def test_a_picture_of_a_wide_table_looks_at_few_cells_for_dates(monkeypatch):
    looked = []
    real = table.Table.column

    def column(self, position, most=None, among=None):
        cells = real(self, position, most, among)
        looked.append(len(cells))
        return cells

    monkeypatch.setattr(table.Table, "column", column)
    wide = json.dumps({f"c{number}": number for number in range(600)})
    view = Pages(f"{wide}\n" + '{"c0":1}\n' * 20_000)
    assert ask(view, "chart", column=0)["kind"] == "histogram"
    assert sum(looked) <= 20_001 + pages.PAGE_ROWS * chart.DATED_ROWS


EDGES = [
    "0001-01-01", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00-23:59", "9999-12-31", "9999-12-31T23:59:59.999999",
    "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59+23:59", "0000-01-01", "99999-01-01", "2020-13-01", "2020-02-30",
]  # fmt: skip


@pytest.mark.parametrize("pair", list(itertools.combinations(EDGES, 2)))
def test_dates_at_the_edge_of_the_calendar_are_drawn_or_refused(pair):
    rows = "".join(json.dumps({"d": date, "v": number}) + "\n" for number, date in enumerate(pair))
    check(Pages(rows).answer({"id": 1, "op": "chart", "column": 1}))
    drawn = ask(Pages(rows), "chart", column=1)
    assert drawn["kind"] in {"line", "histogram", "numbers"}


def test_a_moment_that_is_outside_of_the_calendar_in_utc_is_no_date():
    assert dates.date_ms("0001-01-01T00:00:00+00:01") is None
    assert dates.date_ms("0001-01-01T00:00:00") is not None
    assert dates.date_ms("9999-12-31T23:59:59-00:01") is None
    assert dates.date_ms("9999-12-31T23:59:59.999999") is not None
    assert picture.date_tick(1e300, 1) == "12-31 00:00"
    assert picture.date_tick(-1e300, 1) == "01-01 00:00"


@settings(max_examples=100, deadline=None)
@given(labels=st.lists(st.text(st.characters(), max_size=70), min_size=1, max_size=5))
def test_a_picture_of_any_texts_is_well_formed_xml(labels):
    drawn = picture.laid_out(chart.draw(labels))
    shapes = "".join(
        f"<{tag} {' '.join(f'{name}={quoteattr(str(value))}' for name, value in attributes.items())}>"
        f"<title>{escape(title or '')}</title>{escape(text or '')}</{tag}>"
        for tag, attributes, text, title in drawn["shapes"]
    )
    assert len(ET.fromstring(f"<svg>{shapes}</svg>")) == len(drawn["shapes"])
