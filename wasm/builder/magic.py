"""Builds the guest magic: the Rust in wasm/guest as a bare WebAssembly module."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from wasm.builder import cargo, describe, pins, recipe, rust
from wasm.builder.jaq_core import JaqCore, prepare
from wasm.builder.packer import Packer
from wasm.builder.places import WASM, say

#: Bytes of the guest's own stack.
STACK_BYTES = 4 << 20
FEATURES = "+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"
_CRATE = "jq-magic-guest"


class Magic:
    """The guest in Rust; see `recipe.Recipe`."""

    name = "magic"
    folders = (WASM / "guest", WASM / "shared", WASM / "Cargo.toml", WASM / "Cargo.pins")
    needs: tuple[recipe.Recipe, ...] = (JaqCore(), Packer())

    def tools(self) -> str:
        """Name the compiler and how it gets a standard library."""
        toolchain = rust.find()
        return "\n".join((toolchain.version, *toolchain.arguments))

    def build(self, into: Path) -> None:
        """Compile and pack the guest, and describe it."""
        toolchain = rust.find()
        say(f"toolchain: {toolchain.version}")
        prepare()
        shutil.copyfile(_compiled(toolchain), into / "guest.wasm")
        crates = describe.crates(toolchain.cargo, toolchain.environment, WASM / "guest", rust.TARGET)
        checksums = pins.checksums()
        facts = describe.Facts(
            manifest={
                "toolchain": toolchain.version,
                "stack_bytes": STACK_BYTES,
                "crates": {crate.name: crate.version for crate in crates},
            },
            licences=describe.licences(crates, "magic.wasm contains these crates"),
            components=[
                describe.component(f"pkg:cargo/{crate.name}@{crate.version}", checksums[crate.name, crate.version])
                for crate in crates
            ],
        )
        describe.pack(self, into, facts)


def _compiled(toolchain: rust.Toolchain) -> Path:
    """Compile the guest; the bytes depend on sources and toolchain alone, not on where they are."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    flags = [
        f"-Clink-arg=-zstack-size={STACK_BYTES}", "-Clink-arg=--stack-first", "-Clink-arg=--export=__stack_pointer",
        f"-Ctarget-feature={FEATURES}",
    ]  # fmt: skip
    flags += [f"--remap-path-prefix={path}={name}" for path, name in ((home, "cargo"), (cargo.target(), "target"))]
    if toolchain.linker:
        flags.append(f"-Clinker={toolchain.linker}")
    command = [
        toolchain.cargo, "build", "--profile", "guest", "--locked", "-p", _CRATE, "--target", rust.TARGET,
        *toolchain.arguments,
    ]  # fmt: skip
    environment = {**toolchain.environment, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
    cargo.run(command, environment=environment, what="compiling the guest (two to three minutes the first time)")
    return cargo.target() / rust.TARGET / "guest" / "jq_magic_guest.wasm"
