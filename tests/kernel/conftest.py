"""A kernel as Jupyter starts it: from a kernelspec that the command installed, in a notebook's directory."""

from __future__ import annotations

import pytest

from jq_magic.kernel import install
from tests.kernel.client import started


@pytest.fixture(scope="session")
def specs(tmp_path_factory):
    """Where the kernel `jq` is installed, with the package of this clone."""
    prefix = tmp_path_factory.mktemp("prefix")
    install.main(["--prefix", str(prefix)])
    return prefix / "share" / "jupyter" / "kernels"


@pytest.fixture(scope="session")
def start(specs):
    """Start a kernel in a directory; all end with the tests."""
    kernels = []

    def start(directory, name="jq", **environment):
        kernels.append(started(specs, directory, name, **environment))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.end()


@pytest.fixture(scope="module")
def kernel(start, tmp_path_factory):
    """A kernel in a directory with some data."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "rows.json").write_text('[{"name": "a", "score": 4.5}, {"name": "b", "score": 1}]')
    return start(directory)
