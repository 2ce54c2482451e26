"""A notebook of the kernel jq in JupyterLab: its cells, its view, stopping, and help."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser import lab

USERS = json.dumps([{"name": "Ada", "score": 36.5}, {"name": "Bob", "score": 9}, {"name": "Cléo", "score": 1}])


def test_a_jq_notebook_shows_results_live_and_keeps_them_static(page, open_notebook, work, keep):
    cells = [f"%%data users\n{USERS}", "%use users", "map(select(.score > 2))", "$_3 | length"]
    notebook = open_notebook(path=lab.write(work / "jq-kernel.ipynb", *cells, kernel="jq"))
    notebook.run_all()
    view = notebook.view(2)
    view.get_by_role("gridcell", name="Bob").click()
    expect(view.locator(".jqm-path")).to_have_text(".[1].name")
    expect(notebook.cell(3)).to_contain_text("2")
    keep("jq-kernel")
    saved = notebook.save().cells[2].outputs
    assert set(saved[0].data) == {"text/plain", "text/html"}
    assert "<script" not in saved[0].data["text/html"]


def test_the_stop_button_ends_a_cell_and_the_view_of_another_answers_meanwhile(page, open_notebook, work):
    cells = [f"%%data users\n{USERS}", "%use users\n.", "%%jq --timeout 300s --fuel 1e18 -n\nlast(range(infinite))"]
    notebook = open_notebook(path=lab.write(work / "jq-stop.ipynb", *cells, kernel="jq"))
    notebook.run(0)
    notebook.run(1)
    notebook.start(2)
    view = notebook.view(1)
    view.get_by_role("button", name="Tree", exact=True).click()
    expect(view.get_by_role("treeitem").first).to_be_visible()
    notebook.command("notebook:interrupt-kernel")
    notebook.idle()
    expect(notebook.cell(2)).to_contain_text("KeyboardInterrupt")
