"""What is built, each thing by one recipe, and the hashes that tell whether it must be built."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from wasm.builder import store
from wasm.builder.places import ROOT

#: The builder itself is a source of everything that it builds.
_BUILDER = Path(__file__).resolve().parent
#: What is made beside the sources and is none of them.
_MADE = frozenset({"__pycache__", "target", "Cargo.lock", "licenses.txt"})


class ToolchainError(Exception):
    """No toolchain was found and none can be installed; the message says what to do."""


class Recipe(Protocol):
    """How one thing is built.

    Attributes:
        name: What it is called in the store.
        folders: Files and folders of the repository whose content decides what is built.
        needs: Recipes of the things that it is built with.

    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see above

    @property
    def folders(self) -> Sequence[Path]: ...  # noqa: D102 - see above

    @property
    def needs(self) -> Sequence[Recipe]: ...  # noqa: D102 - see above

    def tools(self) -> str:
        """Say which toolchain builds it here, installed if need be. Raises: ToolchainError."""
        ...

    def build(self, into: Path) -> None:
        """Build it into an empty directory. Raises: SystemExit when a compiler fails."""
        ...


def files(recipe: Recipe) -> list[Path]:
    """List every file that decides what is built: the builder's, the recipe's, and those of what it needs."""
    waiting = [_BUILDER, *recipe.folders]
    listed: set[Path] = set()
    for path in waiting:
        inside = path.rglob("*") if path.is_dir() else [path]
        listed.update(file for file in inside if file.is_file() and not _MADE & set(file.relative_to(ROOT).parts))
    for need in recipe.needs:
        listed.update(files(need))
    return sorted(listed)


def sources(recipe: Recipe) -> str:
    """Hash the content of the recipe's files."""
    state = hashlib.sha256()
    for file in files(recipe):
        content = file.read_bytes()
        state.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return state.hexdigest()


def key(recipe: Recipe) -> str:
    """Hash all that decides what is built: sources, toolchain, and what it is built with. Raises: ToolchainError."""
    inputs = [sources(recipe), recipe.tools(), *(key(need) for need in recipe.needs)]
    return hashlib.sha256("\n".join(inputs).encode()).hexdigest()


def made(recipe: Recipe, *, force: bool = False) -> Path:
    """Give the directory of what the recipe builds, built if it is not in the store yet.

    Args:
        force: Build it even if it is there.
    Raises: ToolchainError.

    """
    wanted = key(recipe)
    if force:
        store.drop(recipe.name, wanted)
    return store.get(recipe.name, wanted, recipe.build)
