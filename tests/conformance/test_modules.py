"""Drawn programs with modules give here what they give in jq 1.8.2, which reads the modules from files."""

from __future__ import annotations

import json
import random

import pytest

import jq_magic
from tests.conformance.peer import Peer

pytestmark = pytest.mark.slow

PATHS = ("a", "b", "c/c", "d", "c/e")
NAMES = ("f", "g", "h")
ALIASES = ("a", "b", "m")
COUNT = 400


class Draw:
    """Draws programs and modules from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def imports(self, below: int) -> tuple[str, list[str]]:
        """Imports of modules with a lower number, and of data; and the terms that they may make possible."""
        texts, terms = [], []
        for _ in range(self.random.randint(0, 3)):
            alias = self.random.choice(ALIASES)
            if self.random.random() < 0.25:
                texts.append(f'import "data" as ${alias};')
                terms += [f"${alias}", f"${alias}::{alias}", f"${alias}[0]"]
                continue
            path = PATHS[self.random.randrange(below)] if below else "none"
            metadata = self.random.choice(["", "", "", ' {search:"./"}', ' {"v":1}', ' {search:["c", "."]}'])
            if self.random.random() < 0.3:
                texts.append(f'include "{path}"{metadata};')
                terms += NAMES
            else:
                texts.append(f'import "{path}" as {alias}{metadata};')
                terms += [f"{alias}::{name}" for name in NAMES]
        return " ".join(texts), terms

    def term(self, terms: list[str], depth: int = 2) -> str:
        """One of the terms, or some of them in brackets."""
        draw = self.random.random()
        if depth and draw < 0.3:
            return f"[{self.term(terms, depth - 1)}, {self.term(terms, depth - 1)}]"
        if depth and draw < 0.4:
            return f"({self.term(terms, depth - 1)} | {self.term(terms, depth - 1)})"
        return self.random.choice([*terms, *terms, "1", ".", "length?"])

    def module(self, number: int) -> str:
        imports, terms = self.imports(number)
        own = []
        for _ in range(self.random.randint(0, 4)):
            name = self.random.choice(NAMES)
            parameter = self.random.choice(["", "", "(p)", "($p)"])
            # What calls itself here never ends.
            known = [*NAMES, "p"] if parameter else [other for other in NAMES if other != name]
            body = self.term([*terms, *known])
            own.append(f"def {name}{parameter}: [{json.dumps(f'{number}{name}')}, {body}];")
        header = self.random.choice(["", "", f"module {{n: {number}}};"])
        return " ".join([header, imports, *own])

    def program(self) -> str:
        imports, terms = self.imports(len(PATHS))
        own = self.random.choice(["", "", 'def f: "own";', "def g: f;"])
        return f"{imports} {own} {self.term([*terms, *NAMES])}"


def here(sandbox: jq_magic.Sandbox, program: str, modules: dict[str, str]) -> tuple[list[object], bool] | str:
    try:
        return sandbox.compile(program, modules=modules).run("[0]").values, False
    except jq_magic.ProgramError:
        return "refused"
    except jq_magic.LimitError:
        # Definitions that double what others give make values that no test should wait for.
        return "large"
    except jq_magic.FilterError as error:
        return error.partial.values, True


def test_drawn_modules_mean_what_they_mean_in_jq(tmp_path):
    peer, sandbox = Peer(directory=tmp_path), jq_magic.Sandbox(limits=jq_magic.Limits(fuel=10**7, deadline_s=60.0))
    ran = refused = 0
    (tmp_path / "c").mkdir()
    try:
        for seed in range(COUNT):
            draw = Draw(seed)
            modules = {f"{path}.jq": draw.module(number) for number, path in enumerate(PATHS)}
            modules["data.json"] = '{"k": 1} [2]'
            for name, text in modules.items():
                (tmp_path / name).write_text(text)
            program = draw.program()
            found = here(sandbox, program, modules)
            if found == "large":
                continue
            theirs = peer.run(program, "[0]", 1_000)
            assert theirs is not None, program
            outputs, error = theirs
            if found == "refused":
                refused += 1
                assert not outputs, (seed, program, modules)
                assert error is not None, (seed, program, modules)
            else:
                ran += 1
                assert found == (outputs, error is not None), (seed, program, modules)
    finally:
        peer.close()
    # Both kinds must be drawn often enough to mean something.
    assert min(ran, refused) > COUNT // 10
    assert ran + refused > COUNT * 0.9
