"""The edits of jaq-core: applied as written or refused, never a little beside the place."""

from __future__ import annotations

import shutil

import pytest

import edited

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
    edited.apply(EDIT, tmp_path, "1-why.patch")
    assert (tmp_path / "one.rs").read_text() == "a\nB\nc\nd\ne\nE\nf\ng\n"
    assert (tmp_path / "two.rs").read_text() == "y\n"


@pytest.mark.parametrize("one", ["a\nother\nc\nd\ne\nf\n", "a\nb\nother\nd\ne\nf\n", "new\na\nb\nc\nd\ne\nf\n", "a\n"])
def test_an_edit_of_other_lines_than_there_are_is_refused(tmp_path, one):
    write(tmp_path, one)
    with pytest.raises(ValueError, match=r"1-why.patch does not fit: line \d"):
        edited.apply(EDIT, tmp_path, "1-why.patch")


def test_an_edit_without_a_diff_is_refused(tmp_path):
    with pytest.raises(ValueError, match="edits nothing"):
        edited.apply("Why.\n", tmp_path, "1-why.patch")


def test_the_crate_that_is_built_is_the_published_one_with_every_edit(monkeypatch):
    made = edited.prepare("cargo that is not asked, since the crate is there")
    sources = "".join(path.read_text() for path in (made / "src").rglob("*.rs"))
    changed: set[str] = set()
    for edit in sorted(edited.EDITS.glob("*.patch"), reverse=True):
        lines = edit.read_text().splitlines()
        added = {line[1:] for line in lines if line[:1] == "+" and line[:3] != "+++"} - changed
        assert added
        longest = max(added, key=len)
        assert longest in sources, edit.name
        # What an earlier edit added may have been taken out again by this one.
        changed |= {line[1:] for line in lines if line[:1] == "-" and line[:3] != "---"}
    other = edited.pinned()[0], "0" * 64
    monkeypatch.setattr(edited, "pinned", lambda: other)
    with pytest.raises(FileNotFoundError, match="no such cargo"):
        edited.prepare("no such cargo")


def test_a_crate_that_was_changed_by_hand_is_made_anew(monkeypatch, tmp_path):
    for name in ("Cargo.pins", edited.CRATE):
        made = edited.GUEST / name
        (shutil.copytree if made.is_dir() else shutil.copyfile)(made, tmp_path / name)
    monkeypatch.setattr(edited, "GUEST", tmp_path)
    assert edited.prepare("cargo that is not asked") == tmp_path / edited.CRATE
    changed = tmp_path / edited.CRATE / "src" / "filter.rs"
    changed.write_text(changed.read_text() + "\n")
    with pytest.raises(FileNotFoundError, match="no such cargo"):
        edited.prepare("no such cargo")
