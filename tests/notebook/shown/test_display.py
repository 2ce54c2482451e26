"""What a cell shows of a result: bounded after escaping, the same as text and as HTML; and the result as data."""

from __future__ import annotations

import html
import re

import pandas as pd
import polars as pl
import pytest

from jq_magic import jqcall
from jq_magic.data import decode
from jq_magic.limits import PRESETS
from jq_magic.notebook.magic import line
from jq_magic.notebook.shown.display import SHOWN_CHARS, SHOWN_LINES, Shown
from jq_magic.result import Result, Usage
from tests.notebook.answers import seconds

#: Text that grows when it is escaped, and its length then.
GROWING = {"\u0085": 4, "\u202e": 6, "\U000e0041": 10, "a": 1, "<": 1, "\u4e2d": 1}


def result(text="", messages=()):
    """A result of a run that there was not."""
    return Result(text, Usage.none(), PRESETS["standard"], "wasmtime", "magic", "0" * 64, list(messages))


def body(shown):
    """What is shown but for the line of what was used, which is of our own making."""
    return repr(shown).rpartition("\n")[0]


def forms(shown):
    """The text, and the text that the HTML shows."""
    bundle = shown._repr_mimebundle_()
    match = re.search(r"<pre[^>]*>(.*)</pre>", bundle["text/html"], re.DOTALL)
    assert match is not None
    return bundle["text/plain"].rpartition("\n")[0], html.unescape(re.sub("</?span[^>]*>", "", match[1]))


BIG = {
    "messages": lambda text: result(messages=[text * 20_000] * 200),
    "small messages": lambda text: result(messages=[text] * 100_000),
    "outputs": lambda text: result(f'"{text * 200_000}"\n' * 3),
    "small outputs": lambda text: result(f'"{text}"\n' * 100_000),
    "an array": lambda text: result("[" + f'"{text}",' * 100_000 + "1]\n"),
    "keys": lambda text: result("{" + f'"{text * 99}":1,' * 1_000 + '"":1}\n'),
    "nesting": lambda text: result("[" * 500 + f'"{text}"' + "]" * 500 + "\n"),
    "both": lambda text: result(f'"{text * 200_000}"\n', [text * 20_000] * 200),
    "lines": lambda text: result('"' + f"{text}\\n" * 100_000 + '"\n'),
}
STYLES = {
    "indented": "",
    "raw": "-r ",
    "joined": "-j ",
    "compact": "-c ",
    "wide": "--indent 7 ",
    "tabs": "--tab ",
    "sequence": "--seq ",
    "ended": "--raw-output0 ",
}


def style(options):
    return jqcall.style(line.read(f"{options}-n .", cell=False).options)


@pytest.mark.parametrize("character", GROWING)
@pytest.mark.parametrize("kind", BIG)
@pytest.mark.parametrize("name", STYLES)
def test_all_that_is_shown_has_one_bound_after_escaping(character, kind, name):
    shown = Shown(BIG[kind](character), style(STYLES[name]))
    text, in_page = forms(shown)
    assert text == in_page
    # The notes on what is left out, and what stands around each output, come on top.
    assert len(text) <= SHOWN_CHARS + 200
    assert len(text.split("\n")) <= SHOWN_LINES + 2
    assert re.fullmatch(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\U000e0041]*", text)
    assert "more " in text or (kind, name) == ("nesting", "compact")
    head = shown.head()
    assert head["messages"] == text.split("\n")[: len(head["messages"])]


def test_what_fits_is_whole_and_one_character_more_is_cut():
    # Each line costs its line end too.
    fits = result('"' + "x" * (SHOWN_CHARS - 2) + '"\n')
    assert "more characters" not in body(Shown(fits))
    longer = result('"' + "x" * (SHOWN_CHARS - 1) + '"\n')
    lines = body(Shown(longer)).split("\n")
    assert lines == ['"' + "x" * (SHOWN_CHARS - 1), "… 2 more characters of JSON; .text has all of it"]
    assert body(Shown(result("1\n" * SHOWN_LINES))).split("\n") == ["1"] * SHOWN_LINES
    assert body(Shown(result("1\n" * (SHOWN_LINES + 1)))).split("\n")[-1].startswith("… 2 more characters")


def test_messages_have_half_and_say_how_many_are_left_out():
    half = [f"{number}" for number in range(SHOWN_LINES // 2)]
    assert body(Shown(result(messages=half))).split("\n") == [f"said: {text}" for text in half]
    lines = body(Shown(result("1\n", [*half, "a", "b"]))).split("\n")
    assert lines[-2:] == ["… 2 more messages; .messages has all of them", "1"]
    room = SHOWN_CHARS // 2 - len("said: ")
    assert body(Shown(result(messages=["x" * room]))) == "said: " + "x" * room
    cut = body(Shown(result(messages=["x" * (room + 1), "y"]))).split("\n")
    assert cut == [
        "said: " + "x" * room + "… (1 more characters)",
        "… 1 more message; .messages has all of them",
    ]


def test_what_is_shown_is_made_once_and_from_a_prefix():
    times = []
    for size in (100_000, 3_200_000):
        big = result(f'["{chr(0x85) * size}",' + '"\\u0000",' * size + "1]\n", [chr(0x85) * size] * 3)
        times.append(seconds(lambda big=big: Shown(big)._repr_mimebundle_()))
    # Thirty-two times the text: what is shown of it is the same.
    assert times[1] < 8 * max(times[0], 0.01)


def test_tabs_stay_so_that_a_table_can_be_copied(jq_shell):
    shown = jq_shell.go('%jq -nr ["a", "b c", 1], ["d\\te", null, 2] | @tsv')
    assert body(shown).split("\n") == ["a\tb c\t1", "d\\te\t\t2"]
    assert forms(shown)[1].split("\n") == ["a\tb c\t1", "d\\te\t\t2"]


def test_a_long_string_without_quotes_is_cut_as_such(jq_shell):
    lines = body(jq_shell.go('%jq -nr "a\\"b\\n" * 30000')).split("\n")
    assert lines[:2] == ['a"b', 'a"b']
    assert lines[-1].endswith("more characters of JSON; .text has all of it")


def test_nothing_is_decoded_before_somebody_asks(jq_shell, monkeypatch):
    def refused(_text):
        raise AssertionError("decoded")

    monkeypatch.setattr(decode, "from_json_lines", refused)
    shown = jq_shell.go("%jq rows .[]")
    repr(shown)
    shown._repr_mimebundle_()
    jq_shell.go("%jq _ .name")
    assert jq_shell.go("%jq --as text rows .[0].score") == "4.5\n"
    jq_shell.go("%jq -e rows .[0].score")
    with pytest.raises(AssertionError, match="decoded"):
        len(shown)


def test_a_result_is_used_as_the_data_that_it_shows(jq_shell):
    rows = [{"name": "a b", "score": 4.5}, {"name": "c", "score": 1}]
    one = jq_shell.go("%jq rows map({name, score})")
    assert (one[0], one[-1]["name"], len(one), list(one), rows[0] in one) == (rows[0], "c", 2, rows, True)
    assert one == rows
    assert one != rows[:1]
    assert one.values == [rows]
    assert pd.DataFrame(one).score.tolist() == [4.5, 1.0]
    assert pl.DataFrame(one)["name"].to_list() == ["a b", "c"]
    many = jq_shell.go("%jq rows .[].score")
    assert (many[1], len(many), list(many), many == [4.5, 1]) == (1, 2, [4.5, 1], True)
    assert pl.DataFrame(many)["value"].to_list() == [4.5, 1.0]
    obj = jq_shell.go("%jq rows .[0]")
    assert (obj["name"], set(obj), "name" in obj) == ("a b", {"name", "score", "tags"}, True)
    assert not jq_shell.go("%jq -n null")
    assert not jq_shell.go("%jq -n empty")
    with pytest.raises(TypeError, match="not iterable"):
        list(jq_shell.go("%jq -n 1"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(many)


def test_the_last_results_are_variables(jq_shell):
    def go(cell):
        # Only a cell with a number is in Out.
        result = jq_shell.run_cell(cell, store_history=True)
        result.raise_error()
        return result.result

    go("%jq rows map({name, score})")
    assert go("%jq _ .[1].name") == "c"
    assert go("Out[1][0]['score']") == 4.5
    assert go("%jq Out[1] map(.score) | add") == 5.5
    assert go("%jq _1[0] .name") == "a b"
    assert go("%jq --var _1 -n $_1[1].name") == "c"
    assert go("len(_1)") == 2
    # Of several outputs each is an input.
    go("%jq rows .[].score")
    assert go("%jq _ . + 1").values == [5.5, 2]


def test_numbers_of_a_result_stay_as_they_are_in_the_next_filter(jq_shell):
    jq_shell.go("%jq -n 12345678901234567890123, 0.10")
    assert jq_shell.go("%jq -c _ [.]").text == "[12345678901234567890123]\n[0.10]\n"


@pytest.mark.parametrize("program", ['range(200) | ("\\u0085" * 20000) | stderr | empty', 'error("\\u0085" * 1000000)'])
def test_a_cell_shows_little_of_messages_and_errors_that_are_long(jq_shell, program):
    result = jq_shell.run_cell(f"%%jq -n\n{program}")
    if result.error_in_exec is None:
        assert len(repr(result.result)) < SHOWN_CHARS + 500
        return
    assert len(str(result.error_in_exec)) < 4_200
    assert sum(map(len, result.error_in_exec._render_traceback_())) < 4_300
