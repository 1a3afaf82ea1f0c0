"""`--layout pm4py` and `--layout oceldb`: the tables are those that pm4py makes of the same log, and oceldb opens, checks and reads its folder."""

import datetime
import math
import warnings

import logflow
import ocel_corpus
import ocel_document
import ocel_generated

NAMES = ("ocel20_example.jsonocel", "ocel20_example.xmlocel", "ocel20_example.sqlite", "ocpa_running-example.sqlite")
# What tells the rows of a table apart.
KEYS = {
    "events": ["ocel:eid"],
    "objects": ["ocel:oid"],
    "relations": ["ocel:eid", "ocel:oid", "ocel:qualifier"],
    "o2o": ["ocel:oid", "ocel:oid_2", "ocel:qualifier"],
    "object_changes": ["ocel:oid", "ocel:timestamp", "ocel:field"],
}


def check(tally):
    if "--layout" not in logflow.start(["convert", "--help"]).stdout:
        tally.skip("layouts", "this binary has one")
        return
    with logflow.folder() as folder:
        logs = [ocel_corpus.FOLDER / name for name in NAMES if (ocel_corpus.FOLDER / name).exists()]
        for name in ("log.jsonocel", "log.sqlite"):
            ocel_generated.write(folder / name)
            logs.append(folder / name)
        for number, log in enumerate(logs):
            pm4py_of(tally, log, folder / f"{number}-pm4py")
            oceldb_of(tally, log, folder / f"{number}-oceldb")
            flat_of(tally, log, folder / f"{number}-flat.csv", folder / f"{number}-flat")
        for path in sorted(ocel_corpus.FOLDER.glob("*.csv")):
            flat_is(tally, path, folder / f"{path.stem}-flat")


def converted(log, layout, into):
    run = logflow.start(["convert", str(log), "-o", str(into), "--layout", layout, "-q"])
    assert run.exit == 0, run.stderr[:400]


def pm4py_of(tally, log, into):
    """Table by table and value by value what pm4py reads, on logs that it reads right."""
    import pandas
    import pm4py

    with tally.check(f"{log.name}: pm4py's tables are written"):
        converted(log, "pm4py", into)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pm4py.read_ocel2(str(log))
    whole = ocel_document.read(log).counts()
    for table, keys in KEYS.items():
        ours, theirs = pandas.read_parquet(into / f"{table}.parquet"), getattr(expected, table)
        if len(theirs) != whole[("events", "objects", "relations", "o2o", "object_changes").index(table)]:
            tally.skip(f"{log.name}, {table}", f"pm4py reads {len(theirs)} rows, the log has {len(ours)}")
            continue
        with tally.check(f"{log.name}, {table}"):
            # From SQLite pm4py has columns without a value, and one for its own use.
            theirs = theirs.dropna(axis="columns", how="all").drop(columns="@@cumcount", errors="ignore")
            assert set(ours.columns) == set(theirs.columns), f"{sorted(set(ours.columns) ^ set(theirs.columns))}"
            columns = sorted(ours.columns)
            rows = lambda it: sorted((tuple(plain(value) for value in row) for row in it[columns].itertuples(index=False)), key=repr)
            for one, other in zip(rows(ours), rows(theirs), strict=True):
                assert one == other, f"{one} against {other}"
    with tally.check(f"{log.name}: events ascend"):
        assert pandas.read_parquet(into / "events.parquet")["ocel:timestamp"].is_monotonic_increasing


def plain(value):
    """A value that is equal to another reader's: no difference between kinds of null, of numbers, of times, of numbers as text, and booleans as SQLite has them."""
    if value is None or value != value:
        return None
    if isinstance(value, (bool, str)) and str(value) in ("True", "False", "true", "false"):
        return float(str(value).lower() == "true")
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, str):
        try:
            return datetime.datetime.fromisoformat(value).timestamp() if value[4:5] == "-" and ":" in value else number(value)
        except ValueError:
            return value
    return number(value)


def number(value):
    found = float(value)
    return found if math.isfinite(found) else value


def oceldb_of(tally, log, into):
    """oceldb opens the folder, finds nothing wrong, and has as many rows as the log."""
    import oceldb

    with tally.check(f"{log.name}: oceldb opens its folder"):
        converted(log, "oceldb", into)
        opened = oceldb.OCEL.open(str(into))
        opened.validate()
        document = ocel_document.read(log)
        events, objects, e2o, o2o, changes = document.counts()
        rows = {name: getattr(opened, name)().collect().height for name in ("events", "objects", "e2o", "o2o")}
        assert rows == {"events": events, "objects": objects, "e2o": e2o, "o2o": o2o}, f"{rows}"
        initial = opened.object_changes().collect()["ocel_is_initial"]
        assert len(initial) - initial.sum() == changes


def flat_of(tally, log, path, into):
    """What pm4py writes as a flat table comes to be the tables that it was."""
    import pm4py

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pm4py.write_ocel_csv(pm4py.read_ocel2(str(log)), str(path), str(path) + ".objects")
    flat_is(tally, path, into)


def flat_is(tally, path, into):
    """Table by table what pm4py reads from a flat table."""
    import pandas
    import pm4py

    with tally.check(f"{path.name}: a flat table is read"):
        converted(path, "pm4py", into)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = pm4py.read_ocel_csv(str(path))
        for table, columns in (
            ("events", ["ocel:eid", "ocel:activity", "ocel:timestamp"]),
            ("objects", ["ocel:oid", "ocel:type"]),
            ("relations", ["ocel:eid", "ocel:activity", "ocel:timestamp", "ocel:oid", "ocel:type"]),
        ):
            ours, theirs = pandas.read_parquet(into / f"{table}.parquet"), getattr(expected, table)
            rows = lambda it: sorted([tuple(plain(value) for value in row) for row in it[columns].itertuples(index=False)], key=repr)
            assert rows(ours) == rows(theirs), f"{table}: {len(ours)} rows against {len(theirs)}"
