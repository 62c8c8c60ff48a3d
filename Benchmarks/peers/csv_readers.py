"""The other side of the csv benchmark: the same file read by pandas, polars, pyarrow and DuckDB on two threads.

usage: python3 csv_readers.py FILE [OUT.csv]
Prints the best of three readings, in seconds, of each library that is installed. With OUT.csv, as `csv FILE 2 OUT.csv`
writes it, first compares every cell with what pandas reads from FILE; FILE needs a header and commas for that.
"""

import importlib.util
import os
import sys
import time

os.environ.setdefault("POLARS_MAX_THREADS", "2")
MISSING = ["", "NA", "N/A", "?", "null", "NaN"]


def compare(path: str, written: str) -> int:
    """The number of columns of which a cell differs."""
    import pandas as pd

    options = {"na_values": MISSING, "keep_default_na": False}
    theirs, ours = pd.read_csv(path, **options), pd.read_csv(written, **options)
    assert list(theirs.columns) == list(ours.columns) and theirs.shape == ours.shape, "another shape"
    differing = 0
    for name in theirs.columns:
        one, other = theirs[name], ours[name]
        if not pd.api.types.is_numeric_dtype(one):
            one, other = one.astype("string").str.strip(" \t"), other.astype("string")
        equal = (one == other).fillna(False) | (one.isna() & other.isna())
        if not equal.all():
            differing += 1
            print(f"{name}: {(~equal).sum()} cells differ")
    print(f"{theirs.shape[0]} rows, {theirs.shape[1]} columns, {differing} of them differ")
    return differing


def best(read) -> float:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        kept = read()
        seconds.append(time.perf_counter() - start)
        del kept
    return min(seconds)


def readers(path: str):
    def installed(name: str) -> bool:
        return importlib.util.find_spec(name) is not None

    if installed("pandas"):
        import pandas

        yield "pandas", lambda: pandas.read_csv(path)
    if installed("polars"):
        import polars

        yield "polars", lambda: polars.read_csv(path, null_values=["NA", "?"], infer_schema_length=10000)
    if installed("pyarrow"):
        import pyarrow
        import pyarrow.csv

        pyarrow.set_cpu_count(2)
        yield "pyarrow", lambda: pyarrow.csv.read_csv(path)
    if installed("duckdb"):
        import duckdb

        connection = duckdb.connect()
        connection.execute("set threads=2")
        yield "duckdb", lambda: connection.execute(f"select * from read_csv('{path}')").to_arrow_table()


if __name__ == "__main__":
    if len(sys.argv) > 2 and compare(sys.argv[1], sys.argv[2]):
        sys.exit(1)
    for name, read in readers(sys.argv[1]):
        print(f"{name:8} {best(read):.4f}", flush=True)
