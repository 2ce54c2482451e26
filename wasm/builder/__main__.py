"""The build's command: `python -m wasm.builder --help`, from the root of a checkout."""

from __future__ import annotations

import argparse
import subprocess

from wasm.builder import audit, cargo, clang, package, pins, recipe, reproduce, rust, rust_guest, wasmer
from wasm.builder.places import WASM, say

#: What `build` takes, and what it then builds.
BUILDS = {
    "guests": tuple(package.GUESTS), **{name: (name,) for name in package.GUESTS}, "wasmer": ("wasmer",),
    "all": (*package.GUESTS, "wasmer"),
}  # fmt: skip


def build(names: tuple[str, ...], *, force: bool) -> None:
    """Build what is not up to date, or take it from the store, and put it where it is used."""
    for name in names:
        if not force and is_fresh(name):
            say(f"{name} is up to date")
        elif name == "wasmer":
            wasmer.install(recipe.made(wasmer.Wasmer(), force=force))
        else:
            _build_guest(package.GUESTS[name], force=force)


def _build_guest(guest: recipe.Recipe, *, force: bool) -> None:
    try:
        if isinstance(guest, rust_guest.RustGuest):
            # Taken from the store, it is not compiled here; who works on it still needs what cargo does.
            pins.lock(WASM)
        package.install(guest, recipe.made(guest, force=force))
    except clang.CompilerError as error:
        package.leave_out(guest, str(error))


def is_fresh(name: str) -> bool:
    """Say whether a thing is where it is used, as these sources make it."""
    return wasmer.is_installed() if name == "wasmer" else package.is_fresh(package.GUESTS[name])


def prepare_all() -> None:
    """Make what cargo and an editor need beside the sources, in every workspace."""
    for workspace in pins.WORKSPACES:
        pins.lock(workspace)


def pin_all() -> None:
    """Write the pins of every workspace, after versions were changed on purpose."""
    for workspace in pins.WORKSPACES:
        pins.pin(workspace)


def lint() -> None:
    """Run rustfmt and clippy over all Rust of ours."""
    prepare_all()
    command = rust.host_cargo()
    for workspace in pins.WORKSPACES:
        cargo.run([command, "fmt", "--check"], workspace=workspace, what=f"rustfmt: {workspace.name}")
    clippy = [command, "clippy", "--locked", "--all-targets", "-q", "--", "-D", "warnings"]
    cargo.run(clippy, what="clippy: the guest and the packer")
    wasmer.lint()


def test() -> None:
    """Run the tests of the guest and the packer, natively."""
    pins.lock(WASM)
    cargo.run([rust.host_cargo(), "test", "--locked", "-q"], what="testing the guest and the packer")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m wasm.builder", description="Build what runs in the sandbox.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    building = commands.add_parser("build", help="build the guests (or what is named) and put them into the package")
    building.add_argument("what", nargs="?", choices=BUILDS, default="guests", help="guests: every engine")
    how = building.add_mutually_exclusive_group()
    how.add_argument("--force", action="store_true", help="build even if nothing changed")
    how.add_argument("--check", action="store_true", help="only say whether all is up to date, by the exit status")
    actions = {
        "prepare": (prepare_all, "make Cargo.lock, which cargo and an editor need"),
        "lint": (lint, "rustfmt and clippy"),
        "test": (test, "the Rust tests"),
        "pin": (pin_all, "write Cargo.pins from Cargo.lock"),
        "audit": (audit.main, "look the dependencies up in the advisory databases"),
        "reproduce": (reproduce.main, "build the guests twice from nothing and compare"),
    }
    for name, (_, text) in actions.items():
        commands.add_parser(name, help=text)
    options = parser.parse_args()
    try:
        if options.command != "build":
            actions[options.command][0]()
            return
        names = BUILDS[options.what]
        if options.check:
            raise SystemExit(0 if all(map(is_fresh, names)) else 1)
        build(names, force=options.force)
    except (recipe.ToolchainError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"[wasm] {error}") from None


if __name__ == "__main__":
    main()
