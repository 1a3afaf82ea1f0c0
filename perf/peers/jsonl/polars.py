"""Polars: a lazy scan streamed to Parquet, with every column declared and no inference."""

import polars as pl

from peers.polars import TYPES

PACKAGES = ["polars"]


def convert(source, target, threads, columns):
    log = pl.scan_ndjson(source, schema={name: TYPES[kind] for name, kind in columns})
    stamps = [
        pl.col(name).str.to_datetime("%+", time_unit="us", time_zone="UTC")
        for name, kind in columns
        if kind == "timestamp"
    ]
    log.with_columns(stamps).sink_parquet(target, compression="zstd", compression_level=3, maintain_order=True)
