"""The figures of `logflow stats` by DuckDB, Polars and pm4py: what perf/README.md compares with.

    python perf/stats_peers.py duckdb|polars|pm4py LOG.parquet

Directly-follows graph with count, mean, median, min, max, sum and deviation of its durations, variants, starts and ends,
durations of cases. Prints wall seconds and the peak of resident memory in MB, and the sizes of the results, so that a wrong
answer is seen.
"""

import resource
import sys
import time

ROWS = "SELECT case_id::VARCHAR AS c, activity::VARCHAR AS a, timestamp AS t, file_row_number AS r"
DUCKDB = {
    "rows": ROWS + " FROM read_parquet('{log}', file_row_number = true) WHERE case_id IS NOT NULL AND activity IS NOT NULL AND timestamp IS NOT NULL",
    "edges": """SELECT a, b, count(*), avg(d), median(d), min(d), max(d), sum(d), stddev_samp(d) FROM
        (SELECT a, lead(a) OVER w AS b, (epoch_us(lead(t) OVER w) - epoch_us(t)) / 1e6 AS d FROM ({rows})
         WINDOW w AS (PARTITION BY c ORDER BY t, r)) WHERE b IS NOT NULL GROUP BY a, b ORDER BY a, b""",
    "cases": """CREATE TEMP TABLE cases AS SELECT list(a ORDER BY t, r) AS v, (epoch_us(max(t)) - epoch_us(min(t))) / 1e6 AS d
        FROM ({rows}) GROUP BY c""",
    "variants": "SELECT v, count(*) FROM cases GROUP BY v ORDER BY count(*) DESC, v DESC",
    "starts": "SELECT v[1], count(*) FROM cases GROUP BY 1",
    "ends": "SELECT v[-1], count(*) FROM cases GROUP BY 1",
    "durations": "SELECT count(*), avg(d), median(d), min(d), max(d), sum(d) FROM cases",
}


def duckdb(log):
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    rows = DUCKDB["rows"].format(log=log)
    sizes = []
    for name in "edges", "cases", "variants", "starts", "ends", "durations":
        sizes.append(len(connection.execute(DUCKDB[name].format(rows=rows)).fetchall()))
    return sizes


def polars(log):
    import polars as pl

    rows = (
        pl.scan_parquet(log)
        .select(pl.col("case_id").cast(pl.String).alias("c"), pl.col("activity").cast(pl.String).alias("a"), pl.col("timestamp").alias("t"))
        .drop_nulls()
        .sort(["c", "t"], maintain_order=True)
        .collect(engine="streaming")
    )
    # The same by SQL, whose window functions need the order within a case.
    context = pl.SQLContext(rows=rows.lazy())
    edges = context.execute("""SELECT a, b, count(*) AS n, avg(d) AS mean, median(d) AS median, min(d) AS min, max(d) AS max, sum(d) AS sum,
        stddev(d) AS stdev FROM (SELECT a, lead(a) OVER (PARTITION BY c ORDER BY t) AS b,
        (lead(t) OVER (PARTITION BY c ORDER BY t) - t) AS d FROM rows) WHERE b IS NOT NULL GROUP BY a, b ORDER BY a, b""") if "--sql" in sys.argv else (
        rows.lazy()
        .with_columns(pl.col("a").shift(-1).alias("b"), (pl.col("t").shift(-1) - pl.col("t")).dt.total_microseconds().alias("d"), pl.col("c").shift(-1).alias("n"))
        .filter(pl.col("c") == pl.col("n"))
        .group_by("a", "b")
        .agg(pl.len(), pl.col("d").mean().alias("mean"), pl.col("d").median().alias("median"), pl.col("d").min().alias("min"),
             pl.col("d").max().alias("max"), pl.col("d").sum().alias("sum"), pl.col("d").std().alias("std"))
        .sort("a", "b")
    )
    edges = edges.collect()
    cases = rows.lazy().group_by("c").agg(pl.col("a").alias("v"), (pl.col("t").max() - pl.col("t").min()).alias("d")).collect()
    variants = cases.group_by(pl.col("v").list.join("\x1f")).len().sort("len", "v", descending=True)
    starts = cases.group_by(pl.col("v").list.first()).len()
    ends = cases.group_by(pl.col("v").list.last()).len()
    durations = cases.select(pl.col("d").mean(), pl.col("d").median().alias("m"), pl.col("d").min().alias("l"), pl.col("d").max().alias("h"))
    return [len(it) for it in (edges, cases, variants, starts, ends, durations)]


def pm4py(log):
    import pandas
    import pm4py

    frame = pandas.read_parquet(log, columns=["case_id", "activity", "timestamp"])
    frame = pm4py.format_dataframe(frame, "case_id", "activity", "timestamp")
    graph, starts, ends = pm4py.discover_dfg(frame)
    performance, _, _ = pm4py.discover_performance_dfg(frame)
    variants = pm4py.get_variants(frame)
    durations = pm4py.get_all_case_durations(frame)
    return [len(performance), len(durations), len(variants), len(starts), len(ends), 1]


begin = time.perf_counter()
found = {"duckdb": duckdb, "polars": polars, "pm4py": pm4py}[sys.argv[1]](sys.argv[2])
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(f"{sys.argv[1]}: {seconds:.2f} s, {peak:.0f} MB, edges, cases, variants, starts, ends, durations {found}")
