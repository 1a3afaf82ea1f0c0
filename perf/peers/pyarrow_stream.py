"""pyarrow by streaming: open_csv in one thread, ParquetWriter in the other, batches handed over in file order."""

import queue
import threading

import pyarrow as pa
from pyarrow import csv, parquet

from peers.arrow_types import reading, writing

PACKAGES = ["pyarrow"]


def convert(source, target, threads, columns):
    pa.set_cpu_count(threads)
    reader = csv.open_csv(source, **reading(columns))
    # Two batches under way keep both threads busy; more only holds memory.
    waiting = queue.Queue(2)
    failures = []

    def read():
        try:
            for batch in reader:
                waiting.put(batch)
        except Exception as failure:
            failures.append(failure)
        waiting.put(None)

    thread = threading.Thread(target=read)
    thread.start()
    with parquet.ParquetWriter(target, reader.schema, **writing(columns)) as writer:
        while (batch := waiting.get()) is not None:
            writer.write_batch(batch)
    thread.join()
    if failures:
        raise failures[0]
