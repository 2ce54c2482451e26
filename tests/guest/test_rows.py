"""What the guest says of rows is checked before anything is made of it."""

from __future__ import annotations

import struct

import pytest

from jq_magic.errors import FilterError, GuestError, HaltError
from jq_magic.guest import rows
from jq_magic.guest.guest import Batch
from jq_magic.limits import Limits
from jq_magic.places import Texts

LIMITS = Limits(outputs=3)
ERROR = b'{"value":1,"message":"no","index":0,"trace":[]}\n'


def batch(text, *records, cut=None, error=None):
    table = b"".join(struct.pack("<2Ii", *record) for record in records)
    return Batch(text, text.count(b"\n"), records=table[:cut], error=error)


def test_rows_are_laid_out_with_their_ends_before_them():
    block = rows.laid_out(b"1[2]", [1, 3, 0])
    assert block == struct.pack("<4I", 3, 1, 4, 4) + b"1[2]"
    assert len(block) == rows.size(3, 4)


def test_outputs_and_errors_are_cut_by_the_records():
    given = batch(b"1\n2\n" + ERROR + b"3\n", (1, 0, 0), (4, 2, 0), (1, 1, 0))
    assert rows.plain(given) is None
    ended = rows.ended(given, LIMITS)
    assert [row.texts for row in ended] == [[], ["1", "2"], ["3"]]
    assert [bool(row.error) for row in ended] == [False, True, False]
    error = ended[1].exception(LIMITS, texts=Texts(b"."), text=b"0")
    assert isinstance(error, FilterError)
    assert error.value == 1


def test_rows_of_one_output_each_are_read_at_once():
    given = batch(b"1\n2\n", (1, 1, 0), (1, 1, 0))
    assert rows.plain(given) == ["1", "2"] == [row.texts[0] for row in rows.ended(given, LIMITS)]
    assert rows.plain(given._replace(error=GuestError("trapped"))) is None


def test_a_halt_without_an_exit_code_is_no_error():
    quiet, loud = rows.ended(batch(b'1\n{"value":null}\n{"value":2}\n', (5, 1, 0), (5, 0, 3)), LIMITS)
    assert (quiet.texts, quiet.error) == (["1"], "")
    error = loud.exception(LIMITS, texts=Texts(b"."), text=b"")
    assert isinstance(error, HaltError)
    assert error.exit_code == 3


def test_the_outputs_of_a_row_that_has_not_ended_are_left_out():
    given = batch(b"1\n2\n", (1, 1, 0), error=GuestError("trapped"))
    assert [row.texts for row in rows.ended(given, LIMITS)] == [["1"]]


@pytest.mark.parametrize(
    "lie",
    [
        batch(b"1\n", (1, 1, 0), cut=11),
        batch(b"1\n", (1, 2, 0)),
        batch(b"1\n1\n1\n1\n", (1, 4, 0)),
        batch(b"1\n", (4, 1, 0)),
        batch(b"1\n2\n", (1, 1, 0)),
        batch(b"1\n", (1, 2**32 - 1, 0)),
    ],
)
def test_records_that_do_not_fit_are_refused(lie):
    with pytest.raises(GuestError):
        rows.ended(lie, LIMITS)


@pytest.mark.parametrize(
    ("status", "text"), [(4, b"{}\n"), (4, b"no\n"), (3, b'{"message":"m"}\n'), (99, b"{}\n"), (0, b"{}\n")]
)
def test_an_error_that_does_not_fit_is_refused(status, text):
    (row,) = rows.ended(batch(text, (status, 0, 0)), LIMITS)
    with pytest.raises(GuestError):
        row.exception(LIMITS, texts=Texts(b"."), text=b"")
