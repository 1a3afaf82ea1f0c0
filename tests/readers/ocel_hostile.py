"""Databases and texts made to break readers of object-centric logs: the verdict of the manifest, in bounded time and memory, the same at every number of threads."""

import contextlib
import hashlib
import sqlite3

import logflow
import manifest
import ocel_bundle
import ocel_corpus

THREADS = [1, 2, 8]
# The manifest accepts these as databases; their notes say that they hold no log.
NO_LOG = "sqlite/duckdb/"
# Text of any kind is taken for a log only if it looks like one.
FORMS = {"json/": "ocel-json", "xml/": "ocel-xml"}


def check(tally):
    if not manifest.FOLDER.is_dir() or not ocel_corpus.binary_reads():
        tally.skip("hostile logs", f"there is no {manifest.FOLDER}, or a binary that reads no OCEL")
        return
    for path, verdict in manifest.entries("sqlite/"):
        with tally.check(f"{path.relative_to(manifest.FOLDER)}, {verdict}"):
            database(path, verdict)
    for folder, form in FORMS.items():
        for path, verdict in manifest.entries(folder):
            with tally.check(f"{path.relative_to(manifest.FOLDER)} as {form}"):
                for more in ([], ["--on-bad-row", "reject"]):
                    answers(path, "--from", form, *more)


def database(path, verdict):
    run = answers(path, "--from", "ocel-sqlite", same=same_rows)
    if str(path.relative_to(manifest.FOLDER)).startswith(NO_LOG):
        assert run.code == "LF231", f"a database without a log: {run.stderr[:300]}"
    elif verdict == "accept":
        assert run.exit == 0, f"not accepted: {run.stderr[:300]}"
    elif verdict.endswith("reject"):
        assert run.exit == 1, f"accepted: {run.stdout[:300]}"


def same_rows(path, bundle):
    """Never fewer rows or others in silence: what Python's sqlite3 finds is there. These files have no map of names: `event_Pay` holds the type `pay`."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # Texts of any kind, nulls before them, in an order of their own.
        rows = lambda sql: sorted(database.execute(sql).fetchall(), key=repr)
        for name, table in (("e2o", "event_object"), ("o2o", "object_object")):
            assert of(bundle, name) == rows(f"SELECT * FROM {table}"), f"other rows in {table}"
        for what in ("event", "object"):
            for (kind,) in database.execute(f"SELECT DISTINCT ocel_type FROM {what}").fetchall():
                table = next(it for it in names if it.lower() == f"{what}_{kind}".lower())
                columns, first = ("amount", "") if what == "event" else ("price", "WHERE ocel_changed_field IS NULL")
                stored = rows(f"SELECT ocel_id, {columns} FROM {table} {first}")
                assert of(bundle, f"{what} {kind}", "ocel_id", columns) == stored, f"other rows in {table}"
            listed = sum(bundle.tables[it].num_rows for it in bundle.tables if it.startswith(f"{what} "))
            assert listed >= len(rows(f"SELECT * FROM {what}")), f"{listed} rows of {what}"


def of(bundle, name, *columns):
    """The rows of a table, sorted as those of the database are."""
    table = bundle.tables[name]
    return sorted(zip(*(table[it].to_pylist() for it in columns or table.column_names)), key=repr)


def answers(path, *args, same=None):
    """The run, whose bundle `same` has looked at if there is one; all that a user gets is the same at every number of threads."""
    # A file that is not there would be refused as well.
    assert path.is_file(), "there is no such file"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    found = set()
    for threads in THREADS:
        with logflow.folder() as folder:
            output = folder / "out"
            command = ["convert", str(path), "-o", str(output), "--report", "json", "--threads", str(threads), *args]
            run = logflow.start(command, threads, output)
            run.keeps_promises()
            files = sorted(it for it in output.rglob("*") if it.is_file()) if output.is_dir() else []
            hashes = [(str(it.relative_to(output)), hashlib.sha256(it.read_bytes()).hexdigest()) for it in files]
            # Messages name files of this run's folder; all else must be the same.
            found.add((run.exit, run.stderr.replace(str(folder), ""), str(hashes)))
            if same and run.exit == 0:
                same(path, ocel_bundle.Bundle(output))
    assert len(found) == 1, f"answers differ: {found}"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before, "the input was written to"
    return run
