"""`logflow stats` on object-centric logs beside pm4py, figure by figure; and one log in all of its forms."""

import collections
import json

import pandas
import pm4py
import pyarrow.parquet

import logflow
import ocel_corpus
import ocel_generated
from process_stats import near

OWN = logflow.ROOT / "tests" / "data" / "ocel"
# Logs that pm4py reads with all of their relations, and whether they are OCEL 1.0.
LOGS = {
    OWN / "small.json": False,
    OWN / "one.json": True,
    ocel_corpus.FOLDER / "ocel20_example.jsonocel": False,
    ocel_corpus.FOLDER / "ocel20_example.xmlocel": False,
    ocel_corpus.FOLDER / "ocel20_example.sqlite": False,
    ocel_corpus.FOLDER / "ocpa_ocel20_example.xmlocel": False,
    ocel_corpus.FOLDER / "ocel-crate" / "order_management_small.json": False,
    ocel_corpus.FOLDER / "example_log.jsonocel": True,
    ocel_corpus.FOLDER / "example_log.xmlocel": True,
    ocel_corpus.FOLDER / "minimal.jsonocel": True,
    ocel_corpus.FOLDER / "minimal.xmlocel": True,
    ocel_corpus.FOLDER / "recruiting-red.jsonocel": True,
    ocel_corpus.FOLDER / "ocpa_order_process.jsonocel": True,
}


# In SQLite, pm4py takes events of one time by their places within the tables of their types: the log is compared as JSON.
TIED = ocel_corpus.FOLDER / "ocpa_running-example.sqlite"


def check(tally):
    for path, is_first in LOGS.items():
        if not path.exists():
            tally.skip(path.name, f"there is no {path}")
            continue
        with tally.check(f"object-centric {path.name}"), logflow.folder() as folder:
            path = mended(path, folder)
            ours, objects = found(path, folder)
            equals_pm4py(ours, objects, read(path, is_first))
    if TIED.exists():
        with tally.check(f"object-centric {TIED.name}, as JSON"), logflow.folder() as folder:
            path = folder / "log.jsonocel"
            run = logflow.start(["convert", str(TIED), "-o", str(path)])
            assert run.exit == 0, run.stderr[:400]
            ours, objects = found(path, folder)
            equals_pm4py(ours, objects, read(path, False))
    if "ocel-json" not in logflow.start(["generate", "--help"]).stdout:
        tally.skip("a generated object-centric log", "this binary makes none")
        return
    with logflow.folder() as folder:
        for name in ocel_generated.NAMES:
            ocel_generated.write(folder / name)
        first = folder / ocel_generated.NAMES[0]
        with tally.check("a generated object-centric log"), logflow.folder() as into:
            ours, objects = found(first, into)
            equals_pm4py(ours, objects, read(first, False))
        with tally.check("one log as OCEL JSON, XML, SQLite and as a bundle, with one thread and eight"):
            same_in_all_forms(folder)


def mended(path, folder):
    """The log with what pm4py asks for and LogFlow does not: qualifiers of relations, and globals of OCEL 1.0."""
    if path.suffix not in (".json", ".jsonocel"):
        return path
    log = json.loads(path.read_text(encoding="utf-8-sig"))
    for name in "global-log", "global-event", "global-object":
        if "ocel:events" in log:
            log.setdefault(f"ocel:{name}", {})
    for section in "events", "objects":
        for it in log.get(section, ()):
            for related in it.get("relationships", ()):
                related.setdefault("qualifier", "")
    mended = folder / path.name
    mended.write_text(json.dumps(log), encoding="utf-8")
    return mended


def found(path, folder):
    """The figures of a log, and its objects as rows."""
    args = ["stats", str(path), "--format", "json", "--tables", str(folder / "figures")]
    run = logflow.start(args)
    assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"
    rows = pyarrow.parquet.read_table(folder / "figures" / "objects.parquet").to_pylist()
    return json.loads(run.stdout), {row["object_id"]: row for row in rows}


def read(path, is_first):
    """The log as pm4py reads it."""
    if not is_first:
        readers = {".xmlocel": pm4py.read_ocel2_xml, ".sqlite": pm4py.read_ocel2_sqlite}
        return readers.get(path.suffix, pm4py.read_ocel2_json)(str(path))
    return (pm4py.read_ocel_xml if path.suffix == ".xmlocel" else pm4py.read_ocel_json)(str(path))


def sizes(graph):
    """Type -> key -> number, of pm4py's sets, where there is anything."""
    return {(of, key): len(them) for of, keys in graph.items() for key, them in keys.items() if them}


def equals_pm4py(ours, objects, log):
    """One assertion for each row of the table of object-centric figures in docs/stats.md."""
    relations = log.relations.drop_duplicates(subset=[log.event_id_column, log.object_id_column])
    # pm4py's readers drop events and objects that have no relations.
    assert ours["events"] - ours["events_without_objects"] == len(log.events), f"{ours['events']} events, not {len(log.events)}"
    types = {name: of for name, of in ours["object_types"].items() if of["objects"] > of["objects_without_events"]}
    counts = {name: of["objects"] - of["objects_without_events"] for name, of in types.items()}
    assert counts == log.objects[log.object_type_column].value_counts().to_dict(), "other objects"
    assert ours["e2o"] == len(relations), f"{ours['e2o']} relations, not {len(relations)}"
    graph = pm4py.discover_ocdfg(log)
    edges = {(it["object_type"], (it["from"], it["to"])): it for it in ours["ocdfg"]}
    assert list(edges) == sorted(edges), "the graph is not sorted"
    for name in "event_couples", "unique_objects", "total_objects":
        theirs = sizes(graph["edges"][name])
        mine = {key: it[name] for key, it in edges.items()}
        assert mine == theirs, f"other {name}: {set(mine.items()) ^ set(theirs.items())}"
    for name in "event_couples", "total_objects":
        for (of, pair), edge in edges.items():
            theirs = pandas.Series(graph["edges_performance"][name][of][pair])
            mine = edge[f"{name}_s"]
            for figure, value in ("sum", theirs.sum()), ("mean", theirs.mean()), ("median", theirs.median()), ("p90", theirs.quantile(0.9)):
                near(mine[figure], value, f"{figure} of {name} of {of}, {pair}")
    for name in "activities", "start_activities", "end_activities":
        source = graph["activities_ot" if name == "activities" else name]
        for count in ["events", "unique_objects", *(["total_objects"] if name == "activities" else [])]:
            theirs = sizes(source[count])
            mine = {(of, activity): it[count] for of, figures in types.items() for activity, it in figures[name].items()}
            assert mine == theirs, f"other {count} of {name}: {set(mine.items()) ^ set(theirs.items())}"
    one_by_one(ours, objects, log, relations)
    meetings(ours, log, relations)
    together = relations.groupby([log.event_id_column, log.object_type_column]).size()
    for of, figures in types.items():
        numbers = together.xs(of, level=1)
        near(figures["objects_per_event"]["mean"], numbers.mean(), f"objects of {of} in an event")
        assert figures["objects_per_event"]["max"] == numbers.max()
        assert figures["events"] == len(numbers), f"events of {of}"


def one_by_one(ours, objects, log, relations):
    """Objects, one after the other."""
    variants = collections.defaultdict(list)
    for it in ours["variants"]:
        variants[it["object_type"]].append(it["activities"])
    summary = pm4py.ocel_objects_summary(log)
    lives = relations.groupby(log.object_id_column)[log.event_activity].agg(list).to_dict()
    assert {name for name, row in objects.items() if row["events"]} == set(summary[log.object_id_column]), "other objects"
    for theirs in summary.to_dict("records"):
        name = theirs[log.object_id_column]
        mine = objects[name]
        assert mine["first_event"] == theirs["lifecycle_start"].tz_convert("UTC"), f"first event of {name}"
        assert mine["last_event"] == theirs["lifecycle_end"].tz_convert("UTC"), f"last event of {name}"
        near(mine["duration_s"], theirs["lifecycle_duration"], f"duration of {name}")
        activities = variants[mine["object_type"]][mine["variant"] - 1]
        assert activities == lives[name], f"activities of {name}: {activities}, not {lives[name]}"
        if len(relations) == len(log.relations):
            assert activities == theirs["activities_lifecycle"], f"activities of {name}"
        assert mine["events"] == len(activities)
        assert mine["interacting_objects"] == len(theirs["interacting_objects"]), f"interacting objects of {name}"


def meetings(ours, log, relations):
    """Pairs of objects by type: pm4py has both orders."""
    if len(relations) != len(log.relations):
        return
    summary = pm4py.ocel_objects_interactions_summary(log)
    mine = collections.Counter()
    for it in ours["interactions"]:
        one, other = it["object_type"], it["other_type"]
        mine[one, other] += it["pairs"]
        mine[other, one] += it["pairs"]
    if len(summary):
        of = log.object_type_column
        assert mine == summary.groupby([of, f"{of}_2"]).size().to_dict(), "other interactions"
    else:
        assert not mine


def same_in_all_forms(folder):
    """The same bytes for every form of a log, and for any number of threads."""
    first = folder / ocel_generated.NAMES[0]
    run = logflow.start(["convert", str(first), "-o", str(folder / "bundle")])
    assert run.exit == 0, run.stderr[:400]
    texts = {}
    for name in *ocel_generated.NAMES, "bundle":
        for threads in 1, 8:
            run = logflow.start(["stats", str(folder / name), "--format", "json", "--threads", str(threads)])
            assert run.exit == 0, run.stderr[:400]
            texts[name, threads] = run.stdout
    assert len(set(texts.values())) == 1, f"{len(set(texts.values()))} different answers"
