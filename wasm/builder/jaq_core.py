"""Makes jaq-core as its authors publish it, with our changes: wasm/jaq-core, which git ignores.

The changes are wasm/guest/edits/*.patch. They are of the form that jaq could take, and go when it has them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from wasm.builder import patches, pins, recipe, store
from wasm.builder.places import WASM

EDITS = WASM / "guest" / "edits"


class JaqCore:
    """The crate with our changes; see `recipe.Recipe`."""

    name = pins.CHANGED
    folders = (EDITS,)
    needs: tuple[recipe.Recipe, ...] = ()

    def tools(self) -> str:
        """Name the published crate."""
        return " ".join(pins.pinned(self.name))

    def build(self, into: Path) -> None:
        """Copy what the guest needs of the crate, without its tests and examples, and change it."""
        published = pins.published(self.name)
        shutil.copyfile(published / "Cargo.toml", into / "Cargo.toml")
        shutil.copytree(published / "src", into / "src")
        patches.apply_all(EDITS, into)


def prepare(workspace: Path = WASM) -> None:
    """Make what cargo, and an editor, need beside the sources: the changed crate and the lock file.

    A crate that somebody changed by hand is replaced: it must not be built as if the patches had made it.
    """
    if workspace == WASM:
        store.replace_tree(recipe.made(JaqCore()), WASM / pins.CHANGED)
    pins.lock(workspace)
