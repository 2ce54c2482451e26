"""Imports go one way, and none hides in a function to get around that."""

from __future__ import annotations

import ast

import pytest
from importlinter import cli

from tests.support import ROOT

PACKAGE = ROOT / "jq_magic"
#: Imports inside of functions, by the module and what it imports, with the reason.
LATE = {
    (
        "jq_magic",
        "jq_magic.notebook",
    ): "IPython is needed by the extension alone",
    ("jq_magic.__main__", "jq_magic.cli.command"): "an interrupt of the import ends quietly",
    ("jq_magic.kernel.__main__", "jq_magic.kernel.app"): "to install takes no ipykernel",
    ("jq_magic.kernel.__main__", "jq_magic.kernel.install"): "as above: the kernel's process does not install",
    ("jq_magic.notebook.shown.progress", "jq_magic.notebook.view.widget"): "anywidget is optional, and takes long",
    ("jq_magic.notebook.shown.standalone", "jq_magic.notebook.view.widget"): "as above",
    ("jq_magic.notebook.view.views", "jq_magic.notebook.view.widget"): "as above",
}


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(node):
    """The names of the modules that a statement may import."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.module in {"jq_magic", "jq_magic.notebook.view"}:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [node.module]


def late_imports(tree):
    """What is imported inside of functions."""
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    inside = [node for function in functions for node in ast.walk(function)]
    return {name for node in inside if isinstance(node, (ast.Import, ast.ImportFrom)) for name in imported(node)}


def test_the_contracts_on_imports_are_kept(capsys):
    status = cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_an_import_that_goes_up_is_found(tmp_path, monkeypatch, capsys):
    package = tmp_path / "layered"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "lower.py").write_text("def work():\n    from layered import upper\n")
    (package / "upper.py").touch()
    settings = tmp_path / "pyproject.toml"
    settings.write_text(
        '[tool.importlinter]\nroot_package = "layered"\n[[tool.importlinter.contracts]]\nname = "one way"\n'
        'type = "layers"\nlayers = ["upper", "lower"]\ncontainers = ["layered"]\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert cli.lint_imports(config_filename=str(settings), no_cache=True) == cli.EXIT_STATUS_ERROR
    assert "layered.lower is not allowed to import layered.upper" in capsys.readouterr().out


def test_imports_inside_of_functions_have_a_reason():
    found = {
        (module_of(path), name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in late_imports(ast.parse(path.read_text()))
    }
    assert found == set(LATE)


@pytest.mark.parametrize("statement", ["import a.b", "from a.b import c", "from jq_magic import errors"])
def test_an_import_inside_of_a_function_is_found(statement):
    tree = ast.parse(f"def one():\n    if True:\n        {statement}\n")
    assert late_imports(tree) == {"jq_magic.errors" if "jq_magic" in statement else "a.b"}
