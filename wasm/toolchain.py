"""Toolchains for the guests: Rust for wasm32-unknown-unknown found or installed, Debian packages installed."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

TARGET = "wasm32-unknown-unknown"
DEBIAN_PACKAGES = ("rustc-web", "cargo-web", "rust-web-src", "lld-22")
#: rustup gives up on a network that answers nothing only after minutes.
_RUSTUP_TIMEOUT_S = 120

Say = Callable[[str], None]


class ToolchainError(Exception):
    """No toolchain was found and none can be installed; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Toolchain:
    """How to call cargo for the guest.

    Attributes:
        version: What `rustc --version` says: part of the cache's key.
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


def find(say: Say) -> Toolchain:
    """A toolchain with the target, installed if need be.

    Order: what cargo in PATH can do; `rustup target add`; Debian's packages.
    Raises: ToolchainError.
    """
    return _in_path() or _debian() or _rustup(say) or _install_rust(say) or _give_up()


def host_cargo() -> str:
    """The cargo that builds for this machine. Raises: ToolchainError."""
    for candidate in (shutil.which("cargo"), "/usr/bin/cargo"):
        if candidate and _output([candidate, "--version"]):
            return candidate
    return str(_give_up())


def _output(command: list[str], timeout_s: float = 60) -> str | None:
    """What a command prints; None when it fails or is not there."""
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


def _rustup(say: Say) -> Toolchain | None:
    if not shutil.which("rustup"):
        return None
    say(f"rustup target add {TARGET}")
    if _output(["rustup", "target", "add", TARGET], _RUSTUP_TIMEOUT_S) is None:
        say("rustup cannot add it here")
        return None
    return _in_path()


def _debian() -> Toolchain | None:
    """Debian's Rust with the standard library's source, which is built for the target along with the guest."""
    version = _output(["/usr/bin/rustc", "--version"])
    linker = shutil.which("wasm-ld-22")
    sysroot = _output(["/usr/bin/rustc", "--print", "sysroot"])
    if not (version and linker and sysroot and (Path(sysroot) / "lib/rustlib/src/rust/library/std").is_dir()):
        return None
    # Building the standard library is an unstable feature, which this variable permits on a stable toolchain.
    environment = {"RUSTC": "/usr/bin/rustc", "RUSTC_BOOTSTRAP": "1"}
    return Toolchain(version, "/usr/bin/cargo", environment, ("-Zbuild-std=std,panic_abort",), linker)


def install_debian(packages: tuple[str, ...], say: Say) -> bool:
    """Install Debian packages where that can be done without a question; whether they are there."""
    if not shutil.which("apt-get"):
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-qy", "--no-install-recommends", *packages],
    ):
        say(" ".join(sudo + command))
        try:
            done = subprocess.run(sudo + command, env=environment, stdin=subprocess.DEVNULL, check=False)
        except OSError as error:
            say(str(error))
            return False
        if done.returncode != 0:
            return False
    return True


def _install_rust(say: Say) -> Toolchain | None:
    return _debian() if install_debian(DEBIAN_PACKAGES, say) else None


def _give_up() -> Toolchain:
    raise ToolchainError(
        f"no Rust toolchain can build for {TARGET} here, and none could be installed. Either\n"
        f"  install rustup and run: rustup target add {TARGET}\n"
        f"or, on Debian or Ubuntu, run: sudo apt-get install {' '.join(DEBIAN_PACKAGES)}"
    )
