"""The text of a filter: where its imports end, and a text that is put behind them."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic.jqtext import Extended, imported, imports_end


@pytest.mark.parametrize(
    ("imports", "rest"),
    [
        ("", "1"),
        ('import "a" as a;', " a::f"),
        ('# é; x\n import "a;#" as $a {search: "./;"} ;', "\n$a"),
        ('module {"a": [1]}; include "b"; import "a" as a;', "def f: 1; f"),
        ("", "importance"),
        ("", '"import \\"a\\" as a;"'),
        ("", 'import "a" as a'),
        ('# more \\\n x; \n include "a";', "1"),
    ],
)
def test_imports_end_where_the_filter_begins(imports, rest):
    assert imports_end(imports + rest) == len(imports)


def test_what_is_imported_is_listed_by_its_name():
    program = '# import "z" as z;\nimport "a/b" as a;\nimport "d" as $d; import "\\q" as q; 1, "import \\"x\\" as x;"'
    assert imported(program) == {"a": "a/b", "d": "d"}
    assert imported("import " * 100_000) == {}


def test_a_mistake_is_a_place_in_the_text_without_what_was_put_in():
    program = 'import "a" as a;\n"é" | .b, a::g'
    extended = Extended.of(program, "def é1: 1;\ndef f: .x;\n".replace("é", "e"))
    with pytest.raises(jq_magic.ProgramError) as wrong:
        jq_magic.compile(extended.text, modules={"a": "def f: 1;"})
    extended.correct(wrong.value, 3)
    assert (wrong.value.line, wrong.value.column) == (5, 11)
    assert '  5 | "é" | .b, a::g\n    |           ^^^^' in str(wrong.value)
    with pytest.raises(jq_magic.FilterError) as raised:
        jq_magic.compile(extended.text.replace("a::g", "f"), modules={"a": "def f: 1;"}).run("1")
    extended.correct(raised.value)
    assert (raised.value.line, raised.value.column) == (2, 7)


def test_a_program_without_an_addition_stays_as_it_is():
    assert Extended.of('import "a" as a; 1', "") == Extended('import "a" as a; 1')
