"""The magics, in a real InteractiveShell."""

from __future__ import annotations

import datetime
import re

import pandas as pd
import pytest
from IPython.core.completer import CompletionContext
from IPython.core.error import UsageError
from IPython.utils.capture import capture_output
from traitlets import TraitError

import jq_magic
from jq_magic.guest.module import MODULES
from jq_magic.notebook.magic import completion
from jq_magic.notebook.magic.library import Library
from tests.notebook.shell import Shell
from tests.support import ROOT


def test_a_cell_shows_its_result_and_what_it_used(shell):
    shown = shell.go("%%jq --fuel 1e6 frame\n.[] | select(.score > 3) | {name, score}")
    assert shown.values == [{"name": "a b", "score": 4.5}]
    plain = shell.display_formatter.format(shown)[0]["text/plain"].splitlines()
    assert plain[:4] == ["{", '  "name": "a b",', '  "score": 4.5', "}"]
    assert plain[4].startswith("fuel ")
    assert re.search(r" of 1e6 · memory \d\.\d of 512 MiB · ", plain[4])
    assert plain[4].endswith(" · wasmtime")


def test_a_line_shows_its_result_and_an_assignment_gives_values(shell):
    assert shell.go("%jq rows .[0].name").text == '"a b"\n'
    shell.go("x = %jq rows .[0].name")
    shell.go("y = %jq rows .[].score")
    shell.go("z = %jq rows empty")
    assert (shell.user_ns["x"], shell.user_ns["y"], shell.user_ns["z"]) == ("a b", [4.5, 1], [])
    assert shell.go("%jq --as text rows .[].score") == "4.5\n1\n"
    assert shell.go("%jq --as values rows .[0].score") == 4.5
    assert shell.go("%jq --as csv rows .[0] | {score}") == "score\n4.5\n"
    assert shell.go("%jq --as duckdb rows map({name})").fetchall() == [("a b",), ("c",)]
    assert shell.go('%jq --as polars --lenient rows {v: .[].score}, {v: "x"}')["v"].to_list() == ["4.5", "1", "x"]
    assert shell.go('%jq -n --as polars --dates {v: "2024-01-02"}')["v"].to_list() == [datetime.date(2024, 1, 2)]
    assert shell.go("%jq --as pandas --out kept rows map({name})").name.tolist() == ["a b", "c"]
    assert shell.user_ns["kept"].name.tolist() == ["a b", "c"]
    shell.go("kept = %jq --as polars rows .[] | {score}")
    assert shell.user_ns["kept"]["score"].to_list() == [4.5, 1.0]


def test_out_keeps_the_value_on_both_forms(shell):
    assert shell.go("%%jq -o kept --quiet rows\nmap(.score)") is None
    assert shell.user_ns["kept"] == [4.5, 1]
    assert shell.go("%jq --out=one rows length").values == [2]
    assert shell.user_ns["one"] == 2
    with pytest.raises(UsageError, match="name of a variable"):
        shell.go("%jq -o 1x rows .")


def test_nothing_is_expanded(shell):
    shell.user_ns["x"] = 7
    assert shell.go("%jq rows 5 as $x | $x").values == [5]
    assert shell.go("%jq rows .[0] | {name, score}").values == [{"name": "a b", "score": 4.5}]
    with pytest.raises(jq_magic.ProgramError):
        shell.go("%jq rows {__import__('os').getpid()}")


def test_a_question_mark_at_the_end_belongs_to_the_filter(shell):
    assert shell.go("%jq rows .a?").values == []
    shell.go("x = %jq rows .[0].name?")
    assert shell.user_ns["x"] == "a b"
    assert shell.go("%%jq rows\n.[].name.b?").values == []
    assert "pinfo" in shell.transform_cell("%jq?")
    assert shell.transform_cell("%%jq rows\nx = %jq a .b?\n").startswith("get_ipython().run_cell_magic('jq', 'rows'")


def test_blanks_in_the_filter_are_kept(shell):
    assert shell.go('%jq -n "x   y"').values == ["x   y"]
    assert shell.go('%jq   --fuel   1e6   -n   "a\'b"').values == ["a'b"]


def test_the_variable_is_looked_up_and_never_evaluated(shell):
    assert shell.go('%jq nested["k"][0][-2] .name').values == ["a b"]
    shell.user_ns["holder"] = type("Holder", (), {"data": [1]})()
    assert shell.go("%jq holder.data .[0]").values == [1]
    shell.user_ns["word"] = "so much"
    assert shell.go("%jq -R word .").values == ["so much"]
    with pytest.raises(jq_magic.InputError, match="word is a str, which is read as JSON text; with -R"):
        shell.go("%jq word .")
    shell.user_ns["word"] = "[1"
    with pytest.raises(jq_magic.InputError, match=r"column 3\)\n  1 . \[1\n.*\^$"):
        shell.go("%jq word .")
    for line, said in [
        ("%jq rovs .", "did you mean rows"),
        ("%jq nested['x'] .", "no item 'x'"),
        ("%jq nested.k .", r'no attribute k; write nested\["k"\]'),
        ("%jq nested.x .", "no attribute x$"),
        ("%jq rows.__class__ .", "begin with __"),
        ("%jq rows[len(rows)] .", "is no variable"),
        ("%jq f(1) .", "is no variable"),
        ("%jq 'rows' .", "is no variable"),
        ("%jq rows", "there is no filter"),
        ("%jq", "name the variable"),
        ("%%jq rows .[0]\n.", "does not belong on its first line"),
    ]:
        with pytest.raises(UsageError, match=said):
            shell.go(line)


def test_options_are_read_and_mistakes_explained(shell):
    assert shell.go("%jq -n -S --arg a 1 --argjson b '{\"z\":[1]}' --var rows [$a, $b, ($rows | length)]").values == [
        ["1", {"z": [1]}, 2]
    ]
    assert repr(shell.go('%jq -nr "a\\nb"')).startswith("a\nb\nfuel")
    assert repr(shell.go("%jq -c rows .[0].tags")).startswith('[{"id":1}]\nfuel')
    assert shell.go("%jq -s text length").values == [2]
    assert shell.go("%%jq text -R\n.").values == ['{"a": 1} {"a": 2}']
    assert shell.go("%jq -n -1").values == [-1]
    assert shell.go("%jq -n -- -1").values == [-1]
    assert shell.go("%jq rows '.[0].name'").values == ["a b"]
    for line, said in [
        ("%jq --fule 1e6 rows .", "did you mean --fuel"),
        ("%jq --fuel lots rows .", "write for example 1e6"),
        ("%jq --fuel -1 rows .", "write for example"),
        ("%jq --memory 64QB rows .", "write for example 64MiB"),
        ("%jq --timeout nan rows .", "write for example 2s"),
        ("%jq --preset huge rows .", "there is no preset"),
        ("%jq --as yaml rows .", "values, text, csv, pandas, polars, arrow, duckdb"),
        ("%jq --arg a", "VALUE is missing"),
        ("%jq --argjson a x -n .", "is not JSON"),
        ("%jq -nq .", "there is no option -nq"),
        ("%jq --quiet=1 -n .", "not written with ="),
    ]:
        with pytest.raises(UsageError, match=said):
            shell.go(line)
    for line in ["%jq --runtime v8 rows .", "%jq --engine gojq rows ."]:
        with pytest.raises(jq_magic.RuntimeUnavailableError, match=r"not available|there is no"):
            shell.go(line)


@pytest.mark.slow
def test_another_runtime_can_be_chosen(shell, runtime):
    assert shell.go(f"%jq --runtime {runtime} rows length").runtime == runtime


def test_limits_come_from_preset_settings_and_options(shell):
    limits = lambda line: shell.go(line).limits  # noqa: E731 - a short name for the test
    assert limits("%jq -n 1") == jq_magic.PRESETS["standard"]
    assert limits("%jq -n --preset strict --timeout 500ms 1") == jq_magic.PRESETS["strict"].replace(deadline_s=0.5)
    shell.go("%config JqMagic.fuel = '1e7'")
    shell.go("%config JqMagic.memory = '64MiB'")
    assert limits("%jq -n 1") == jq_magic.Limits(fuel=10**7, memory_bytes=64 << 20)
    assert limits("%jq -n --fuel 2e7 1").fuel == 2 * 10**7
    assert limits("%jq -n --preset strict 1") == jq_magic.PRESETS["strict"]
    magic = shell.magics_manager.registry["JqMagic"]
    for trait, value in [("fuel", "0"), ("fuel", -1), ("preset", "huge"), ("timeout", "nan")]:
        with pytest.raises(TraitError):
            setattr(magic, trait, value)


@pytest.mark.parametrize("program", ['error("no")', "last(range(1e18))", "halt_error(3)"])
def test_what_came_before_an_error_is_shown_with_it(shell, program):
    cell = f"%%jq -nc --fuel 1e6\n{{a: 1}}, (2 | debug), {program}"
    with pytest.raises(jq_magic.JqMagicError):
        shell.go(cell)
    assert shell.shown.outputs[0].data["text/plain"].startswith('said: ["DEBUG:",2]\n{"a":1}\n2\nfuel ')
    for silent in [
        cell.replace("-nc", "-nc --quiet"),
        f"%%jq -n --fuel 1e6\nempty, {program}",
        cell.replace("-nc", "-nc --as values"),
    ]:
        with pytest.raises(jq_magic.JqMagicError):
            shell.go(silent)
        assert shell.shown.outputs == []


def test_errors_have_no_traceback_and_fail_the_cell(shell):
    with capture_output() as captured:
        result = shell.run_cell("%%jq rows\n.a | foo")
    assert not result.success
    assert "ProgramError: foo/0 is not defined" in captured.stdout
    assert "^^^" in captured.stdout
    assert "Traceback" not in captured.stdout
    assert "wasm" not in captured.stdout


@pytest.mark.slow
def test_a_runner_sees_the_failure():
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in ["%load_ext jq_magic", "%jq -n error(1)"]]
    with pytest.raises(CellExecutionError, match="FilterError"):
        NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": ROOT}}).execute()


def state(shell):
    return (
        {kind: sorted(found) for kind, found in shell.magics_manager.magics.items()},
        list(shell.input_transformer_manager.token_transformers),
        list(shell.Completer.custom_matchers),
        # IPython makes its own ExtensionMagics when load_ext is first used.
        [type(found).__name__ for found in shell.configurables if type(found).__name__ != "ExtensionMagics"],
        sorted(set(shell.magics_manager.registry) - {"ExtensionMagics"}),
        [MODULES.notice] if MODULES.notice is not None else [],
    )


def test_loading_twice_doubles_nothing_and_unloading_leaves_nothing(monkeypatch):
    # Shells of other tests may not have been unloaded.
    monkeypatch.setattr(MODULES, "notice", None)
    Shell.clear_instance()
    shell = Shell.instance()
    before = state(shell)
    shell.run_line_magic("load_ext", "jq_magic")
    once = state(shell)
    assert once != before
    jq_magic.load_ipython_extension(shell)
    assert state(shell) == once
    shell.run_line_magic("reload_ext", "jq_magic")
    assert [len(part) for part in state(shell)] == [len(part) for part in once]
    shell.run_line_magic("unload_ext", "jq_magic")
    assert state(shell) == before
    Shell.clear_instance()


def completed(shell, cell):
    """What completion offers at the end of a cell, and whether it keeps others quiet."""
    lines = cell.split("\n")
    token = lines[-1].split(" ")[-1].split("|")[-1].split("(")[-1]
    context = CompletionContext(
        full_text=cell, token=token, cursor_line=len(lines) - 1, cursor_position=len(lines[-1]), limit=None
    )
    found = completion.matcher(shell, Library())(context)
    return [one.text for one in found["completions"]], found["suppress"]


def test_completion_inside_a_cell(shell):
    assert completed(shell, "%%jq rows\n.[] | sele") == (["select"], True)
    assert completed(shell, "%%jq rows\n.[].na")[0] == [".[].name"]
    assert completed(shell, "%%jq rows\n.[].tags[].")[0] == [".[].tags[].id"]
    assert completed(shell, "%%jq --fuel 1e6 frame\n.[].sc")[0] == [".[].score"]
    assert completed(shell, "%jq rows .[0].sco")[0] == [".[0].score"]
    assert completed(shell, "%%jq --fu")[0] == ["--fuel"]
    assert "rows" in completed(shell, "%%jq ro")[0]
    assert completed(shell, "x = 1\nsele") == ([], False)


def refusal(program):
    """What the compiler says of a program; nothing when it takes it."""
    try:
        jq_magic.compile(program)
    except jq_magic.ProgramError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", completion.BUILTINS)
def test_every_builtin_that_is_offered_exists(name):
    said = refusal(name)
    # A built-in with arguments is known, and the hint says with how many.
    assert not said or f"there is {name}/" in said


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "\x1b[31mred",
    "a\u202eb\u200bc",
    "$$\\alpha$$",
    '{"text/html":"<b>"}',
    "a\x00b",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(text, shell):
    shell.user_ns.update(hostile={text: [text]}, plain=[text])
    for line in ["%jq hostile .", "%jq -r plain .[]", "%jq -c hostile .", "%jq plain .[] | stderr | empty"]:
        bundle = shell.display_formatter.format(shell.go(line))[0]
        assert set(bundle) == {"text/plain", "text/html"}
        for form in bundle.values():
            assert not {"\x1b", "\x00", "\u202e", "\u200b"} & set(form)
        html = bundle["text/html"]
        assert "<img" not in html
        assert "<b>" not in html
        assert "<script" not in html
        assert "http" not in html


def test_a_long_result_is_cut_with_a_count_and_nothing_is_lost(shell):
    shown = shell.go("%jq -n [range(100000)]")
    assert len(repr(shown)) < 50_000
    assert "more characters of JSON; .text has all of it" in repr(shown)
    assert len(shown.values[0]) == 100_000
    long_string = shell.go('%jq -n "x" * 1000000')
    assert len(repr(long_string)) < 50_000
    assert "more characters" in repr(long_string)


def test_numbers_are_shown_as_they_are(shell):
    shown = shell.go("%jq -n [12345678901234567890123, 0.1000, 1E400, [], {}]")
    assert repr(shown).splitlines()[:-1] == [
        "[",
        "  12345678901234567890123,",
        "  0.1000,",
        "  1E+400,",
        "  [],",
        "  {}",
        "]",
    ]


@pytest.mark.parametrize(
    ("line", "body", "lines"),
    [
        ("-n --tab", "[1]", ["[", "\t1", "]"]),
        ("-n --indent 1", "[1]", ["[", " 1", "]"]),
        ("-n -j", '"a", "b"', ["ab"]),
        ("-n --raw-output0", '"a", "b"', ["a\\x00b\\x00"]),
        ("-nc --seq", "1, 2", ["\\x1e1", "\\x1e2"]),
        ("-nc --args a 'b c'", "$ARGS.positional", ['["a","b c"]']),
        ("-nc --jsonargs 1 [2]", "$ARGS.positional", ["[1,[2]]"]),
        ("-c --stream doc", ".", ['[["a"],1]', '[["a"]]']),
        ("-nc --argjson x [1]", "$ARGS.named", ['{"x":[1]}']),
    ],
)
def test_options_of_the_jq_command_mean_the_same_in_a_cell(shell, line, body, lines):
    shell.user_ns["doc"] = {"a": 1}
    shown = shell.go(f"%%jq {line}\n{body}")
    assert repr(shown).splitlines()[:-1] == lines


def test_exit_status_makes_an_error_of_a_last_output_that_is_false(shell):
    for program, code in (("false", 1), ("empty", 4)):
        with pytest.raises(jq_magic.HaltError) as caught:
            shell.go(f"%jq -ne {program}")
        assert caught.value.exit_code == code
    shell.go("%jq -ne 1")


def test_a_filter_that_halts_has_ended_well_and_is_shown_what_it_said(shell):
    for program, said in (
        ("halt", []),
        ('"bye\\n"|halt_error(0)', ["said: bye"]),
        ("[1]|halt_error(0)", ["said: [1]"]),
    ):
        assert repr(shell.go(f"%jq -nec null, ({program})")).splitlines()[:-1] == [*said, "null"]


def test_the_numbers_of_selected_rows_are_left_out_unless_they_are_asked_for(shell):
    shell.user_ns["frame"] = pd.DataFrame({"a": [1, 2, 3]})[1:]
    assert shell.go("%jq frame .[0]").value == {"a": 2}
    said = shell.shown.stderr
    assert said.startswith("note: the labels of a DataFrame's rows are integers without a name, and left out")
    assert said.count("\n") == 1
    assert shell.go("%jq --index frame .[0]").value == {"index": 1, "a": 2}


def test_of_a_frame_only_the_columns_are_copied_that_the_filter_reaches(shell):
    shell.user_ns["frame"] = pd.DataFrame({"a": [1, 2], "b": ["x" * 10_000] * 2})
    assert shell.go("%jq --input-limit 2000 frame map(.a) | add").value == 3
    assert shell.go("%jq --input-limit 2000 --slurp frame length, (.[0] | length)").value == [1, 2]
    for call in ("frame map(.b) | add", "--arg k b frame map(.[$k]) | add", "-s frame .[0] | map(.b) | add"):
        with pytest.raises(jq_magic.InputLimitError):
            shell.run_line_magic("jq", f"--input-limit 2000 {call}")


def test_a_profile_stands_below_the_result(shell):
    shown = shell.go("%%jq --profile rows\n.[] | select(.score > 3)\n| .name")
    bundle = shell.display_formatter.format(shown)[0]
    assert str(shown.profile) in bundle["text/plain"]
    assert "│ .[] | select(.score &gt; 3)" in bundle["text/html"]
    assert "background:rgba(255,140,0," in bundle["text/html"]
    assert shown.head()["profile"][1]["text"].endswith("│ .[] | select(.score > 3)")
    assert sum(part.fuel for part in shown.profile) == shown.usage.fuel
    plain = shell.go("%%jq rows\n.[] | .name")
    assert (plain.profile, plain.head()["profile"]) == ([], [])


def test_a_limit_shows_the_profile_of_what_was_done(shell):
    with pytest.raises(jq_magic.FuelError, match=r"most fuel, .* line 1, column [12]: \[?range"):
        shell.go("%%jq -n --fuel 1e6 --profile\n[range(1e9)] | length")
    assert "│ [range(1e9)] | length" in str([output.data for output in shell.shown.outputs])
