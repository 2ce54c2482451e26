"""Compiles in a new process, for a forked child whose runtime waits for threads that stayed in its parent."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

from jq_magic.errors import GuestError, RuntimeUnavailableError
from jq_magic.wasm_runtimes import load

_LONGEST_S = 150.0
_DIGEST_BYTES = hashlib.sha256().digest_size
#: Python takes modules from where this process does, and none from its working directory.
_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from jq_magic.wasm_runtimes.elsewhere import main
main()
"""


def code_of(runtime_name: str, wasm: bytes) -> bytes:
    """Give what `Runtime.serialize` gives for `wasm`. Raises: GuestError, RuntimeUnavailableError."""
    command = [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path), runtime_name]
    try:
        done = subprocess.run(command, input=wasm, capture_output=True, timeout=_LONGEST_S, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise RuntimeUnavailableError(_message(runtime_name, str(error))) from error
    digest, code = done.stdout[:_DIGEST_BYTES], done.stdout[_DIGEST_BYTES:]
    if done.returncode != 0 or hashlib.sha256(code).digest() != digest:
        raise RuntimeUnavailableError(_message(runtime_name, done.stderr.decode(errors="replace")[-500:]))
    if not code:
        raise GuestError(f"{runtime_name} refuses the guest: {done.stderr.decode(errors='replace')[-500:]}")
    return code


def _message(runtime_name: str, reason: str) -> str:
    advice = "use jq_magic once before the process is forked, or start processes by spawn or forkserver"
    return f"a forked process cannot compile for {runtime_name}: {reason}; {advice}"


def main() -> None:
    """Compile what comes in for the runtime that the second argument names; nothing goes out when it is refused."""
    runtime = load(sys.argv[2])
    try:
        code = runtime.serialize(runtime.compile(sys.stdin.buffer.read()))
    except GuestError as error:
        code = b""
        sys.stderr.write(str(error))
    sys.stdout.buffer.write(hashlib.sha256(code).digest() + code)
