"""What the guest counts for a profile: read as it is, and believed in nothing."""

import struct

import pytest

import jq_magic
from jq_magic.errors import GuestError
from jq_magic.guest.guest import Guest
from jq_magic.guest.profiles import most_bytes, read_profile
from jq_magic.places import Texts
from jq_magic.profile import FILTER
from jq_magic.wasm_runtimes import load
from tests.guest.lying import guest_wasm

PROGRAM = "é|.a".encode()
OTHERS = [(0, 0, 0, 0, 10, 0), (0, 0, 0, 0, 20, 0), (0, 0, 0, 0, 30, 0)]
OWN = [(0, 5, 1, 1, 40, 16), (3, 5, 1, 1, 50, 32)]


def counts(rows, current=0):
    return struct.pack("<Q", current) + b"".join(struct.pack("<6Q", *row) for row in rows)


def read(rows, current=0, *, fuel=1000, compiling=500, memory_bytes=1 << 20):
    return read_profile(counts(rows, current), Texts(PROGRAM), fuel, compiling, memory_bytes)


def test_what_was_not_counted_yet_is_the_work_of_the_part_at_work():
    profile = read([*OTHERS, *OWN], 4)
    assert [(part.name, part.fuel) for part in profile] == [
        (FILTER, 40),
        (FILTER, 50 + 350),
        ("compiling", 500),
        ("reading", 10),
        ("writing", 20),
        ("profiling", 30),
    ]
    assert sum(part.fuel for part in profile) == 1000


def test_places_count_characters():
    profile = read([*OTHERS, *OWN])
    assert [profile.program[part.start : part.end] for part in profile[:2]] == ["é|.a", ".a"]


def test_a_run_that_ended_while_it_was_compiled_has_one_part():
    profile = read_profile(b"", Texts(PROGRAM), 70, 70, 1 << 20)
    assert [(part.name, part.fuel) for part in profile] == [("compiling", 70)]


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        counts([])[:-1],
        counts([]),
        counts(OTHERS[:2]),
        counts([*OTHERS, *OWN])[:-1],
        counts([*OTHERS, *OWN], 5),
        counts([*OTHERS, *OWN], 2**64 - 1),
        counts([*OTHERS, (0, 6, 0, 0, 0, 0)]),
        counts([*OTHERS, (2, 1, 0, 0, 0, 0)]),
        counts([*OTHERS, (0, 2**63, 0, 0, 0, 0)]),
        # One more than what was used, and than what there is.
        counts([*OTHERS, (0, 1, 0, 0, 441, 0)]),
        counts([*OTHERS, (0, 1, 0, 0, 0, (1 << 20) + 1)]),
    ],
)
def test_counts_that_do_not_fit_are_a_guest_error(content):
    with pytest.raises(GuestError):
        read_profile(content, Texts(PROGRAM), 1000, 500, 1 << 20)


def test_counts_at_the_edge_fit():
    at_most = read([*OTHERS, (0, 1, 0, 0, 440, 1 << 20)])
    assert (at_most[0].fuel, at_most[0].memory_bytes) == (440, 1 << 20)


@pytest.mark.parametrize("reply", [{120: -16, 124: 8}, {120: 0, 124: -1}, {120: 0, 124: most_bytes(b".") + 8}])
def test_a_profile_that_is_too_long_or_past_memory_is_a_guest_error(runtime, reply):
    limits = jq_magic.Limits(memory_bytes=1 << 20)
    instance = load(runtime).compile(guest_wasm(reply=reply)).instantiate(limits.memory_bytes)
    try:
        guest = Guest(instance, limits, b".", stack_bytes=65_536, is_profiled=True)
        guest.compile(b"")
        with pytest.raises(GuestError):
            guest.profile()
    finally:
        instance.close()
