"""DuckDB by its Python module: COPY from a parallel read_csv with declared columns."""

import duckdb

from peers.duckdb_sql import statements

PACKAGES = ["duckdb"]


def convert(source, target, threads, columns):
    duckdb.connect().execute(statements(source, target, threads, columns))
