"""Modules of a session: `%%jq_module`, `--module`, and imports of what is kept."""

from __future__ import annotations

import types

import pytest
from IPython.core.completer import CompletionContext
from IPython.core.error import UsageError

import jq_magic
from jq_magic.jqoptions import Options
from jq_magic.notebook.magic import completion, library
from jq_magic.notebook.magic.library import Library

SANDBOX = jq_magic.Sandbox()


@pytest.fixture
def stats() -> Library:
    kept = Library()
    kept.keep("stats", "def mean: add / length;\ndef spread: max - min;\n", SANDBOX)
    return kept


def test_a_cell_keeps_a_module_that_filters_import(shell, capsys):
    shell.run_cell_magic("jq_module", "stats", "def mean: add / length;\n")
    assert capsys.readouterr().out == "module stats (24 bytes): mean\n"
    shell.user_ns["rows"] = [1, 2, 6]
    assert shell.run_line_magic("jq", "--as values --module stats rows stats::mean") == 3
    assert shell.run_cell_magic("jq", "--as values rows", 'import "stats" as s;\ns::mean') == 3
    with pytest.raises(jq_magic.FilterError) as caught:
        shell.run_cell_magic("jq", "--module stats rows", "\n  .[0] | stats::mean")
    assert [(place.module, place.line, place.column) for place in caught.value.trace] == [
        ("stats", 1, 11),
        (None, 2, 10),
    ]
    shell.run_line_magic("jq_module", "")
    assert "mean" in capsys.readouterr().out
    shell.run_line_magic("jq_module", "-d stats")
    with pytest.raises(UsageError, match="no module 'stats'; a cell that begins with %%jq_module NAME"):
        shell.run_line_magic("jq", "--module stats rows 1")
    with pytest.raises(UsageError, match="write %jq_module"):
        shell.run_line_magic("jq_module", "stats")


def test_a_mistake_is_a_place_in_the_cell_of_the_module(stats):
    with pytest.raises(jq_magic.ProgramError) as caught:
        stats.keep("stats", "def f: 1;\ndef g: (2;", SANDBOX)
    assert (caught.value.module, caught.value.line, caught.value.column) == (None, 2, 10)
    assert list(stats.modules["stats"].definitions) == ["mean", "spread"]
    stats.keep("user", 'import "stats" as s; def f: s::mean;', SANDBOX)
    with pytest.raises(jq_magic.ProgramError, match="spread/0 is not defined") as caught:
        stats.keep("stats", "def mean: spread;", SANDBOX)
    assert caught.value.line == 1
    stats.keep("user", 'import "stats" as s; def f: s::mean;', SANDBOX)


def test_a_profile_and_its_places_are_those_of_the_filter(stats):
    program = stats.extended('import "stats" as s;\n"é", s::mean', Options({"module": ["stats"]}), SANDBOX)
    result = stats.compile(SANDBOX, program.text).run("[1]", profile=True)
    own = program.own(result.profile)
    assert own.program == 'import "stats" as s;\n"é", s::mean'
    assert {own.program[part.start : part.end] for part in own if part.name == "filter"} >= {"s::mean"}
    assert sum(part.fuel for part in own) == result.usage.fuel


def test_only_what_is_imported_costs_fuel(stats):
    for program in ("length", "[1, 2] | length"):
        plain = SANDBOX.compile(program).run("null").usage.fuel
        assert stats.compile(SANDBOX, program).run("null").usage.fuel == plain
    program, modules = 'import "stats" as s; s::mean', {"stats": stats.modules["stats"].text}
    stats.keep("other", "def f: 1;" * 100, SANDBOX)
    fuel = SANDBOX.compile(program, modules=modules).run("[1]").usage.fuel
    assert stats.compile(SANDBOX, program).run("[1]").usage.fuel == fuel


def test_number_and_size_of_modules_are_bounded(monkeypatch, stats):
    monkeypatch.setattr(library, "MOST", 2)
    stats.keep("b", "def f: 1;", SANDBOX)
    with pytest.raises(UsageError, match="at most 2 modules: %jq_module -d NAME"):
        stats.keep("c", "def f: 1;", SANDBOX)
    stats.keep("b", "def f: 2;", SANDBOX)
    monkeypatch.setattr(library, "MOST", 3)
    stats.keep("c", "def f: 1;", SANDBOX)
    size = sum(module.size for module in stats.modules.values())
    monkeypatch.setattr(library, "MOST_BYTES", size)
    stats.keep("c", "def g: 1;", SANDBOX)
    with pytest.raises(UsageError, match="%jq_module -d NAME makes room"):
        stats.keep("c", "def gg: 1;", SANDBOX)
    monkeypatch.setattr(library, "MOST_BYTES", size + 1)
    stats.keep("c", "def gg: 1;", SANDBOX)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "../a", "/a", "a//b", "a/", ".a", 'a"b', "a\\(1)", "é", "a\nb", "x" * 101, "\ud800"]
)
def test_what_is_no_name_of_a_module_is_refused(name):
    with pytest.raises(UsageError, match="name"):
        Library().keep(name, "def f: 1;", SANDBOX)


@pytest.mark.parametrize("text", ["\ud800", "def f: 1", "1", '"', "def f: g;", "(" * 20_000, "def f: 1;" * 10_000])
def test_what_is_no_module_is_an_error_of_jq_magic(text):
    kept = Library()
    with pytest.raises(jq_magic.JqMagicError):
        kept.keep("a", text, SANDBOX)
    assert not kept.modules


def test_names_complete_behind_that_of_a_module(stats):
    assert stats.completions('import "st') == ("st", ["stats"])
    assert stats.completions('import "stats" as s; .[] | s::me') == ("me", ["mean", "spread"])
    assert stats.completions("stats::", Options({"module": ["stats"]})) == ("", ["mean", "spread"])
    assert stats.completions("stats::") == ("", [])
    assert stats.completions(".a") is None
    assert stats.completions("x::" * 100_000) == ("", [])


def test_tab_completes_in_cells_and_lines(stats):
    complete = completion.matcher(types.SimpleNamespace(user_ns={"rows": [1]}), stats)

    def offered(line: str, token: str, text: str = "", cursor_line: int = 0) -> list[str]:
        context = CompletionContext(token, text or line, len(line), cursor_line, 100)
        return [offer.text for offer in complete(context)["completions"]]

    assert offered("%jq --module ", "") == ["stats"]
    assert offered("%jq --module stats rows stats::m", "stats::m") == ["stats::mean"]
    cell = '%%jq rows\nimport "stats" as s;\n'
    assert offered("s::", "s::", f"{cell}s::", 2) == ["s::mean", "s::spread"]
    assert offered('import "', '"', '%%jq rows\nimport "', 1) == ['"stats']
