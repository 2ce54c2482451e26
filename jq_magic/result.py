"""What a run gives: its outputs, and what it used."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from jq_magic import data
from jq_magic.limits import Limits


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a run used.

    Attributes:
        fuel: WebAssembly operators; exact, and a little over the limit when that ended the run.
        memory_bytes: Size of the sandbox's memory at the end.
        wall_s: Seconds inside the sandbox.
        input_bytes: Bytes of input that were read; when a limit stopped the guest, those until its last batch was full.
        output_bytes: Bytes of output text.
        outputs: Number of outputs.

    """

    fuel: int
    memory_bytes: int
    wall_s: float
    input_bytes: int
    output_bytes: int
    outputs: int


@dataclasses.dataclass(frozen=True)
class Result:
    """The outputs of a run and what they cost.

    Attributes:
        text: One JSON text per line.
        usage: What the run used.
        limits: The limits it had.
        runtime, engine: Where it ran.
        guest_sha256: The module that ran, in hexadecimal.
        messages: What `debug` and `stderr` said, one text per call.

    """

    text: str
    usage: Usage
    limits: Limits
    runtime: str
    engine: str
    guest_sha256: str
    messages: list[str]

    @functools.cached_property
    def values(self) -> list[Any]:
        """The outputs as Python values, decoded on first use. Raises: DataError."""
        return data.from_json_lines(self.text)
