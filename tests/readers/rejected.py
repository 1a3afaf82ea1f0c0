"""Files with bad rows among good ones: the bad ones are set aside whole, the good ones are all there, the counts add up."""

import base64
import datetime
import json

import fixtures
import logflow
import manifest
import parquet
from dialect import Dialect

FOLDER = manifest.FOLDER / "csv" / "duckdb" / "rejects"
# Bad only where types are declared, as the tests of the files' source do. Without them the columns are text, and nothing is lost.
DECLARED = {
    "dr_who.csv": ({"date": "date", "datetime": "timestamp", "timestamp": "timestamp"}, 1),
    "flush.csv": ({"number": "float64"}, 4),
    "multiple_errors/cast_and_maxline.csv": ({"age": "int64"}, 1),
    "multiple_errors/multiple_cast_implicit.csv": ({"age": "int64", " barks": "int64"}, 1),
    "multiple_errors/multiple_casts_mixed.csv": ({"current_day": "date", " barks": "int64"}, 1),
}
# A cell's value in each of these types; times only stand in rows that are rejected.
READ = {
    "string": str,
    "int64": int,
    "float64": float,
    "date32": lambda cell: datetime.date.fromisoformat(cell.strip()),
    "timestamp[us, UTC]": None,
}


def check(tally):
    if not FOLDER.is_dir():
        tally.skip("files with bad rows", f"there is no {FOLDER}")
        return
    for path, verdict in manifest.entries("csv/duckdb/rejects/"):
        name = str(path.relative_to(FOLDER))
        if name in DECLARED:
            types, bad = DECLARED[name]
            with tally.check(f"{name}, types found: text, and nothing lost"), logflow.folder() as folder:
                run = logflow.converted(path, folder)
                found = {it["source_name"]: it["type"] for it in run.report["columns"]}
                assert any(found[it] == "string" for it in types), f"no column is text: {found}"
                run = logflow.converted(path, folder, "--all-text", "--force")
                fixtures.same_texts(parquet.read(run.output), Dialect().cells(path))
            with tally.check(f"{name}, types declared: {bad} set aside"), logflow.folder() as folder:
                schema = folder / "schema.json"
                schema.write_text(json.dumps({"columns": [{"name": it, "type": types[it]} for it in types]}))
                codes = set_aside(path, "--schema", str(schema))
                assert codes == ["LF207"] * bad, f"set aside for {codes}"
        elif verdict == "reject":
            with tally.check(f"{name}, bad rows set aside"):
                assert set_aside(path), "no row was set aside"


def set_aside(path, *args):
    """Converts with bad rows set aside, all as text that `args` don't declare, and holds the rejects against the file's bytes.

    Returns their codes.
    """
    content = path.read_bytes()
    with logflow.folder() as folder:
        run = logflow.convert(path, folder, *args, "--all-text", "--on-bad-row", "reject")
        assert run.exit == 4, f"exit code {run.exit}: {run.stderr[:300]}"
        table, lines = parquet.read(run.output), run.rejects
    assert table.num_rows == run.report["rows"], "the file has another number of rows than the report"
    with logflow.folder() as folder:
        fails_at(lines[0], logflow.convert(path, folder, *args, "--all-text"))
    left, done = bytearray(), 0
    for line in lines:
        raw = line["text"].encode() if "text" in line else base64.b64decode(line["base64"])
        start, end = line["byte"], line["byte"] + len(raw)
        assert content[start:end] == raw, f"{raw[:60]!r} is not what stands at byte {start}"
        assert start >= done, f"row {line['row']} begins at byte {start}, within the one before"
        assert start <= line["at"] <= end, f"the fault lies at byte {line['at']}, outside of its row"
        assert content[end : end + 1] in (b"", b"\n", b"\r"), f"row {line['row']} does not end where a line ends"
        left += content[done:start]
        done = end
    left += content[done:]
    # What is left without the rejected rows is what was written, for Python's csv.
    with logflow.folder() as folder:
        (folder / "left.csv").write_bytes(left)
        rows = Dialect().cells(folder / "left.csv")
    kinds = [it["type"] for it in run.report["columns"]]
    read = [[READ[kind](cell) for kind, cell in zip(kinds, row, strict=True)] for row in rows]
    found = [[value or "" for value in row.values()] for row in table.to_pylist()]
    assert found == read, f"{found}, not {read}"
    return [line["code"] for line in lines]


def fails_at(line, run):
    """Without rejects the run fails at the first of them, unless it doesn't come as far as rows."""
    assert run.exit == 1, f"exit code {run.exit}"
    if run.code != "LF403":
        place = f"byte {line['at']}, row {line['row']}"
        assert run.code == line["code"] and place in run.stderr, f"not {line['code']} at {place}: {run.stderr[:300]}"
