"""The generated log, against DuckDB with declared types: 50,000 events, a million with LOGFLOW_FULL=1."""

import os

import declared
import logflow
import parquet
from dialect import Dialect

EVENTS = 1_000_000 if os.environ.get("LOGFLOW_FULL") == "1" else 50_000


def check(tally):
    if not logflow.has("generate"):
        tally.skip("a generated log", "this binary has no command `generate`")
        return
    with tally.check(f"{EVENTS} events"), logflow.folder() as folder:
        source = write(folder, EVENTS)
        (folder / "out").mkdir()
        run = logflow.converted(source, folder / "out")
        assert run.report["rows"] == EVENTS, f"{run.report['rows']} rows, not {EVENTS}"
        table = parquet.readers_agree(run.output)
        declared.agrees(table, run, source, Dialect())


def write(folder, events):
    """Writes a log of so many events and gives its path."""
    path = folder / "generated.csv"
    run = logflow.start(["generate", "--events", str(events), "--seed", "1", "-o", str(path)])
    assert run.exit == 0, run.stderr[:400]
    return path
