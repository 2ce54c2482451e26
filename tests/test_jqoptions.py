"""jq's options: one table, two readers, and every limit under one name wherever limits are set."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from IPython.core.error import UsageError

import jq_magic
from jq_magic import jqcall, jqoptions
from jq_magic.cli import arguments
from jq_magic.jqoptions import OPTIONS, Place, Repeat
from jq_magic.limits import BY_NAME, KINDS, PRESETS, Limits
from jq_magic.limits.ceiling import ProcessCeiling
from jq_magic.limits.exceeded import advice_as_option, advice_in_python, exceeded
from jq_magic.notebook.magic import line
from jq_magic.notebook.magic.magics import JqMagic
from jq_magic.notebook.shown import retry

#: A value that each option takes, by the name that help gives to it.
SAMPLES = {
    "N": "5", "SIZE": "2MiB", "TIME": "3s", "NAME": "strict", "FORM": "text", "FILE": "file", "DIR": "folder",
    "VALUE": "text", "JSON": "[1]",
}  # fmt: skip
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def written(option, name):
    """An option with values, under one of its names."""
    return " ".join([name, *(SAMPLES[value] for value in option.values)])


def test_the_table_of_limits_has_the_fields_of_limits_and_of_usage():
    assert [kind.field for kind in KINDS] == [field.name for field in dataclasses.fields(Limits)]
    usages = {field.name for field in dataclasses.fields(jq_magic.Usage)}
    assert {kind.usage for kind in KINDS if kind.usage} == usages
    assert all(kind.usage for kind in KINDS if kind.has_meter)


@kinds
def test_every_limit_is_an_option_of_the_magics(kind):
    read = line.read(f"--{kind.name} 7 -n .", cell=False)
    assert jqcall.sandbox(read.options).limits == Limits().replace(**{kind.field: 7})


@kinds
def test_every_limit_is_an_option_of_the_command(kind):
    read = arguments.read([f"--{kind.name}", "7", "."])
    assert jqcall.sandbox(read.options).limits == Limits().replace(**{kind.field: 7})


@kinds
def test_every_limit_is_a_setting(kind):
    trait: Any = JqMagic.class_traits(config=True)[kind.setting]
    assert trait.help == kind.help
    assert trait.validate(None, "7") == 7


@kinds
def test_every_limit_has_a_ceiling_by_the_name_of_its_option_and_of_its_setting(kind):
    for name in (kind.name, kind.setting, *kind.also):
        ceiling = ProcessCeiling(f"{name}=7", None)
        assert ceiling.bound(kind.field) == (7, "the environment variable JQ_MAGIC_CEILING")
        assert BY_NAME[name] is kind


@kinds
def test_every_limit_has_offers_and_advice_that_name_it_where_they_are_read(kind):
    error = exceeded(kind.field, 8, 7)
    assert str(error).endswith(advice_in_python(error))
    assert f"Limits({kind.field}=" in str(error)
    assert "--" not in str(error)
    error.advice = advice_as_option(error)
    assert f"--{kind.name} " in str(error)
    assert "Limits(" not in str(error)
    for offer in retry.offers(error, "-n .", None):
        amount = line.read(offer.source.removeprefix("%jq "), cell=False).options.get(kind.setting)
        assert amount > 7
        assert offer.source == f"%jq {offer.label} -n ."


def test_a_name_is_one_option_only():
    for place in (Place.MAGIC, Place.COMMAND):
        names = [name for option in OPTIONS if place & option.place for name in option.names]
        assert len(set(names)) == len(names) == len(jqoptions.names(place))


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_each_reader_knows_the_options_that_hold_for_it_and_no_others(option):
    for name in option.names:
        text = written(option, name)
        if Place.MAGIC & option.place:
            read = line.read(f"{text} -n" if option.repeat is not Repeat.REST else f"-n {text}", cell=True)
            assert option.key in [*read.options.values, *(key for key, _, _ in read.options.bindings)]
            assert option.key in [key for key, _, _ in read.spans]
        else:
            with pytest.raises(UsageError, match="there is no option"):
                line.read(f"{text} -n", cell=True)
        if Place.COMMAND & option.place:
            options = arguments.read([*text.split(), "."]).options
            assert option.key in [*options.values, *(key for key, _, _ in options.bindings)]
        else:
            with pytest.raises(arguments.UsageError, match="there is no option"):
                arguments.read([*text.split(), "."])


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_help_has_the_options_that_hold_where_it_is_shown(option):
    magic, command = JqMagic.jq.__doc__ or "", arguments.usage()
    for name in option.names:
        row = f"  {', '.join(option.names)}"
        assert (row in magic) == bool(Place.MAGIC & option.place), name
        assert (row in command) == bool(Place.COMMAND & option.place), name


@pytest.mark.parametrize(
    ("text", "unit"),
    [("", "  "), ("-c", None), ("--tab", "\t"), ("--indent 0", ""), ("--indent -1", "\t"), ("--indent 3", "   "),
     ("--tab -c", None), ("-c --tab", "\t"), ("--indent 3 -c", None), ("-c --indent 3", "   "),
     ("--indent 1 --tab", "\t"),
     ("--tab --indent 1", " ")],
)  # fmt: skip
def test_of_two_ways_to_indent_the_last_counts_as_in_jq(text, unit):
    assert jqcall.style(arguments.read([*text.split(), "."]).options).unit == unit
    assert jqcall.style(line.read(f"{text} -n .", cell=False).options).unit == unit


def test_a_preset_is_meant_as_a_whole_and_an_option_changes_it():
    options = arguments.read(["--preset", "strict", "--fuel", "7", "."]).options
    settings = {"outputs": 3, "fuel": 5}
    assert jqcall.sandbox(options, settings=settings).limits == PRESETS["strict"].replace(fuel=7)
    options = arguments.read(["--fuel", "7", "."]).options
    assert jqcall.sandbox(options, default_preset="strict", settings=settings).limits == PRESETS["strict"].replace(
        fuel=7, outputs=3
    )


def test_what_the_words_of_help_and_version_are_followed_by_is_not_read():
    for words in (["--help", "--nonsense"], ["-V", "--fuel", "x"]):
        assert not arguments.read(words).filter
    with pytest.raises(arguments.UsageError):
        arguments.read(["--nonsense", "--help"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--indent 8", "--indent: takes a number from -1 to 7, not '8'"),
        ("--preset huge", "there is no preset 'huge'"),
        ("--fuel 0", "--fuel: '0' is no whole number"),
        ("--outputs 1.5", "--outputs: '1.5' is no whole number"),
        ("--argjson a [1", "--argjson: '\\[1' is not JSON"),
        ("--argjson a " + "[" * 200_000, "--argjson: .* nests too deep"),
    ],
    ids=range(6),
)
def test_both_readers_explain_a_value_that_cannot_be_one(text, message):
    with pytest.raises(UsageError, match=message):
        line.read(f"{text} -n .", cell=False)
    with pytest.raises(arguments.UsageError, match=message):
        arguments.read([*text.split(), "."])
