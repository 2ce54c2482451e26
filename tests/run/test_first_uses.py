"""Interrupts in the middle of the imports of a first use: what comes after them works as if there had been none."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support import python

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="each interrupt comes in a forked child of its own"),
]

#: What is used, by name: what the parent of all children imports before, and what each child does.
USES = {
    "a filter": ("", "assert jq_magic.compile('.a', runtime=runtime).run('{\"a\": 1}').text == '1\\n'"),
    "pandas": ("jq_magic.text('.', 1)", "assert jq_magic.compile('.').run('[1]').to_pandas().shape == (1, 1)"),
    "polars": ("jq_magic.text('.', 1)", "assert jq_magic.compile('.').run('[1]').to_polars().shape == (1, 1)"),
    "a frame": (
        "import pandas; jq_magic.text('.', 1)",
        "assert jq_magic.text('.[0].a', pandas.DataFrame({'a': [1]})) == '1'",
    ),
    "a view": ("jq_magic.text('.', 1)", "jq_magic.view(jq_magic.compile('.').run('[1]'))"),
}

CHILDREN = """
import faulthandler, json, os, signal, sys, threading, traceback

runtime, before, use, count = *sys.argv[1:4], int(sys.argv[4])
names = {"runtime": runtime}
main = threading.main_thread().ident
if before:
    exec("import jq_magic\\n" + before, names)

class Interrupting:
    '''Interrupts the main thread when the n-th module is looked for, whoever imports it.'''
    def __init__(self, at):
        self.at, self.seen = at, 0
    def find_spec(self, name, path, target=None):
        self.seen += 1
        if self.seen == self.at:
            signal.pthread_kill(main, signal.SIGINT)

def end(at):
    '''How a child ends that is interrupted at an import: whether it was, and what does not work later.'''
    faulthandler.dump_traceback_later(300, exit=True)
    interrupting, was_interrupted = Interrupting(at), False
    sys.meta_path.insert(0, interrupting)
    try:
        exec("import jq_magic\\n" + use, names)
    except KeyboardInterrupt:
        was_interrupted = True
    sys.meta_path.remove(interrupting)
    try:
        for _ in range(2):
            exec("import jq_magic\\n" + use, names)
        assert jq_magic_works(), "another program"
    except BaseException:
        return [interrupting.seen, was_interrupted, traceback.format_exc()]
    return [interrupting.seen, was_interrupted, None]

def jq_magic_works():
    import jq_magic
    return jq_magic.compile(". + 1", runtime=runtime).run("1").text == "2\\n"

def forked(at):
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, json.dumps(end(at)).encode())
        os._exit(0)
    os.close(writes)
    with open(reads, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(told) if status == 0 else [0, True, f"status {status}"]

imports, _, broken = forked(0)
assert broken is None, broken
ends = [forked(round(1 + at * (imports - 1) / (count - 1))) for at in range(count)]
print(json.dumps([imports, sum(end[1] for end in ends), [end[2] for end in ends if end[2]]]))
"""


@pytest.mark.parametrize(
    ("runtime", "use", "count"),
    [
        *[("wasmtime", "a filter", 12), ("wasmer", "a filter", 12)],
        *[("wasmtime", use, count) for use, count in (("pandas", 6), ("polars", 6), ("a frame", 3), ("a view", 6))],
    ],
)
def test_an_interrupt_at_any_import_of_a_first_use_leaves_nothing_broken(runtime, use, count):
    done = python(CHILDREN, runtime, *USES[use], str(count))
    assert done.returncode == 0, done.stderr[-3000:]
    imports, interrupted, broken = json.loads(done.stdout.splitlines()[-1])
    assert broken == []
    assert imports >= count
    assert interrupted >= count * 0.8
