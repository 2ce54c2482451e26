"""mypy finds nothing wrong in a user's program, and finds what is wrong."""

from __future__ import annotations

import ast
import re

import pytest
from mypy import api

import jq_magic
from tests.support import ROOT, TESTS

pytestmark = pytest.mark.slow

INTERFACE = TESTS / "typing" / "interface.py"


@pytest.fixture
def mypy(tmp_path, monkeypatch):
    """Check a program as a user would, whose project has no settings of ours. Returns: what mypy says."""
    # The package is found where it stands, as one that is installed: what is wrong in itself is not said.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MYPYPATH", str(ROOT))

    def mypy(source):
        (tmp_path / "program.py").write_text(source)
        out, err, status = api.run(
            ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={tmp_path}", "program.py"]
        )
        assert err == ""
        return status, out

    return mypy


def test_the_whole_interface_is_typed_as_users_rely_on(mypy):
    status, said = mypy(INTERFACE.read_text())
    assert status == 0, said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("jq_magic.Limits(fule=1)", "Unexpected keyword argument"),
        ("jq_magic.compile(1)", "incompatible type"),
        ('jq_magic.compile(".").run("1", slurp=1)', "incompatible type"),
        ('jq_magic.compile(".").run_many(["1"], errors="ignore")', "No overload variant"),
        ("jq_magic.absent", "no attribute"),
        ("jq_magic.runtimes().pop() + 1", "Unsupported operand"),
        ('jq_magic.first(".", 1, "1", [1])', "Too many positional arguments"),
    ],
)
def test_what_is_wrong_is_found(wrong, said, mypy):
    status, out = mypy(f"import jq_magic\n\n{wrong}\n")
    assert re.search(said, out), (status, out)


def test_every_public_name_is_used():
    tree = ast.parse(INTERFACE.read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(jq_magic.__all__) - used == set()
