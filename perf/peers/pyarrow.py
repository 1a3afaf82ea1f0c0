"""pyarrow, the whole log as one table in memory: parallel read_csv, then write_table."""

import pyarrow as pa
from pyarrow import csv, parquet

from peers.arrow_types import reading, writing

PACKAGES = ["pyarrow"]


def convert(source, target, threads, columns):
    pa.set_cpu_count(threads)
    parquet.write_table(csv.read_csv(source, **reading(columns)), target, **writing(columns))
