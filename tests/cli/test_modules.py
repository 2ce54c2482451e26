"""`-L DIR`: what a filter can import on the command line, and what it cannot."""

from __future__ import annotations

import io
import os
import sys

import pytest

from jq_magic.cli.command import main
from tests.support import jq_release


@pytest.fixture
def jq(monkeypatch, capsys, tmp_path):
    """Run the command in an empty directory, on a text; gives exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def jq(*arguments, text="null"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = main(list(map(str, arguments)))
        said = capsys.readouterr()
        return code, said.out, said.err

    return jq


@pytest.fixture
def library(tmp_path):
    """A directory with modules, and files beside it."""
    inside = tmp_path / "lib"
    (inside / "sub").mkdir(parents=True)
    (inside / "a.jq").write_text('import "sub/b" as b; def f: b::g;')
    (inside / "sub" / "b.jq").write_text('import "c" as c {search:"./"}; def g: c::h;')
    (inside / "sub" / "c.jq").write_text("def h: 7;\ndef bad: .x;")
    (inside / "d.json").write_text("1 [2]")
    (inside / "in.jq").write_text("def all: [inputs];")
    (inside / "broken.jq").write_text("\nwat;")
    (tmp_path / "secret.json").write_text("1")
    (tmp_path / "secret.jq").write_text("def f: 1;")
    return inside


def test_modules_are_read_from_the_directory(jq, library):
    assert jq("-L", "lib", "-c", 'import "a" as a; import "d" as $d; [a::f, $d]')[:2] == (0, "[7,[1,[2]]]\n")
    assert jq("-L", library, "-c", 'include "sub/c"; [h, get_search_list == [$d]]', "--arg", "d", library)[1] == (
        "[7,true]\n"
    )
    assert jq("-L", "none", "-L", "./lib", 'import "a" as a; a::f')[1] == "7\n"


def test_a_filter_in_a_file_searches_beside_it(jq, library):
    (library / "main.jq").write_text('import "c" as c {search:"./sub"}; c::h')
    assert jq("-L", "lib", "-f", "lib/main.jq")[:2] == (0, "7\n")


def test_a_module_that_asks_for_inputs_gets_all(jq, library):
    assert jq("-L", "lib", "-c", 'import "in" as i; [., i::all]', text="1 2 3")[1] == "[1,[2,3]]\n"


@pytest.mark.parametrize(
    "program",
    [
        'import "secret" as $s {search:"../"}; $s',
        'import "secret" as s {search:".."}; s::f',
        'import "secret" as $s; $s',
        'import "../secret" as $s; $s',
        'import "link" as $s; $s',
        'import "loop" as $s; $s',
        'import "dir" as $s; $s',
        'import "x" as $s {search:"\\u0000"}; $s',
        'import "' + "n" * 5_000 + '" as $s; $s',
        'import "passwd" as $s {search:"/etc"}; $s',
    ],
)
def test_nothing_else_is_read(jq, library, program):
    (library / "link.json").symlink_to("../secret.json")
    (library / "loop.json").symlink_to("loop.json")
    (library / "dir.json").mkdir()
    code, out, err = jq("-L", "lib", program)
    assert (code, out) == (3, "")
    assert "not found" in err or "parent directories" in err


def test_a_link_within_the_directory_is_followed(jq, library):
    (library / "inner.json").symlink_to("d.json")
    assert jq("-L", "lib", "-c", 'import "inner" as $i; $i')[:2] == (0, "[1,[2]]\n")


def test_a_pipe_is_not_waited_for(jq, library):
    os.mkfifo(library / "pipe.json")
    assert jq("-L", "lib", 'import "pipe" as $p; $p')[0] == 3


def test_without_a_directory_nothing_is_imported(jq, library):
    (library.parent / "a.jq").write_text("def f: 1;")
    code, _, err = jq('import "a" as a; a::f')
    assert code == 3
    assert "module not found: a" in err
    assert "-L DIR" in err


def test_mistakes_and_errors_are_shown_in_their_module(jq, library):
    code, _, err = jq("-L", "lib", 'import "broken" as b; 1')
    assert code == 3
    assert "in the module lib/broken.jq: unexpected wat" in err
    assert "  2 | wat;" in err
    code, _, err = jq("-L", "lib", 'import "sub/c" as c; c::bad', text="1")
    assert code == 5
    assert "in the module lib/sub/c.jq:\n  2 | def bad: .x;" in err
    assert "called at line 1, column 22: c::bad" in err


def test_what_is_read_counts_as_program(jq, library):
    (library / "big.json").write_text('"' + "x" * 10_000 + '"')
    program = 'import "big" as $b; $b | length'
    code, _, err = jq("-L", "lib", "--program-limit", "9k", program)
    assert code == 5
    assert "program" in err


def test_modules_without_end_are_an_error(jq, library):
    (library / "more").symlink_to(".")
    (library / "e.jq").write_text('import "more/e" as e {search:"./"}; def f: 1;')
    code, _, err = jq("-L", "lib", 'import "e" as e; e::f')
    assert code == 3
    assert "imports nest deeper than 100 modules" in err or "not found" in err


def test_other_engines_say_that_they_have_none(jq, library):
    assert jq("-L", "lib", "--engine", "jq", "1")[:2] == (0, "1\n")
    code, _, err = jq("-L", "lib", "--engine", "jq", 'import "a" as a; 1')
    assert code == 3
    assert "not available" in err


@pytest.mark.slow
def test_jqs_own_modules_work(jq):
    modules = jq_release() / "tests" / "modules"
    for program in ('import "test_bind_order" as check; check::check', 'import "c" as foo; foo::c == "acmehbah"'):
        assert jq("-L", modules, program)[:2] == (0, "true\n")
    for program in ('import "cycle_a" as a; null', 'import "cycle_self" as s; null'):
        code, _, err = jq("-L", modules, program)
        assert code == 3
        assert "circular import" in err
