"""CSV file → typed columns in memory: one JSON line a library, seconds are the best of three.

usage: csv_readers.py FILE.csv
"""

import json
import os
import sys
import time

os.environ.setdefault("POLARS_MAX_THREADS", "2")
import duckdb
import pandas
import polars
import pyarrow
import pyarrow.csv

pyarrow.set_cpu_count(2)
path = sys.argv[1]
connection = duckdb.connect()
connection.execute("set threads=2")
readers = {
    "polars": lambda: polars.read_csv(path, null_values=["NA", "?"], infer_schema_length=10000),
    "pyarrow": lambda: pyarrow.csv.read_csv(path),
    "pandas": lambda: pandas.read_csv(path),
    "duckdb": lambda: connection.execute(f"select * from read_csv('{path}')").to_arrow_table(),
}
for name, read in readers.items():
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        table = read()
        best = min(best, time.perf_counter() - start)
    print(json.dumps({"reader": name, "seconds": round(best, 4)}), flush=True)
