"""`python -m jq_magic`: the jq command in a sandbox."""

from __future__ import annotations

import sys

from jq_magic.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
