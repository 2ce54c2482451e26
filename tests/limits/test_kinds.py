"""The one table of limits: every limit is whole in it, and everything that is made from it has every limit."""

from __future__ import annotations

import dataclasses

import pytest

import jq_magic
from jq_magic.limits import BY_FIELD, BY_NAME, KINDS, PRESETS, Limits
from jq_magic.result import Usage

USAGE = {field.name for field in dataclasses.fields(Usage)}


def test_the_table_has_the_fields_of_limits_in_their_order():
    assert [kind.field for kind in KINDS] == [field.name for field in dataclasses.fields(Limits)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.field)
def test_a_limit_is_whole(kind):
    assert getattr(Limits(), kind.field) == kind.default == getattr(PRESETS["standard"], kind.field)
    assert getattr(Limits().replace(**{kind.field: kind.largest}), kind.field) == kind.largest
    with pytest.raises(jq_magic.LimitValueError, match=kind.field):
        Limits().replace(**{kind.field: kind.largest * 2})
    assert issubclass(kind.error, jq_magic.LimitError)
    assert kind.usage is None or kind.usage in USAGE
    assert kind.reason
    assert kind.help
    assert 1 < kind.steps[0] < kind.steps[1]
    assert kind.unit.read(kind.unit.option(kind.default)) == kind.default


def test_no_two_limits_have_a_name_in_common():
    names = [name for kind in KINDS for name in {kind.name, kind.setting, kind.field, *kind.also}]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert all(BY_NAME[name] is BY_FIELD[BY_NAME[name].field] for name in names)
