"""The wheel holds the guest, and runs in an empty environment without Rust."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile

import pytest

import jq_magic
from jq_magic.guest import module as modules
from tests.support import ROOT
from wasm.builder import clang, debian, package, pins, recipe
from wasm.builder.__main__ import build

pytestmark = pytest.mark.slow


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
    guests = [f"{engine}.{suffix}" for engine in ["magic", "jaq", "jq"] for suffix in package.OUTPUTS]
    if not (ROOT / "jq_magic" / "jq.wasm").exists():
        guests = [name for name in guests if not name.startswith("jq.") or name == "jq.json"]
    for name in [*guests, "py.typed", "notebook/static/view.mjs"]:
        assert f"jq_magic/{name}" in names
    assert wheel.name.endswith("py3-none-any.whl")
    assert not [name for name in names if name.startswith(("tests", "wasm"))]


def targets(description):
    """Where the links and pictures of a description lead."""
    found = re.findall(r'\]\(([^)\s]+)\)|\b(?:src|srcset)="([^"]+)"', description)
    return [link or picture for link, picture in found]


def test_the_description_has_no_link_that_leads_nowhere(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        description = email.message_from_bytes(archive.read(name)).get_payload()
    assert description.startswith("# jq_magic\n")
    assert [target for target in targets(description) if "://" not in target] == []


def test_a_repository_that_is_named_is_where_links_and_pictures_lead(tmp_path):
    for name in ["pyproject.toml", "README.md", "LICENSE", "hatch_build.py", "hatch_readme.py"]:
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "pyproject.toml").open("a") as project:
        project.write('\n[project.urls]\nRepository = "https://example.org/jq_magic"\n')
    code = "import sys, build.util; print(build.util.project_wheel_metadata(sys.argv[1]).get_payload())"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "https://example.org/jq_magic/blob/HEAD/docs/limits.md#ceilings" in targets(done.stdout)
    assert "https://example.org/jq_magic/raw/HEAD/notebooks/view-dark.png" in targets(done.stdout)
    assert [target for target in targets(done.stdout) if "://" not in target] == []


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


def test_a_fresh_guest_is_known_as_such_and_a_changed_one_is_not(engine, tmp_path, monkeypatch):
    guest = package.GUESTS[engine]
    assert package.is_fresh(guest)
    for suffix in package.OUTPUTS:
        name = f"{engine}.{suffix}"
        (tmp_path / name).write_bytes((ROOT / "jq_magic" / name).read_bytes())
    monkeypatch.setattr(package, "PACKAGE", tmp_path)
    assert package.is_fresh(guest)
    (tmp_path / f"{engine}.wasm").write_bytes(b"\0asm")
    assert not package.is_fresh(guest)
    monkeypatch.undo()
    monkeypatch.setattr(recipe, "sources", lambda recipe: "0" * 64)
    assert not package.is_fresh(guest)


def test_the_engines_are_built_from_sources_of_their_own():
    own = {
        engine: {path.relative_to(ROOT).as_posix() for path in recipe.files(guest)}
        for engine, guest in package.GUESTS.items()
    }
    folders = {"magic": "guest", "jaq": "jaq", "jq": "cjq"}
    for engine, sources in own.items():
        used = {source.split("/")[1] for source in sources}
        assert used & set(folders.values()) == {folders[engine]}
    assert "wasm/builder/recipe.py" in own["magic"] & own["jq"]
    assert not {source for source in own["magic"] | own["jq"] if source.endswith((".pyc", "Cargo.lock"))}


def test_without_a_compiler_the_engine_jq_is_left_out_and_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "PACKAGE", tmp_path)
    monkeypatch.setattr(clang, "present", lambda: None)
    monkeypatch.setattr(debian, "install", lambda packages: False)
    (tmp_path / "jq.wasm").write_bytes(b"an older one")
    build(("jq",), force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["jq.json"]
    assert package.is_fresh(package.GUESTS["jq"])
    monkeypatch.setattr(modules, "_PACKAGE", tmp_path)
    modules._manifest.cache_clear()
    try:
        with pytest.raises(jq_magic.RuntimeUnavailableError, match=r"jq is not available: .* apt-get install"):
            jq_magic.compile(".", engine="jq")
    finally:
        modules._manifest.cache_clear()
    monkeypatch.setattr(clang, "present", lambda: clang.Compiler(("clang",), "clang 22"))
    assert not package.is_fresh(package.GUESTS["jq"])


def test_lock_files_carry_no_addresses():
    for workspace in pins.WORKSPACES:
        text = (workspace / "Cargo.pins").read_text()
        assert "://" not in text
        assert "checksum" in text


def test_the_bill_of_materials_names_everything_with_its_hash_and_no_address(engine):
    import json

    text = (ROOT / "jq_magic" / f"{engine}.cdx.json").read_text()
    assert "://" not in text
    bill = json.loads(text)
    manifest = json.loads((ROOT / "jq_magic" / f"{engine}.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["hashes"][0]["content"] == manifest["sha256"]
    assert {found["name"]: found["version"] for found in bill["components"]} == manifest[
        "versions" if engine == "jq" else "crates"
    ]
    assert all(len(found["hashes"][0]["content"]) == 64 for found in bill["components"])


def test_the_manifest_names_what_the_guest_is_made_of(engine):
    import json

    manifest = json.loads((ROOT / "jq_magic" / f"{engine}.json").read_text())
    if engine == "jq":
        assert manifest["versions"]["jq"] == "1.8.2"
    else:
        assert manifest["crates"]["jaq-core" if engine == "jaq" else "regex-syntax"]
    assert ("jaq-json" in manifest.get("crates", {})) == (engine == "jaq")
    assert manifest["name"] == engine
    assert manifest["stack_bytes"] >= 1 << 20
    assert manifest["meter"]["functions"] > 500
    assert set(manifest["exports"]) == {
        "memory", "__stack_pointer", "control", "stop_word", "fuel", "alloc", "compile", "feed", "pull",
    }  # fmt: skip
    assert ("clang" if engine == "jq" else "rustc") in manifest["toolchain"]
