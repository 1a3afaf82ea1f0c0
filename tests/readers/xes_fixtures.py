"""Our own small XES files: against tables that people have read, our own reading, and four readers of Parquet; malformed ones by code and place."""

import re

import logflow
import parquet
import xes_compare
import xes_fixture
import xes_table
import xes_text

BYTE = re.compile(r", byte (\d+)")
LINE = re.compile(r"line (\d+):(\d+)")
# At one thread a file is one shard unless it is cut by force; more threads cut it where they please.
THREADS = [1, 2, 8]


def check(tally):
    fixtures = xes_fixture.every()
    with tally.check("every file is in the manifest"):
        listed = {it.path.name for it in fixtures} | {it.truth.name for it in fixtures if it.verdict == "accept"}
        there = {it.name for it in xes_fixture.FOLDER.iterdir()} - {"MANIFEST.tsv", ".gitattributes"}
        assert there == listed, f"not in the manifest: {there - listed}, not there: {listed - there}"
    for it in fixtures:
        (accepted if it.verdict == "accept" else rejected)(tally, it)


def accepted(tally, it):
    with tally.check(f"{it.path.name}, our own reading and the table by hand"):
        columns, rows, metadata = it.table()
        table = xes_table.Table(it.path)
        assert [(one.name, one.type) for one in table.columns] == [one[:2] for one in columns], "other columns"
        for one, (name, _, values) in zip(table.columns, columns):
            equal = len(one.values) == rows and all(xes_compare.same(*pair) for pair in zip(one.values, values))
            assert equal, f"column {name!r}: {one.values}, not {values}"
        if not it.shares:
            xes_compare.same_metadata(metadata, table.metadata)
    if not xes_fixture.binary_reads():
        return
    for threads in THREADS:
        with tally.check(f"{it.path.name}, {threads} threads: {it.shows}"), logflow.folder() as folder:
            run = logflow.converted(it.path, folder, threads=threads)
            found = parquet.readers_agree(run.output) if threads == 1 else parquet.read(run.output)
            columns, rows, _ = it.table()
            xes_compare.same_table(columns, rows, found)
            like_our_reading(run, xes_table.Table(it.path))


def like_our_reading(run, table):
    """Metadata, oddities and counts of a run are those of our own reading."""
    found = xes_compare.metadata(run.output)
    xes_compare.same_metadata(table.metadata, found)
    odd = found.get("oddities", [])
    assert bool(odd) >= bool(table.odd), f"not a word of {table.odd}"
    assert not table.odd or run.report["warnings"], f"no warning of {table.odd}"
    zoneless = {it["name"]: it["without_zone"] for it in run.report["columns"]}
    for column in table.columns:
        if column.type.startswith("timestamp") and column.place.scope == "event":
            assert zoneless[column.name] == column.without_zone, f"{zoneless[column.name]} dates without zone, not {column.without_zone}"


def rejected(tally, it):
    with tally.check(f"{it.path.name}, our own reading fails too"):
        try:
            xes_table.Table(it.path)
        except xes_text.Malformed:
            pass
        else:
            raise AssertionError("it is accepted")
    if not xes_fixture.binary_reads():
        return
    for threads in THREADS:
        with tally.check(f"{it.path.name}, {threads} threads: {it.shows}"), logflow.folder() as folder:
            run = logflow.convert(it.path, folder, threads=threads)
            assert run.exit == 1, f"accepted: {run.stdout[:300]}"
            said = run.stderr[:300]
            assert not it.codes or run.code in it.codes, f"not {it.codes}: {said}"
            assert it.path.name in said, f"the file has no name: {said}"
            if it.at:
                right_place(it, said)


def right_place(it, said):
    """The message names a byte within the fault, and the line and column of that byte."""
    text = it.path.read_bytes()
    start, end = it.place(text)
    byte = BYTE.search(said)
    assert byte, f"no byte is named: {said}"
    # Text that ends too early is at fault where it ends.
    at = int(byte[1])
    assert start <= at <= end, f"byte {at} is not in {start} to {end}: {said}"
    line = LINE.search(said)
    assert line, f"no line is named: {said}"
    before = text[:at].decode(errors="replace")
    place = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    assert (int(line[1]), int(line[2])) == place, f"line {line[1]}:{line[2]}, not {place}: {said}"

