"""A moment of an instance, put back exactly or not at all."""

from __future__ import annotations

import mmap
import sys
from typing import Any

import pytest

import jq_magic
from jq_magic.guest.module import MODULES
from jq_magic.run.image import Image
from tests.support import ROOMY, wait_until

PAGE, CHUNK = mmap.PAGESIZE, 65_536
#: Pages in the memory of the instances here.
PAGES = 4 * CHUNK // PAGE


class FakeInstance:
    """An instance that is nothing but a memory and a stack pointer; what it wrote is named by page."""

    def __init__(self, written=(), *, stack_pointer=8 * PAGE, pages=PAGES, forgets=True):
        self.memory = bytearray(pages * PAGE)
        self.globals = {"__stack_pointer": stack_pointer, "stop_word": 2 * PAGE}
        self.forgets = forgets
        for page in written:
            self.memory[page * PAGE + 9] = page % 255 + 1

    def memory_bytes(self):
        return len(self.memory)

    def get_global(self, name):
        return self.globals[name]

    def read(self, address, length):
        return bytes(self.memory[address : address + length])

    def write(self, address, data):
        self.memory[address : address + len(data)] = data

    def forget(self, address, length):
        self.memory[address : address + length] = bytes(length)
        return self.forgets


def made(written=(), **options) -> Any:
    return FakeInstance(written, **options)


#: What an instance had written at the moment, and has written when it ran.
THEN, RAN = (6, 20), (6, 7, 20, 21, 40)


@pytest.fixture
def image():
    return Image(made(THEN), made(RAN), made())


def test_an_instance_is_put_back_to_the_byte(image):
    then = made(THEN)
    for ran in (RAN, (0, 1, 2, PAGES - 1), range(PAGES), ()):
        instance = made(ran)
        assert image.renew(instance)
        assert instance.memory == then.memory
        assert image.is_in(instance, made())


def test_a_difference_of_one_byte_is_seen(image):
    instance = made(THEN)
    assert image.is_in(instance, made())
    for at in (0, 6 * PAGE, PAGES * PAGE - 1):
        instance.memory[at] ^= 1
        assert not image.is_in(instance, made())
        instance.memory[at] ^= 1


@pytest.mark.parametrize(
    "instance",
    [made(RAN, pages=PAGES + CHUNK // PAGE), made(RAN, stack_pointer=7 * PAGE), made(RAN, forgets=False)],
    ids=["memory that has grown", "a stack that was not left", "a system that forgets no page"],
)
def test_what_cannot_be_put_back_is_not(instance, image):
    assert not image.renew(instance)


def test_an_instance_that_wrote_to_much_is_not_worth_an_image():
    pages = 200 * CHUNK // PAGE
    image = Image(*(made(written, pages=pages) for written in ((), range(0, pages, 2), ())))
    assert not image.is_usable
    assert not image.renew(made(pages=pages))
    # Nor is one that wrote to nothing, of which nothing can be learned.
    assert not Image(made(), made(), made()).is_usable


def test_instances_of_several_sizes_make_no_image():
    assert not Image(made(THEN), made(RAN, pages=2 * PAGES), made()).is_usable


def test_the_stop_word_is_no_part_of_an_image():
    then, used = made(THEN), made((2, *RAN))
    for instance in (then, used):
        instance.write(2 * PAGE, b"\xff" * 8)
    image = Image(then, used, made())
    instance = made(RAN)
    assert image.renew(instance)
    assert instance.read(2 * PAGE, 8) == bytes(8)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises what a page is that was given back")
def test_a_word_to_stop_that_comes_while_the_image_of_a_guest_is_made_is_not_part_of_it(runtime):
    _, module = MODULES.get(runtime, "magic")
    program = jq_magic.Sandbox(runtime, ROOMY).compile(".a")
    assert wait_until(lambda: len(program._source.pool.idle) == 1)
    instance, fresh = program._source.pool.idle.pop().instance, module.instantiate(8 << 20)
    word = instance.get_global("stop_word")
    instance.stop()
    image = Image(instance, instance, fresh)
    assert instance.read(word, 8) == b"\xff" * 8
    assert image.renew(instance)
    assert instance.read(word, 8) == bytes(8)
    assert image.is_in(instance, fresh)
    instance.close()
    fresh.close()
