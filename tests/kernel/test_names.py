"""What a notebook keeps is bounded, and replaced as a person expects."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from jq_magic.errors import ProgramError
from jq_magic.kernel import names
from jq_magic.kernel.names import Definitions, Kept, Names
from jq_magic.sandbox import Sandbox


def kept(size):
    return Kept("x" * size, "a cell", is_result=False)


def test_results_go_when_others_need_their_room(monkeypatch):
    monkeypatch.setattr(names, "MOST_BYTES", 100)
    store = Names()
    for number in range(1, 6):
        store.keep_result(number, kept(30))
    assert list(store) == ["_3", "_4", "_5"]
    store.keep("a", kept(60))
    assert list(store) == ["a", "_5"]
    assert store.get("_") is store.get("_5")


def test_names_that_a_person_chose_stay_and_the_next_one_is_refused(monkeypatch):
    monkeypatch.setattr(names, "MOST_BYTES", 100)
    store = Names()
    store.keep("a", kept(60))
    store.keep("b", kept(40))
    with pytest.raises(UsageError, match="forget"):
        store.keep("c", kept(1))
    store.keep("a", kept(59))
    store.keep("c", kept(1))
    assert "a" in store
    assert store.forget("a")
    assert not store.forget("a")


def test_there_is_a_most_of_names_and_of_results(monkeypatch):
    monkeypatch.setattr(names, "MOST_NAMES", 3)
    monkeypatch.setattr(names, "MOST_RESULTS", 2)
    store = Names()
    for name in "abc":
        store.keep(name, kept(1))
    with pytest.raises(UsageError, match="at most 3 names"):
        store.keep("d", kept(1))
    for number in range(5):
        store.keep_result(number, kept(1))
    assert list(store) == ["a", "b", "c", "_3", "_4"]


def test_a_large_result_is_kept_as_the_last_one_only(monkeypatch):
    monkeypatch.setattr(names, "MOST_BYTES", 10)
    store = Names()
    store.keep_result(1, kept(11))
    assert list(store) == []
    assert store.get("_") is not None


@pytest.mark.parametrize("name", ["", "1a", "a b", "a.b", "é", "_", "_7", "__loc__", "ENV", "ARGS", "x" * 101, "a\n"])
def test_a_name_is_one_that_jq_takes(name):
    with pytest.raises(UsageError):
        Names().keep(name, kept(1))


def test_characters_that_take_more_memory_count_more():
    assert Kept("a" * 10, "", is_result=False).size == 10
    assert Kept("\U0001d11e" * 10, "", is_result=False).size == 40
    assert Kept(b"\xff" * 10, "", is_result=False).size == 10


def test_a_cell_of_definitions_that_runs_again_takes_its_first_place():
    definitions = Definitions()
    compiles = Sandbox().compile
    assert definitions.add("def a: 1;", compiles) == ["a"]
    definitions.add("def b: a;", compiles)
    definitions.add("def a: 2;", compiles)
    assert definitions.before("b") == "def a: 2;\ndef b: a;\n"
    definitions.add("def a: b;", lambda program: None if "def a: b;\ndef b" not in program else _fail())
    assert list(definitions.blocks.values()) == ["def b: a;\n", "def a: b;\n"]


def _fail():
    raise ProgramError("b is not defined")


def test_a_definition_that_does_not_compile_changes_nothing():
    definitions = Definitions()
    definitions.add("def a: 1;", Sandbox().compile)
    with pytest.raises(ProgramError):
        definitions.add("def a: ;", Sandbox().compile)
    assert list(definitions.blocks.values()) == ["def a: 1;\n"]


@pytest.mark.parametrize(
    ("program", "is_before"), [("a", True), ("x|a", True), (".b", False), ("m::a", False), ("ab", False)]
)
def test_definitions_stand_before_programs_that_name_one(program, is_before):
    definitions = Definitions()
    definitions.add("def a: 1;", Sandbox().compile)
    assert bool(definitions.before(program)) is is_before


def test_names_behind_a_dollar_are_listed_once():
    assert names.written("$a + $b.c | $a | $__loc__") == ["a", "b", "__loc__"]
    assert names.defined("def a: 1; def b(f; $x): 2; def m::c: 3;") == ("a", "b", "m::c")
