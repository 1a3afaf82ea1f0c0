"""Parquet files through four readers: two written in C++, DuckDB's and pyarrow's, one in Rust, and what pandas makes of it."""

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq

import tables


def read(path):
    """The table, by the reader that is closest to Arrow."""
    # Given an open file, no dataset discovery makes columns of the path.
    with pq.ParquetFile(path) as file:
        return file.read()


def rows(path):
    """How many rows the footer says there are."""
    with pq.ParquetFile(path) as file:
        return file.metadata.num_rows


def readers_agree(path):
    """Reads the file with every reader; fails if one gives other values than pyarrow. Returns pyarrow's table."""
    table = read(path)
    for name, reader in READERS.items():
        try:
            tables.same(table, reader(path))
        except AssertionError as error:
            raise AssertionError(f"{name} reads something else: {error}") from error
    return table


def by_duckdb(path):
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql("SELECT * FROM read_parquet($1)", params=[str(path)]).to_arrow_table()


def by_polars(path):
    return polars.read_parquet(path).to_arrow()


def by_pandas(path):
    # Its older types have no null for integers and booleans, and none but NaN for floats; the newer ones must be told that these differ.
    with pandas.option_context("future.distinguish_nan_and_na", True):
        frame = pandas.read_parquet(path, dtype_backend="numpy_nullable")
        return pa.Table.from_pandas(frame, preserve_index=False)


READERS = {"DuckDB": by_duckdb, "Polars": by_polars, "pandas": by_pandas}
