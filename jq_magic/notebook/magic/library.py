"""Keeps the modules that cells of a session have, for the filters that import them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from IPython.core.error import UsageError

from jq_magic.errors import LimitError, ProgramError
from jq_magic.guest.module import ENGINES
from jq_magic.jqmodules import compile_with
from jq_magic.jqoptions import Options
from jq_magic.jqtext import Extended, imported
from jq_magic.limits.amounts import show_bytes
from jq_magic.messages import printable
from jq_magic.notebook.magic.words import quoted
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox

#: Modules of a session, and bytes of their texts.
MOST, MOST_BYTES = 1_000, 16 << 20
#: How a cell of a module begins, and how its magic is written on a line.
FORM, LINE_FORM = "%%jq_module NAME", "%jq_module [-d NAME]"
_NAME_CHARS = 100
_NAME = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*", re.ASCII)
_DATA, _CODE = ".json", ".jq"
#: Names that are listed, and definitions of each.
_LISTED = 200
#: Definitions of a module that are called in one program when it is checked.
_CALLED = 50
_ALIAS = re.compile(r"[A-Za-z_]\w*", re.ASCII)
#: A path to a module, or a name behind that of one, that a filter ends with.
_PATH_BEFORE = re.compile(r'\b(?:import|include)\s+"([^"\\]*)$')
_MEMBER_BEFORE = re.compile(r"([A-Za-z_]\w*)::(\w*)$")


class Module(NamedTuple):
    """One module.

    Attributes:
        text: Its source; JSON texts where its name ends in `.json`.
        definitions: The names that it defines.

    """

    text: str
    definitions: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return len(self.text.encode())


class Library:
    """The modules of one session, by their names."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}

    @property
    def modules(self) -> Mapping[str, Module]:
        """All of them, in the order in which they were first kept."""
        return self._modules

    def keep(self, name: str, text: str, sandbox: Sandbox) -> str:
        """Keep a module in the place of one with the same name, if it can be imported.

        Args:
            name: What is imported; data where it ends in `.json`.
            text: jq source that defines things, or JSON texts.
            sandbox: Where it is checked.
        Returns: What was kept, on a line for people. Raises: UsageError; ProgramError, LimitError.

        """
        name = _checked(name)
        module = Module(text, ())
        others = {key: other for key, other in self._modules.items() if key != name}
        if len(others) >= MOST:
            raise UsageError(f"a session keeps at most {MOST:,} modules: %jq_module -d NAME makes room")
        size = sum(other.size for other in others.values()) + len(text.encode("utf-8", "replace"))
        if size > MOST_BYTES:
            raise UsageError(
                f"a session keeps modules of at most {show_bytes(MOST_BYTES)}, and with {name} they would have "
                f"{show_bytes(size)}: %jq_module -d NAME makes room"
            )
        path = json.dumps(name.removesuffix(_DATA))
        program = (
            f"import {path} as $data; []" if name.endswith(_DATA) else f"import {path} as m; {path} | modulemeta.defs"
        )
        before, self._modules = self._modules, {**self._modules, name: module}
        try:
            signatures = self.compile(sandbox, program).run("null").values[0]
            for first in range(0, len(signatures), _CALLED):
                # What nothing calls is not compiled.
                calls = ", ".join(f"m::{_call(signature)}" for signature in signatures[first : first + _CALLED])
                self.compile(sandbox, f"import {path} as m; {calls}")
        except BaseException as error:
            self._modules = before
            if isinstance(error, ProgramError) and error.module == name:
                error.stand_alone()
            if isinstance(error, LimitError) and error.limit == "program_bytes":
                error.advice = '%config JqMagic.program_limit = "1MiB" sets a limit for modules and filters'
            raise
        definitions = tuple(dict.fromkeys(signature.partition("/")[0] for signature in signatures))
        self._modules[name] = Module(text, definitions)
        return self._line(name)

    def forget(self, name: str) -> bool:
        """Forget a module. Returns: whether there was one."""
        return self._modules.pop(name.removesuffix(_CODE), None) is not None

    def command(self, line: str) -> str:
        """Do what a line of `%jq_module` says: list the modules, or forget one. Returns: Lines. Raises: UsageError."""
        words = line.split()
        if not words:
            return self.listed() or "no module is kept yet: a cell that begins with %%jq_module NAME keeps one\n"
        if len(words) != 2 or words[0] != "-d":
            raise UsageError(f"write {LINE_FORM}; a module is what stands below {FORM}")
        if not self.forget(words[1]):
            raise UsageError(f"there is no module {quoted(words[1])}")
        return ""

    def listed(self) -> str:
        """List the modules on lines; empty where there are none."""
        lines = [self._line(name) for name in list(self._modules)[:_LISTED]]
        left = len(self._modules) - _LISTED
        return "".join([*lines, f"… {left:,} more modules\n" if left > 0 else ""])

    def compile(
        self, sandbox: Sandbox, program: str, args: dict[str, Any] | None = None, positional: list[Any] | None = None
    ) -> Program:
        """Compile a program, which may import these modules. Raises: as `Sandbox.compile`."""
        try:
            return compile_with(self._find, sandbox, program, args, positional=positional)
        except ProgramError as error:
            if error.missing:
                error.advice = self._advice(_DATA if error.missing[0].endswith(_DATA) else "")
            raise

    def extended(self, program: str, options: Options, sandbox: Sandbox, definitions: str = "") -> Extended:
        """Put in what the options `--module` import, and definitions.

        Args:
            sandbox: Where the program will run.
            definitions: jq source.
        Raises: UsageError for a module that is not here, and an engine that imports none.

        """
        if "module" in options and sandbox.engine != ENGINES[0]:
            raise UsageError(f"--module: the engine {sandbox.engine} imports no modules, the engine {ENGINES[0]} does")
        imports = [self._import(name) for name in dict.fromkeys(options.get("module", []))]
        names: dict[str, str] = {}
        for text in (program, *imports, definitions):
            for alias, path in imported(text).items():
                if names.setdefault(alias, path) != path:
                    both = f"{quoted(names[alias])} and {quoted(path)}"
                    raise UsageError(f"{alias[:_NAME_CHARS]} is the name of two modules, {both}: import one as another")
        return Extended.of(program, "".join([*imports, definitions]))

    def completions(self, before: str, options: Options | None = None) -> tuple[str, list[str]] | None:
        """Give the part of a name that a filter ends with, and what it can become; None where no module is meant.

        Args:
            before: The filter up to the cursor; a part of its end is looked at, and its imports.
            options: Those of the magic.

        """
        path = _PATH_BEFORE.search(before[-_NAME_CHARS * 2 :])
        if path is not None:
            return path[1], [name.removesuffix(_DATA) for name in self._modules]
        member = _MEMBER_BEFORE.search(before[-_NAME_CHARS * 2 :])
        if member is None:
            return None
        names = {_alias(name): name for name in ([] if options is None else options.get("module", []))}
        module = self._modules.get((names | imported(before)).get(member[1], "").removesuffix(_CODE))
        return member[2], [] if module is None else list(module.definitions)

    def _advice(self, ending: str = "") -> str:
        """Say what to do where a module is missing, or data."""
        known = ", ".join(list(self._modules)[:20])
        what = f"a cell that begins with {FORM}{ending} keeps {'data' if ending else 'a module'}"
        return f"{what}; there is {known}" if known else f"{what}; none is kept yet"

    def _find(self, paths: tuple[str, ...]) -> tuple[str, str] | None:
        names = (path.removesuffix(_CODE) for path in paths)
        return next(((name, self._modules[name].text) for name in names if name in self._modules), None)

    def _import(self, name: str) -> str:
        name = name.removesuffix(_CODE)
        if name not in self._modules:
            raise UsageError(f"--module: there is no module {quoted(name)}; {self._advice()}")
        alias = _alias(name)
        if _ALIAS.fullmatch(alias) is None:
            raise UsageError(
                f"--module: {quoted(alias)} is no name in jq; write an import with another: {_written(name, 'name')}"
            )
        return f"{_written(name, alias)} "

    def _line(self, name: str) -> str:
        module = self._modules[name]
        defined = ", ".join(module.definitions[:_LISTED]) or ("data" if name.endswith(_DATA) else "no definitions")
        return printable(f"module {name} ({show_bytes(module.size)}): {defined}\n")


def _checked(name: str) -> str:
    """Check the name of a module. Returns: It, without blanks and ending. Raises: UsageError."""
    name = name.strip().removesuffix(_CODE)
    if not name:
        raise UsageError(f"name the module that follows: {FORM}")
    if len(name) > _NAME_CHARS or _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{quoted(name)} is no name of a module: letters of ASCII, digits, _, - and ., with / between its parts, "
            f"at most {_NAME_CHARS}"
        )
    return name


def _call(signature: str) -> str:
    """Write a call of a definition, such as `f(.; .)` for `f/2`."""
    name, _, count = signature.partition("/")
    return f"{name}({'; '.join(['.'] * int(count))})" if int(count) else name


def _alias(name: str) -> str:
    return name.removesuffix(_CODE).removesuffix(_DATA).rpartition("/")[2]


def _written(name: str, alias: str) -> str:
    """Write the import of a module under a name."""
    sign = "$" if name.endswith(_DATA) else ""
    return f"import {json.dumps(name.removesuffix(_DATA))} as {sign}{alias};"
