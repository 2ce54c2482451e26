"""A filter on a column of Ray Data, with two processes of workers."""

from __future__ import annotations

import logging

import pyarrow as pa
import pytest

import jq_magic
from tests.support import ROOT, needs

needs("ray", "make clusters")

import ray  # noqa: E402

from jq_magic.ray import each, first, jq  # noqa: E402

ROWS = ['{"a":1}', None, '{"a":"x"}', "bad"]


@pytest.fixture(scope="module")
def dataset():
    environment = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR, runtime_env=environment
    )
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    yield ray.data.from_arrow(pa.table({"payload": ROWS}))
    ray.shutdown()


@pytest.mark.parametrize("form", ["default", "numpy", "pyarrow", "pandas"])
def test_batches_of_every_format_get_a_column(dataset, form):
    made = dataset.map_batches(jq(".a", column="payload", errors="null"), batch_format=form).take_all()
    assert [(row["payload"], row["jq"]) for row in made] == list(zip(ROWS, ["1", None, '"x"', None], strict=True))


def test_an_error_ends_the_job_with_its_message(dataset):
    with pytest.raises(Exception, match="InputError: the input is not JSON"):
        dataset.map_batches(jq(".a", column="payload")).take_all()


def test_programs_and_errors_travel(dataset):
    program = jq_magic.compile("[range(1e9)]", limits=jq_magic.Limits(fuel=2_000_000))
    task = ray.remote(lambda one: one.run("1")).options(max_retries=0)
    with pytest.raises(jq_magic.FuelError):
        ray.get(task.remote(program))


def test_each_row_is_an_object_and_each_output_a_row(dataset):
    program = jq_magic.compile("select(.payload != null) | .payload[:1], 1")
    assert [row["jq"] for row in each(dataset, program).take_all()] == ['"{"', "1", '"{"', "1", '"b"', "1"]
    assert first(dataset, 2, program) == ['{"payload":"{\\"a\\":1}"}', '{"payload":null}']
