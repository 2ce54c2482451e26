"""Errors say where in the filter they arose."""

from __future__ import annotations

import pickle

import pytest

import jq_magic


@pytest.fixture
def engine():
    """Only the engine magic knows the places of its errors."""
    return "magic"


def failed(run, program: str, text: str = "1") -> jq_magic.FilterError:
    with pytest.raises(jq_magic.FilterError) as caught:
        run(program, text)
    return caught.value


def test_line_and_column_are_those_of_the_part_that_failed(run):
    error = failed(run, '# é\n["é", .[]\n | .a.b]', '[{"a": 1}]')
    assert (error.line, error.column) == (3, 4)
    assert error.trace == ((3, 4, ".a", None),)
    assert error.where.splitlines() == ["  3 |  | .a.b]", "    |    ^^"]


def test_calls_around_the_place_follow_it(run):
    error = failed(run, "def f: .a;\ndef g: f;\n  g")
    assert [(place.line, place.column, place.text) for place in error.trace] == [(1, 8, ".a"), (2, 8, "f"), (3, 3, "g")]
    assert "called at line 3, column 3: g" in error.where


def test_a_recursion_has_one_place_for_all_its_calls(run):
    error = failed(run, "def f: if . == 0 then .a else (. - 1 | f) + 1 end; 50 | f")
    assert [place.text for place in error.trace] == [".a", "f", "f"]


def test_the_message_is_jqs_and_the_place_stands_beside_it(run):
    error = failed(run, ".a")
    assert str(error) == 'Cannot index number with string ("a")'
    assert "^^" in "\n".join(error._render_traceback_())


def test_what_moves_a_terminal_is_escaped(run):
    error = failed(run, '"\x1b[2J" | error')
    assert "\x1b" not in error.where
    assert "\x1b" not in "".join(place.text for place in error.trace)


def test_places_travel(run):
    error = failed(run, ".a")
    again = pickle.loads(pickle.dumps(error))
    assert (again.line, again.column, again.trace, again.where) == (error.line, error.column, error.trace, error.where)


def test_an_engine_that_knows_no_places_gives_none(runtime):
    with pytest.raises(jq_magic.FilterError) as caught:
        jq_magic.Sandbox(runtime, engine="jq").run(".a", "1")
    assert (caught.value.line, caught.value.column, caught.value.trace, caught.value.where) == (None, None, (), "")
