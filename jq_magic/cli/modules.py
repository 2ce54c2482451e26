"""Reads the modules that a program imports out of the directories of `-L`, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from jq_magic.cli import reading
from jq_magic.data.modules import MOST, Modules
from jq_magic.errors import ProgramError
from jq_magic.guest.module import ENGINES
from jq_magic.limits.exceeded import exceeded
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox

#: Paths that are looked at for one import.
_MOST_PATHS = 300


class Library:
    """Directories whose modules a program can import.

    The guest knows what a program imports and reads no file, so it is asked by compiling: as long as a module is
    missing, the one that it names is read. A link is followed only to what is in one of the directories, too.

    Args:
        directories: As the user typed them.
        origin: The directory of the program's file; empty for a program on the command line.

    """

    def __init__(self, directories: list[str], origin: str) -> None:
        self._directories, self._origin = directories, origin
        self._roots = [Path(directory).resolve() for directory in directories]
        #: The texts that were read, by their paths.
        self.texts: dict[str, str] = {}

    def compile(self, sandbox: Sandbox, program: str, args: dict[str, Any], positional: list[Any]) -> Program:
        """Compile a program with what it imports. Raises: as `Sandbox.compile`; OSError."""
        left = sandbox.limits.program_bytes - len(program.encode())
        began = time.monotonic()
        while True:
            try:
                return sandbox.compile(program, args, positional=positional, modules=self._modules(sandbox))
            except ProgramError as error:
                module = self._first_file(error.missing[:_MOST_PATHS])
                if module is None or len(self.texts) == MOST:
                    if error.advice:
                        error.advice = "a filter can import what is in a directory that -L DIR names"
                    raise
            seconds = time.monotonic() - began
            if seconds > sandbox.limits.deadline_s:
                raise exceeded("deadline_s", seconds, sandbox.limits.deadline_s)
            path, file = module
            text = reading.read_file(str(file), "program_bytes", left)
            left -= len(text)
            self.texts[path] = text.decode("utf-8", "replace")

    def _modules(self, sandbox: Sandbox) -> Modules | None:
        # Other engines refuse an import themselves.
        if not self._directories or sandbox.engine != ENGINES[0]:
            return None
        return Modules.made(self.texts, tuple(self._directories), self._origin)

    def _first_file(self, paths: tuple[str, ...]) -> tuple[str, Path] | None:
        """Find the first of some paths at which there is a file that may be read."""
        for path in paths:
            try:
                file = Path(path).resolve()
                is_there = any(map(file.is_relative_to, self._roots)) and file.is_file()
            except (OSError, RuntimeError, ValueError):
                # A link to itself, a name that is too long, or one with NUL.
                continue
            if is_there and path not in self.texts:
                return path, file
        return None
