"""Installs Debian packages where that needs no answer from anybody."""

from __future__ import annotations

import os
import shutil
import subprocess

from wasm.builder.places import say


def install(packages: tuple[str, ...]) -> bool:
    """Install packages as root or with sudo; say whether they are there."""
    if not shutil.which("apt-get"):
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-qy", "--no-install-recommends", *packages],
    ):
        say(" ".join(sudo + command))
        try:
            done = subprocess.run(sudo + command, env=environment, stdin=subprocess.DEVNULL, check=False)
        except OSError as error:
            say(str(error))
            return False
        if done.returncode != 0:
            return False
    return True
