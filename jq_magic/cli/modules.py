"""Reads the modules that a program imports out of the directories of `-L`, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jq_magic.cli import reading
from jq_magic.errors import ProgramError
from jq_magic.jqmodules import compile_with
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox


class Library:
    """Directories whose modules a program can import.

    A link is followed only to what is in one of the directories, too.

    Args:
        directories: As the user typed them.
        origin: The directory of the program's file; empty for a program on the command line.

    """

    def __init__(self, directories: list[str], origin: str) -> None:
        self._directories, self._origin = directories, origin
        self._roots = [Path(directory).resolve() for directory in directories]
        self._left = 0
        #: The texts that were read, by their paths.
        self.texts: dict[str, str] = {}

    def compile(self, sandbox: Sandbox, program: str, args: dict[str, Any], positional: list[Any]) -> Program:
        """Compile a program with what it imports. Raises: as `Sandbox.compile`; OSError."""
        self._left = sandbox.limits.program_bytes - len(program.encode())
        search = tuple(self._directories)
        try:
            return compile_with(
                self._read, sandbox, program, args, positional=positional, search=search, origin=self._origin
            )
        except ProgramError as error:
            if error.advice:
                error.advice = "a filter can import what is in a directory that -L DIR names"
            raise

    def _read(self, paths: tuple[str, ...]) -> tuple[str, str] | None:
        """Read the first of some paths at which there is a file that may be read. Raises: LimitError, OSError."""
        for path in paths:
            try:
                file = Path(path).resolve()
                is_there = any(map(file.is_relative_to, self._roots)) and file.is_file()
            except (OSError, RuntimeError, ValueError):
                # A link to itself, a name that is too long, or one with NUL.
                continue
            if is_there:
                text = reading.read_file(str(file), "program_bytes", self._left)
                self._left -= len(text)
                self.texts[path] = text.decode("utf-8", "replace")
                return path, self.texts[path]
        return None
