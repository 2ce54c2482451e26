"""Jupyter's own tests of a kernel, and of what runs notebooks without a page."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import nbclient
import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from jq_magic.kernel.protocol import JqKernel
from tests.support import ROOT, missing

pytestmark = pytest.mark.slow


def suite():
    """Give Jupyter's class of tests, with what this kernel's cells are."""
    import jupyter_kernel_test

    members = {
        "kernel_name": "jq",
        "language_name": "jq",
        "file_extension": ".jq",
        "code_hello_world": '%%jq --as text -r -n\n"hello, world"',
        "code_generate_error": 'error("no")',
        # Below the result stands what it used, so the suite's comparison of the whole text is not for it.
        "code_execute_result": [{"code": "1 + 1"}, {"code": "1 + 2"}, {"code": "%%jq -n\n1"}],
        "code_display_data": [{"code": "%jq -n 1\n%names", "mime": "text/html"}],
        "completion_samples": [
            {"text": "to_ent", "matches": {"to_entries"}},
            {"text": "%%jq --fu", "matches": {"--fuel"}},
        ],
        "complete_code_samples": ["1 + 1", "def f: 1;", "%names", ".a |\n.b"],
        "incomplete_code_samples": ["map(.a", "1 |", "if . then"],
        "code_inspect_sample": "map",
        "code_history_pattern": "1 + 1",
        "supported_history_operations": ("tail", "range", "search"),
    }
    return type("Tests", (jupyter_kernel_test.KernelTests,), members)


def names():
    if importlib.util.find_spec("jupyter_kernel_test") is None:
        return []
    import jupyter_kernel_test

    return sorted(name for name in dir(jupyter_kernel_test.KernelTests) if name.startswith("test_"))


@pytest.fixture(scope="module")
def tests(specs):
    """The class, with a kernel that is running."""
    if not names():
        missing("jupyter_kernel_test is not installed: make setup")
    found = suite()
    found.km = KernelManager(kernel_name="jq", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs)]))
    found.km.start_kernel(env={**os.environ, "PYTHONPATH": str(ROOT)})
    found.kc = found.km.client()
    found.kc.start_channels()
    found.kc.wait_for_ready(timeout=60)
    yield found
    found.kc.stop_channels()
    found.km.shutdown_kernel(now=True)


@pytest.mark.parametrize("name", names() or [""])
def test_the_kernel_does_what_jupyter_asks_of_one(tests, name):
    getattr(tests(name), name)()


@pytest.fixture
def notebook():
    """A notebook whose cells are jq."""
    cells = ["%use rows.json", "map(.n) | add", "%%jq -o top rows.json\nmax_by(.n)", "$top.n"]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata.kernelspec = {"name": "jq", "display_name": "jq", "language": "jq"}
    made.metadata.language_info = JqKernel.language_info
    return made


def test_nbclient_runs_a_notebook(notebook, specs, tmp_path, monkeypatch):
    (tmp_path / "rows.json").write_text('[{"n": 1}, {"n": 41}]')
    monkeypatch.setenv("JUPYTER_PATH", str(specs.parent))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    shown = [output.data["text/plain"].split("\n")[0] for cell in notebook.cells for output in cell.outputs]
    assert shown == ["42", "{", "41"]
    assert "widget" not in str(notebook)
    notebook.cells[1].source = ".[] | error"
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="FilterError"):
        nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()


def test_nbconvert_writes_pages_and_scripts(notebook, specs, tmp_path):
    (tmp_path / "rows.json").write_text('[{"n": 1}, {"n": 41}]')
    nbformat.write(notebook, tmp_path / "a.ipynb")
    environment = {**os.environ, "JUPYTER_PATH": str(specs.parent), "PYTHONPATH": str(ROOT)}
    for kind, options, name, part in [
        ("html", ["--execute"], "a.html", "42"),
        ("script", [], "a.jq", "map(.n) | add"),
    ]:
        command = [sys.executable, "-m", "nbconvert", "--to", kind, *options, "a.ipynb"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
        assert part in (tmp_path / name).read_text()
