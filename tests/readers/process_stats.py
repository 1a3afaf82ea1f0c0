"""`logflow stats` beside pm4py, figure by figure, and beside SQL of DuckDB on generated logs, grouped and interleaved."""

import json
import math
import random

import duckdb
import pandas
import pm4py
from pm4py.statistics.traces.generic.pandas import case_arrival
from pm4py.util.constants import PARAMETER_CONSTANT_START_TIMESTAMP_KEY as START_KEY

import fixture
import generated
import logflow
import xes_corpus
from corpus import FOLDER
from process_mining import XES
from xes_process import OTHER_PROCESS, UNREAD

# Separator and names of case, activity, time and, where there is one, start.
CSV = {
    fixture.FOLDER / "comma.csv": (",", ["case_id", "activity", "timestamp"]),
    FOLDER / "running-example.csv": (",", list(XES.values())),
    FOLDER / "receipt.csv": (",", list(XES.values())),
    FOLDER / "interval_event_log.csv": (",", [*XES.values(), "start_timestamp"]),
    FOLDER / "roadtraffic100traces.csv": (",", list(XES.values())),
    FOLDER / "eventdataR_sepsis.csv": (";", ["Case ID", "Activity", "Complete Timestamp"]),
}


def check(tally):
    if not logflow.has("stats"):
        tally.skip("statistics", "this binary has no command `stats`")
        return
    for path, (separator, names) in CSV.items():
        if not path.exists():
            tally.skip(path.name, f"there is no {path}")
            continue
        with tally.check(path.name):
            equals_pm4py(found(path), csv_frame(path, separator, names))
    if xes_corpus.FOLDER.is_dir():
        for path in sorted(xes_corpus.FOLDER.glob("*.xes*")):
            if path.name not in UNREAD and path.name not in OTHER_PROCESS:
                with tally.check(path.name):
                    equals_pm4py(found(path), pm4py.read_xes(str(path)))
    else:
        tally.skip("XES", f"there is no {xes_corpus.FOLDER}")
    with tally.check("one log as CSV, XES, JSON Lines and Parquet, with one thread and eight"), logflow.folder() as folder:
        same_in_all_forms(folder)
    for order in "grouped", "interleaved", "shuffled":
        with tally.check(f"DuckDB on {generated.EVENTS} events, {order}"), logflow.folder() as folder:
            equals_duckdb(folder, order)
    with tally.check("pm4py reads the graph back"), logflow.folder() as folder:
        read_back(folder)
    with tally.check("a case of two million events is not held as JSON"), logflow.folder() as folder:
        long_case(folder)
    with tally.check("one log in microseconds and in nanoseconds"), logflow.folder() as folder:
        same_in_all_units(folder)


def found(path, *args):
    """The figures of a log."""
    run = logflow.start(["stats", str(path), "--format", "json", "--temporal-profile", *args])
    assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"
    return json.loads(run.stdout)


def csv_frame(path, separator, names):
    """The log as pandas reads it, under the names of XES."""
    targets = [*XES.values(), "start_timestamp"]
    frame = pandas.read_csv(path, sep=separator, keep_default_na=False, na_values=[""]).rename(columns=dict(zip(names, targets)))
    for column in targets[2:][: len(names) - 2]:
        frame[column] = pandas.to_datetime(frame[column], utc=True, format="mixed")
    return frame


def longest(ours):
    """Events of the longest case: pm4py looks at all pairs in Python."""
    return ours["case_size"]["max"]


def near(ours, theirs, what):
    """Equal to nine digits; pandas has NaN where there is nothing."""
    nothing = theirs is None or math.isnan(theirs)
    assert (ours is None) == nothing, f"{what}: {ours}, not {theirs}"
    assert nothing or math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9), f"{what}: {ours}, not {theirs}"


def equals_pm4py(ours, frame):
    """One assertion for each row of the table in docs/stats.md."""
    rows, has_start = len(frame), "start_timestamp" in frame.columns
    log = pm4py.format_dataframe(frame, *XES.values())
    assert ours["events"] == len(log), f"{ours['events']} events, not {len(log)}"
    assert ours["rows_left_out"]["rows"] == rows - len(log)
    assert ours["cases"] == log["case:concept:name"].nunique()
    assert ours["activities"] == log["concept:name"].value_counts().to_dict()
    graph, starts, ends = pm4py.discover_dfg(log)
    assert ours["start_activities"] == dict(starts), f"other starts: {dict(starts)}"
    assert ours["end_activities"] == dict(ends), f"other ends: {dict(ends)}"
    edges = {(it["from"], it["to"]): it for it in ours["dfg"]}
    assert list(edges) == sorted(edges), "the graph is not sorted"
    assert {pair: it["count"] for pair, it in edges.items()} == dict(graph), "another graph"
    if graph:
        performance, _, _ = pm4py.discover_performance_dfg(log)
        assert set(performance) == set(edges), "another performance graph"
        for pair, figures in performance.items():
            for name in "mean", "median", "min", "max", "sum", "stdev":
                theirs = figures[name]
                # pandas has no deviation of a single value, and pm4py has 0 or NaN for it.
                if name == "stdev" and edges[pair]["count"] == 1:
                    theirs = None
                near(edges[pair][f"{name}_s"], theirs, f"{name} of {pair}")
    variants = [(tuple(it["activities"]), it["cases"]) for it in ours["variants"]]
    theirs = pm4py.get_variants(log)
    assert dict(variants) == dict(theirs), "other variants"
    ranked = sorted(theirs.items(), key=lambda it: (it[1], it[0]), reverse=True)
    assert variants == ranked, "variants in another order"
    profile = pm4py.discover_temporal_profile(log.copy()) if longest(ours) <= 50 else {}
    pairs = {(it["from"], it["to"]): it for it in ours["temporal_profile"]}
    assert not profile or set(profile) == set(pairs), "another temporal profile"
    for pair, (mean, deviation) in profile.items():
        near(pairs[pair]["mean_s"], mean, f"mean of the profile of {pair}")
        near(pairs[pair]["stdev_s"] or 0.0, deviation, f"deviation of the profile of {pair}")
    # With starts, pm4py looks for a column that it has dropped.
    plain = log[list(XES.values())].copy()
    plain.attrs.pop(START_KEY, None)
    durations = pm4py.get_all_case_durations(plain)
    seconds = ours["case_duration_s"]
    near(seconds["sum"], sum(durations), "sum of durations")
    near(seconds["mean"], sum(durations) / len(durations), "mean duration")
    near(seconds["min"], min(durations), "least duration")
    near(seconds["max"], max(durations), "greatest duration")
    near(seconds["median"], sorted(durations)[len(durations) // 2], "median of durations")
    series = pandas.Series(durations)
    for quantile, name in (0.5, "median_interpolated"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"):
        near(seconds[name], series.quantile(quantile), name)
    assert ours["rework"] == pm4py.get_rework_cases_per_activity(log), "other rework"
    near(ours["case_arrival_average_s"], pm4py.get_case_arrival_average(log), "arrival")
    near(ours["case_dispersion_average_s"], case_arrival.get_case_dispersion_avg(log), "dispersion")
    # pm4py's filter_variants_by_coverage_percentage keeps variants that each cover a share; it fails with this pandas.
    for least in 0.05, 0.5:
        kept = {variant for variant, cases in theirs.items() if cases >= least * ours["cases"]}
        mine = {tuple(it["activities"]) for it in ours["variants"] if it["coverage"] >= least}
        assert kept == mine, f"coverage {least}"
    assert ("cycle_time_s" in ours) == has_start
    if has_start:
        # pm4py forgets the last stretch of time in which an event was at work.
        near(ours["cycle_time_s"], pm4py.get_cycle_time(log) + last_stretch(log) / ours["cases"], "cycle time")
        services = pm4py.get_service_time(log, start_timestamp_key="start_timestamp")
        for activity, mean in services.items():
            near(ours["service_time_s"][activity]["mean"], mean, f"service time of {activity}")


def last_stretch(log):
    """Seconds of the last stretch of time in which at least one event is between its start and its time."""
    begin, end = None, None
    for start, time in sorted(zip(log["start_timestamp"], log["time:timestamp"])):
        if begin is None or start > end:
            begin, end = start, time
        end = max(end, time)
    return (end - begin).total_seconds()


def same_in_all_forms(folder):
    """The same bytes for every form of a log, and for any number of threads."""
    source = generated.write(folder, 5_000)
    forms = [source]
    for name in "log.parquet", "log.xes":
        forms.append(folder / name)
        run = logflow.start(["convert", str(source), "-o", str(forms[-1])])
        assert run.exit == 0, run.stderr[:400]
    lines = folder / "log.jsonl"
    duckdb.sql(f"COPY (FROM '{folder / 'log.parquet'}') TO '{lines}' (FORMAT json)")
    forms.append(lines)
    texts = {}
    for path in forms:
        for threads in 1, 8:
            run = logflow.start(["stats", str(path), "--format", "json", "--threads", str(threads)])
            assert run.exit == 0, run.stderr[:400]
            texts[path.name, threads] = run.stdout
    assert len(set(texts.values())) == 1, f"{len(set(texts.values()))} different answers"


def long_case(folder):
    """One variant of two million activities, written name by name: as objects of JSON they took some 200 MB."""
    events, log = 2_000_000, folder / "log.parquet"
    activities = [f"activity number {it % 7}" for it in range(events)]
    times = pandas.date_range("2024-01-01", periods=events, freq="s", tz="UTC")
    pandas.DataFrame({"case_id": "1", "activity": activities, "timestamp": times}).to_parquet(log, index=False)
    run = logflow.start(["stats", str(log), "--format", "json", "--threads", "2"])
    assert run.exit == 0, run.stderr[:400]
    assert run.rss <= logflow.allowed_rss(2), f"{run.rss >> 20} MiB"
    assert json.loads(run.stdout)["variants"][0]["activities"] == activities, "another variant"


def same_in_all_units(folder):
    """The same bytes for the same instants, whatever the unit in which the file has them."""
    source = generated.write(folder, 5_000)
    frame = pandas.read_csv(source, parse_dates=["timestamp"])
    texts = set()
    for unit in "us", "ns":
        log = folder / f"{unit}.parquet"
        frame.assign(timestamp=frame["timestamp"].dt.as_unit(unit)).to_parquet(log, index=False, coerce_timestamps=None)
        texts.add(logflow.start(["stats", str(log), "--format", "json"]).stdout)
    assert len(texts) == 1 and "stdev_s" in texts.pop(), "different answers"


ORDERED = """
    WITH rows AS (SELECT case_id::VARCHAR AS c, activity::VARCHAR AS a, timestamp AS t, file_row_number AS r
                  FROM read_parquet($path, file_row_number = true)
                  WHERE case_id IS NOT NULL AND activity IS NOT NULL AND timestamp IS NOT NULL),
    pairs AS (SELECT c, a, t, r, lead(a) OVER w AS b, lead(t) OVER w AS u FROM rows WINDOW w AS (PARTITION BY c ORDER BY t, r))
"""


def equals_duckdb(folder, order):
    """The same figures by window functions over a log whose rows stand in another order."""
    source = generated.write(folder, generated.EVENTS)
    log = folder / "log.parquet"
    frame = duckdb.sql(f"FROM read_csv('{source}')").df()
    if order == "interleaved":
        frame = frame.sort_values("timestamp", kind="stable")
    if order == "shuffled":
        frame = frame.sample(frac=1, random_state=random.Random(3).randrange(1 << 30))
    frame.to_parquet(log, index=False)
    ours = found(log)
    query = lambda text: duckdb.execute(ORDERED + text, {"path": str(log)}).fetchall()
    seconds = "(epoch_us(u) - epoch_us(t)) / 1e6"
    edges = query(f"""SELECT a, b, count(*), avg({seconds}), median({seconds}), min({seconds}), max({seconds}), sum({seconds}),
                     stddev_samp({seconds}), quantile_cont({seconds}, 0.95)
                     FROM pairs WHERE b IS NOT NULL GROUP BY ALL ORDER BY a, b""")
    assert len(edges) == len(ours["dfg"]), f"{len(ours['dfg'])} edges, not {len(edges)}"
    for (a, b, count, *figures), mine in zip(edges, ours["dfg"]):
        assert (a, b, count) == (mine["from"], mine["to"], mine["count"]), f"{mine}, not {(a, b, count)}"
        for name, theirs in zip(["mean", "median", "min", "max", "sum", "stdev", "p95"], figures):
            near(mine[f"{name}_s"], theirs, f"{name} of {a} to {b}")
    variants = query("""SELECT v, count(*) FROM (SELECT list(a ORDER BY t, r) AS v FROM rows GROUP BY c)
                        GROUP BY v ORDER BY count(*) DESC, v DESC""")
    assert variants == [(it["activities"], it["cases"]) for it in ours["variants"]], "other variants"
    [(cases, total, median, p99)] = query("""SELECT count(*), sum(d), quantile_cont(d, 0.5), quantile_cont(d, 0.99) FROM
        (SELECT (epoch_us(max(t)) - epoch_us(min(t))) / 1e6 AS d FROM rows GROUP BY c)""")
    assert cases == ours["cases"]
    for name, theirs in ("sum", total), ("median_interpolated", median), ("p99", p99):
        near(ours["case_duration_s"][name], theirs, name)


def read_back(folder):
    """The .dfg file has the graph, the starts and the ends of the JSON."""
    source, output = generated.write(folder, 5_000), folder / "log.dfg"
    run = logflow.start(["stats", str(source), "-o", str(output)])
    assert run.exit == 0, run.stderr[:400]
    graph, starts, ends = pm4py.read_dfg(str(output))
    ours = found(source)
    assert graph == {(it["from"], it["to"]): it["count"] for it in ours["dfg"]}, "another graph"
    assert (starts, ends) == (ours["start_activities"], ours["end_activities"]), "other starts or ends"
