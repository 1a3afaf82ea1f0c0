"""pyarrow, the whole log as one table in memory: parallel read_json, then write_table."""

import pyarrow as pa
from pyarrow import json, parquet

from peers.arrow_types import BLOCK, TYPES, writing

PACKAGES = ["pyarrow"]


def convert(source, target, threads, columns):
    pa.set_cpu_count(threads)
    declared = pa.schema([(name, TYPES[kind]) for name, kind in columns])
    table = json.read_json(
        source,
        read_options=json.ReadOptions(block_size=BLOCK),
        parse_options=json.ParseOptions(explicit_schema=declared, unexpected_field_behavior="error"),
    )
    parquet.write_table(table, target, **writing(columns))
