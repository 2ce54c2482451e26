"""Builds the runtime wasmer as a Python extension, and installs it beside this Python."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

from wasm.builder import cargo, describe, pins, recipe, rust
from wasm.builder.places import ROOT, WASM, say

CRATE = WASM / "wasmer"
_MODULE = "jq_magic_wasmer"


class Wasmer:
    """The wheel of the extension; see `recipe.Recipe`."""

    name = "wasmer"
    folders = (CRATE, ROOT / "LICENSE")
    needs: tuple[recipe.Recipe, ...] = ()

    def tools(self) -> str:
        """Name the compiler and the machine that the wheel is for."""
        return f"{rust.host_version()}\n{platform.platform()}\n{sysconfig.get_platform()}"

    def build(self, into: Path) -> None:
        """Build the wheel with maturin; the extension tells its key, which keeps compiled code of others out."""
        pins.lock(CRATE)
        crates = describe.crates(rust.host_cargo(), {}, CRATE, rust.host())
        licences = describe.licences(crates, "jq-magic-wasmer contains these crates")
        (CRATE / "licenses.txt").write_text((ROOT / "LICENSE").read_text() + "\n" + licences)
        environment = {
            "JQ_MAGIC_WASMER_BUILD": recipe.key(self),
            "PATH": f"{Path(rust.host_cargo()).parent}{os.pathsep}{os.environ['PATH']}",
        }
        command = [sys.executable, "-m", "maturin", "build", "--release", "--locked", "--out", str(into)]
        what = "compiling the runtime wasmer (four to five minutes on two cores, the first time)"
        cargo.run(command, workspace=CRATE, environment=environment, what=what)


def is_installed() -> bool:
    """Say whether this Python imports the extension that these sources and this toolchain make."""
    try:
        extension = importlib.import_module(_MODULE)
    except ImportError:
        return False
    installed: str = extension.BUILD
    return installed == recipe.key(Wasmer())


def install(directory: Path) -> None:
    """Install the wheel that is in a directory. Raises: subprocess.CalledProcessError."""
    (wheel,) = directory.glob("*.whl")
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--force-reinstall", str(wheel)], check=True)
    say(f"installed {wheel.name}")


def lint() -> None:
    """Run clippy over the extension.

    It runs as a build, not as a check: clippy-driver stands in for rustc where the workspace's own crates are compiled
    (RUSTC_WORKSPACE_WRAPPER), so the 210 dependencies that the extension was built with are used as they are. A check
    would compile them once more, for two minutes.
    """
    pins.lock(CRATE)
    command = [rust.host_cargo(), "build", "--release", "--locked", "-q"]
    environment = {"RUSTC_WORKSPACE_WRAPPER": "clippy-driver"}
    cargo.run(command, workspace=CRATE, environment=environment, what="clippy: wasmer")
