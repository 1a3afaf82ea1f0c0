"""Real logs: their counts, DuckDB with declared types, and the Parquet files and corrected CSV files that their sources ship."""

import pyarrow.compute as pc

import declared
import fixtures
import logflow
import parquet
import tables
from dialect import Dialect

FOLDER = logflow.SHARED / "corpus" / "csv"
COMMA, SEMICOLON = Dialect(), Dialect(delimiter=";")
# Rows, cases, columns by SOURCES.md, cases None where it has none; how the file is written, and what DuckDB must be told about it.
LOGS = {
    "receipt.csv": (8577, 1434, 15, COMMA, {}),
    "running-example.csv": (42, 6, 9, COMMA, {}),
    "running_example.csv": (42, 6, 5, SEMICOLON, {}),
    "running_example_broken.csv": (34, 6, 6, SEMICOLON, {}),
    "eventdataR_sepsis.csv": (15214, 1050, 34, SEMICOLON, {}),
    "interval_event_log.csv": (8109, 1266, 4, COMMA, {}),
    "roadtraffic100traces.csv": (390, 100, 15, COMMA, {}),
    "disco_ExampleLog.csv": (7548, 3885, 9, COMMA, {"new_line": "\\r", "timestampformat": "%d.%m.%y %H:%M"}),
    "simod_BPIC15_1.csv.gz": (52217, 1199, 5, COMMA, {}),
    "apromore/test1-valid.csv": (3, 2, 5, COMMA, {}),
    "apromore/test6-different-delimiters.csv": (3, 2, 5, SEMICOLON, {}),
    "apromore/test9-differentiate-dates.csv": (13, 2, 5, COMMA, {"timestampformat": "%Y-%d-%mT%H:%M:%S.%g"}),
}
# Apromore's tests: rows and errors, and the file that has the rows as they should be.
REJECTING = {
    "apromore/test2-missing-columns.csv": (2, 1, "LF201"),
    "apromore/test3-invalid-end-timestamp.csv": (3, 1, "LF207"),
}
CORRECTED = {
    "apromore/test1-valid.csv": "apromore/test1-valid-expected.csv",
    "apromore/test2-missing-columns.csv": "apromore/test2-missing-columns-expected.csv",
    "apromore/test3-invalid-end-timestamp.csv": "apromore/test3-invalid-end-timestamp-expected.csv",
    "apromore/test6-different-delimiters.csv": "apromore/test6-different-delimiters-expected.csv",
    "apromore/test9-differentiate-dates.csv": "apromore/test9-differentiate-dates-expected.csv",
}
# A column that should hold times is made to: what holds none is a bad row.
AS_TIME = ["--timestamp", "completion time"]


def check(tally):
    if not FOLDER.is_dir():
        tally.skip("real logs", f"there is no {FOLDER}")
        return
    for name, (rows, cases, columns, dialect, options) in LOGS.items():
        with tally.check(f"{name}, counts and values"), logflow.folder() as folder:
            run = logflow.converted(FOLDER / name, folder)
            table = parquet.readers_agree(run.output)
            found = table.num_rows, cases_of(run, table), table.num_columns
            assert found == (rows, cases, columns), f"rows, cases, columns {found}, not {(rows, cases, columns)}"
            declared.agrees(table, run, FOLDER / name, dialect, **options)
        with tally.check(f"{name}, Python's csv"), logflow.folder() as folder:
            run = logflow.converted(FOLDER / name, folder, "--all-text")
            fixtures.same_texts(parquet.read(run.output), dialect.cells(FOLDER / name))
    for name, (rows, errors, code) in REJECTING.items():
        with tally.check(f"{name}, rows and errors"), logflow.folder() as folder:
            run = logflow.convert(FOLDER / name, folder, *AS_TIME, "--on-bad-row", "reject")
            found = run.report["rows"], [line["code"] for line in run.rejects]
            assert found == (rows, [code] * errors), f"rows and rejects {found}"
    for name, corrected in CORRECTED.items():
        with tally.check(f"{name}, values that its source expects"):
            same_as_corrected(FOLDER / name, FOLDER / corrected)
    with tally.check("eventdataR_sepsis.csv, the events of case A"), logflow.folder() as folder:
        table = parquet.read(logflow.converted(FOLDER / "eventdataR_sepsis.csv", folder).output)
        found = pc.sum(pc.equal(tables.plain(table["Case ID"]), "A")).as_py()
        assert found == 22, f"{found} events, not 22"
    with tally.check("simod_BPIC15_1.csv.gz, the column that is all empty"), logflow.folder() as folder:
        table = parquet.read(logflow.converted(FOLDER / "simod_BPIC15_1.csv.gz", folder).output)
        empty = [name for name in table.column_names if table[name].null_count == table.num_rows]
        assert empty == ["start_timestamp"], f"empty are {empty}"
    for name in ["receipt", "running-example"]:
        with tally.check(f"{name}.csv, the Parquet file of its source"), logflow.folder() as folder:
            same_as_parquet(parquet.read(logflow.converted(FOLDER / f"{name}.csv", folder).output), name)


def cases_of(run, table):
    """How many cases: values of the column that LogFlow took for the case."""
    [column] = [it["name"] for it in run.report["columns"] if it["role"] == "case_id"]
    return pc.count_distinct(tables.plain(table[column])).as_py()


def same_as_corrected(source, corrected):
    """The good rows of `source` are those of a file whose dates anyone can read, as DuckDB reads it."""
    dialect = Dialect(header=False)
    with logflow.folder() as folder:
        run = logflow.convert(source, folder, *AS_TIME, "--on-bad-row", "reject")
        declared.agrees(parquet.read(run.output), run, corrected, dialect)


def same_as_parquet(table, name):
    """Columns of the source's Parquet file that have a namesake have its values too, read as text where types differ.

    Not its times: who wrote that file took the zones away and left the clocks as they were.
    """
    theirs = parquet.read(FOLDER / f"{name}.parquet")
    kinds = {it.name: tables.kind(it.type) for it in table.schema}
    shared = [it for it in theirs.column_names if kinds.get(it, "timestamp") != "timestamp"]
    assert len(shared) > 5, f"only {shared} have namesakes"
    for column in shared:
        one, two = tables.plain(table[column]), tables.plain(theirs[column])
        if tables.kind(one.type) != tables.kind(two.type):
            one, two = one.cast("string"), two.cast("string")
        tables.same(*(table.select([]).append_column(column, it) for it in (one, two)))
