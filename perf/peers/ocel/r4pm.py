"""r4pm: its importer in Rust, and its five frames written by Polars; it has no bundle."""

import os
import pathlib

PACKAGES = ["r4pm", "polars"]


def convert(source, target, threads, columns):
    # Read when Polars is loaded, which r4pm does.
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import r4pm.df

    log = r4pm.df.import_ocel(source)
    folder = pathlib.Path(target)
    folder.mkdir()
    for name in ("events", "objects", "relations", "o2o", "object_changes"):
        log[name].write_parquet(folder / f"{name}.parquet", compression="zstd", compression_level=3)
