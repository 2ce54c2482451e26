"""The machinery of the tests themselves: what is missing, what is fast, what is a warning."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import ROOT, python

pytestmark = pytest.mark.slow


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Run pytest over one file of tests, with the settings and the options of this project. Returns: what it says."""

    def check(source, *options, ci=""):
        monkeypatch.setenv("CI", ci)
        path = tmp_path / "test_one.py"
        path.write_text(source)
        command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
        command += ["-p", "tests.conftest", "-p", "no:cacheprovider", "-q", *options, str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout

    return check


MISSING = """
from tests.support import missing, needs
def test_one():
    missing("there is no such tool")
def test_two():
    needs("no_such_module", "make it")
"""


def test_what_is_missing_is_skipped_where_a_person_works(check):
    for ci in ("", "false", "0"):
        status, said = check(MISSING, ci=ci)
        assert status == 0
        assert "2 skipped" in said
        assert "there is no such tool" in said
        assert "no_such_module is not installed: make it" in said


def test_what_is_missing_fails_in_ci(check):
    status, said = check(MISSING, ci="true")
    assert status == 1
    assert "2 failed" in said
    assert "there is no such tool; in CI nothing may be missing" in said


def test_a_file_of_tests_that_needs_what_is_missing_fails_in_ci(check):
    source = 'from tests.support import needs\nneeds("no_such_module", "make it")\ndef test_one():\n    pass\n'
    assert check(source)[0] == pytest.ExitCode.NO_TESTS_COLLECTED
    status, said = check(source, ci="true")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "in CI nothing may be missing" in said


def test_an_engine_or_a_runtime_that_is_missing_fails_in_ci(check):
    source = """
import pytest
import jq_magic
@pytest.fixture(autouse=True, scope="session")
def _without():
    with pytest.MonkeyPatch.context() as patch:
        sandbox = jq_magic.Sandbox.__init__
        def without_jq(self, *args, engine="magic", **options):
            if engine == "jq":
                raise jq_magic.RuntimeUnavailableError("there is no compiler")
            sandbox(self, *args, engine=engine, **options)
        patch.setattr(jq_magic.Sandbox, "__init__", without_jq)
        patch.setattr(jq_magic, "runtimes", lambda: ["wasmtime"])
        yield
def test_one(engine):
    pass
def test_two(runtime):
    pass
"""
    status, said = check(source)
    assert (status, "3 passed, 2 skipped" in said) == (0, True), said
    status, said = check(source, ci="true")
    assert (status, "3 passed, 2 errors" in said) == (1, True), said
    assert "there is no compiler" in said
    assert "make wasmer" in said


def test_the_fast_lane_leaves_out_what_is_slow_and_all_but_the_default_runtime_and_engine(check):
    source = """
import pytest
@pytest.mark.slow
def test_slow():
    pass
def test_each(runtime, engine):
    assert (runtime, engine) == ("wasmtime", "magic")
def test_plain():
    pass
"""
    status, said = check(source, "--fast")
    assert (status, "2 passed, 6 deselected" in said) == (0, True), said


@pytest.mark.parametrize(
    "body",
    [
        "import warnings; warnings.warn('old', DeprecationWarning)",
        "open(__file__); import gc; gc.collect()",
        "type('Spoilt', (), {'__del__': lambda self: 1 / 0})()",
        "import threading; thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()",
    ],
    ids=["a warning", "an open file", "an error of a finalizer", "an error of a thread"],
)
def test_a_warning_of_any_kind_is_a_failure(check, body):
    status, said = check(f"def test_one():\n    {body}\n")
    assert status == 1, said


def test_nothing_is_fetched_while_tests_are_collected():
    code = """
import sys
def hook(event, args):
    if event in {"socket.connect", "socket.getaddrinfo"} or event == "subprocess.Popen" and "pip" in str(args):
        raise SystemExit(f"{event} while tests are collected: {args}")
sys.addaudithook(hook)
import pytest
sys.exit(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"]))
"""
    done = python(code)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
