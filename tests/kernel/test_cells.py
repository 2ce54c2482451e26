"""The conformance file of the cell language, run by this kernel's session; another kernel can run the same file."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from IPython.core.error import UsageError

import jq_magic
from jq_magic import jqoptions
from jq_magic.kernel import cells
from jq_magic.kernel.files import Directory
from jq_magic.kernel.session import Session, Text
from jq_magic.notebook.shown.display import Shown

SESSIONS = json.loads((Path(__file__).parent / "cells.json").read_text())["sessions"]
STANDARD = jq_magic.PRESETS["standard"]


def files(directory, texts):
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("session", SESSIONS, ids=[session["name"] for session in SESSIONS])
def test_cells_give_what_the_conformance_file_says(session, tmp_path):
    files(tmp_path, session["files"])
    directory = Directory(tmp_path)
    notebook = Session(directory)
    for number, cell in enumerate(session["cells"], 1):
        shown: list[object] = []
        error = None
        try:
            shown.extend(notebook.execute(cell["code"], number))
        except Exception as raised:
            error = raised
        where = f"cell {number}: {cell['code']}"
        assert cell.get("error") == (None if error is None else type(error).__name__), (where, error)
        assert cell.get("message", "") in str(error), (where, str(error))
        results = [output.result for output in shown if isinstance(output, Shown)]
        if "outputs" in cell:
            assert [text for result in results for text in result.text.splitlines()] == cell["outputs"], where
        written = "".join(output.text for output in shown if isinstance(output, Text))
        assert cell.get("shows", "") in written
        if "text" in cell:
            assert written == cell["text"], where
            assert results == []
        if "as" in cell:
            assert results[-1].usage.fuel == plain_fuel(cell["as"], session["files"]), where
    directory.close()


def plain_fuel(run, texts):
    """What a filter costs that runs on its own."""
    args = {name: msgspec.Raw(text.encode()) for name, text in run.get("args", {}).items()}
    text = texts[run["file"]] if "file" in run else run["input"]
    return jq_magic.compile(run["program"], args, limits=STANDARD).run(text).usage.fuel


def test_the_conformance_file_says_something_of_each_cell():
    for session in SESSIONS:
        for cell in session["cells"]:
            assert {"outputs", "text", "shows", "error"} & set(cell), cell
            assert set(cell) <= {"code", "outputs", "text", "shows", "error", "message", "as"}


def test_a_cell_has_a_bounded_number_of_lines_for_the_notebook():
    assert len(cells.read("%names\n" * cells.DIRECTIVES + "1").directives) == cells.DIRECTIVES
    with pytest.raises(Exception, match="at most 100 lines"):
        cells.read("%names\n" * (cells.DIRECTIVES + 1))


@pytest.mark.parametrize(
    ("line", "path"),
    [("a", ""), ("a.b", '["b"]'), ("a[0].b", '[0]["b"]'), ("a['x\"y']", '["x\\"y"]'), ("a[-1]", "[-1]")],
)
def test_steps_of_a_name_become_a_filter(line, path):
    written = cells.read_line(line, is_kept=lambda name: name == "a", cell=True)
    assert written.input == cells.Input("a", path)


def test_a_name_that_is_kept_comes_before_a_file():
    kept = cells.read_line("cars.json", is_kept=lambda name: name == "cars", cell=True)
    assert kept.input == cells.Input("cars", '["json"]')
    file = cells.read_line("cars.json", is_kept=lambda _name: False, cell=True)
    assert file.input == cells.Input("cars.json", is_file=True)
    quoted = cells.read_line('"cars.json"', is_kept=lambda name: name == "cars", cell=True)
    assert quoted.input == cells.Input("cars.json", is_file=True)


@pytest.mark.parametrize("text", ["a" + "[0]" * 200_000, "'" * 200_001, '"\\' * 100_001, "[" * 200_000])
def test_hostile_lines_end_as_errors_of_the_line(text):
    with pytest.raises(Exception) as raised:
        cells.read_line(text, is_kept=lambda _name: True, cell=True)
    assert type(raised.value).__name__ == "UsageError"


def test_an_error_of_a_filter_is_a_place_in_the_cell():
    notebook = Session()
    list(notebook.execute('def fails: error("no");\ndef calls: fails;', 1))
    with pytest.raises(jq_magic.FilterError) as raised:
        list(notebook.execute('%limits --fuel 1e8\n\n1 |\n  error("no")', 2))
    assert (raised.value.line, raised.value.column) == (4, 3)
    assert raised.value.where == '  4 |   error("no")\n    |   ^^^^^^^^^^^'
    with pytest.raises(jq_magic.FilterError) as raised:
        list(notebook.execute("1 |\n  calls", 3))
    assert (raised.value.line, raised.value.column) == (2, 3)
    assert [place.text for place in raised.value.trace] == ["calls"]


def test_a_profile_is_that_of_the_cell_and_not_of_the_definitions_before_it():
    notebook = Session()
    list(notebook.execute("def twice: . + 1 | . + 1;", 1))
    (shown,) = notebook.execute("%%jq -n --profile\n[range(5) | twice] | add", 2)
    assert shown.profile.program.strip() == "[range(5) | twice] | add"
    parts = {shown.profile.program[part.start : part.end]: part for part in shown.profile if part.name == "filter"}
    assert (parts["twice"].runs, parts["range(5)"].outputs) == (5, 5)
    assert next(part.fuel for part in shown.profile if part.name == "definitions") > 0
    assert sum(part.fuel for part in shown.profile) == shown.usage.fuel
    (plain,) = notebook.execute("%%jq -n\n[range(5) | twice] | add", 3)
    assert plain.profile == []
    with pytest.raises(jq_magic.FuelError, match=r"most fuel, .* line 3, column "):
        list(notebook.execute("%%jq -n --profile --fuel 1e6\n\n[range(1e9) | 1] | add", 3))


#: Each option that a cell can have: lines that have it, and the outputs or the end of each.
OPTION_CELLS: dict[str, list[tuple[str, str | list[str]]]] = {
    "null-input": [("%%jq -n rows.json\n.", ["null"])],
    "raw-input": [("%%jq -R lines.txt\n.", ['"1"', '"two"'])],
    "slurp": [("%%jq -s rows.json\nlength", ["1"])],
    "stream": [("%%jq --stream rows.json\nselect(length == 2)", ['[[0,"b"],1]', '[[0,"a"],2]', '[[1,"a"],3]'])],
    "index": [("%%jq --index rows.json\nlength", ["2"])],
    "module": [("%%jq --module m rows.json\nm::f", ["7"])],
    "compact-output": [("%%jq -c rows.json\n.[1]", ['{"a":3}'])],
    "tab": [("%%jq --tab rows.json\n.[1]", ['{"a":3}'])],
    "indent": [("%%jq --indent 3 rows.json\n.[1]", ['{"a":3}'])],
    "raw-output": [("%%jq -r -n\n[1, 2] | @csv", ['"1,2"'])],
    "join-output": [("%%jq -j rows.json\n.[].a", ["2", "3"])],
    "raw-output0": [("%%jq --raw-output0 rows.json\n.[].a", ["2", "3"])],
    "sort-keys": [("%%jq -S rows.json\n.[0]", ['{"a":2,"b":1}']), ("%%jq rows.json\n.[0]", ['{"b":1,"a":2}'])],
    "seq": [("%%jq --seq rows.json\n.[1]", ['{"a":3}'])],
    "exit-status": [("%%jq -e -n\ntrue", ["true"]), ("%%jq -e -n\nfalse", "HaltError")],
    "arg": [("%%jq -n --arg x 5\n$x", ['"5"'])],
    "argjson": [("%%jq -n --argjson x [5]\n$x", ["[5]"]), ("%%jq -n --argjson x [5\n$x", "UsageError")],
    "var": [("%%jq -n --var five\n$five", ["5"])],
    "args": [("%%jq -n --args 1 2\n$ARGS.positional", ['["1","2"]'])],
    "jsonargs": [("%%jq -n --jsonargs 1 2\n$ARGS.positional", ["[1,2]"])],
    "fuel": [("%%jq -n --fuel 1e6\n1", ["1"]), ("%%jq -n --fuel 1e6\nlast(range(1e9))", "FuelError")],
    "memory": [("%%jq -n --memory 8M\n1", ["1"]), ("%%jq -n --memory 8M\n[range(1e7)]", "MemoryLimitError")],
    "timeout": [("%%jq -n --timeout 30s\n1", ["1"])],
    "input-limit": [("%%jq --input-limit 9 rows.json\n.", "InputLimitError")],
    "output-limit": [("%%jq --output-limit 9 rows.json\n.", "OutputLimitError")],
    "outputs": [("%%jq --outputs 1 rows.json\n.[]", "OutputLimitError")],
    "depth": [("%%jq --depth 2 rows.json\nlength", ["2"]), ("%%jq --depth 1 rows.json\nlength", "InputLimitError")],
    "program-limit": [("%%jq -n --program-limit 9\n1 + 1 + 1 + 1", "ProgramLimitError")],
    "preset": [("%%jq -n --preset strict\nlast(range(1e9))", "FuelError")],
    "runtime": [("%%jq -n --runtime wasmtime\n1", ["1"]), ("%%jq -n --runtime none\n1", "RuntimeUnavailableError")],
    "engine": [("%%jq -n --engine jq\n1", ["1"])],
    "out": [("%%jq -n -o made\n[6]", ["[6]"]), ("%jq made .[0]", ["6"])],
    "as": [("%%jq --as csv rows.json\n.", "UsageError")],
    "dates": [("%%jq --dates rows.json\nlength", ["2"])],
    "lenient": [("%%jq --lenient rows.json\nlength", ["2"])],
    "quiet": [("%%jq --quiet rows.json\nlength", [])],
    "profile": [("%%jq --profile rows.json\nlength", ["2"])],
}  # fmt: skip


def test_every_option_of_a_cell_has_a_case():
    assert {option.long for option in jqoptions.OPTIONS if option.place is not jqoptions.Place.COMMAND} == set(
        OPTION_CELLS
    )


@pytest.mark.parametrize("option", OPTION_CELLS)
def test_a_jq_notebook_takes_the_options_of_a_cell(option, tmp_path):
    files(tmp_path, {"rows.json": '[{"b":1,"a":2},{"a":3}]', "lines.txt": "1\ntwo\n"})
    directory = Directory(tmp_path)
    notebook = Session(directory)
    for number, code in enumerate(["%%jq_module m\ndef f: 7;", "five = %jq -n 5"]):
        list(notebook.execute(code, number))
    for code, expected in OPTION_CELLS[option]:
        if isinstance(expected, str):
            with pytest.raises((jq_magic.JqMagicError, UsageError)) as caught:
                list(notebook.execute(code, 3))
            assert type(caught.value).__name__ == expected
        else:
            shown = [output.result for output in notebook.execute(code, 3) if isinstance(output, Shown)]
            assert [text for result in shown for text in result.text.splitlines()] == expected
    directory.close()
