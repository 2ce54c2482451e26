"""The fuzz targets of the host's parsers on their seeds, and whether growth that is too fast is found."""

from __future__ import annotations

import json

import pytest

from tests.proof.fuzz import parsers
from tests.support import TESTS

pytestmark = pytest.mark.slow

SEEDS = TESTS / "proof" / "fuzz" / "seeds"


@pytest.mark.parametrize("name", parsers.PARSERS)
def test_a_parser_takes_its_seeds(name):
    seeds = list((SEEDS / name).iterdir())
    assert seeds
    for path in seeds:
        parsers.PARSERS[name](path.read_text(errors="replace"))


@pytest.mark.parametrize("path", sorted((SEEDS / "growth").iterdir()), ids=lambda path: path.name)
def test_no_parser_takes_more_than_linear_time(path):
    parsers.grown(path.read_bytes())


def test_quadratic_work_is_found_and_linear_work_is_not():
    def quadratic(text):
        for at in range(0, len(text), 8):
            text[at:].count("b")

    def linear(text):
        for _ in range(200):
            json.dumps(text)

    short, long = "a" * 16_000, "a" * 64_000
    assert parsers.growth(quadratic, short, long) > parsers.MOST_RATIO
    assert parsers.growth(linear, short, long) <= parsers.MOST_RATIO
    assert parsers.growth(lambda _text: None, short, long) == 0
