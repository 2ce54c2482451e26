"""The edits of what others publish: applied as written or refused, never a little beside the place."""

from __future__ import annotations

import pytest

from wasm.builder import patches

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
