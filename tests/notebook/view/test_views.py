"""The live view's Python side: when there is one, how long it lives, what it offers."""

from __future__ import annotations

import re
import sys
import types
from typing import Any

import ipywidgets
import pytest

import jq_magic
from jq_magic.notebook.view import bundle
from jq_magic.notebook.view.views import WIDGET_MIME, Views
from tests.notebook.shell import models
from tests.support import python


def bundle_of(shell, cell):
    """What a front end is sent for the result of a cell that is one line."""
    shell.events.trigger("pre_run_cell", None)
    return shell.display_formatter.format(shell.run_line_magic("jq", cell.removeprefix("%jq ")))[0]


def mark(html):
    return re.findall(r'data-jq-magic="(\w+)"', html)


def test_a_live_result_carries_a_mark_and_its_static_views(kernel_shell):
    found = bundle_of(kernel_shell, "%jq rows .")
    assert set(found) == {"text/plain", "text/html"}
    assert len(mark(found["text/html"])) == 1
    assert "a b" in found["text/html"]


def test_what_runs_notebooks_unattended_gets_the_static_view(kernel_shell):
    kernel_shell.kernel.metadata = {}
    before = models()
    found = bundle_of(kernel_shell, "%jq rows .")
    assert set(found) == {"text/plain", "text/html"}
    assert not mark(found["text/html"])
    assert models() == before


def test_front_ends_that_load_scripts_for_widget_outputs_get_one(kernel_shell):
    kernel_shell.kernel.metadata = {"cellId": "vscode-notebook-cell:/tmp/x.ipynb#W0"}
    found = bundle_of(kernel_shell, "%jq rows .")
    assert set(found) == {"text/plain", "text/html", WIDGET_MIME}
    kernel_shell.run_line_magic("config", "JqMagic.view = 'static'")
    assert set(bundle_of(kernel_shell, "%jq rows .")) == {"text/plain", "text/html"}


def test_without_anywidget_and_in_a_terminal_the_view_is_static(monkeypatch, kernel_shell):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert Views(kernel_shell).mode() == "static"
    monkeypatch.undo()
    assert Views(types.SimpleNamespace()).mode() == "static"


def test_fifty_runs_of_a_cell_leave_the_models_of_one(kernel_shell):
    before = models()
    bundle_of(kernel_shell, "%jq rows .")
    one = models() - before
    for _ in range(50):
        bundle_of(kernel_shell, "%jq rows .")
    assert models() - before == one == 2
    kernel_shell.kernel.metadata = {"cellId": "two", "deletedCells": ["one"]}
    kernel_shell.go("1")
    assert models() == before


def test_a_cell_that_runs_again_shows_its_result_in_the_same_view(kernel_shell):
    before = models()
    (first,) = mark(bundle_of(kernel_shell, "%jq rows length")["text/html"])
    (view,) = kernel_shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    (second,) = mark(bundle_of(kernel_shell, "%jq rows [limit(1; .[])] | length")["text/html"])
    assert kernel_shell.magics_manager.registry["JqMagic"].views._by_cell["one"] == [view]
    assert first != second == view.place
    assert view._pages.answer({"id": 1, "op": "value", "at": [0]})["ok"] == {"text": "1"}
    # A view that the page has closed meanwhile is not taken.
    view._handle_custom_msg({"op": "closed", "place": view.place}, [])
    bundle_of(kernel_shell, "%jq rows length")
    (other,) = kernel_shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    assert other is not view
    # The cell shows no result this time.
    kernel_shell.go("1")
    assert models() == before


def test_a_cleared_output_and_unloading_free_the_models(kernel_shell):
    before = models()
    bundle_of(kernel_shell, "%jq rows .")
    (view,) = kernel_shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    view._handle_custom_msg({"op": "closed", "place": "of the run before"}, [])
    assert models() > before
    view._handle_custom_msg({"op": "closed", "place": view.place}, [])
    assert models() == before
    bundle_of(kernel_shell, "%jq rows .")
    kernel_shell.run_line_magic("unload_ext", "jq_magic")
    assert models() == before
    kernel_shell.run_line_magic("load_ext", "jq_magic")


def test_nothing_large_is_in_a_synced_trait(kernel_shell):
    bundle_of(kernel_shell, "%jq -n [range(100000)]")
    (view,) = kernel_shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    state = {key: value for key, value in view.get_state().items() if key not in {"_esm", "_css"}}
    assert len(str(state)) < 5_000
    sent: list[Any] = []
    view.send = sent.append
    view._handle_custom_msg({"id": 1, "op": "children", "at": [0], "from": 99_990, "to": 100_000}, [])
    view._handle_custom_msg("nonsense", [])
    assert [item["v"] for item in sent[0]["ok"]["items"]] == [str(number) for number in range(99_990, 100_000)]
    assert len(sent) == 1


def test_a_limit_leaves_cells_to_copy(kernel_shell):
    with pytest.raises(jq_magic.FuelError, match=r"used 1,000,\d+ of 1e6") as raised:
        kernel_shell.go("%%jq --fuel=1e6 rows -c\n[range(1e9)]")
    (output,) = kernel_shell.shown.outputs
    # The view has what was used of what, as a bar, and the lines of the error that follows have what to try.
    assert "spent its fuel" not in output.data["text/plain"] + output.data["text/html"]
    assert raised.value._render_traceback_() == [
        "FuelError: stopped",
        "try a cheaper filter, or the option --fuel 1e7",
    ]
    (view,) = kernel_shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    assert view.head["stopped"] == ["stopped at the limit of fuel"]
    assert [offer["source"] for offer in view.head["offers"]] == [
        "%%jq --fuel 1e7 rows -c\n[range(1e9)]",
        "%%jq --fuel 1e8 rows -c\n[range(1e9)]",
    ]
    kernel_shell.go(view.head["offers"][0]["source"].replace("1e9", "10"))


def test_the_scripts_are_one_module_each_and_small():
    assert (
        sum(len(text.encode()) for text in (bundle.script("view"), bundle.script("progress"), bundle.style())) < 90_000
    )
    for entry in ("view", "progress"):
        text = bundle.script(entry)
        assert not re.search(
            r"^import |innerHTML|insertAdjacentHTML|document\.write|https?://(?!www\.w3\.org)", text, re.MULTILINE
        )
        assert text.count("export ") == 1


def test_a_terminal_needs_no_anywidget():
    code = (
        "import sys; sys.modules['anywidget'] = sys.modules['ipywidgets'] = None\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(); shell.run_line_magic('load_ext', 'jq_magic')\n"
        "shell.user_ns['rows'] = [1, 2]\n"
        "result = shell.run_cell('%jq rows length'); result.raise_error()\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "fuel" in done.stdout


def test_ipywidgets_is_what_the_view_is_made_of():
    from jq_magic.notebook.view.widget import ResultView

    assert issubclass(ResultView, ipywidgets.DOMWidget)
