"""pm4py: its importers, and its five frames written by pyarrow; it has no bundle."""

import pathlib

import pm4py
import pyarrow as pa
import pyarrow.parquet as pq

PACKAGES = ["pm4py", "pyarrow"]
READERS = {".jsonocel": pm4py.read_ocel2_json, ".xmlocel": pm4py.read_ocel2_xml, ".sqlite": pm4py.read_ocel2_sqlite}


def convert(source, target, threads, columns):
    pa.set_cpu_count(threads)
    log = READERS[pathlib.Path(source).suffix](source)
    folder = pathlib.Path(target)
    folder.mkdir()
    for name in ("events", "objects", "relations", "o2o", "object_changes"):
        table = pa.Table.from_pandas(getattr(log, name), preserve_index=False)
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd", compression_level=3)
