"""Runs `python -m jq_magic.kernel`: `install`, or with `-f` the kernel itself."""

from __future__ import annotations

import sys


def main() -> None:
    """Do what the command line says."""
    if sys.argv[1:2] == ["install"]:
        from jq_magic.kernel.install import main as install  # noqa: PLC0415 - the kernel's process does without

        install(sys.argv[2:])
    else:
        try:
            from jq_magic.kernel.app import main as serve  # noqa: PLC0415 - to install takes no ipykernel
        except ModuleNotFoundError as error:
            sys.exit(f"jq_magic.kernel: there is no {error.name} here: pip install 'jq-magic[kernel]'")
        serve()


if __name__ == "__main__":
    main()
