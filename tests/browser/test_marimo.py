"""Results that Python code made, in marimo and in JupyterLab: `jq_magic.view`, and a result that shows itself."""

from __future__ import annotations

import sys

import pytest
from playwright.sync_api import expect

from tests.browser import lab
from tests.browser.test_looks import serious

APP = """import marimo

app = marimo.App()


@app.cell
def _():
    import json

    import jq_magic
    import marimo as mo

    rows = [{"name": name, "score": score} for name, score in [("Ada", 36.5), ("Bob", 9), ("Eve", 10)] * 20]
    result = jq_magic.compile(".[]").run(json.dumps(rows))
    return jq_magic, mo, result


@app.cell
def _(jq_magic, mo, result):
    mo.ui.anywidget(jq_magic.view(result))


@app.cell
def _(result):
    result


if __name__ == "__main__":
    app.run()
"""
RESULT = """import json, jq_magic
rows = [{"name": name, "score": score} for name, score in [("Ada", 36.5), ("Bob", 9), ("Eve", 10)] * 20]
result = jq_magic.compile(".[]").run(json.dumps(rows))"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of the notebook above, served by marimo."""
    root = tmp_path_factory.mktemp("marimo")
    (root / "app.py").write_text(APP)
    (root / "pyproject.toml").write_text('[tool.marimo.display]\ntheme = "system"\n')
    port = lab.free_port()
    command = [
        sys.executable,
        "-m",
        "marimo",
        "-y",
        "-q",
        "run",
        "app.py",
        "--headless",
        "--no-token",
        f"--port={port}",
    ]
    address = f"http://127.0.0.1:{port}"
    with lab.served("marimo", command, address, root=root, log=root / "server.log"):
        yield address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marimo_shows_the_view_of_a_result_and_a_result_itself(page, app, keep, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(app)
    views = page.locator(".jqm-root")
    expect(views).to_have_count(2)
    for view in views.all():
        expect(view.locator(".jqm-size-of")).to_have_text("60 rows × 2")
        view.get_by_role("gridcell", name="Bob").first.click()
        expect(view.locator(".jqm-path")).to_have_text("output 2: .name")
        # The kernel answers: rows that were not there at first.
        view.get_by_role("searchbox").fill("eve")
        expect(view.locator(".jqm-size-of")).to_contain_text("20 of 60 rows")
        head = view.get_by_role("columnheader").nth(1).get_by_role("button")
        head.focus()
        head.press("Enter")
        expect(view.get_by_role("columnheader").nth(1)).to_have_attribute("aria-sort", "ascending")
        # The heads were drawn anew, and the focus is where it was.
        expect(head).to_be_focused()
    views.first.get_by_role("button", name="Chart", exact=True).click()
    expect(views.first.get_by_role("figure")).to_be_visible()
    for width in [320, 1_000, 2_500]:
        page.set_viewport_size({"width": width, "height": 1_000})
        for view in views.all():
            assert view.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        # The chart is laid out anew when the window has been still for a moment.
        charts = views.first.locator(".jqm-picture")
        page.wait_for_function("e => e.scrollWidth <= e.clientWidth", arg=charts.element_handle())
        keep(f"marimo-{width}-{theme}")
    assert serious(page, "marimo-anywidget") == []


def test_a_result_and_its_view_are_shown_in_jupyterlab(page, open_notebook, keep):
    notebook = open_notebook(RESULT, "result", "jq_magic.view(result)", "view = jq_magic.view(result)\nview")
    notebook.run_all()
    for index in [2, 3, 4]:
        view = notebook.view(index)
        view.get_by_role("gridcell", name="Bob").first.click()
        expect(view.locator(".jqm-path")).to_have_text("output 2: .name")
    keep("view-of-a-result", notebook.view(3))
    notebook.command("notebook:clear-all-cell-outputs")
    page.wait_for_function("() => !document.querySelector('[data-jq-magic]')")
    notebook.run(4)
    expect(notebook.view(4).get_by_role("gridcell", name="Bob").first).to_be_visible()
    saved = notebook.save()
    assert set(saved.cells[4].outputs[0].data) == {"text/plain", "text/html"}
