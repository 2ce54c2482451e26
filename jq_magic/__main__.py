"""`python -m jq_magic`: the jq command in a sandbox."""

from __future__ import annotations

import os
import sys


def _main() -> int:
    try:
        from jq_magic.cli.command import PIPE_CLOSED, main  # noqa: PLC0415 - an interrupt of the import ends quietly

        code = main()
    except KeyboardInterrupt:
        return 130
    if code == PIPE_CLOSED:
        # Python would say at its end that it cannot write what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


if __name__ == "__main__":
    sys.exit(_main())
