"""The documents are true: examples run, links and paths lead somewhere, tables are those of the code."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tables
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import jq_magic
from tests.support import ROOT

PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(python|ipython|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_EXAMPLES = [page for page in PAGES if BLOCK.search(page.read_text())]
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(page):
    """The names of a page's headings in links to them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def run_python(code, namespace):
    """Run statements; an expression before a comment that is a literal has that value."""
    for statement in ast.parse(code).body:
        source = ast.get_source_segment(code, statement) or ""
        said = code.splitlines()[statement.end_lineno - 1].partition("  # ")[2]
        if isinstance(statement, ast.Expr) and said:
            assert eval(source, namespace) == ast.literal_eval(said), source
        else:
            exec(source, namespace)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell in an empty folder."""
    monkeypatch.chdir(tmp_path)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "jq_magic")
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_the_examples_of_a_page_run_one_after_another(page, shell):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    for language, code in BLOCK.findall(page.read_text()):
        if language == "sh":
            subprocess.run(["bash", "-euo", "pipefail", "-c", code], env=environment, check=True, capture_output=True)
        elif language == "python":
            run_python(code, shell.user_ns)
        else:
            with capture_output():
                result = shell.run_cell(code)
            result.raise_error()


def test_the_readme_is_short_and_shows_every_way_to_run_a_filter():
    readme = (ROOT / "README.md").read_text()
    assert len(readme.encode()) <= 8192
    assert {language for language, _ in BLOCK.findall(readme)} == {"python", "ipython", "sh"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in LINK.findall(page.read_text()):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "COMPATIBILITY.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_a_document_names_only_files_that_are_there(name):
    named = re.findall(r"`(\w[\w-]*/(?:[\w.-]+/)*[\w.*-]*)`", (ROOT / name).read_text())
    assert len(named) > (40 if name == "ARCHITECTURE.md" else 0)
    assert [path for path in named if not list(ROOT.glob(path))] == []


def test_each_bound_outside_of_the_sandbox_has_tests():
    table = (ROOT / "SECURITY.md").read_text().split("## What is bounded outside of the sandbox")[1].split("\n\n")[2]
    _, _, *rows = table.splitlines()
    assert len(rows) > 30
    for row in rows:
        _, place, bound, tests, _ = re.split(r" *\| *", row)
        assert place
        assert bound
        named = re.fullmatch(r"`[^`]+`(?:, `[^`]+`)*", tests)
        assert named, row
        for path in re.findall(r"`([^`]+)`", tests):
            files = [ROOT / path, *(ROOT / path).rglob("*test*")]
            # A test of Python, of Rust or of the page's modules.
            pattern = re.compile(r"^def test_|^#\[test\]|^test\(", re.MULTILINE)
            has_test = any(pattern.search(file.read_text()) for file in files if file.is_file())
            assert has_test, f"{path} has no test"


def floors():
    """Folder or module of the package -> the number of its floor in the table of the architecture, from the top."""
    table = (ROOT / "ARCHITECTURE.md").read_text().split("## Floors")[1].split("\n\n")[2]
    rows = [re.findall(r"`jq_magic/(\w+)(?:/|\.py)`", row) for row in table.splitlines()]
    return {room: number for number, rooms in enumerate(rows) for room in rooms}


def imported(path):
    """Folders and modules of the package that a module imports when it runs."""
    tree = ast.parse(path.read_text())
    conditional = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    for_types = {id(inner) for node in conditional for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in for_types:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name.split(".")[1] for name in names if name.startswith("jq_magic."))


def test_imports_go_down_the_floors_of_the_architecture():
    package = ROOT / "jq_magic"
    floor = floors() | {"__version__": 100}
    up = []
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if room not in {"__init__", "__main__"}:
            up += [f"{path.relative_to(ROOT)} -> {other}" for other in imported(path) if floor[other] < floor[room]]
    assert up == []


@pytest.mark.parametrize("page", tables.PAGES)
def test_the_tables_of_a_page_are_those_of_the_code(page):
    assert tables.written(page) == (ROOT / page).read_text(), "run: python docs/tables.py"


def test_the_reference_has_every_public_name():
    reference = (ROOT / "docs" / "reference.md").read_text()
    assert [name for name in jq_magic.__all__ if f"jq_magic.{name}\n" not in reference] == []
