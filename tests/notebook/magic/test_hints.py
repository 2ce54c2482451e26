"""What somebody may have meant who wrote a filter that jq does not take."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic.notebook.magic import hints


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (".css-grid", 'a key with a dash stands in quotes: .["css-grid"]'),
        (".a.css-grid-x", '…["css-grid-x"]'),
        (".a - grid", ""),
        (".a && .b", "jq writes and"),
        (".a || .b", "jq writes or"),
        ("!.a", "jq writes … | not, or !="),
        (".list | avg", "jq writes add / length"),
        (".list.map(.)", "what is before goes through a pipe: … | map"),
        (".list.filter(.x)", "… | map(select(…)) for an array"),
        ("group_bye(.a)", "group_by is one"),
        ("map", "it is called as map(f)"),
        ("nothing_like_it", ""),
        (".a +", ""),
    ],
)
def test_a_mistake_has_a_hint(program, said):
    with pytest.raises(jq_magic.ProgramError) as caught:
        jq_magic.compile(program)
    hint = hints.hint(caught.value, program, "data", cell=False)
    assert said in hint if said else hint == ""


def test_a_hint_for_a_long_line_takes_the_part_around_the_place():
    for program in ("1+" * 5_000 + "avg", ".a-" * 3_000 + "b", "x" * 200 + ".map(.)", "(" * 300 + "!.a"):
        with pytest.raises(jq_magic.ProgramError) as caught:
            jq_magic.compile(program)
        assert len(hints.hint(caught.value, program, None, cell=True)) < 1_000


DATA = {"packages": {"a b": {"version": 1}}, "list": [{"name": 1}], "css-grid": 1, "weird\u202e": 1}


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ('.packages["a b"].verson', 'there is no key "verson" there; "version" is one'),
        ('.packages."a b".verson', '"version" is one'),
        (".list[0].nam", '"name" is one'),
        (".weird", 'there is no key "weird" there; "weird\\u202e" is one'),
        (".list[0].name", ""),
        (".list[0].other", ""),
        (".list[7].name", ""),
        (".list.nam", ""),
        (".list[0] | .nam", ""),
        (".nam" * 60, ""),
        (".", ""),
        ("", ""),
    ],
)
def test_a_misspelt_key_is_named_with_one_that_is_like_it(program, said):
    hint = hints.misspelt(program, DATA)
    assert said in hint if said else hint == ""


def test_only_plain_values_are_looked_into_and_a_bounded_part_of_them():
    class Odd(dict[str, int]):
        def __iter__(self):
            raise AssertionError("a hint ran code of a value")

    assert hints.misspelt(".verson", Odd(version=1)) == ""
    keys = {f"{number}": 1 for number in range(hints._KEYS)}
    assert hints.misspelt(".verson", {**keys, "version": 1}) == ""
    assert hints.misspelt(".verson", dict(list(keys.items())[1:], version=1)) != ""
    long = "k" * hints.KEY_CHARS
    assert hints.misspelt(f".{long}", {f"{long[1:]}x": 1}) != ""
    assert hints.misspelt(f".{long}k", {f"{long}x": 1}) == ""


def test_a_date_without_a_zone_is_told_how_it_is_read():
    with pytest.raises(jq_magic.FilterError) as caught:
        jq_magic.first("fromdate", "2020-01-01T00:00:00")
    caught.value.advice = hints.raised(caught.value)
    lines = caught.value._render_traceback_()
    assert (lines[1], lines[-1]) == ("  1 | fromdate", caught.value.advice)
    assert "write: (. + " in caught.value.advice
    with pytest.raises(jq_magic.FilterError) as other:
        jq_magic.first("error", 1)
    assert hints.raised(other.value) == ""


def test_a_result_of_null_says_which_key_was_meant(shell):
    shell.user_ns["data"] = DATA
    shown = shell.run_line_magic("jq", "data .list[0].nam")
    note = 'note: there is no key "nam" there; "name" is one'
    assert repr(shown).split("\n")[:2] == [note, "null"]
    assert shown.head()["messages"] == [note]
    assert shell.run_line_magic("jq", "data .list[0].other").head()["messages"] == []
