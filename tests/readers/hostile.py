"""Files made to break readers: the verdict of the manifest, in bounded time and memory, the same at every number of threads."""

import os

import logflow
import manifest
import parquet
import rejected

FULL = os.environ.get("LOGFLOW_FULL") == "1"
THREADS = [1, 2, 8]
# 717 million rows, most of a minute each time: with one thread only when there is time.
LONG = "bomb-4GiB-valid.csv.gz"
# As a CSV file it is no table; as a column of texts it is naughty.py's.
NO_TABLE = "blns.txt"
# What the manifest's notes say: rows, or where the error is.
ROWS = {
    "generated/header-only.csv": 0,
    "generated/multiline-quoted.csv": 1,
    "generated/no-final-newline.csv": 200,
    "generated/all-header-fields.csv.gz": 200,
    "generated/ok.csv.gz": 200,
    LONG: 717_223_248,
}
# The manifest has byte 90 for the first; that is the file's last line end, and its one byte that is no UTF-8 stands at 74.
PLACES = {"generated/mixed-enc.csv": "byte 74", "generated/ragged-more.csv": "expected 3 fields, found 4"}


def check(tally):
    if not manifest.FOLDER.is_dir():
        tally.skip("hostile files", f"there is no {manifest.FOLDER}")
        return
    for path, verdict in manifest.entries("csv/", "gz/"):
        with tally.check(f"{path.relative_to(manifest.FOLDER)}, {verdict}"):
            hostile(path, verdict)


def hostile(path, verdict):
    # A file that is not there would be refused as well.
    assert path.is_file(), "there is no such file"
    answers = {}
    for threads in THREADS if FULL or path.name != LONG else THREADS[1:]:
        with logflow.folder() as folder:
            run = logflow.convert(path, folder, threads=threads)
            # Messages name files of this run's folder; all else must be the same.
            answers[threads] = run.answer()
            follows(run, path, verdict)
    assert len({str(it) for it in answers.values()}) == 1, f"answers differ: {answers}"


def follows(run, path, verdict):
    """The verdict, and what the manifest's note says."""
    relative = str(path.relative_to(manifest.FOLDER))
    if verdict == "accept" and path.name != NO_TABLE:
        assert run.exit == 0, f"not accepted: {run.stderr[:300]}"
    if verdict.endswith("reject") and not declared_bad(path):
        assert run.exit == 1, f"accepted: {run.stdout[:300]}"
    for end, place in PLACES.items():
        assert not relative.endswith(end) or place in run.stderr, f"no {place!r} in {run.stderr[:300]}"
    if run.exit == 0:
        rows = run.report["rows"]
        if path.name == LONG:
            # Its metadata are enough: the values would fill the memory of this process.
            found = parquet.rows(run.output)
        else:
            found = parquet.read(run.output).num_rows
        assert found == rows, f"{found} rows in the file, {rows} in the report"
        for end, expected in ROWS.items():
            assert not relative.endswith(end) or rows == expected, f"{rows} rows, not {expected}"


def declared_bad(path):
    """Whether the file is bad under declared types only."""
    return path.is_relative_to(rejected.FOLDER) and str(path.relative_to(rejected.FOLDER)) in rejected.DECLARED
