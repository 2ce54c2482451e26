"""The table of attacks: what is run, under which limits, and how it must end."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: Limits of an attack that sets none: small enough to be reached at once, with a deadline for a busy machine.
LIMITS = {"fuel": 300_000_000, "memory_bytes": 64 << 20, "deadline_s": 20.0, "output_bytes": 4 << 20}
#: How an attack may end, by the word in the table.
ENDS = {
    "fuel": {"FuelError"},
    "memory": {"MemoryLimitError"},
    "stack": {"StackLimitError"},
    # Each call takes memory in the heap, and fuel.
    "heap": {"MemoryLimitError", "FuelError"},
    "deadline": {"DeadlineError"},
    "output": {"OutputLimitError"},
    "input": {"InputLimitError"},
    "program": {"ProgramLimitError"},
    # Which limit is met first depends on what values cost, which is no matter of safety.
    "limit": {"FuelError", "MemoryLimitError", "StackLimitError", "OutputLimitError"},
    # The filter ends by itself, or with an error of its own.
    "answer": {"answer", "FilterError", "ProgramError", "HaltError", "InputError"},
    "any": {
        "answer", "FilterError", "ProgramError", "HaltError", "InputError",
        "FuelError", "MemoryLimitError", "StackLimitError", "OutputLimitError", "InputLimitError", "ProgramLimitError",
    },
    "value": {"LimitValueError", "UsageError"},
    "data": {"DataError"},
    "usage": {"UsageError"},
    "trait": {"TraitError"},
    "ceiling": {"CeilingError"},
    "frame": {"answer", "DataError", "OutputLimitError", "FuelError", "MemoryLimitError", "StackLimitError"},
    "read": {"answer", "UsageError", "LimitValueError", "CeilingError"},
    # Another engine than magic has no profiles.
    "profile": {
        "answer", "ProgramError", "FuelError", "MemoryLimitError", "StackLimitError", "RuntimeUnavailableError",
    },
    # Below the ceiling, or refused.
    "kept": {"CeilingError", "LimitValueError", "TypeError", "FuelError"},
}  # fmt: skip
#: What is repeated for every attack of a row.
_LISTS = {
    "programs": "program", "texts": "text", "lines": "line", "cells": "cell", "commands": "command",
    "requests": "request",
}  # fmt: skip


def attacks():
    """Every attack, with its id, group, class and limits."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for row in tomllib.loads(path.read_text())["attack"]:
            (plural,) = row.keys() & _LISTS.keys()
            for number, item in enumerate(row[plural]):
                attack = {"kind": "program", "program": ".", **row, _LISTS[plural]: item}
                attack["limits"] = {**LIMITS, **row.get("limits", {})}
                attack["group"], attack["number"] = path.stem, number
                attack["under_ceiling"] = row.get("under_ceiling", path.stem == "policy")
                attack["id"] = f"{path.stem}: {row['class']} {number}: {item[:40]}"
                del attack[plural]
                found.append(attack)
    assert len({attack["id"] for attack in found}) == len(found)
    return found
