"""JSON texts, sound and hostile: LogFlow's table against Python's own reading, and the verdict of the manifest, at several numbers of threads."""

import gzip

import json_reading
import logflow
import manifest
import parquet

THREADS = [1, 2, 8]
OWN = logflow.ROOT / "tests" / "data" / "json"
CORPUS = logflow.SHARED / "corpus" / "jsonl"
# The manifest calls malformed here what is sound JSON and does not fit a schema that DuckDB is given.
DUCKDB = "json/duckdb/"
# Sound JSON that a limit of ours, or no row in it, makes an error.
LIMITS = {"LF104", "LF206", "LF220", "LF221", "LF224"}


def check(tally):
    for folder in (OWN, CORPUS):
        if not folder.is_dir():
            tally.skip("JSON", f"there is no {folder}")
            continue
        for path in sorted(folder.iterdir()):
            with tally.check(path.name):
                agrees(path, "accept")
    if not manifest.FOLDER.is_dir():
        tally.skip("hostile JSON", f"there is no {manifest.FOLDER}")
        return
    for path, verdict in manifest.entries("json/"):
        with tally.check(f"{path.relative_to(manifest.FOLDER)}, {verdict}"):
            agrees(path, verdict, "--from", "json")


def agrees(path, verdict, *args):
    # A file that is not there would be refused as well.
    data = path.read_bytes()
    records = json_reading.records(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
    answers = {}
    for threads in THREADS:
        with logflow.folder() as folder:
            run = logflow.convert(path, folder, *args, threads=threads)
            answers[threads] = run.answer()
            if verdict.endswith("reject") and not (records and DUCKDB in str(path)):
                assert run.exit == 1, f"accepted: {run.stdout[:300]}"
            if run.exit == 0:
                assert records, "it is nothing that Python's reader accepts"
                json_reading.same_table(json_reading.columns(records), len(records), parquet.read(run.output))
            elif records and any(records):
                raise AssertionError(f"Python's reader accepts it: {run.stderr[:300]}")
            elif verdict == "accept":
                assert run.code in LIMITS, f"not accepted: {run.stderr[:300]}"
        with logflow.folder() as folder:
            logflow.convert(path, folder, *args, "--on-bad-row", "reject", threads=threads)
    assert len({str(it) for it in answers.values()}) == 1, f"answers differ: {answers}"
