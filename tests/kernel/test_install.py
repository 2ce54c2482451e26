"""The command that makes the kernel known to Jupyter."""

from __future__ import annotations

import json
import sys

import pytest

from jq_magic.kernel import install
from tests.support import ROOT

STATIC = ROOT / "jq_magic" / "kernel" / "static"


def test_the_wheels_kernelspec_is_the_one_that_the_command_writes():
    assert json.loads((STATIC / "kernel.json").read_text()) == install.spec()
    assert {path.name for path in STATIC.iterdir()} == {"kernel.json", *install.LOGOS}


def test_a_kernelspec_has_logos_and_options(tmp_path, capsys):
    data = tmp_path / "data"
    data.mkdir()
    install.main(["--prefix", str(tmp_path), "--name", "class", "--data", str(data), "--ceiling", "strict"])
    directory = tmp_path / "share" / "jupyter" / "kernels" / "class"
    assert str(directory) in capsys.readouterr().out
    assert {path.name for path in directory.iterdir()} == {"kernel.json", *install.LOGOS}
    assert (directory / "logo-64x64.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    spec = json.loads((directory / "kernel.json").read_text())
    assert spec["argv"][0] == sys.executable
    assert spec["argv"][-4:] == ["--data", str(data), "--ceiling", "strict"]
    assert (spec["language"], spec["display_name"], spec["interrupt_mode"]) == ("jq", "jq (class)", "signal")


def test_where_it_goes_is_one_place(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "user"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    install.main([])
    install.main(["--sys-prefix"])
    assert (tmp_path / "user" / "kernels" / "jq" / "kernel.json").exists()
    assert (tmp_path / "environment" / "share" / "jupyter" / "kernels" / "jq" / "kernel.json").exists()
    with pytest.raises(SystemExit):
        install.main(["--user", "--sys-prefix"])


@pytest.mark.parametrize(
    "options", [["--ceiling", "fuel=lots"], ["--ceiling", "nonsense"], ["--data", "/nowhere/at/all"]]
)
def test_a_mistake_writes_nothing(options, tmp_path, capsys):
    with pytest.raises(SystemExit) as raised:
        install.main(["--prefix", str(tmp_path), *options])
    assert raised.value.code
    assert list(tmp_path.iterdir()) == []


def test_the_working_directory_is_no_place_of_modules(monkeypatch):
    code = install.spec()["argv"][2].partition(";")[0] + ";" + install.spec()["argv"][2].split(";")[1]
    monkeypatch.setattr(sys, "path", ["", "/somewhere"])
    exec(code)
    assert sys.path == ["/somewhere"]
