"""What `%jq` is assigned to, and which variables it sees: every target of Python, in every cell."""

from __future__ import annotations

import textwrap

import pytest
from IPython.core.error import UsageError

from jq_magic.notebook.shown.display import Shown
from tests.notebook.shell import Shell

#: What stands before a cell, what is assigned, the filter, and an expression with what it is afterwards.
TARGETS = [
    ("", "x =", ".a", "x", 1),
    ("", "x=", ".a", "x", 1),
    ("", "x: int =", ".a", "x", 1),
    ("l = [0, 0]; i = 0", "l[i + 1] =", ".a", "l", [0, 1]),
    ("l = [0, 0]", "l[:] =", ".many[]", "l", [3, 4]),
    ("", "(a, b) =", ".a, .name", "(a, b)", (1, "x1")),
    ("", "a, b =", ".many", "(a, b)", (3, 4)),
    ("", "[a, b] =", ".many[]", "(a, b)", (3, 4)),
    ("", "a, *b =", "1, 2, 3", "(a, b)", (1, [2, 3])),
    ("", "(a,\n b) =", ".a, .name", "(a, b)", (1, "x1")),
    ("d = {}; k = 'z'", 'd[f"k"] =', ".a", "d", {"k": 1}),
    ("d = {}; k = 'z'", 'd[f"{k}="] =', ".a", "d", {"z=": 1}),
    ("d = {}", 'd["a = b"] =', ".a", "d", {"a = b": 1}),
    ("d = {}", "d[max(1, 2, key=lambda n: -n)] =", ".a", "d", {1: 1}),
    ("class C: pass\nc = C()", "c.x =", ".a", "c.x", 1),
    ("", "a = b =", ".many", "(a, b, a is b)", ([3, 4], [3, 4], True)),
    ("d = {}", 'a = d["b"] = (c, e) =', ".many[]", "(a, d, c, e)", ([3, 4], {"b": [3, 4]}, 3, 4)),
    ("x = 41", "x +=", ".a", "x", 42),
    ("x = 42", "x -=", "2", "x", 40),
    ("x = 42", "x %=", "5", "x", 2),
    ("x = 2", "x **=", "5", "x", 32),
    ("x = [1]", "x +=", ".many", "x", [1, 3, 4]),
    ("x = 9", "if True: x =", ".a", "x", 1),
    ("x = 9", "if True:\n    x =", ".a", "x", 1),
    ("x = 9", "for _n in [1, 2]:\n    x = y =", ".a", "(x, y)", (1, 1)),
    ("", "x =", "empty", "x", []),
    ("", "x =", ".zzz.b?", "x", None),
    ("", "x = y =", ".zzz.b?", "x", None),
    ("", "x =", '.name | test("=")', "x", False),
    ("", "x =", '"(" # it\'s', "x", "("),
    ("", "x =", "[.a, \\\n  2]", "x", [1, 2]),
]


@pytest.mark.parametrize("row", TARGETS, ids=lambda row: row[1])
def test_every_target_of_python_gets_values(jq_shell, row):
    before, target, program, expression, value = row
    jq_shell.go(before)
    jq_shell.go(f"{target} %jq data {program}")
    assert jq_shell.go(expression) == value


#: IPython itself reads these lines otherwise, before there is a transformer of ours.
OF_OURS = ("x +=", "x -=", "x %=", "x **=", "a = b =", 'a = d["b"] = (c, e) =', "x = y =")
OF_IPYTHON = [row for row in TARGETS if not row[1].endswith(OF_OURS) and not row[2].endswith("?")]


@pytest.mark.parametrize("row", OF_IPYTHON, ids=lambda row: row[1])
def test_an_assignment_in_the_cell_that_loads_the_extension_gets_values(row):
    before, target, program, expression, value = row
    Shell.clear_instance()
    shell = Shell.instance()
    shell.user_ns["data"] = {"a": 1, "name": "x1", "many": [3, 4]}
    shell.go(before)
    assert shell.go(f"%load_ext jq_magic\n{target} %jq data {program}\n{expression}") == value
    shell.run_line_magic("unload_ext", "jq_magic")
    Shell.clear_instance()


def test_what_is_not_assigned_is_shown(jq_shell):
    for cell in (
        "%jq data .a",
        "x = 1\n%jq data .a",
        "if True:\n    %jq data .a",
        'str(get_ipython().run_line_magic("jq", "data .a"))\nget_ipython().run_line_magic("jq", "data .a")',
    ):
        shown = jq_shell.go(cell)
        assert shown is None if cell.startswith("if") else isinstance(shown, Shown)
    jq_shell.go('x = [get_ipython().run_line_magic("jq", "data .a")]')
    assert isinstance(jq_shell.user_ns["x"][0], Shown)
    assert isinstance(jq_shell.run_line_magic("jq", "data .a"), Shown)


def test_a_script_that_was_made_of_a_notebook_gets_values_too(jq_shell, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from IPython import get_ipython\nx = get_ipython().run_line_magic('jq', 'data .a')\n")
    jq_shell.go(f"%run -i {script}")
    assert jq_shell.user_ns["x"] == 1
    notebook = tmp_path / "script.ipy"
    notebook.write_text("y = z = %jq data .name\n")
    jq_shell.go(f"%run -i {notebook}")
    assert (jq_shell.user_ns["y"], jq_shell.user_ns["z"]) == ("x1", "x1")


def test_timed_cells_and_lines_get_values(jq_shell):
    jq_shell.go("%%time\nx = y = %jq data .a")
    assert (jq_shell.user_ns["x"], jq_shell.user_ns["y"]) == (1, 1)


def test_text_and_comments_that_look_like_it_stay(jq_shell):
    jq_shell.go('x = """\ny = %jq data .a?\n%jq data .b?\n"""\n# z = w = %jq data .\n')
    assert jq_shell.user_ns["x"] == "\ny = %jq data .a?\n%jq data .b?\n"
    assert not {"y", "z", "w"} & set(jq_shell.user_ns)
    assert jq_shell.go("jq = 5\n17 %jq") == 2


def test_values_can_be_used_in_the_same_cell(jq_shell):
    assert jq_shell.go("x = %jq data .a\nx + 1") == 2
    assert jq_shell.go("def f(d):\n    n = m = %jq d .a\n    return n + m\nf({'a': 4})") == 8


#: The notebook's cell, and what the error says; nothing where it gives 5.
CLOSURES = [
    (
        """
        def outer():
            own = {"a": 5}
            def inner():
                x = %jq own .a
                return x
            return inner()
        outer()
        """,
        "own is a variable of outer",
    ),
    (
        """
        def outer(data):
            def inner():
                x = %jq --var data -n $data
                return x
            return inner()
        outer(1)
        """,
        "data is a variable of outer",
    ),
    (
        """
        def outer(data):
            class C:
                def inner(self):
                    x = %jq data .a
                    return x
            return C().inner()
        outer({"a": 5})
        """,
        "data is a variable of outer",
    ),
    (
        """
        def outer(data):
            def inner():
                data
                x = %jq data .a
                return x
            return inner()
        outer({"a": 5})
        """,
        "",
    ),
    (
        """
        def outer(data):
            def inner(data):
                x = %jq data .a
                return x
            return inner(data)
        outer({"a": 5})
        """,
        "",
    ),
    (
        """
        def outer(mine):
            def inner():
                x = %jq data .a + 4
                return x
            return inner()
        outer(1)
        """,
        "",
    ),
    (
        """
        class C:
            data = 7
            def inner(self):
                x = %jq data .a + 4
                return x
        C().inner()
        """,
        "",
    ),
]


@pytest.mark.parametrize(("cell", "said"), CLOSURES, ids=range(len(CLOSURES)))
def test_a_variable_of_the_function_around_is_never_taken_from_elsewhere(jq_shell, cell, said):
    cell = textwrap.dedent(cell)
    if not said:
        assert jq_shell.go(cell) == 5
        return
    with pytest.raises(UsageError, match=said):
        jq_shell.go(cell)
    # The notebook's own variable of that name changes nothing.
    jq_shell.user_ns.update(own={"a": 6}, data={"a": 6})
    with pytest.raises(UsageError, match=said):
        jq_shell.go(cell)
