"""Modules whose texts come with the program: what can be imported, what is refused, where mistakes are."""

from __future__ import annotations

import copy
import pickle

import pytest

import jq_magic
from jq_magic.data.modules import MOST

MODULES = {
    "a": "def f: .x;\ndef g:\n  f;",
    "d": {"k": [1]},
    "t.json": "1 [2]",
    "sub/b.jq": 'import "a" as a; def h: a::g;',
}


@pytest.fixture
def engine():
    """Only the engine magic has modules."""
    return "magic"


def compiled(sandbox, program, modules=None):
    return sandbox.compile(program, modules=MODULES if modules is None else modules)


def test_modules_and_data_can_be_imported(sandbox):
    program = 'import "sub/b" as b; include "a"; import "d" as $d; import "t" as $t; [b::h, g, $d, $t, $t::t]'
    found = compiled(sandbox, program).input_value({"x": 5}).first()
    assert found == [5, 5, [{"k": [1]}], [1, [2]], [1, [2]]]


def test_the_module_function_takes_them_too():
    assert jq_magic.compile('import "a" as a; a::f', modules=MODULES).input_value({"x": 1}).all() == [1]


def test_arguments_are_seen_in_modules(sandbox):
    program = sandbox.compile(
        'import "m" as m; m::f, $ARGS.positional', {"v": 3}, positional=[4], modules={"m": "def f: $v;"}
    )
    assert program.run("null").values == [3, [4]]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda program: pickle.loads(pickle.dumps(program))])
def test_a_program_with_modules_travels(sandbox, again):
    program = again(compiled(sandbox, 'import "a" as a; import "d" as $d; a::f, $d'))
    assert program.run('{"x": 1}').values == [1, [{"k": [1]}]]
    with pytest.raises(jq_magic.FilterError) as caught:
        program.run("1")
    assert caught.value.module == "a"


def test_a_mistake_is_shown_in_the_text_of_its_module(sandbox):
    modules = {"a": 'import "b" as b; def f: 1;', "b": "def x: 1;\ndef y: (2;", "c.json": '{"a":\n 1,}'}
    with pytest.raises(jq_magic.ProgramError) as caught:
        compiled(sandbox, '# é\nimport "a" as a; 1', modules)
    error = caught.value
    assert (error.module, error.line, error.column) == ("b", 2, 10)
    assert str(error).splitlines() == [
        "in the module b: unexpected ;, expected an operator or )",
        "  2 | def y: (2;",
        "    |          ^",
    ]
    with pytest.raises(jq_magic.ProgramError) as caught:
        compiled(sandbox, 'import "c" as $c; 1', modules)
    assert (caught.value.module, caught.value.line) == ("c.json", 2)
    with pytest.raises(jq_magic.ProgramError) as caught:
        compiled(sandbox, 'import "a" as a;\n a::g', {"a": "def f: 1;"})
    assert (caught.value.module, caught.value.line, caught.value.column) == (None, 2, 2)
    assert "a::f" in str(caught.value)


def test_an_error_in_a_module_names_it_and_its_calls(sandbox):
    with pytest.raises(jq_magic.FilterError) as caught:
        compiled(sandbox, 'import "a" as a;\n[a::g]').run("1")
    error = caught.value
    assert [(*place[:3], place.module) for place in error.trace] == [
        (1, 8, ".x", "a"),
        (3, 3, "f", "a"),
        (2, 2, "a::g", None),
    ]
    assert (error.line, error.column, error.module) == (1, 8, "a")
    assert error.where.splitlines() == [
        "  in the module a:",
        "  1 | def f: .x;",
        "    |        ^^",
        "  in the module a: called at line 3, column 3: f",
        "  called at line 2, column 2: a::g",
    ]


def test_rows_see_the_modules_too(sandbox):
    program = compiled(sandbox, 'import "a" as a; a::f')
    kept = list(program.map([{"x": 1}, 2], errors="keep"))
    assert (kept[0], kept[1].module) == (1, "a")


def test_places_in_modules_stay_when_a_program_moves(sandbox):
    before = "def p: 1;\n"
    with pytest.raises(jq_magic.FilterError) as caught:
        compiled(sandbox, before + 'import "a" as a; a::f'.replace("import", "#") + "\n.q", MODULES).run("1")
    caught.value.move(len(before), 4)
    assert caught.value.trace[0].line == 6
    with pytest.raises(jq_magic.FilterError) as caught:
        compiled(sandbox, '   import "a" as a; a::f', MODULES).run("1")
    caught.value.move(3, 4)
    assert [(place.module, place.line, place.column) for place in caught.value.trace] == [("a", 1, 8), (None, 5, 18)]
    with pytest.raises(jq_magic.ProgramError) as wrong:
        compiled(sandbox, '   import "m" as m; 1', {"m": "\n wat"})
    wrong.value.move(3, 4)
    assert (wrong.value.module, wrong.value.line, wrong.value.column) == ("m", 2, 2)


def test_what_did_not_come_along_cannot_be_imported(sandbox):
    for program in ('import "/etc/passwd" as $p; 1', 'import "zz" as z; 1', 'include "~/.jq"; 1'):
        with pytest.raises(jq_magic.ProgramError, match="module not found") as caught:
            compiled(sandbox, program)
        assert caught.value.missing
        assert "modules=" in str(caught.value)
    with pytest.raises(jq_magic.ProgramError, match="not found"):
        sandbox.compile('import "a" as a; 1')


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({1: "def f: 1;"}, "no name"),
        ({"a\nb": "def f: 1;"}, "no name"),
        ({"a": "\ud800"}, "UTF-8"),
        ({"a": b"def f: 1;"}, "is a str"),
        ({"a.jq": 1}, "is a str"),
        ({"a": "", "./a.jq": ""}, r"two modules have the path a\.jq"),
        ({"a": object()}, "object"),
        (["a"], "mapping"),
        (dict.fromkeys(map(str, range(MOST + 1)), ""), "1,000 modules, not 1,001"),
    ],
)
def test_what_is_no_module_is_an_error(sandbox, modules, message):
    with pytest.raises(jq_magic.DataError, match=message):
        sandbox.compile("1", modules=modules)


def test_there_may_be_a_thousand(sandbox):
    modules = {str(number): f"def f: {number};" for number in range(MOST)}
    assert compiled(sandbox, 'import "999" as m; m::f', modules).run("1").values == [999]


def test_their_bytes_count_as_those_of_the_program(runtime):
    program, module = 'import "a" as a; a::f', "def f: 1;"
    most = len(program) + len(module)
    for allowed in (most, most - 1):
        sandbox = jq_magic.Sandbox(runtime, jq_magic.PRESETS["strict"].replace(program_bytes=allowed))
        if allowed == most:
            assert sandbox.compile(program, modules={"a": module}).run("1").values == [1]
        else:
            with pytest.raises(jq_magic.ProgramLimitError) as caught:
                sandbox.compile(program, modules={"a": module})
            assert caught.value.used == most


def test_imports_that_lead_back_are_an_error_in_words(sandbox):
    modules = {"x": 'import "y" as y;', "y": 'include "x";'}
    with pytest.raises(jq_magic.ProgramError, match=r"circular import: x\.jq imports y\.jq imports x\.jq") as caught:
        compiled(sandbox, 'import "x" as x; 1', modules)
    assert caught.value.module == "y"


@pytest.mark.parametrize("other", ["jaq", "jq"])
def test_an_engine_without_modules_refuses_them(other):
    if other not in jq_magic.engines():
        pytest.skip(f"there is no engine {other}")
    with pytest.raises(jq_magic.DataError, match=f"the engine {other} has no modules"):
        jq_magic.compile(".", engine=other, modules={"a": ""})
    assert jq_magic.compile(".", engine=other, modules={}).run("1").values == [1]


def test_a_module_that_is_not_imported_costs_next_to_nothing(sandbox):
    def fuel(text):
        return sandbox.compile("1", modules={"a": text}).run("1").usage.fuel

    # Its bytes are looked at for UTF-8, as those of the program are; to parse it takes many times more.
    text = "def f: (" * 1_000
    assert fuel(text) < fuel("") + 4 * len(text)
