"""A short soak; `make proof` has the long one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support import TESTS

pytestmark = pytest.mark.slow


def soak(*options):
    done = subprocess.run(
        [sys.executable, TESTS / "proof" / "soak.py", *options],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("part", "count"), [("soak", 2000), ("interrupts", 60), ("around", 0)])
def test_a_short_soak_leaves_nothing(part, count):
    found = soak("--part", part, "--count", str(count))
    assert found["ok"], json.dumps(found)
