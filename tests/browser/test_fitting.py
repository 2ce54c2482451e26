"""Nothing is cut off, and what somebody looks for is in sight."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

DEEP = """deep = {"name": "app", "parts": {f"part {i}": {"version": i} for i in range(600)}}
days = [{"day": f"{2000 + i // 12}-{i % 12 + 1:02}-01", "n": i, "m": i if i % 20 else None} for i in range(1200)]"""


def test_a_place_below_others_that_a_search_opens_is_scrolled_to(page, open_notebook, keep):
    notebook = open_notebook(DEEP, "%jq deep .")
    notebook.run_all()
    view = notebook.view(2)
    box = view.get_by_role("searchbox")
    box.fill("part 555")
    box.press("Enter")
    expect(view.locator("mark")).to_have_text("part 555")
    expect(view.locator("mark")).to_be_in_viewport()
    mark, tree = view.locator("mark").bounding_box(), view.get_by_role("tree").bounding_box()
    assert tree["y"] <= mark["y"] <= tree["y"] + tree["height"] - mark["height"]
    keep("revealed", view)


def test_heads_and_numbers_of_rows_have_room(page, open_notebook, keep):
    notebook = open_notebook(DEEP, "%jq days .", '%jq -r days .[:3][] | ["x" * 3 * (.n + 1), .n] | @tsv')
    notebook.run_all()
    view = notebook.view(2)
    edges = view.locator(".jqm-ends").first
    expect(edges.locator("span")).to_have_text(["2000-01", "2099-12"])
    assert edges.evaluate("e => e.scrollWidth <= e.clientWidth")
    kind = view.locator(".jqm-type").nth(2)
    expect(kind).to_have_text("number · 60 missing")
    assert kind.evaluate("e => e.scrollWidth <= e.clientWidth")
    view.get_by_role("grid").press("Control+End")
    number = view.get_by_role("rowheader", name="1,199")
    expect(number).to_be_visible()
    assert number.evaluate("e => e.scrollWidth <= e.clientWidth")
    keep("room", view)
    # Fields that tabs end stand below each other.
    expect(notebook.view(3).locator(".jqm-text")).to_have_css("tab-size", "11")


def test_a_chart_is_of_the_rows_that_are_shown(page, open_notebook):
    notebook = open_notebook(DEEP, "%jq days .")
    notebook.run_all()
    view = notebook.view(2)
    view.get_by_role("searchbox").fill("n > 1195")
    expect(view.locator(".jqm-size-of")).to_contain_text("4 of 1,200")
    view.locator("[role=gridcell][aria-colindex='2']").first.click()
    view.get_by_role("button", name="Chart", exact=True).click()
    picture = view.get_by_role("figure").get_by_role("img")
    expect(picture).to_have_attribute("aria-label", "n by date; 4 of 1,200 rows")


@pytest.mark.parametrize("width", [420, 1280])
def test_a_result_and_the_line_of_a_run_begin_where_outputs_do(page, open_notebook, width):
    page.set_viewport_size({"width": width, "height": 900})
    notebook = open_notebook("print(1)", "%%jq -n --fuel 1e13 --timeout 60\nlast(range(1e12))", "%jq -n 12")
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.evaluate("() => window.jupyterapp.shell.collapseRight()")
    notebook.run(0)
    notebook.run(1)
    notebook.start(2)
    line = notebook.cell(2).locator(".jqm-progress")
    expect(line).to_contain_text("jq runs")
    left = """e => {
        const range = document.createRange();
        range.selectNodeContents(e);
        return range.getBoundingClientRect().left;
    }"""
    theirs = notebook.cell(1).locator(".jp-OutputArea-output pre").evaluate(left)
    # A line of text begins one letter of the code font from the edge: 0.602 of its size here.
    assert abs(line.evaluate(left) - theirs) < 0.5
    notebook.command("notebook:interrupt-kernel")
    expect(notebook.cell(2).locator(".jp-OutputArea-output")).to_contain_text("interrupted after")
    notebook.run(3)
    assert abs(notebook.view(3).locator(".jqm-scalar").evaluate(left) - theirs) < 0.5
