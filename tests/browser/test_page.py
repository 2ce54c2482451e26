"""The live view, used as a person uses it: by mouse and by keyboard."""

from __future__ import annotations

import ast
import json
import shutil

import nbformat
import pytest
from playwright.sync_api import expect

import jq_magic
from tests.support import ROOT

USERS = [
    {"name": "Ada", "score": 36.5, "tags": ["x", "y"], "a key": {"end": 1}},
    {"name": "Bob", "score": 9, "tags": []},
    {"name": "Cléo", "score": None, "tags": ["z"], "big": 12345678901234567890123},
]
DATA = f"import json\ndata = json.loads({json.dumps(json.dumps({'users': USERS, 'n': 3}))})"

DAYS = """import datetime
start = datetime.date(2020, 1, 1)
rows = [{"day": str(start + datetime.timedelta(i)), "v": i * 37 % 100, "who": "abc"[i % 3]} for i in range(300)]"""


def clipboard(page):
    return page.evaluate("() => navigator.clipboard.readText()")


def test_the_quickstart_runs_cell_by_cell(page, open_notebook, work, keep):
    path = work / "quickstart.ipynb"
    shutil.copy(ROOT / "notebooks" / "quickstart.ipynb", path)
    cells = nbformat.read(path, as_version=4).cells
    notebook = open_notebook(path=path)
    for index, cell in enumerate(cells):
        if cell.cell_type == "code":
            notebook.run(index)
    saved = notebook.save().cells
    failing = [i for i, cell in enumerate(saved) if any(o.output_type == "error" for o in cell.get("outputs", []))]
    assert failing == [i for i, cell in enumerate(cells) if "raises-exception" in cell.metadata.get("tags", [])]
    shown = [index for index, cell in enumerate(cells) if "· wasmtime</div>" in str(cell.get("outputs"))]
    assert len(shown) > 3
    for index in shown:
        notebook.view(index)
    keep("quickstart")


def test_notebook_7_shows_the_view_and_keeps_the_static_one(page, open_notebook, keep):
    notebook = open_notebook(DATA, "%jq data .users", "%jq_history", app="notebooks")
    notebook.run_all()
    view = notebook.view(2)
    view.get_by_role("gridcell", name="Bob").click()
    expect(view.locator(".jqm-path")).to_have_text(".[1].name")
    view.get_by_role("button", name="Tree", exact=True).click()
    expect(view.get_by_role("treeitem").first).to_be_visible()
    expect(notebook.cell(3)).to_contain_text(".users")
    keep("notebook-7")
    saved = notebook.save().cells[2].outputs
    assert any("<table>" in output.data.get("text/html", "") for output in saved)


def test_the_tree_is_opened_by_mouse_and_by_keyboard(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .")
    notebook.run_all()
    view = notebook.view(2)
    tree = view.get_by_role("tree")
    rows = view.get_by_role("treeitem")
    # What fits into 14 rows is open.
    expect(rows).to_have_count(14)
    opening = view.get_by_role("combobox", name="Open")
    opening.select_option("none")
    expect(rows).to_have_count(1)
    opening.select_option("all")
    expect(view.get_by_role("tree").get_by_role("treeitem").filter(has_text='"tags"')).to_have_count(3)
    opening.select_option("to level 1")
    expect(rows).to_have_count(3)
    rows.nth(1).click()
    expect(rows.nth(1)).to_have_attribute("aria-expanded", "true")
    expect(rows).to_have_count(6)
    rows.nth(1).click()
    expect(rows).to_have_count(3)
    tree.focus()
    for key in ["Home", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"]:
        tree.press(key)
    expect(rows).to_have_count(10)
    expect(view.locator(".jqm-path")).to_have_text(".users[0].name")
    assert (
        tree.evaluate("e => document.getElementById(e.getAttribute('aria-activedescendant')).textContent")
        == '"name": "Ada"'
    )
    tree.press("ArrowLeft")
    tree.press("ArrowLeft")
    expect(rows).to_have_count(6)
    expect(view.locator(".jqm-path")).to_have_text(".users[0]")
    # The keys were the view's alone: the notebook's cursor is where it was.
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 2


def test_search_finds_and_the_copied_path_leads_to_the_value(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .")
    notebook.run_all()
    view = notebook.view(2)
    search = view.get_by_role("searchbox")
    search.fill("end")
    search.press("Enter")
    expect(view.get_by_role("status")).to_have_text("1 of 1")
    expect(view.locator(".jqm-path")).to_have_text('.users[0]["a key"]["end"]')
    view.get_by_role("combobox", name="Copy").select_option("path")
    expect(view.get_by_role("status")).to_contain_text("copied")
    assert jq_magic.first(clipboard(page), {"users": USERS}) == 1
    search.fill("1234567890123456789")
    search.press("Enter")
    expect(view.locator(".jqm-peek")).to_have_text("12345678901234567890123")
    view.get_by_role("combobox", name="Copy").select_option("value as JSON")
    expect(view.get_by_role("status")).to_have_text("copied 23 characters")
    assert clipboard(page) == "12345678901234567890123"
    search.fill("a")
    search.press("Enter")
    expect(view.get_by_role("status")).to_contain_text("1 of ")
    total = int(view.get_by_role("status").inner_text().split()[-1])
    view.get_by_role("button", name="previous place").click()
    expect(view.get_by_role("status")).to_have_text(f"{total} of {total}")
    search.fill("no such text")
    search.press("Enter")
    expect(view.get_by_role("status")).to_have_text("found nothing")


def test_the_table_is_sorted_resized_and_walked(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .users[]")
    notebook.run_all()
    view = notebook.view(2)
    grid = view.get_by_role("grid")
    heads = view.get_by_role("columnheader")
    expect(heads.locator(".jqm-name")).to_have_text(["name", "score", "tags", "a key", "big"])
    cells = lambda column: view.locator(f'[role=gridcell][aria-colindex="{column}"]')  # noqa: E731 - a short name
    expect(cells(2)).to_have_text(["36.5", "9", "null"])
    expect(cells(4)).to_have_text(["{end}", "missing", "missing"])
    heads.nth(1).get_by_role("button").click()
    expect(heads.nth(1)).to_have_attribute("aria-sort", "ascending")
    expect(cells(2)).to_have_text(["null", "9", "36.5"])
    heads.nth(1).get_by_role("button").press("Enter")
    expect(cells(2)).to_have_text(["36.5", "9", "null"])
    expect(heads.nth(1)).to_have_attribute("aria-sort", "descending")
    heads.nth(0).get_by_role("button").click()
    heads.nth(0).get_by_role("button").click()
    expect(cells(1)).to_have_text(["Cléo", "Bob", "Ada"])
    grid.focus()
    for key in ["Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown"]:
        grid.press(key)
    expect(view.locator(".jqm-path")).to_have_text('output 1: .["a key"]')
    width = heads.nth(0).get_by_role("separator")
    before = heads.nth(0).bounding_box()["width"]
    width.press("ArrowRight")
    assert heads.nth(0).bounding_box()["width"] == before + 16
    expect(width).to_be_focused()
    box = width.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + 53, box["y"] + 3)
    page.mouse.up()
    assert heads.nth(0).bounding_box()["width"] == before + 66
    view.get_by_role("button", name="Tree").click()
    expect(view.get_by_role("treeitem")).to_have_count(14)


def test_a_limit_offers_the_cell_with_more_and_runs_nothing(page, open_notebook, keep):
    notebook = open_notebook(DATA, "%%jq --fuel 1e6 data\n[range(1e9)]")
    notebook.run(0)
    notebook.run(1)
    notebook.run(2)
    view = notebook.view(2)
    expect(view.locator(".jqm-stopped")).to_contain_text("stopped at the limit of fuel")
    # More than half of a limit shows the bars.
    meter = view.get_by_role("meter", name="fuel")
    expect(meter).to_have_attribute("aria-valuenow", "100")
    expect(meter).to_have_attribute("aria-valuetext", meter.inner_text())
    runs = notebook.value("len(get_ipython().magics_manager.registry['JqMagic'].history._runs)")
    view.get_by_text("run again with --fuel 1e7").click()
    keep("limit", view)
    view.get_by_role("button", name="Copy the cell with --fuel 1e7").click()
    expect(view.get_by_role("status")).to_contain_text("copied; paste it into a cell")
    assert clipboard(page) == "%%jq --fuel 1e7 data\n[range(1e9)]"
    assert notebook.value("len(get_ipython().magics_manager.registry['JqMagic'].history._runs)") == runs


def heap_mb(page):
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    return page.evaluate("() => performance.memory.usedJSHeapSize") / 2**20


@pytest.mark.parametrize("kind", ["tree", "grid"])
def test_a_hundred_thousand_rows_are_few_elements(page, open_notebook, kind):
    rows = "range(100000)" if kind == "tree" else "range(100000) | {id: ., even: (. % 2 == 0)}"
    notebook = open_notebook(f"%jq -n [{rows}]")
    notebook.run(0)
    before = heap_mb(page)
    notebook.run(1)
    view = notebook.view(1)
    scroll = view.get_by_role(kind)
    most = 0
    last = scroll.locator("[role=treeitem], [role=gridcell][aria-colindex='1']").last
    for part in [0.001, 0.1, 0.35, 0.5, 0.77, 0.9, 1]:
        scroll.evaluate("(e, part) => { e.scrollTop = part * (e.scrollHeight - e.clientHeight) }", part)
        expect(last).not_to_contain_text("…")
        most = max(most, view.locator("*").count())
    expect(last).to_contain_text("99999")
    assert most < 400
    grown = heap_mb(page) - before
    assert grown < 50, f"{grown:.0f} MB"
    last.click()
    expect(view.locator(".jqm-path")).to_have_text(".[99999]" if kind == "tree" else ".[99999].id")


def test_pictures_are_drawn_and_kept(page, open_notebook, keep, tmp_path):
    notebook = open_notebook(DAYS, "%jq rows .", "%jq rows map(.v)")
    notebook.run_all()
    view = notebook.view(2)
    cell = lambda column: view.locator(f'[role=gridcell][aria-colindex="{column}"]').first  # noqa: E731 - a short name
    picture = view.get_by_role("figure").get_by_role("img")
    cell(2).click()
    view.get_by_role("button", name="Chart", exact=True).click()
    expect(picture).to_have_attribute("aria-label", "v by date")
    keep("line", view)
    view.get_by_role("combobox", name="kind of chart").select_option("histogram")
    expect(picture).to_have_attribute("aria-label", "v: how often values occur")
    for kind, magic in [("SVG", b"<svg"), ("PNG", b"\x89PNG")]:
        with page.expect_download() as download:
            view.get_by_role("button", name=f"Save {kind}").click()
        download.value.save_as(tmp_path / "picture")
        found = (tmp_path / "picture").read_bytes()
        assert found.startswith(magic)
        assert b"NaN" not in found
    cell(3).click()
    view.get_by_role("button", name="Chart", exact=True).click()
    expect(picture).to_have_attribute("aria-label", "who: count by category")
    keep("bars", view)
    view.get_by_role("button", name="Close chart").click()
    expect(picture).to_have_count(0)
    tree = notebook.view(3)
    tree.get_by_role("treeitem").nth(3).click()
    tree.get_by_role("button", name="Chart", exact=True).click()
    expect(tree.get_by_role("figure").get_by_role("img")).to_have_attribute(
        "aria-label", ".[2]: how often values occur"
    )


def wait_for_models(page, notebook, wanted, kind=""):
    """Until the kernel has as many models (of a kind), each view with its layout; says how many there are at last."""
    names = "[type(w).__name__ for w in __import__('ipywidgets').widgets.widget._instances.values()]"
    for _ in range(300):
        found = ast.literal_eval(notebook.value(f"[n for n in {names} if {kind!r} in n]"))
        if len(found) == wanted:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{wanted} models were expected, and there are {found}")


def test_a_running_filter_says_so_and_leaves_no_trace(page, open_notebook, keep):
    notebook = open_notebook(
        "%jq -n --preset generous --timeout 60s [limit(1e9; repeat(1))] | length", "print('after')"
    )
    notebook.run(0)
    notebook.start(1)
    line = notebook.cell(1).locator(".jqm-progress")
    expect(line).to_contain_text("of 60 s")
    expect(line).to_contain_text("interrupt the kernel")
    keep("progress", notebook.cell(1))
    notebook.command("notebook:interrupt-kernel")
    notebook.idle()
    expect(page.locator(".jqm-progress")).to_have_count(0)
    notebook.run(2)
    assert "after" in notebook.cell(2).inner_text()
    saved = notebook.save()
    assert [output.output_type for output in saved.cells[1].outputs] == ["error"]
    assert "60 s" not in str(saved)
    wait_for_models(page, notebook, 0)


def test_twenty_runs_and_cleared_outputs_leave_no_models(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .users")
    notebook.run(0)
    notebook.run(1)
    for _ in range(20):
        notebook.run(2)
    notebook.view(2)
    wait_for_models(page, notebook, 2)
    notebook.command("notebook:clear-all-cell-outputs")
    page.wait_for_function("() => !document.querySelector('[data-jq-magic]')")
    wait_for_models(page, notebook, 0)
    # anywidget says on the console, two seconds later, that a model ended before it had loaded it.
    page.wait_for_timeout(2_500)


def test_a_cell_that_runs_again_shows_the_new_result_in_its_view(page, open_notebook):
    notebook = open_notebook("n = 0", "n += 1", "%jq -n --var n [range($n)]", "%jq -n --var n {n: $n}")
    notebook.run_all()
    for count in range(2, 5):
        notebook.run(2)
        notebook.run(3)
        rows = notebook.view(3).get_by_role("treeitem")
        expect(rows).to_have_count(count + 1)
        expect(rows.nth(count)).to_have_text(f"{count - 1}: {count - 1}")
    expect(notebook.view(4).get_by_role("treeitem").nth(1)).to_have_text('"n": 1')
    assert page.locator(".jqm-root").count() == 2


def test_the_view_in_a_widget_output_is_the_same(page, open_notebook):
    # What VS Code and Colab are given.
    notebook = open_notebook('%config JqMagic.view = "widget"', DATA, "%jq data .users", "%jq data .n")
    notebook.run_all()
    view = notebook.view(3)
    view.get_by_role("gridcell", name="Bob").click()
    expect(view.locator(".jqm-path")).to_have_text(".[1].name")
    expect(notebook.view(4).locator(".jqm-scalar")).to_have_text("3")
    for _ in range(3):
        notebook.run(3)
    view = notebook.view(3)
    expect(view.get_by_role("gridcell", name="Bob")).to_be_visible()
    assert page.locator(".jqm-root").count() == 2
    wait_for_models(page, notebook, 4)


def test_short_progress_leaves_no_model_and_no_error(page, open_notebook):
    cell = "%jq -n --timeout 350ms --preset generous -o x [limit(1e9; repeat(1))] | length"
    notebook = open_notebook(cell)
    for index in [0, 1, 1, 1, 1, 1]:
        notebook.run(index)
    expect(page.locator(".jqm-progress")).to_have_count(0)
    wait_for_models(page, notebook, 0, "ProgressLine")
    # The view of what stopped the run is there.
    wait_for_models(page, notebook, 2)
    page.wait_for_timeout(2_500)


def test_the_view_comes_back_while_the_kernel_lives(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .")
    notebook.run_all()
    notebook.view(2)
    notebook.save()
    notebook.reload()
    rows = notebook.view(2).get_by_role("treeitem")
    expect(rows).to_have_count(14)


def test_a_reopened_notebook_shows_the_static_view(page, open_notebook, keep):
    notebook = open_notebook(DATA, "%jq data .users")
    notebook.run_all()
    notebook.view(2)
    saved = notebook.save()
    notebook.shut_down()
    assert set(saved.cells[2].outputs[0].data) == {"text/plain", "text/html"}
    assert "widgets" not in saved.metadata
    for trusted in [True, False]:
        if not trusted:
            # Another person's notebook: what was run is not what was signed here.
            saved.cells[1].source += "  # sent by somebody"
            nbformat.write(saved, notebook.path)
        notebook.reload()
        assert page.evaluate("() => window.jupyterapp.shell.currentWidget.model.cells.get(2).trusted") is trusted
        output = notebook.cell(2).locator(".jp-OutputArea-output").first
        expect(output.locator("table th").nth(1)).to_have_text("name")
        expect(output.locator("table td").first).to_have_text("Ada")
        expect(output).to_contain_text("fuel ")
        keep(f"reopened-{'trusted' if trusted else 'untrusted'}", output)
        expect(output).to_contain_text("12345678901234567890123")
        assert page.locator(".jqm-root").count() == 0
        assert "Error" not in notebook.cell(2).inner_text()


def test_it_can_be_read_in_a_narrow_column_at_twice_the_size(page, open_notebook, keep):
    notebook = open_notebook(DATA, "%jq data .users[]", "%%jq --fuel 1e6 data\n[range(1e9)]")
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    for index in range(4):
        notebook.run(index)
    page.set_viewport_size({"width": 700, "height": 1000})
    page.evaluate("() => { document.body.style.zoom = 2 }")
    for index in [2, 3]:
        view = notebook.view(index)
        wide = view.evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide[0] <= wide[1] + 1
    keep("narrow", notebook.view(2))


def test_nbconvert_shows_the_static_view(page, open_notebook, work):
    from nbconvert import HTMLExporter

    notebook = open_notebook(DATA, "%jq data .users", "%jq_history")
    notebook.run_all()
    notebook.view(2)
    notebook.save()
    html, _ = HTMLExporter(template_name="basic").from_filename(str(notebook.path))
    assert "<script" not in html
    assert "http" not in html
    assert "Cléo" in html
    assert "<td" in html
    assert "fuel " in html
    assert "widget" not in html
