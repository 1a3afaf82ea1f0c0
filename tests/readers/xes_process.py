"""pm4py and XES: our own reading has what pm4py's importer has, and pm4py sees the same process in the Parquet file as in the log."""

import functools

import pandas
import pm4py

import logflow
import process_mining
import xes_corpus
import xes_fixture

# What pm4py does not read.
UNREAD = {
    "derived_edge/gz_named_xes.xes": "believes the name",
    "derived_edge/plain_named_gz.xes.gz": "believes the name",
    "derived_edge/utf16le_bom.xes": "takes the declaration for true and the mark for nothing",
    "rustxes_test.xes": "refuses a namespace with a line end in it",
    "smartfactory_iot_47919168.xes": "fails on attributes without a value",
}
# Columns that it reads otherwise than they stand there; None is all that come of nesting.
OTHERWISE = {
    "derived_edge/dates_zoo.xes": {"time:timestamp": "has nothing in place of what it can't read as a date"},
    "derived_edge/values_zoo.xes": {
        "v_int": "has nothing in place of what is no integer, and rounds",
        "v_float": "has nothing in place of what is no number, infinity in place of 1e309",
        "v_boolean": "has false for 1, TRUE and words",
        "v_id": "has texts for nothing",
    },
    "derived_edge/key_case_prefix_clash.xes": {"case:x": "has one of two columns only", "case:x@2": "has one of two columns only"},
    "xes_20.xes": {
        "sdasaddas": "has an object of Python",
        "sdasaddas/cost": "has it within the object",
        "lista": "has an object of Python",
        "contenitore": "has no containers",
    },
}
# Where it sees no process, or another one than there is.
OTHER_PROCESS = {
    "derived_edge/dates_zoo.xes": "it needs a date in each event",
    "derived_edge/event_empty.xes": "it drops events without a time",
    "derived_edge/trace_without_name.xes": "it drops traces without a name",
    "cortado_log.xes": "no event has a name in it",
    "10_orders.xes.gz": "the times are texts in it",
    "xes_20.xes": "nothing has a name in it",
}


def check(tally):
    if not xes_corpus.FOLDER.is_dir():
        tally.skip("real XES logs", f"there is no {xes_corpus.FOLDER}")
        return
    for path in xes_corpus.every():
        name = str(path.relative_to(xes_corpus.FOLDER))
        table = xes_corpus.ours(path)
        if not table or name.startswith("promi"):
            continue
        if not reads(path):
            tally.skip(name, f"pm4py {UNREAD[name]}")
            continue
        with tally.check(f"{name}, our own reading and pm4py's importer"):
            same_values(table, frame(path), OTHERWISE.get(name, {}))
        if name in OTHER_PROCESS:
            tally.skip(f"{name}, its process", OTHER_PROCESS[name])
        elif xes_fixture.binary_reads():
            with tally.check(f"{name}, the same process"), logflow.folder() as folder:
                run = logflow.converted(path, folder)
                process_mining.same_processes(pandas.read_parquet(run.output), frame(path))
    if not xes_fixture.binary_reads():
        tally.skip("the binary", "it reads no XES")


def reads(path):
    """Whether pm4py's importer reads the log."""
    return str(path.relative_to(xes_corpus.FOLDER)) not in UNREAD and "promi" not in path.parts


@functools.lru_cache(maxsize=4)
def frame(path):
    """The log as pm4py's importer has it."""
    return pm4py.read_xes(str(path), show_progress_bar=False)


def same_values(table, theirs, otherwise):
    """Fails unless our own reading and a frame have the same columns and values, those left out that pm4py has otherwise."""
    assert len(theirs) == table.rows, f"{len(theirs)} rows, not {table.rows}"
    columns = {it.name: it for it in table.columns if not it.place.special}
    assert set(columns) - set(otherwise) == set(theirs.columns) - set(otherwise), f"columns {sorted(theirs.columns)}, not {sorted(columns)}"
    for name in set(columns) - set(otherwise):
        ours = [moments(columns[name].type, it) for it in columns[name].values]
        found = [simple(it) for it in theirs[name]]
        for row, pair in enumerate(zip(ours, found)):
            assert pair[0] == pair[1], f"column {name!r}, row {row + 1}: {pair[1]!r}, not {pair[0]!r}"


def same_frame(one, two):
    """Fails unless two frames have the same columns and values."""
    assert set(one.columns) == set(two.columns), f"columns {sorted(two.columns)}, not {sorted(one.columns)}"
    assert len(one) == len(two), f"{len(two)} rows, not {len(one)}"
    for name in one.columns:
        for row, pair in enumerate(zip(map(simple, one[name]), map(simple, two[name]))):
            assert pair[0] == pair[1], f"column {name!r}, row {row + 1}: {pair[1]!r}, not {pair[0]!r}"


def simple(value):
    """A value of a frame: nothing is None, whatever the column has for it; moments are microseconds."""
    if isinstance(value, (dict, list)):
        return str(value)
    if pandas.isna(value):
        return None
    return value.asm8.astype("datetime64[us]").astype(int).item() if isinstance(value, pandas.Timestamp) else value


def moments(kind, value):
    """A value of our own reading in the same form."""
    return value // 1000 if kind == "timestamp[ns, UTC]" and value is not None else value
