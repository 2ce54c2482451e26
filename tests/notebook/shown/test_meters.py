"""How much of its limits a run used."""

from __future__ import annotations

import jq_magic
from jq_magic.notebook.shown.meters import preset_of


def test_the_preset_is_named_with_what_differs():
    assert preset_of(jq_magic.Limits()) == "preset standard"
    assert preset_of(jq_magic.PRESETS["strict"].replace(fuel=10**6)) == "preset strict, fuel 1e6"
