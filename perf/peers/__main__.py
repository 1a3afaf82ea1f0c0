"""Runs one peer on one log: `python -m peers NAME SOURCE TARGET THREADS COLUMNS_JSON`.

Prints one JSON line with the seconds of the conversion alone, so that the cost of starting Python and importing the
library can be told from the work.
"""

import importlib
import json
import os
import sys
import time


def main():
    name, source, target, threads, columns = sys.argv[1:]
    # Thread pools are sized when a library loads, so these must be set before the import below.
    for variable in ("POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "TOKIO_WORKER_THREADS"):
        os.environ[variable] = threads
    peer = importlib.import_module(f"peers.{name}")
    begun = time.perf_counter()
    peer.convert(source, target, int(threads), [tuple(column) for column in json.loads(columns)])
    print(json.dumps({"seconds": time.perf_counter() - begun}), flush=True)
    # The output is complete: taking the interpreter and the library's memory down is time the peer needn't pay.
    os._exit(0)


main()
