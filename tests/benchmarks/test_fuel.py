"""The fuel of fixed cases does not rise unnoticed; it is exact, so this is no timed test."""

from __future__ import annotations

import fuel


def test_no_case_costs_over_5_percent_more_than_recorded():
    recorded = fuel.read()["fuel"]
    assert len(recorded) == 20
    assert fuel.risen(recorded, fuel.measure()) == [], "python benchmarks/fuel.py --record, once the rise is meant"


def test_a_rise_is_told_at_the_margin_and_not_below():
    assert fuel.risen({"a": 1000}, {"a": 1050}) == []
    assert fuel.risen({"a": 1000}, {"a": 1051}) == ["a: 1,051 fuel, recorded 1,000 (5.1% more)"]
    assert fuel.risen({}, {"a": 1}) == ["a: 1 fuel, recorded 0 (not recorded)"]


def test_a_case_that_is_gone_is_missed():
    assert set(fuel.CASES) == set(fuel.read()["fuel"])
