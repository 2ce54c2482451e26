"""The extension under the runtime wasmer: no order of calls, on any thread, does harm."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import pytest
import wasmtime

from tests.support import needs, python

needs("jq_magic_wasmer", "make wasmer")

import jq_magic_wasmer  # noqa: E402 - it is not everywhere
from jq_magic_wasmer import Module, Trap  # noqa: E402 - as above

pytestmark = pytest.mark.slow

#: What an instance of this has: a loop that looks at the stop word, traps, memory to grow, data.
GUEST = """
(module
  (memory (export "memory") 2)
  (data (i32.const 16) "data")
  (data (i32.const 18) "TA")
  (global (export "stop_word") i32 (i32.const 8))
  (global (export "fuel") (mut i64) (i64.const 0))
  (global (export "narrow") (mut i32) (i32.const -1))
  (global (export "fraction") f64 (f64.const 0.5))
  (func (export "spin") (loop (if (i64.ne (i64.load (i32.const 8)) (i64.const 0)) (then unreachable)) (br 0)))
  (func (export "same") (param i32) (result i32) local.get 0)
  (func (export "wide") (param i64) (result i32) i32.const 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "unreachable") unreachable)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))
"""
PAGE = 65_536


def compiled(wat):
    return Module.compile(bytes(wasmtime.wat2wasm(wat)))


@pytest.fixture(scope="module")
def module():
    return compiled(GUEST)


@pytest.fixture(params=["compiled", "loaded"])
def instance(module, request):
    if request.param == "loaded":
        module = Module.deserialize(module.serialize())
    return module.instantiate(4 * PAGE)


@pytest.fixture
def spinning(instance):
    """An instance in the midst of a call, and how the call ended."""
    ended = []

    def spin():
        try:
            instance.call("spin")
        except Trap as trap:
            ended.append(trap.args[0])

    thread = threading.Thread(target=spin)
    thread.start()
    # Until the call has begun, a read is not refused.
    while True:
        try:
            instance.read(0, 1)
        except RuntimeError:
            break
        time.sleep(0.001)
    yield instance, ended
    instance.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert ended == ["unreachable"]


USES = {
    "call": lambda instance: instance.call("same", 1),
    "read": lambda instance: instance.read(0, 1),
    "write": lambda instance: instance.write(0, b"a"),
    "get_global": lambda instance: instance.get_global("fuel"),
    "set_global": lambda instance: instance.set_global("fuel", 1),
    "memory_bytes": lambda instance: instance.memory_bytes(),
}


@pytest.mark.parametrize("use", USES)
def test_after_close_every_use_is_refused(instance, use):
    instance.close()
    with pytest.raises(RuntimeError, match="closed"):
        USES[use](instance)


def test_close_and_stop_may_come_at_any_time_and_often(instance):
    instance.stop()
    instance.close()
    instance.close()
    instance.stop()
    with pytest.raises(RuntimeError, match="closed"):
        instance.memory_bytes()


@pytest.mark.parametrize("use", [*USES, "close"])
def test_during_a_call_every_other_use_is_refused(spinning, use):
    instance, ended = spinning
    with pytest.raises(RuntimeError, match="in use"):
        instance.close() if use == "close" else USES[use](instance)
    assert ended == []


def test_an_instance_that_is_dropped_during_a_call_lives_until_its_end(module):
    instance = module.instantiate(4 * PAGE)
    stop = instance.stop
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        spinning = pool.submit(instance.call, "spin")
        del instance
        time.sleep(0.05)
        assert not spinning.done()
        stop()
        with pytest.raises(Trap):
            spinning.result(60)
    stop()


def test_a_stop_before_a_call_ends_it(instance):
    instance.stop()
    with pytest.raises(Trap):
        instance.call("spin")


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (("unreachable",), "unreachable"),
        (("load", 4 * PAGE), "bounds"),
        (("load", -1), "bounds"),
        (("deep",), "stack"),
        (("divide", 0), "other"),
    ],
)
def test_after_a_trap_an_instance_can_be_read_and_not_called(instance, call, kind):
    with pytest.raises(Trap) as caught:
        instance.call(*call)
    assert caught.value.args[0] == kind
    assert instance.read(16, 4) == b"daTA"
    assert instance.get_global("fuel") == 0
    with pytest.raises(RuntimeError, match="has trapped"):
        instance.call("same", 1)


def test_numbers_of_32_bits_are_taken_as_they_are_and_others_refused(instance):
    assert instance.call("same", 2**32 - 1) == 2**32 - 1
    assert instance.call("same", -1) == 2**32 - 1
    for number in [2**32, -(2**31) - 1, 2**63 - 1]:
        with pytest.raises(ValueError, match="32 bits"):
            instance.call("same", number)
    for number in [2**63, -(2**63) - 1]:
        with pytest.raises(OverflowError):
            instance.call("same", number)
        with pytest.raises(OverflowError):
            instance.set_global("fuel", number)
    for value in [2**63 - 1, -(2**63)]:
        instance.set_global("fuel", value)
        assert instance.get_global("fuel") == value


@pytest.mark.parametrize(
    ("error", "use"),
    [
        (KeyError, lambda instance: instance.call("nothing")),
        (KeyError, lambda instance: instance.call("memory")),
        (KeyError, lambda instance: instance.get_global("nothing")),
        (KeyError, lambda instance: instance.set_global("same", 1)),
        (TypeError, lambda instance: instance.call("same")),
        (TypeError, lambda instance: instance.call("same", 1, 2)),
        (TypeError, lambda instance: instance.call("same", "1")),
        (TypeError, lambda instance: instance.call("same", 1.5)),
        (TypeError, lambda instance: instance.call("wide", 1)),
        (TypeError, lambda instance: instance.call(b"same", 1)),
        (TypeError, lambda instance: instance.get_global("fraction")),
        (TypeError, lambda instance: instance.set_global("narrow", 1)),
        (TypeError, lambda instance: instance.set_global("stop_word", 1)),
        (TypeError, lambda instance: instance.write(0, "text")),
        (IndexError, lambda instance: instance.read(2 * PAGE, 1)),
        (IndexError, lambda instance: instance.read(2 * PAGE - 1, 2)),
        (IndexError, lambda instance: instance.read(-1, 1)),
        (IndexError, lambda instance: instance.read(0, -1)),
        (IndexError, lambda instance: instance.read(2**63 - 1, 2**63 - 1)),
        (IndexError, lambda instance: instance.write(2 * PAGE - 1, b"ab")),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(instance, error, use):
    with pytest.raises(error):
        use(instance)
    assert instance.call("same", 7) == 7
    assert instance.read(16, 4) == b"daTA"


def test_classes_are_made_by_their_methods_only():
    for kind in [jq_magic_wasmer.Module, jq_magic_wasmer.Instance]:
        with pytest.raises(TypeError):
            kind()


def test_memory_grows_to_its_ceiling_and_not_past_it(module, instance):
    assert instance.call("grow", 2) == 2
    assert instance.memory_bytes() == 4 * PAGE
    assert instance.call("grow", 1) == 2**32 - 1
    assert instance.call("grow", 65_536) == 2**32 - 1
    assert instance.read(4 * PAGE - 1, 1) == b"\0"
    # Less than a page is no page; a ceiling above 4 GiB is none.
    assert module.instantiate(3 * PAGE - 1).call("grow", 1) == 2**32 - 1
    assert module.instantiate(2**40).call("grow", 4) == 2
    for too_little in [0, 2 * PAGE - 1]:
        with pytest.raises(MemoryError, match="more memory than allowed"):
            module.instantiate(too_little)
    with pytest.raises(OverflowError):
        module.instantiate(-1)


def test_a_fresh_instance_has_the_modules_data_whatever_others_wrote(module):
    first, second = module.instantiate(4 * PAGE), module.instantiate(4 * PAGE)
    first.write(0, b"\xff" * 2 * PAGE)
    third = module.instantiate(4 * PAGE)
    for instance in [second, third]:
        assert instance.read(0, 2 * PAGE) == bytes(16) + b"daTA" + bytes(2 * PAGE - 20)


@pytest.mark.parametrize(
    ("data", "begin"),
    [
        ('(data (i32.const 131068) "last")', None),
        ('(data (i32.const 65535) "ab")', None),
        ('(data (i32.const 0) "")', None),
        ('(data "later")', b"later"),
        ('(data (i32.const 70000) "x") (data $p "later")', b"later"),
    ],
)
def test_data_lies_where_the_module_says(data, begin):
    named = "(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 5))" if data.startswith('(data "') else ""
    named = named or ("(memory.init $p (i32.const 0) (i32.const 0) (i32.const 5))" if "$p" in data else "")
    wat = f'(module (memory (export "memory") 2) {data} (func (export "f") {named}))'
    wasm = bytes(wasmtime.wat2wasm(wat))
    store = wasmtime.Store()
    exports = wasmtime.Instance(store, wasmtime.Module(store.engine, wasm), []).exports(store)
    for module in [Module.compile(wasm), Module.deserialize(Module.compile(wasm).serialize())]:
        instance = module.instantiate(2 * PAGE)
        assert instance.read(0, 2 * PAGE) == exports["memory"].read(store)
        instance.call("f")
        if begin:
            assert instance.read(0, 5) == begin


@pytest.mark.parametrize(
    ("wat", "said"),
    [
        ('(module (memory (export "memory") 1) (func $f) (start $f))', "start function"),
        ('(module (import "a" "b" (func)) (memory (export "memory") 1))', "imports a.b"),
        ("(module)", "one memory"),
        ('(module (memory (export "memory") 1) (global (export "stop_word") i32 (i32.const 65532)))', "stop_word"),
        ('(module (memory (export "memory") 1) (global (export "stop_word") i32 (i32.const 4)))', "stop_word"),
        ('(module (memory (export "memory") 1) (global (export "stop_word") i64 (i64.const 8)))', "stop_word"),
    ],
)
def test_a_module_that_is_no_guest_is_refused(wat, said):
    with pytest.raises(ValueError, match=said):
        compiled(wat).instantiate(PAGE)


def test_data_past_the_memory_is_refused():
    module = compiled('(module (memory (export "memory") 1) (data (i32.const 65535) "ab"))')
    with pytest.raises(MemoryError, match="out of bounds"):
        module.instantiate(PAGE)


@pytest.mark.parametrize("wasm", [b"", b"\0asm", b"\0asm\1\0\0\0\x0b", b"(module)", b"\0asm\1\0\0\0\x01\xff\xff\xff"])
def test_what_is_no_module_is_refused(wasm):
    with pytest.raises(ValueError):
        Module.compile(wasm)


@pytest.mark.parametrize("code", [b"", b"\0" * 15, b"\0" * 16, b"\xff" * 100, b"\0" * 1000])
def test_what_is_no_compiled_code_is_refused(code):
    with pytest.raises(ValueError):
        Module.deserialize(code)


def test_python_runs_while_a_guest_is_compiled_and_runs(spinning):
    _, ended = spinning
    counted = sum(range(100_000))
    functions = "".join(
        f'(func (export "f{n}") (result i32) {"i32.const 1 i32.const 2 i32.add drop " * 50} i32.const 1)'
        for n in range(2_000)
    )
    wasm = bytes(wasmtime.wat2wasm(f'(module (memory (export "memory") 1) {functions})'))
    thread = threading.Thread(target=Module.compile, args=(wasm,))
    thread.start()
    turns = 0
    while thread.is_alive():
        turns += 1
        time.sleep(0.001)
    assert turns > 3
    assert counted
    assert ended == []


HAMMER = """
import random, sys, threading, time
import wasmtime
from jq_magic_wasmer import Module, Trap

module = Module.compile(bytes(wasmtime.wat2wasm(sys.argv[1])))
instances = [module.instantiate(4 << 16) for _ in range(4)]
uses = [
    lambda i: i.call("same", 1), lambda i: i.call("spin"), lambda i: i.call("deep"), lambda i: i.call("grow", 1),
    lambda i: i.call("load", 1 << 30), lambda i: i.read(0, 100), lambda i: i.write(100, b"abc"), lambda i: i.stop(),
    lambda i: i.stop(), lambda i: i.stop(), lambda i: i.close(), lambda i: i.memory_bytes(),
    lambda i: i.get_global("fuel"), lambda i: i.set_global("fuel", 1),
]
end = time.monotonic() + 3
done = [0] * 4

def hammer(seed):
    draw = random.Random(seed)
    while time.monotonic() < end:
        place = draw.randrange(len(instances))
        try:
            draw.choice(uses)(instances[place])
        except (Trap, RuntimeError):
            pass
        if draw.random() < 0.2:
            instances[place] = module.instantiate(4 << 16)
        done[seed] += 1

def stopper():
    while time.monotonic() < end + 1:
        for instance in list(instances):
            instance.stop()
        time.sleep(0.005)

threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(4)]
# A call whose instance was replaced is stopped by nobody: those threads may spin on.
for thread in threads:
    thread.daemon = True
    thread.start()
stopper()
print(module.instantiate(4 << 16).call("same", 42), sum(done) > 100)
"""


def test_random_uses_from_several_threads_do_no_harm():
    done = python(HAMMER, GUEST)
    assert (done.returncode, done.stdout) == (0, "42 True\n"), done.stderr
