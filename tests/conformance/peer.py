"""jq 1.8.2 itself, the package jq, in a process of its own with limits: its crash or hang ends that process only."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from pathlib import Path
from typing import Any

_LOOP = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
import jq
for line in sys.stdin:
    program, text, most = json.loads(line)
    outputs, error = [], None
    try:
        for output in jq.compile(program).input_text(text):
            outputs.append(output)
            if len(outputs) == most:
                break
    except ValueError as raised:
        error = str(raised)
    print(json.dumps([outputs, error]), flush=True)
"""


class Peer:
    """The process; it is started anew when it crashed or took too long, in a directory in which it finds modules."""

    def __init__(self, seconds: float = 10.0, directory: Path | None = None) -> None:
        self._seconds, self._directory = seconds, directory
        self._process: subprocess.Popen[str] | None = None

    def run(self, program: str, text: str, most: int) -> tuple[list[Any], str | None] | None:
        """Up to `most` outputs and the error after them; None when jq crashed or took too long."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _LOOP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=self._directory,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([program, text, most]) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(self._seconds) else ""
        if not line:
            self.close()
            return None
        outputs, error = json.loads(line)
        return outputs, error

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
