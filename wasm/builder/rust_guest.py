"""Builds the guests in Rust, magic and jaq, as bare WebAssembly modules."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from wasm.builder import cargo, describe, pins, recipe, rust
from wasm.builder.packer import Packer
from wasm.builder.places import WASM, say

FEATURES = "+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"


class RustGuest:
    """A guest in Rust; see `recipe.Recipe`.

    Args:
        name: The engine.
        folder: Where its crate is, in wasm/, whose name is `jq-magic-FOLDER`.
        stack_bytes: Bytes of the guest's own stack.

    """

    def __init__(self, name: str, folder: str, stack_bytes: int) -> None:
        self.name = name
        self._folder, self._stack_bytes = folder, stack_bytes
        self.folders = (WASM / folder, WASM / "shared", WASM / "Cargo.toml", WASM / "Cargo.pins")
        self.needs: tuple[recipe.Recipe, ...] = (Packer(),)

    def tools(self) -> str:
        """Name the compiler and how it gets a standard library."""
        toolchain = rust.find()
        return "\n".join((toolchain.version, *toolchain.arguments))

    def build(self, into: Path) -> None:
        """Compile and pack the guest, and describe it."""
        toolchain = rust.find()
        say(f"toolchain: {toolchain.version}")
        pins.lock(WASM)
        shutil.copyfile(self._compiled(toolchain), into / "guest.wasm")
        crates = describe.crates(toolchain.cargo, toolchain.environment, WASM / self._folder, rust.TARGET)
        checksums = pins.checksums()
        facts = describe.Facts(
            manifest={
                "toolchain": toolchain.version,
                "stack_bytes": self._stack_bytes,
                "crates": {crate.name: crate.version for crate in crates},
            },
            licences=describe.licences(crates, f"{self.name}.wasm contains these crates"),
            components=[
                describe.component(f"pkg:cargo/{crate.name}@{crate.version}", checksums[crate.name, crate.version])
                for crate in crates
            ],
        )
        describe.pack(self, into, facts)

    def _compiled(self, toolchain: rust.Toolchain) -> Path:
        """Compile the guest; the bytes depend on sources and toolchain alone, not on where they are."""
        home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
        flags = [
            f"-Clink-arg=-zstack-size={self._stack_bytes}", "-Clink-arg=--stack-first",
            "-Clink-arg=--export=__stack_pointer", f"-Ctarget-feature={FEATURES}",
        ]  # fmt: skip
        flags += [f"--remap-path-prefix={path}={name}" for path, name in ((home, "cargo"), (cargo.target(), "target"))]
        if toolchain.linker:
            flags.append(f"-Clinker={toolchain.linker}")
        command = [
            toolchain.cargo, "build", "--profile", "guest", "--locked", "-p", f"jq-magic-{self._folder}",
            "--target", rust.TARGET, *toolchain.arguments,
        ]  # fmt: skip
        environment = {**toolchain.environment, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags)}
        cargo.run(
            command,
            environment=environment,
            what=f"compiling the guest {self.name} (two to three minutes the first time)",
        )
        return cargo.target() / rust.TARGET / "guest" / f"jq_magic_{self._folder}.wasm"


#: The engine that is ours.
MAGIC = RustGuest("magic", "guest", 4 << 20)
#: jaq as its authors publish it, which takes some kilobytes of stack for a call.
JAQ = RustGuest("jaq", "jaq", 12 << 20)
