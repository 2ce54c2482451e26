"""Runs filters on the workers of a cluster of Dask, two processes, and prints what came back."""

# mypy: disable-error-code=attr-defined

from __future__ import annotations

import dask.dataframe as dd
import distributed
import pandas as pd

import jq_magic
import jq_magic.dask


def main():
    """Print a column, and an error; what a program that was sent gives, and its limit."""
    program = jq_magic.compile("[range(.)] | length", limits=jq_magic.Limits(fuel=2_000_000))
    rows = dd.from_pandas(pd.Series(['{"a":1}', None, '{"a":[]}', '{"a":"é"}']), npartitions=2)
    bad = dd.from_pandas(pd.Series(["1", "[1,"]), npartitions=2)
    endless = dd.from_pandas(pd.Series(["1e9"]), npartitions=1)
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        print(rows.jq(".a").compute().tolist())
        try:
            bad.jq(".").compute()
        except jq_magic.InputError as error:
            print(f"InputError: {str(error).partition(':')[0]}")
        print(client.submit(lambda one: one.run("3").text, program).result().strip())
        try:
            endless.jq(program).compute()
        except jq_magic.FuelError as error:
            print("FuelError", error.allowed)


if __name__ == "__main__":
    main()
