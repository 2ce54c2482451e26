"""A few kernels and cells; `make proof` has a hundred and a thousand."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow


def test_a_few_kernels_and_cells_leave_nothing():
    command = [sys.executable, "-m", "tests.proof.kernels", "--kernels", "2", "--cells", "60"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600, check=False)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert (report["cells"]["cells"], report["kernels"]["kernels"]) == (60, 2)
