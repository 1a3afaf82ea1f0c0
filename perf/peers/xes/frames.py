"""Writing a data frame as Parquet, shared by the peers in Python. Not a peer itself."""

import pyarrow as pa
import pyarrow.parquet as pq


def write_polars(frame, target):
    """A Polars frame by Polars itself."""
    frame.write_parquet(target, compression="zstd", compression_level=3)


def write_pandas(frame, target, columns):
    """A pandas frame by pyarrow, with dictionaries for those texts that repeat: by default every column is tried with one."""
    labels = [name for name, kind in columns if kind == "label" and name in frame.columns]
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, target, compression="zstd", compression_level=3, use_dictionary=labels)
