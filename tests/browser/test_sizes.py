"""Every kind of result in narrow and wide windows, light and dark: nothing is wider than its place."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

KINDS = {
    "data": """import datetime, json, math
days = [str(datetime.date(2012, 1, 1) + datetime.timedelta(i)) + "T00:00:00" for i in range(1461)]
weather = [{"date": day, "precipitation": max(0, i * 37 % 100 - 60) / 10,
            "temp_max": 16 + 9 * math.sin(i / 58) + i * 31 % 7, "wind": (i * 13 % 70) / 9,
            "weather": ["rain", "sun", "fog", "drizzle", "snow"][i * i % 11 % 5]} for i, day in enumerate(days)]
users = json.loads('{"meta": {"count": 2, "next": null}, "results": [{"id": 1, "name": "Ada Lovelace",'
                   ' "tags": ["math", "poetry"], "active": true}, {"id": 2, "name": "Grace Hopper", "tags": []}]}')""",
    "scalar": "%jq weather length",
    "string": "%jq users .results[0].name",
    "lines": '%jq -r weather[0] "# \\(.weather)\\n\\n- one\\n- two"',
    "csv": "%jq -r weather .[:9][] | [.date, .wind, .weather] | @csv",
    "empty": "%jq weather empty",
    "table": "%%jq --fuel 1e9 weather\n.",
    "short": "%jq users .results",
    "named": "%jq weather group_by(.weather) | map({key: .[0].weather, value: {n: length, wind: (map(.wind) | add)}})"
    " | from_entries",
    "tree": "%jq users .",
    "mixed": '%jq -n 1, "two", [3, [4]], {five: 6}',
    "object": "%jq -n {sun:714,fog:411,rain:259,drizzle:54,snow:23}",
    "limit": "%%jq --fuel 1e6 weather\n[.[] | repeat(.)] | length",
    "error": "%jq weather .[0].date.year",
}
#: What is selected before a chart is drawn: the column that a cell stands in, or an array or object of the tree.
CHARTS = {"table": 3, "short": 0, "named": 1, "object": 0}


def kept_wide(page, notebook, keep, app):
    """Take a picture of each result in each size and theme. Returns: those that are wider than their place."""
    wide = []
    for width in [320, 1_000, 2_500]:
        page.set_viewport_size({"width": width, "height": 1_000})
        for theme in ["light", "dark"]:
            notebook.theme(f"JupyterLab {theme.title()}")
            for index, kind in enumerate(KINDS, 1):
                if kind == "data":
                    continue
                cell = notebook.cell(index)
                cell.scroll_into_view_if_needed()
                if kind != "error" and notebook.view(index).evaluate("e => e.scrollWidth > e.clientWidth + 1"):
                    wide.append((width, theme, kind))
                if kind in CHARTS and kind != "short":
                    chart = notebook.view(index).get_by_role("figure").get_by_role("img")
                    # It is laid out for the room that it has now, once that is known.
                    expect(chart).to_be_visible()
                keep(f"size-{app}-{width}-{theme}-{kind}", cell)
    return wide


@pytest.mark.parametrize("app", ["lab", "notebooks"])
def test_every_kind_of_result_fits_into_its_place(page, open_notebook, keep, app):
    notebook = open_notebook(*KINDS.values(), app=app)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.evaluate("() => window.jupyterapp.shell.collapseRight()")
    for index in range(len(KINDS) + 1):
        notebook.run(index)
    for index, kind in enumerate(KINDS, 1):
        if kind not in CHARTS:
            continue
        view = notebook.view(index)
        view.scroll_into_view_if_needed()
        if CHARTS[kind]:
            view.locator(f"[role=gridcell][aria-colindex='{CHARTS[kind]}']").first.click()
        view.get_by_role("button", name="Chart", exact=True).click(force=True)
        if kind != "short":
            view.get_by_role("figure").wait_for()
    assert kept_wide(page, notebook, keep, app) == []
