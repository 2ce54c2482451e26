"""Build the documentation as a site: build/docs/index.html.

    python docs/build.py

Tables are written anew first. A warning, such as a link that leads nowhere, is an error. Nothing is fetched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import tables

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "docs"
#: Pages stand in the site as in the repository; this leads to the first one.
_FRONT = (
    '<!doctype html><meta charset="utf-8"><title>jq_magic</title><meta http-equiv="refresh" content="0; url=docs/">\n'
)


def main() -> int:
    """Build the site. Returns: the exit code."""
    tables.main()
    shutil.rmtree(SITE, ignore_errors=True)
    # Sphinx keeps what it read in a folder of its own: beside the site, not in it.
    sphinx = [sys.executable, "-m", "sphinx", "--builder", "html", "--fresh-env", "--fail-on-warning", "--quiet"]
    places = ["--conf-dir", "docs", "--doctree-dir", "build/doctrees", ".", str(SITE)]
    done = subprocess.run([*sphinx, *places], cwd=ROOT, check=False)
    if done.returncode == 0:
        (SITE / "index.html").write_text(_FRONT)
        print(f"see {SITE / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
