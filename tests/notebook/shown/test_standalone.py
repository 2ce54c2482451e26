"""A result that Python code made: its repr, what a front end displays of it, and the widget of it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import jq_magic
from jq_magic.notebook.shown import standalone
from jq_magic.notebook.view.views import WIDGET_MIME
from tests.notebook.shell import models

ROWS = '[{"a": 1}, {"a": 2}]'


@pytest.fixture
def result(kernel_shell):
    return jq_magic.compile(".[]").run(ROWS)


def mark(html):
    return re.findall(r'data-jq-magic="(\w+)"', html)


@pytest.mark.parametrize(
    ("program", "beginning"),
    [
        (".[]", '<Result of 2 outputs: {"a":1} {"a":2}; fuel '),
        ("empty", "<Result of no output; fuel "),
        ('"\\u001b[31m\\u202e"', '<Result of 1 output: "\\u001b[31m\\u202e"; fuel '),
        ("[range(100000)]", "<Result of 1 output: [0,1,2,3,4,"),
    ],
)
def test_a_repr_is_one_short_line_that_can_be_seen_whole(program, beginning):
    text = repr(jq_magic.compile(program).run(ROWS))
    assert text.startswith(beginning)
    assert len(text) < 160
    assert text.isprintable()


def test_a_long_result_says_how_long_it_is():
    result = jq_magic.compile("[range(100000)]").run("null")
    assert f" … {len(result.text):,} characters; " in repr(result)
    short = jq_magic.compile('"x" * 58').run("null")
    assert "characters" not in repr(short)
    assert "characters" in repr(jq_magic.compile('"x" * 59').run("null"))


def test_a_result_shows_itself_with_and_without_the_extension(kernel_shell, result):
    shown = kernel_shell.display_formatter.format(result)[0]
    assert set(shown) == {"text/plain", "text/html"}
    assert len(mark(shown["text/html"])) == 1
    kernel_shell.run_line_magic("config", "JqMagic.view = 'static'")
    assert not mark(kernel_shell.display_formatter.format(result)[0]["text/html"])
    kernel_shell.run_line_magic("unload_ext", "jq_magic")
    before = models()
    for _ in range(3):
        kernel_shell.events.trigger("pre_run_cell", None)
        assert mark(kernel_shell.display_formatter.format(result)[0]["text/html"])
        kernel_shell.events.trigger("post_run_cell", None)
    # One view with its layout, however often the cell runs.
    assert models() - before == 2
    standalone._without_extension(kernel_shell).close()
    standalone._without_extension.cache_clear()
    kernel_shell.run_line_magic("load_ext", "jq_magic")


def test_a_view_is_a_widget_that_each_front_end_displays_in_its_way(kernel_shell, result):
    view = jq_magic.view(result)
    assert view._repr_mimebundle_()["text/html"].count(view.place) == 1
    kernel_shell.kernel.metadata = {"cellId": "vscode-notebook-cell:/tmp/x.ipynb#W0"}
    assert view._repr_mimebundle_()[WIDGET_MIME]["model_id"] == view.model_id
    # What runs notebooks unattended is given what needs no kernel.
    kernel_shell.kernel.metadata = {}
    assert set(view._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert not mark(view._repr_mimebundle_()["text/html"])
    view.close()


def test_a_view_whose_output_was_cleared_can_be_displayed_again(result):
    before = models()
    view = jq_magic.view(result)
    view._answer(None, {"op": "closed", "place": view.place}, [])
    assert view.closed
    assert models() == before
    assert mark(view._repr_mimebundle_()["text/html"]) == [view.place]
    assert not view.closed
    view.close()
    assert models() == before


def test_what_a_magic_gave_has_a_view_too(kernel_shell):
    shown = kernel_shell.run_line_magic("jq", "rows .[0].name")
    view = jq_magic.view(shown)
    assert view.first[0][1]["scalar"]["v"] == "a b"
    view.close()


def test_without_anywidget_a_view_says_what_to_install(monkeypatch, result):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'jq-magic\[notebook\]'"):
        jq_magic.view(result)
    # marimo is given what it can show by itself.
    assert not mark(result._display_()._repr_mimebundle_()["text/html"])
    monkeypatch.undo()
    view = result._display_()
    assert view.first[0][1]["outputs"] == 2
    view.close()


def test_a_result_is_no_reason_to_import_ipython():
    code = (
        "import sys, jq_magic; result = jq_magic.compile('.').run('1'); repr(result);"
        "assert not {'IPython', 'anywidget'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
