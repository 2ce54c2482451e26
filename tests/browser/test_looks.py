"""Themes and accessibility: axe-core finds nothing serious, in light, dark and high contrast."""

from __future__ import annotations

import json

from tests.browser import tools
from tests.browser.test_page import DATA, DAYS

THEMES = ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"]


def serious(page, within="[data-jq-magic]"):
    """What axe-core finds serious or critical in the views."""
    page.evaluate(tools.axe().read_text())
    found = page.evaluate("async within => (await axe.run({ include: [[within]] })).violations", within)
    bad = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]][:3]) for one in bad]


def test_nothing_serious_is_found(page, open_notebook, keep):
    notebook = open_notebook(
        DATA, "%jq data .", "%jq data .users[]", "%%jq --fuel 1e6 data\n[range(1e9)]", DAYS, "%jq rows .", "%jq_history"
    )
    for index in range(8):
        notebook.run(index)
    tree = notebook.view(2)
    tree.get_by_role("treeitem").nth(1).click()
    tree.get_by_role("treeitem").nth(2).click()
    notebook.view(4).get_by_text("run again with --fuel 1e7").click()
    chart = notebook.view(6)
    chart.get_by_role("gridcell").nth(1).click()
    chart.get_by_role("button", name="Chart", exact=True).click()
    chart.get_by_role("figure").wait_for()
    for index in [2, 3, 4, 6]:
        view = notebook.view(index)
        view.locator("details").last.evaluate("e => { e.open = true }")
    found = {}
    for theme in THEMES:
        notebook.theme(theme)
        name = theme.removeprefix("JupyterLab ").replace(" ", "-").lower()
        for index, what in [(2, "tree"), (3, "table"), (4, "limit"), (6, "picture")]:
            keep(f"{name}-{what}", notebook.cell(index))
        keep(f"{name}-history", notebook.cell(7))
        found[theme] = serious(page)
    assert not any(found.values()), json.dumps(found, indent=2)
