"""What an error of a limit offers: the line of its magic with more of what was short."""

from __future__ import annotations

import pytest

from jq_magic.limits.exceeded import exceeded, stack_exceeded
from jq_magic.notebook.magic import line as options
from jq_magic.notebook.shown import retry


@pytest.mark.parametrize(
    ("limit", "allowed", "line", "sources"),
    [
        ("fuel", 10**6, "-n .", ["%jq --fuel 1e7 -n .", "%jq --fuel 1e8 -n ."]),
        ("fuel", 1234, '--arg a "--fuel 7" --fuel 1234 -n $a', ['%jq --fuel 12_340 --arg a "--fuel 7" -n $a', None]),
        ("memory_bytes", 64 << 20, "--memory 64MiB -n .", ["%jq --memory 128MiB -n .", "%jq --memory 256MiB -n ."]),
        ("deadline_s", 0.5, "-n .", ["%jq --timeout 1.5s -n .", "%jq --timeout 5s -n ."]),
        ("output_bytes", 1000, "-n .", ["%jq --output-limit 4000 -n .", "%jq --output-limit 16000 -n ."]),
        ("outputs", 5, "-n .", ["%jq --outputs 50 -n .", "%jq --outputs 500 -n ."]),
        ("program_bytes", 1000, "-n .", ["%jq --program-limit 2000 -n .", "%jq --program-limit 4000 -n ."]),
    ],
)
def test_offers_are_lines_that_can_be_run(limit, allowed, line, sources):
    offers = retry.offers(exceeded(limit, allowed, allowed), line, None)
    for offer, source in zip(offers, sources, strict=True):
        assert source in {None, offer.source}
        options.read(offer.source.removeprefix("%jq "), cell=False)


def test_the_stack_has_no_offers():
    assert retry.offers(stack_exceeded(1 << 20), "-n .", None) == []


def test_an_offer_above_the_ceiling_is_refused_with_the_reason():
    first, second = retry.offers(exceeded("memory_bytes", 2 << 30, 2 << 30), "-n .", None)
    assert first.source == "%jq --memory 4096MiB -n ."
    assert not second.source
    assert "must be between 1 and 4 GiB" in second.refused


def test_an_offer_repeats_no_character_that_cannot_be_shown():
    for character in ("\u202e", "\x1b", "\x00"):
        offer = retry.offers(exceeded("fuel", 10**6, 10**6), "-n", f'"{character}"')[0]
        assert not offer.source
        assert offer.refused.isprintable()
    assert retry.offers(exceeded("fuel", 10**6, 10**6), "-n", "1 |\n\t.")[0].source.endswith("\n1 |\n\t.")


def test_an_offer_repeats_no_cell_that_is_long():
    error = exceeded("fuel", 10**6, 10**6)
    room = retry.OFFERED_CHARS - len("-n")
    assert retry.offers(error, "-n", "." * room)[0].source.startswith("%%jq --fuel 1e7 -n\n.")
    refused = "write --fuel 1e7 into the cell, which is too long to be repeated here"
    assert retry.offers(error, "-n", "." * (room + 1))[0] == retry.Offer("--fuel 1e7", "", refused)
