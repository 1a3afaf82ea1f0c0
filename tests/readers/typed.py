"""Parquet and Arrow files of other programs, also in folders named `key=value`: what LogFlow makes of them has the
values that DuckDB and pyarrow read in them."""

import datetime
import decimal

import duckdb
import polars
import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.feather as feather
import pyarrow.parquet as pq

import logflow
import parquet

ROWS = 3000


def check(tally):
    with logflow.folder() as folder:
        table = typed()
        for name, write in WRITERS.items():
            with tally.check(name):
                path = folder / f"{name}.file"
                write(table, path)
                agrees(converted(folder, path), table)
        partitioned = keyed()
        for name, write in PARTITIONERS.items():
            with tally.check(f"partitions of {name}"):
                path = folder / f"partitions-{name}"
                write(partitioned, path)
                found = parquet.readers_agree(converted(folder, path))
                agrees_in_any_order(found, partitioned)
                # Keys stand behind the columns of the files.
                assert found.column_names[-2:] == ["day", "place"], found.column_names
                agrees_in_any_order(found, duckdb.sql(f"select * from '{path}/**/*.parquet'").to_arrow_table())


def converted(folder, source):
    """LogFlow's output for a file or folder."""
    into = folder / f"out-{source.name}"
    into.mkdir()
    return logflow.converted(source, into).output


def typed():
    """A table with a column of each type that the programs share; every seventh value is null."""

    def some(value):
        return [None if row % 7 == 3 else value(row) for row in range(ROWS)]

    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    return pa.table({
        "text": pa.array(some(lambda row: f"text {row % 50}")),
        "int": pa.array(some(lambda row: row * 1_000_003), pa.int64()),
        "small": pa.array(some(lambda row: row % 100 - 50), pa.int8()),
        "float": pa.array(some(lambda row: row / 7), pa.float64()),
        "flag": pa.array(some(lambda row: row % 2 == 0)),
        "date": pa.array(some(lambda row: datetime.date(2020, 1, 1) + datetime.timedelta(days=row))),
        "time": pa.array(some(lambda row: start + datetime.timedelta(milliseconds=row)), pa.timestamp("us", "UTC")),
        "amount": pa.array(some(lambda row: decimal.Decimal(row) / 100), pa.decimal128(12, 2)),
        "list": pa.array(some(lambda row: [row, None][: row % 3]), pa.list_(pa.int64())),
    })


def agrees(path, table):
    """The file has these columns and values."""
    found = parquet.read(path)
    assert found.column_names == table.column_names, found.column_names
    for name in table.column_names:
        left, right = found.column(name).to_pylist(), table.column(name).to_pylist()
        row = next((row for row, pair in enumerate(zip(left, right)) if pair[0] != pair[1]), None)
        assert row is None, f"column {name}, row {row}: {left[row]!r}, not {right[row]!r}"
    assert found.num_rows == table.num_rows, f"{found.num_rows} rows, not {table.num_rows}"


def keyed():
    """A table whose keys have a null, a date, and characters that folders can't have."""
    places = ["North/South", "a b", None, "50%=half"]
    days = [datetime.date(2024, 2, 28), datetime.date(2024, 2, 29)]
    return pa.table({
        "number": pa.array(range(ROWS), pa.int64()),
        "text": pa.array([f"text {row % 50}" for row in range(ROWS)]),
        "day": pa.array([days[row % 2] for row in range(ROWS)]),
        "place": pa.array([places[row % 4] for row in range(ROWS)]),
    })


def agrees_in_any_order(found, table):
    """Both have the same rows; the files of a folder come in an order of their own."""

    def rows(of):
        return sorted(of.select(table.column_names).to_pylist(), key=lambda row: row["number"])

    for one, other in zip(rows(found), rows(table), strict=True):
        assert one == other, f"{one}, not {other}"


def duckdb_file(table, path):
    connection = duckdb.connect()
    connection.register("tbl", table)
    connection.execute(f"copy tbl to '{path}' (format parquet, row_group_size 2048)")


def duckdb_partitions(table, path):
    connection = duckdb.connect()
    connection.register("tbl", table)
    connection.execute(f"copy tbl to '{path}' (format parquet, partition_by (day, place))")


def pyarrow_partitions(table, path):
    dataset.write_dataset(
        table, path, format="parquet", partitioning=["day", "place"], partitioning_flavor="hive"
    )


def polars_partitions(table, path):
    polars.from_arrow(table).write_parquet(f"{path}/", partition_by=["day", "place"])


WRITERS = {
    "pyarrow": lambda table, path: pq.write_table(table, path, row_group_size=1000, compression="snappy"),
    "pyarrow-v2": lambda table, path: pq.write_table(
        table, path, data_page_version="2.0", compression="brotli", write_page_checksum=True, use_dictionary=False
    ),
    "duckdb": duckdb_file,
    "polars": lambda table, path: polars.from_arrow(table).write_parquet(path, row_group_size=700),
    "feather": lambda table, path: feather.write_feather(table, str(path), compression="lz4", chunksize=900),
    "polars-ipc": lambda table, path: polars.from_arrow(table).write_ipc(path, compression="zstd"),
}

PARTITIONERS = {
    "duckdb": duckdb_partitions,
    "pyarrow": pyarrow_partitions,
    "polars": polars_partitions,
}
