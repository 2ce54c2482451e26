"""The live view's Python side: when there is one, how long it lives, what it offers; history and progress."""

from __future__ import annotations

import re
import sys
import threading
import types

import ipywidgets
import pytest
from IPython.core.error import UsageError

import jq_magic
from jq_magic.limits.exceeded import exceeded, stack_exceeded
from jq_magic.notebook.magic import line as options
from jq_magic.notebook.shown import progress, retry
from jq_magic.notebook.shown.meters import preset_of
from jq_magic.notebook.view import bundle
from jq_magic.notebook.view.views import WIDGET_MIME, Views
from tests.notebook.shell import ROWS, Shell
from tests.support import python


class Kernel:
    """What the views ask of ipykernel: the metadata of the request that is served."""

    metadata: dict

    def __init__(self):
        self.metadata = {"cellId": "one"}

    def get_parent(self, _channel=None):
        return {"metadata": self.metadata}


@pytest.fixture
def shell(monkeypatch):
    Shell.clear_instance()
    shell = Shell.instance()
    monkeypatch.setattr(Shell, "kernel", Kernel(), raising=False)
    shell.run_line_magic("load_ext", "jq_magic")
    shell.user_ns["rows"] = ROWS
    yield shell
    shell.run_line_magic("unload_ext", "jq_magic")
    Shell.clear_instance()


def bundle_of(shell, cell):
    """What a front end is sent for the result of a cell that is one line."""
    shell.events.trigger("pre_run_cell", None)
    return shell.display_formatter.format(shell.run_line_magic("jq", cell.removeprefix("%jq ")))[0]


def models():
    from ipywidgets.widgets import widget

    return len(widget._instances)


def mark(html):
    return re.findall(r'data-jq-magic="(\w+)"', html)


def test_a_live_result_carries_a_mark_and_its_static_views(shell):
    found = bundle_of(shell, "%jq rows .")
    assert set(found) == {"text/plain", "text/html"}
    assert len(mark(found["text/html"])) == 1
    assert "a b" in found["text/html"]


def test_what_runs_notebooks_unattended_gets_the_static_view(shell):
    shell.kernel.metadata = {}
    before = models()
    found = bundle_of(shell, "%jq rows .")
    assert set(found) == {"text/plain", "text/html"}
    assert not mark(found["text/html"])
    assert models() == before


def test_front_ends_that_load_scripts_for_widget_outputs_get_one(shell):
    shell.kernel.metadata = {"cellId": "vscode-notebook-cell:/tmp/x.ipynb#W0"}
    found = bundle_of(shell, "%jq rows .")
    assert set(found) == {"text/plain", "text/html", WIDGET_MIME}
    shell.run_line_magic("config", "JqMagic.view = 'static'")
    assert set(bundle_of(shell, "%jq rows .")) == {"text/plain", "text/html"}


def test_without_anywidget_and_in_a_terminal_the_view_is_static(monkeypatch, shell):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert Views(shell).mode() == "static"
    monkeypatch.undo()
    assert Views(types.SimpleNamespace()).mode() == "static"


def test_fifty_runs_of_a_cell_leave_the_models_of_one(shell):
    before = models()
    bundle_of(shell, "%jq rows .")
    one = models() - before
    for _ in range(50):
        bundle_of(shell, "%jq rows .")
    assert models() - before == one == 2
    shell.kernel.metadata = {"cellId": "two", "deletedCells": ["one"]}
    shell.go("1")
    assert models() == before


def test_a_cell_that_runs_again_shows_its_result_in_the_same_view(shell):
    before = models()
    (first,) = mark(bundle_of(shell, "%jq rows length")["text/html"])
    (view,) = shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    (second,) = mark(bundle_of(shell, "%jq rows [limit(1; .[])] | length")["text/html"])
    assert shell.magics_manager.registry["JqMagic"].views._by_cell["one"] == [view]
    assert first != second == view.place
    assert view._pages.answer({"id": 1, "op": "value", "at": [0]})["ok"] == {"text": "1"}
    # A view that the page has closed meanwhile is not taken.
    view._handle_custom_msg({"op": "closed", "place": view.place}, [])
    bundle_of(shell, "%jq rows length")
    (other,) = shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    assert other is not view
    # The cell shows no result this time.
    shell.go("1")
    assert models() == before


def test_a_cleared_output_and_unloading_free_the_models(shell):
    before = models()
    bundle_of(shell, "%jq rows .")
    (view,) = shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    view._handle_custom_msg({"op": "closed", "place": "of the run before"}, [])
    assert models() > before
    view._handle_custom_msg({"op": "closed", "place": view.place}, [])
    assert models() == before
    bundle_of(shell, "%jq rows .")
    shell.run_line_magic("unload_ext", "jq_magic")
    assert models() == before
    shell.run_line_magic("load_ext", "jq_magic")


def test_nothing_large_is_in_a_synced_trait(shell):
    bundle_of(shell, "%jq -n [range(100000)]")
    (view,) = shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    state = {key: value for key, value in view.get_state().items() if key not in {"_esm", "_css"}}
    assert len(str(state)) < 5_000
    sent = []
    view.send = sent.append
    view._handle_custom_msg({"id": 1, "op": "children", "at": [0], "from": 99_990, "to": 100_000}, [])
    view._handle_custom_msg("nonsense", [])
    assert [item["v"] for item in sent[0]["ok"]["items"]] == [str(number) for number in range(99_990, 100_000)]
    assert len(sent) == 1


def test_a_limit_leaves_cells_to_copy(shell):
    with pytest.raises(jq_magic.FuelError):
        shell.go("%%jq --fuel=1e6 rows -c\n[range(1e9)]")
    (output,) = shell.shown.outputs
    assert "the filter spent its fuel" in output.data["text/plain"]
    (view,) = shell.magics_manager.registry["JqMagic"].views._by_cell["one"]
    assert [offer["source"] for offer in view.head["offers"]] == [
        "%%jq --fuel 1e7 rows -c\n[range(1e9)]",
        "%%jq --fuel 1e8 rows -c\n[range(1e9)]",
    ]
    shell.go(view.head["offers"][0]["source"].replace("1e9", "10"))


@pytest.mark.parametrize(
    ("limit", "allowed", "line", "sources"),
    [
        ("fuel", 10**6, "-n .", ["%jq --fuel 1e7 -n .", "%jq --fuel 1e8 -n ."]),
        ("fuel", 1234, '--arg a "--fuel 7" --fuel 1234 -n $a', ['%jq --fuel 12_340 --arg a "--fuel 7" -n $a', None]),
        ("memory_bytes", 64 << 20, "--memory 64MiB -n .", ["%jq --memory 128MiB -n .", "%jq --memory 256MiB -n ."]),
        ("deadline_s", 0.5, "-n .", ["%jq --timeout 1.5s -n .", "%jq --timeout 5s -n ."]),
        ("output_bytes", 1000, "-n .", ["%jq --output-limit 4000 -n .", "%jq --output-limit 16000 -n ."]),
        ("outputs", 5, "-n .", ["%jq --outputs 50 -n .", "%jq --outputs 500 -n ."]),
        ("program_bytes", 1000, "-n .", ["%jq --program-limit 2000 -n .", "%jq --program-limit 4000 -n ."]),
    ],
)
def test_offers_are_lines_that_can_be_run(limit, allowed, line, sources):
    offers = retry.offers(exceeded(limit, allowed, allowed), line, None)
    for offer, source in zip(offers, sources, strict=True):
        assert source in {None, offer.source}
        options.read(offer.source.removeprefix("%jq "), cell=False)


def test_the_stack_has_no_offers():
    assert retry.offers(stack_exceeded(1 << 20), "-n .", None) == []


def test_an_offer_above_the_ceiling_is_refused_with_the_reason():
    first, second = retry.offers(exceeded("memory_bytes", 2 << 30, 2 << 30), "-n .", None)
    assert first.source == "%jq --memory 4096MiB -n ."
    assert not second.source
    assert "must be between 1 and 4 GiB" in second.refused


def test_the_preset_is_named_with_what_differs():
    assert preset_of(jq_magic.Limits()) == "preset standard"
    assert preset_of(jq_magic.PRESETS["strict"].replace(fuel=10**6)) == "preset strict, fuel 1e6"


def test_history_shows_what_was_run_and_how_it_ended(shell):
    assert repr(shell.go("%jq_history")) == "no run yet"
    shell.go("%jq rows length")
    with pytest.raises(jq_magic.FilterError):
        shell.go('%jq -n error("<b>\u202e")')
    with pytest.raises(jq_magic.ProgramError):
        shell.go("%jq rows nonsense")
    shown = shell.go("%jq_history")
    lines = repr(shown).splitlines()
    assert lines[0].split() == ["filter", "variable", "fuel", "memory", "time", "outcome"]
    assert [line.split()[-1] for line in lines[1:]] == ["ok", "FilterError", "ProgramError"]
    assert lines[1].split()[:3] == ["1", "length", "rows"]
    html = shell.display_formatter.format(shown)[0]["text/html"]
    assert "<b>" not in html
    assert "\u202e" not in html
    assert html.count("<rect") == 3
    assert repr(shell.go("%jq_history 1")).splitlines()[1].startswith("3")
    with pytest.raises(UsageError, match="how many runs"):
        shell.go("%jq_history -1")


def test_progress_is_shown_only_when_a_run_takes_long():
    opened, closed = threading.Event(), threading.Event()

    def opener(began_s, deadline_s):
        assert began_s >= 0
        assert deadline_s == 7.0
        opened.set()
        return closed.set

    with progress.shown(7.0, opener, after_s=0.0):
        assert opened.wait(60)
        assert not closed.is_set()
    assert closed.is_set()
    opened.clear()
    with progress.shown(7.0, opener, after_s=60.0):
        pass
    assert not opened.is_set()


def test_progress_is_taken_away_when_the_run_fails():
    opened, closed = threading.Event(), threading.Event()

    def opener(_began_s, _deadline_s):
        opened.set()
        return closed.set

    def interrupted():
        with progress.shown(7.0, opener, after_s=0.0):
            assert opened.wait(60)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert closed.is_set()


def test_progress_at_a_terminal_is_one_line_that_is_erased(capsys):
    progress.in_terminal(0.5, 10.0)()
    written = capsys.readouterr().err
    assert re.fullmatch(r"(\rjq: [0-9.]+ m?s of 10 s; Ctrl-C stops it\x1b\[K)+\r\x1b\[K", written)


def test_progress_in_the_page_leaves_no_model():
    before = models()
    ends = []
    for _ in range(3):
        ends.append(progress.in_page(0.5, 10.0))
        line = ends[-1].__self__
        assert models() == before + 2
        # Late, of the run before.
        line._handle_custom_msg({"op": "gone"}, [])
        assert not line.over
        assert models() == before + 2
        ends[-1]()
        assert line.over
    assert ends[0] == ends[1] == ends[2], "no page has loaded it: the next run has the same line"
    line._handle_custom_msg({"op": "gone"}, [])
    assert models() == before
    first, second = progress.in_page(0.5, 10.0), progress.in_page(0.1, 1.0)
    assert models() == before + 4
    first()
    second()
    assert models() == before + 2
    assert progress.in_page(0.5, 10.0) == first
    first()
    first.__self__._handle_custom_msg({"op": "gone"}, [])
    assert models() == before


def test_the_scripts_are_one_module_each_and_small():
    assert len(bundle.script("view").encode()) + len(bundle.script("progress").encode()) < 40_000
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
