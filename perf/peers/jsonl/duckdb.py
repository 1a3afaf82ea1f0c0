"""DuckDB by its Python module: COPY from read_ndjson with declared columns."""

import duckdb

from peers.jsonl.duckdb_sql import statements

PACKAGES = ["duckdb"]


def convert(source, target, threads, columns):
    duckdb.connect().execute(statements(source, target, threads, columns))
