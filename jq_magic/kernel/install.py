"""Makes the kernel known to Jupyter: writes a kernelspec, with a logo."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager

from jq_magic.errors import JqMagicError
from jq_magic.limits.ceiling import read_text

LOGOS = ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg")
# Python puts the working directory at the head of sys.path with -c and -m: a notebook's directory could hold a package
# of this name, or of any that it imports. So it is taken out before anything is imported. (-P does it from 3.11 on, and
# -I would leave out what a user installed.)
_START = (
    "import sys; sys.path[:] = [path for path in sys.path if path]; from jq_magic.kernel.__main__ import main; main()"
)


def spec(python: str = "python", data: str | None = None, ceiling: str | None = None) -> dict[str, Any]:
    """Make a kernelspec.

    Args:
        python: The interpreter; Jupyter takes its own for "python".
        data: The directory whose files notebooks may read; None for each notebook's own.
        ceiling: The largest limits; None for those of the machine.

    """
    options = ["--data", data] * (data is not None) + ["--ceiling", ceiling] * (ceiling is not None)
    argv = [python, "-c", _START, "-f", "{connection_file}", *[str(option) for option in options]]
    return {
        "argv": argv,
        "display_name": "jq",
        "language": "jq",
        "interrupt_mode": "signal",
        "metadata": {"debugger": False, "supported_features": ["kernel subshells"]},
    }


def write(directory: Path, content: dict[str, Any]) -> None:
    """Write a kernelspec and its logos into a directory."""
    (directory / "kernel.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for logo in LOGOS:
        source = resources.files("jq_magic.kernel") / "static" / logo
        (directory / logo).write_bytes(source.read_bytes())


def main(argv: list[str] | None = None) -> None:
    """Install what the command line says."""
    options = _parser().parse_args(argv)
    data = None
    try:
        if options.ceiling is not None:
            read_text(options.ceiling, "--ceiling")
        if options.data is not None:
            data = str(Path(options.data).resolve(strict=True))
            if not Path(data).is_dir():
                sys.exit(f"{data} is no directory")
    except (JqMagicError, OSError) as error:
        sys.exit(f"python -m jq_magic.kernel install: {error}")
    content = spec(sys.executable, data, options.ceiling)
    if options.name != "jq":
        content["display_name"] = f"jq ({options.name})"
    prefix = sys.prefix if options.sys_prefix else options.prefix
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "jq"
        directory.mkdir(mode=0o755)
        write(directory, content)
        path = KernelSpecManager().install_kernel_spec(str(directory), options.name, user=prefix is None, prefix=prefix)
    print(f"installed the kernel {options.name} in {path}")  # noqa: T201 - the answer of a command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jq_magic.kernel install", description="Makes the kernel known to Jupyter."
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for this user, as without any of these")
    where.add_argument("--sys-prefix", action="store_true", help="into this Python's environment")
    where.add_argument("--prefix", metavar="DIR", help="below DIR/share/jupyter")
    parser.add_argument("--name", default="jq", help="the name of the kernel, jq without it")
    parser.add_argument("--data", metavar="DIR", help="whose files notebooks may read; the notebook's without it")
    parser.add_argument("--ceiling", metavar="TEXT", help='the largest limits: strict, or "fuel=1e9,memory=256MiB"')
    return parser
