"""The edits of jaq-core: applied as written or refused, never a little beside the place."""

from __future__ import annotations

import shutil

import pytest

from wasm.builder import jaq_core, patches, pins, recipe
from wasm.builder.places import WASM

pytestmark = pytest.mark.slow

EDIT = """Why.

--- a/one.rs
+++ b/one.rs
@@ -1,3 +1,3 @@
 a
-b
+B
 c
@@ -5,2 +5,3 @@
 e
+E
 f
--- a/two.rs
+++ b/two.rs
@@ -1 +1 @@
-x
+y
"""


def write(directory, one="a\nb\nc\nd\ne\nf\ng\n"):
    (directory / "one.rs").write_text(one)
    (directory / "two.rs").write_text("x\n")


def test_an_edit_changes_the_lines_that_it_names_and_no_others(tmp_path):
    write(tmp_path)
    patches.apply(EDIT, tmp_path, "1-why.patch")
    assert (tmp_path / "one.rs").read_text() == "a\nB\nc\nd\ne\nE\nf\ng\n"
    assert (tmp_path / "two.rs").read_text() == "y\n"


@pytest.mark.parametrize("one", ["a\nother\nc\nd\ne\nf\n", "a\nb\nother\nd\ne\nf\n", "new\na\nb\nc\nd\ne\nf\n", "a\n"])
def test_an_edit_of_other_lines_than_there_are_is_refused(tmp_path, one):
    write(tmp_path, one)
    with pytest.raises(ValueError, match=r"1-why.patch does not fit: line \d"):
        patches.apply(EDIT, tmp_path, "1-why.patch")


def test_an_edit_without_a_diff_is_refused(tmp_path):
    with pytest.raises(ValueError, match="changes nothing"):
        patches.apply("Why.\n", tmp_path, "1-why.patch")


def test_the_crate_that_is_built_is_the_published_one_with_every_edit(monkeypatch):
    jaq_core.prepare()
    sources = "".join(path.read_text() for path in (WASM / pins.CHANGED / "src").rglob("*.rs"))
    changed: set[str] = set()
    for edit in sorted(jaq_core.EDITS.glob("*.patch"), reverse=True):
        lines = edit.read_text().splitlines()
        added = {line[1:] for line in lines if line[:1] == "+" and line[:3] != "+++"} - changed
        assert added
        longest = max(added, key=len)
        assert longest in sources, edit.name
        # What an earlier edit added may have been taken out again by this one.
        changed |= {line[1:] for line in lines if line[:1] == "-" and line[:3] != "---"}


def test_another_published_crate_than_the_pinned_one_is_refused(monkeypatch):
    version, _ = pins.pinned(pins.CHANGED)
    monkeypatch.setattr(pins, "pinned", lambda crate: (version, "0" * 64))
    with pytest.raises(ValueError, match="another checksum"):
        recipe.made(jaq_core.JaqCore())


def test_a_crate_that_was_changed_by_hand_is_made_anew(monkeypatch, tmp_path):
    for name in ("Cargo.pins", "Cargo.lock"):
        shutil.copyfile(WASM / name, tmp_path / name)
    monkeypatch.setattr(jaq_core, "WASM", tmp_path)
    jaq_core.prepare(tmp_path)
    file = tmp_path / pins.CHANGED / "src" / "filter.rs"
    made = file.read_text()
    file.write_text(made + "\n")
    jaq_core.prepare(tmp_path)
    assert file.read_text() == made
