"""Text that others have collected to break readers: csv-spectrum, the Big List of Naughty Strings, and files in other encodings."""

import csv
import json

import fixtures
import logflow
import parquet
from dialect import Dialect

FOLDER = logflow.SHARED / "badcorpus" / "csv"
SPECTRUM = ["comma_in_quotes", "json", "newlines", "simple_crlf"]
# Under another name there than its file.
RENAMED = {"empty_crlf": "empty"}
# Encodings by Python's name. only_utf16's letters are beyond Latin-1.
ENCODED = {
    "duckdb/encodings/latin1.csv": "latin-1",
    "duckdb/encodings/latin1.csv.gz": "latin-1",
    "duckdb/encodings/utf16.csv": "utf-16",
    "duckdb/encodings/only_utf16.csv": "utf-16",
    "duckdb/encodings/shift_jis.csv": "shift_jis",
    "generated/utf16le-bom.csv": "utf-16",
    "generated/utf16be-bom.csv": "utf-16",
}


def check(tally):
    if not FOLDER.is_dir():
        tally.skip("naughty text", f"there is no {FOLDER}")
        return
    for name, truth in {**{it: it for it in SPECTRUM}, **RENAMED}.items():
        with tally.check(f"csv-spectrum {name}"):
            spectrum(FOLDER / "csv-spectrum" / f"{name}.csv", FOLDER / "csv-spectrum-expected" / f"{truth}.json")
    # Their JSON files are missing, or belong to another version of the file.
    for name in ["escaped_quotes", "quotes_and_newlines", "location_coordinates"]:
        with tally.check(f"csv-spectrum {name}, Python's csv"), logflow.folder() as folder:
            source = FOLDER / "csv-spectrum" / f"{name}.csv"
            run = logflow.converted(source, folder, "--all-text")
            fixtures.same_texts(parquet.read(run.output), Dialect().cells(source))
    for name, encoding in ENCODED.items():
        with tally.check(f"{name} is read as {encoding}"), logflow.folder() as folder:
            source, dialect = FOLDER / name, Dialect(encoding=encoding)
            run = logflow.converted(source, folder, "--all-text")
            header = Dialect(encoding=encoding, header=False).cells(source)[0]
            table = parquet.read(run.output)
            assert table.column_names == header, f"columns {table.column_names}, not {header}"
            fixtures.same_texts(table, dialect.cells(source))
    with tally.check("the Big List of Naughty Strings comes back byte by byte"):
        naughty_strings(FOLDER / "blns" / "blns.txt")


def spectrum(source, truth):
    """All as text, against the JSON file that csv-spectrum ships."""
    with logflow.folder() as folder:
        table = parquet.read(logflow.converted(source, folder, "--all-text").output)
    found = [{name: value or "" for name, value in row.items()} for row in table.to_pylist()]
    expected = json.loads(truth.read_text())
    assert found == expected, f"{found}, not {expected}"


def naughty_strings(path):
    """Each line a quoted field of one column, and back."""
    lines = path.read_bytes().decode().split("\n")
    with logflow.folder() as folder:
        source = folder / "blns.csv"
        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["text"], *([it] for it in lines)])
        (folder / "out").mkdir()
        table = parquet.read(logflow.converted(source, folder / "out").output)
    assert table.column_names == ["text"], f"columns {table.column_names}"
    found = table["text"].to_pylist()
    assert "\n".join(map(str, found)).encode() == path.read_bytes(), next(
        f"line {index + 1}: {ours!r}, not {theirs!r}"
        for index, (ours, theirs) in enumerate(zip([*found, None], [*lines, None]))
        if ours != theirs
    )
