"""pm4py sees the same process in the Parquet file as in the CSV file that pandas reads: directly-follows graph and variants."""

import pandas
import pm4py

import fixture
import generated
import logflow
from corpus import FOLDER

XES = {"case_id": "case:concept:name", "activity": "concept:name", "timestamp": "time:timestamp"}
# Separator, and the names of case, activity and time in the CSV file.
LOGS = {
    fixture.FOLDER / "comma.csv": (",", ["case_id", "activity", "timestamp"]),
    FOLDER / "running-example.csv": (",", list(XES.values())),
    FOLDER / "receipt.csv": (",", list(XES.values())),
    FOLDER / "interval_event_log.csv": (",", list(XES.values())),
    FOLDER / "roadtraffic100traces.csv": (",", list(XES.values())),
    FOLDER / "eventdataR_sepsis.csv": (";", ["Case ID", "Activity", "Complete Timestamp"]),
}


def check(tally):
    for path, (separator, names) in LOGS.items():
        if path.exists():
            with tally.check(path.name):
                same_process(path, separator, names)
        else:
            tally.skip(path.name, f"there is no {path}")
    if logflow.has("generate"):
        with tally.check("a generated log"), logflow.folder() as folder:
            same_process(generated.write(folder, 20_000), ",", ["case_id", "activity", "timestamp"])


def same_process(path, separator, names):
    with logflow.folder() as folder:
        run = logflow.converted(path, folder, "--naming", "xes")
        ours = pandas.read_parquet(run.output)
    # One of the cases of the sepsis log is called NA, which pandas would take for nothing.
    theirs = pandas.read_csv(path, sep=separator, keep_default_na=False, na_values=[""]).rename(columns=dict(zip(names, XES.values())))
    theirs["time:timestamp"] = pandas.to_datetime(theirs["time:timestamp"], utc=True, format="mixed")
    same_processes(ours, theirs)


def same_processes(ours, theirs):
    """Fails unless two frames with XES's names show the same process."""
    ours, theirs = formatted(ours), formatted(theirs)
    graph, starts, ends = pm4py.discover_dfg(theirs)
    # A log whose traces have one event each has a graph of nothing.
    assert starts and ends, "pm4py finds no process in its own reading"
    for what, expected, found in zip(["graph", "starts", "ends"], (graph, starts, ends), pm4py.discover_dfg(ours)):
        assert dict(expected) == dict(found), f"other {what}: {dict(found)}, not {dict(expected)}"
    expected, found = pm4py.get_variants(theirs), pm4py.get_variants(ours)
    assert dict(expected) == dict(found), f"{len(found)} variants, not the {len(expected)}"


def formatted(frame):
    """The frame as pm4py wants it; cases are texts for it, whatever they look like."""
    return pm4py.format_dataframe(frame, *XES.values())
