"""Builds the packer, which turns a compiled guest into the module that is shipped."""

from __future__ import annotations

import shutil
from pathlib import Path

from wasm.builder import cargo, pins, recipe, rust
from wasm.builder.places import WASM


class Packer:
    """The packer, for this machine; see `recipe.Recipe`."""

    name = "jq-magic-pack"
    folders = (WASM / "pack", WASM / "Cargo.toml", WASM / "Cargo.pins")
    needs: tuple[recipe.Recipe, ...] = ()

    def tools(self) -> str:
        """Name the compiler."""
        return rust.host_version()

    def build(self, into: Path) -> None:
        """Compile it."""
        command = [rust.host_cargo(), "build", "--release", "--locked", "-p", self.name]
        pins.lock(WASM)
        cargo.run(command, what="compiling the packer (a minute the first time)")
        shutil.copy(cargo.target() / "release" / self.name, into)
