"""How much memory a sandbox may have is half of what the process's group of processes may use."""

from __future__ import annotations

import pytest

from jq_magic.run import room
from tests.support import python

MIB = 1 << 20


def written(root, **files):
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({}, None),
        ({"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__memory_dot_max": "max\n"}, None),
        ({"proc__self__cgroup": "0::/\n", "sys__fs__cgroup__memory_dot_max": f"{512 * MIB}\n"}, 256 * MIB),
        ({"sys__fs__cgroup__memory__memory_dot_limit_in_bytes": f"{512 * MIB}\n"}, 256 * MIB),
        (
            {
                "proc__self__cgroup": "0::/a/b\n",
                "sys__fs__cgroup__a__memory_dot_max": f"{100 * MIB}\n",
                "sys__fs__cgroup__a__b__memory_dot_max": "max\n",
            },
            50 * MIB,
        ),
        (
            {
                "proc__self__cgroup": "5:cpu:/\n4:memory:/docker/x\n",
                "sys__fs__cgroup__memory__docker__x__memory_dot_limit_in_bytes": f"{64 * MIB}\n",
            },
            32 * MIB,
        ),
        ({"proc__self__cgroup": "\n::\nnonsense\n", "sys__fs__cgroup__memory_dot_max": "-\n"}, None),
    ],
)
def test_the_least_limit_of_all_groups_counts(files, most, tmp_path):
    found = room.most_bytes(written(tmp_path, **files))
    assert found == (room.most_bytes(tmp_path / "none") if most is None else most)


CONTAINER = """
import sys
import jq_magic
from jq_magic.run import pool
pool._ROOM_BYTES = 100 << 20
program = jq_magic.compile('("a" * 1e6) as $a | [range(.) | $a + "x"] | length', runtime=sys.argv[1])
print(program.run("20").text.strip(), program.run("40").text.strip())
for limit in (512 << 20, 64 << 20):
    try:
        program.run("1000", limits=jq_magic.Limits(memory_bytes=limit))
    except jq_magic.MemoryLimitError as error:
        is_bounded = error.used <= 130 << 20 and error.usage.memory_bytes <= 100 << 20
        print("this machine has less memory" in str(error), is_bounded)
print(program.run("20").text.strip())
"""


def test_a_filter_meets_a_memory_limit_before_the_container_ends(runtime):
    done = python(CONTAINER, runtime)
    assert done.stdout.splitlines() == ["20 40", "True True", "False True", "20"], done.stderr
