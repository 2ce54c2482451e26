"""What the tests of the page need besides Python: node, a browser, and axe-core.

python tests/browser/tools.py

What is missing is installed with apt-get where that can be done, and otherwise named.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

#: Names of the browser's program, and Debian's package.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_PACKAGE = "chromium"

AXE_VERSION = "4.14.1"
#: npm's hash of the package of that version.
AXE_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


def browser() -> str | None:
    """The browser to drive, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def axe() -> Path:
    """axe-core as one script, fetched once. Raises: RuntimeError when it is not what it was."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jq_magic-build"
    kept = Path(os.environ.get("JQ_MAGIC_BUILD_CACHE") or cache) / f"axe-{AXE_VERSION}.js"
    if kept.exists():
        return kept
    with tempfile.TemporaryDirectory() as name:
        command = ["npm", "pack", "--silent", f"axe-core@{AXE_VERSION}"]
        subprocess.run(command, cwd=name, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(name).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if found != AXE_SHA512:
            raise RuntimeError(f"axe-core {AXE_VERSION} has the hash {found}, not {AXE_SHA512}")
        with tarfile.open(package) as archive:
            script = archive.extractfile("package/axe.min.js")
            assert script is not None
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(f".{os.getpid()}")
            partial.write_bytes(script.read())
            partial.replace(kept)
    return kept


def install(*packages: str) -> None:
    """Install Debian packages. Raises: SystemExit with what to do where that cannot be done."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise SystemExit(f"the tests of the page need {names}; please install what is missing and try again")
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and shutil.which("sudo") is None:
        raise SystemExit(f"the tests of the page need {names}; as root: apt-get install {names}")
    print(f"[setup] installing {names}", flush=True)
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run([*sudo, "apt-get", *command], stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise SystemExit(f"apt-get could not install {names}; please install what is missing and try again")


def main() -> None:
    """Have everything."""
    missing = [] if browser() else [BROWSER_PACKAGE, "fonts-dejavu-core"]
    missing += [name for name, program in (("nodejs", "node"), ("npm", "npm")) if shutil.which(program) is None]
    if missing:
        install(*missing)
    if browser() is None:
        raise SystemExit(f"there is no browser: none of {', '.join(BROWSERS)}")
    axe()


if __name__ == "__main__":
    main()
