"""Finds Rust, for this machine and for WebAssembly, or installs what is missing."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

from wasm.builder import debian
from wasm.builder.places import say
from wasm.builder.recipe import ToolchainError

TARGET = "wasm32-unknown-unknown"
DEBIAN_PACKAGES = ("rustc-web", "cargo-web", "rust-web-src", "lld-22")
#: rustup gives up on a network that answers nothing only after minutes.
_RUSTUP_TIMEOUT_S = 120


@dataclasses.dataclass(frozen=True)
class Toolchain:
    """How cargo is called for the guest.

    Attributes:
        version: What `rustc --version` says.
        cargo: The command.
        environment: Variables to add.
        arguments: Arguments to add to `cargo build`.
        linker: A linker to name; None for the toolchain's own.

    """

    version: str
    cargo: str
    environment: dict[str, str]
    arguments: tuple[str, ...] = ()
    linker: str | None = None


def find() -> Toolchain:
    """Find a toolchain that builds for WebAssembly, installed if need be.

    Order: what cargo in PATH can do; Debian's packages; `rustup target add`; installing Debian's packages.
    Raises: ToolchainError.
    """
    toolchain = _in_path() or _debian() or _rustup() or _installed()
    if toolchain is None:
        raise _missing()
    return toolchain


def host_cargo() -> str:
    """Find the cargo that builds for this machine. Raises: ToolchainError."""
    for candidate in (shutil.which("cargo"), "/usr/bin/cargo"):
        if candidate and _output([candidate, "--version"]):
            return candidate
    raise _missing()


def host_version() -> str:
    """Say what builds for this machine: version, commit, host. Raises: ToolchainError."""
    version = _output([str(Path(host_cargo()).with_name("rustc")), "--version", "--verbose"])
    if version is None:
        raise _missing()
    return version


def host() -> str:
    """Name the platform of this machine as Rust does. Raises: ToolchainError."""
    return host_version().partition("host: ")[2].split()[0]


def _output(command: list[str], timeout_s: float = 60) -> str | None:
    """Run a command for what it prints; None when it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _in_path() -> Toolchain | None:
    sysroot = _output(["rustc", "--print", "sysroot"])
    version = _output(["rustc", "--version"])
    if sysroot and version and (Path(sysroot) / "lib" / "rustlib" / TARGET / "lib").is_dir() and shutil.which("cargo"):
        return Toolchain(version, "cargo", {})
    return None


def _rustup() -> Toolchain | None:
    if not shutil.which("rustup"):
        return None
    say(f"rustup target add {TARGET}")
    if _output(["rustup", "target", "add", TARGET], _RUSTUP_TIMEOUT_S) is None:
        say("rustup cannot add it here")
        return None
    return _in_path()


def _debian() -> Toolchain | None:
    """Take Debian's Rust with the standard library's source, which is built for the target along with the guest."""
    version = _output(["/usr/bin/rustc", "--version"])
    linker = shutil.which("wasm-ld-22")
    sysroot = _output(["/usr/bin/rustc", "--print", "sysroot"])
    if not (version and linker and sysroot and (Path(sysroot) / "lib/rustlib/src/rust/library/std").is_dir()):
        return None
    # Building the standard library is an unstable feature, which this variable permits on a stable toolchain.
    environment = {"RUSTC": "/usr/bin/rustc", "RUSTC_BOOTSTRAP": "1"}
    return Toolchain(version, "/usr/bin/cargo", environment, ("-Zbuild-std=std,panic_abort",), linker)


def _installed() -> Toolchain | None:
    return _debian() if debian.install(DEBIAN_PACKAGES) else None


def _missing() -> ToolchainError:
    return ToolchainError(
        f"no Rust toolchain can build for {TARGET} here, and none could be installed. Either\n"
        f"  install rustup and run: rustup target add {TARGET}\n"
        f"or, on Debian or Ubuntu, run: sudo apt-get install {' '.join(DEBIAN_PACKAGES)}"
    )
