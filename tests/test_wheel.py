"""The wheel holds the guest, and runs in an empty environment without Rust."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "wasm"))

import build


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", directory, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = directory.glob("*.whl")
    return found


def test_the_wheel_holds_the_guest_and_its_licences(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    files = ["jaq.wasm", "jaq.json", "jaq.licenses.txt", "jaq.cdx.json", "py.typed", "notebook/static/view.mjs"]
    for name in files:
        assert f"jq_magic/{name}" in names
    assert wheel.name.endswith("py3-none-any.whl")
    assert not [name for name in names if name.startswith(("tests", "wasm"))]


def test_the_wheel_runs_in_an_empty_environment_without_rust(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", wheel], check=True, capture_output=True)
    env = {
        **{key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}},
        "PATH": str(tmp_path / "env" / "bin"),
        "JQ_MAGIC_CACHE_DIR": str(tmp_path / "cache"),
    }
    code = "import jq_magic; print(jq_magic.__file__); print(jq_magic.all('.[] | .a', text='[{\"a\": 42}]'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=env, cwd=tmp_path, check=True)
    where, values = done.stdout.splitlines()
    assert where.startswith(str(tmp_path))
    assert values == "[42]"


def test_a_fresh_guest_is_known_as_such_and_a_changed_one_is_not(tmp_path, monkeypatch):
    sources = build.source_hash()
    assert build.is_fresh(sources)
    assert not build.is_fresh("0" * 64)
    for name in ["jaq.wasm", "jaq.json", "jaq.cdx.json"]:
        (tmp_path / name).write_bytes((ROOT / "jq_magic" / name).read_bytes())
    monkeypatch.setattr(build, "PACKAGE", tmp_path)
    assert build.is_fresh(sources)
    (tmp_path / "jaq.wasm").write_bytes(b"\0asm")
    assert not build.is_fresh(sources)


def test_lock_files_carry_no_addresses():
    for crate in ["guest", "pack", "wasmer"]:
        pins = (ROOT / "wasm" / crate / "Cargo.pins").read_text()
        assert "://" not in pins
        assert "checksum" in pins


def test_the_bill_of_materials_names_every_crate_with_its_hash_and_no_address():
    import json

    text = (ROOT / "jq_magic" / "jaq.cdx.json").read_text()
    assert "://" not in text
    bill = json.loads(text)
    manifest = json.loads((ROOT / "jq_magic" / "jaq.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["hashes"][0]["content"] == manifest["sha256"]
    assert {found["name"]: found["version"] for found in bill["components"]} == manifest["crates"]
    assert all(len(found["hashes"][0]["content"]) == 64 for found in bill["components"])


def test_the_manifest_names_what_the_guest_is_made_of():
    import json

    manifest = json.loads((ROOT / "jq_magic" / "jaq.json").read_text())
    assert manifest["crates"]["jaq-core"] == "3.1.2"
    assert manifest["meter"]["functions"] > 1000
    assert set(manifest["exports"]) == {
        "memory", "__stack_pointer", "control", "stop_word", "fuel", "alloc", "compile", "feed", "pull",
    }  # fmt: skip
    assert manifest["toolchain"].startswith("rustc ")
