"""Every command over every file of the corpus, the cases and the hostile files: no panic, and no command contradicts another.

`schema` and `convert -n` are what people look at before they convert, so what they say of dialect, columns, types and roles
must be what `convert` then does; and where `convert` refuses a file, they refuse it for the same reason.
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import tempfile

import logflow

FOLDERS = ["corpus", "cases", "badcorpus"]
# Hundreds of millions of rows or gigabytes behind a few bytes: hostile.py takes them once, with a limit on memory.
TOO_LONG = re.compile(r"bomb")
# What a file is and how it is written: every command must find the same. Codes beyond are about single records.
ABOUT_THE_FILE = re.compile(r"LF(1|3|4)\d\d")
# Sources, descriptions and expected values beside the inputs.
NO_INPUT = {"SOURCES.md", "README.md", "MANIFEST.tsv", "expected.md"}
WARNING = {"code", "message"}


def check(tally):
    files = [it for name in FOLDERS for it in sorted((logflow.SHARED / name).rglob("*")) if is_input(it)]
    if not files:
        tally.skip("commands", f"there is no {logflow.SHARED}")
        return
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, failed in zip(files, pool.map(fault_of, files)):
            with tally.check(str(path.relative_to(logflow.SHARED))):
                assert not failed, failed


def is_input(path):
    return path.is_file() and path.name not in NO_INPUT and not TOO_LONG.search(path.name)


def fault_of(path):
    """What is wrong, or nothing."""
    try:
        look(path)
    except AssertionError as error:
        return str(error)
    return None


class Said:
    """What a command said: exit code, standard output as JSON where it is JSON, error code."""

    def __init__(self, command, path, *args):
        line = [logflow.BINARY, command, str(path), "--threads", "2", *args]
        if command == "validate":
            line = [logflow.BINARY, command, str(path), *args]
        done = subprocess.run(line, env=logflow.environment(), capture_output=True, timeout=logflow.PATIENCE_SECONDS)
        self.name = " ".join([command, *args])
        self.exit, self.stderr = done.returncode, done.stderr.decode(errors="replace")
        self.stdout = done.stdout
        found = logflow.ERROR.search(self.stderr)
        self.code = found and found[1]
        assert "panicked" not in self.stderr, f"{self.name} panicked: {self.stderr[:600]}"
        assert self.exit in (0, 1, 2, 3, 4), f"{self.name}: exit code {self.exit}: {self.stderr[:300]}"
        assert self.exit != 1 or self.code, f"{self.name}: an error without a code: {self.stderr[:300]}"
        assert self.code not in logflow.OURS, f"{self.name}: {self.stderr[:600]}"

    def json(self):
        return json.loads(self.stdout)


def look(path):
    with tempfile.TemporaryDirectory(prefix="logflow-commands-") as folder:
        output = pathlib.Path(folder) / "out.parquet"
        schema = Said("schema", path, "--format", "json")
        table = Said("schema", path)
        declared = Said("schema", path, "--format", "file")
        preview = Said("convert", path, "-n", "--report", "json")
        convert = Said("convert", path, "-o", str(output), "--report", "json")
        validate = Said("validate", path, "--format", "json")
        assert table.exit == declared.exit == schema.exit, "forms of schema end in different ways"
        agree_on_errors(schema, preview, convert)
        if convert.exit == 0 and schema.exit == 0:
            agree_on_columns(schema.json(), convert.json())
            read_warnings(convert.json())
        if convert.exit == 0 and preview.exit == 0:
            agree_on_form(preview.json(), convert.json(), "convert -n")
        if validate.exit == 3:
            assert validate.json()["violations"], "not valid, and no violation is listed"


def agree_on_errors(schema, preview, convert):
    if convert.exit == 0:
        for other in (schema, preview):
            assert other.exit == 0, f"convert reads it, {other.name} says: {other.stderr[:300]}"
    if convert.code and ABOUT_THE_FILE.fullmatch(convert.code) and convert.code != "LF302":
        for other in (schema, preview):
            # A sample may not reach the place where a packed file is damaged.
            if other is preview and convert.code.startswith("LF3"):
                continue
            assert other.code == convert.code, (
                f"convert says {convert.code}, {other.name} says {other.code or 'nothing'}: {convert.stderr[:200]}"
            )


def agree_on_form(other, convert, name):
    for one, two in zip(other["inputs"], convert["inputs"]):
        for key in ("format", "encoding", "compression", "dialect", "preamble"):
            assert one.get(key) == two.get(key), f"{key}: {name} says {one.get(key)}, convert {two.get(key)}"


def agree_on_columns(schema, convert):
    agree_on_form(schema, convert, "schema")
    for key in ("records", "rows"):
        assert schema[key] == convert[key], f"{key}: schema says {schema[key]}, convert {convert[key]}"
    if convert["tables"] if "tables" in convert else False:
        return
    keys = ("name", "source_name", "type", "written", "role", "nulls")
    one, two = ([{key: it.get(key) for key in keys} for it in report["columns"]] for report in (schema, convert))
    assert one == two, f"columns differ: {[pair for pair in zip(one, two) if pair[0] != pair[1]][:3]}"


def read_warnings(report):
    for warning in report["warnings"]:
        assert WARNING <= set(warning), f"a warning without code or message: {warning}"
        if warning["code"].startswith("LW3"):
            assert warning.get("column"), f"a warning about types without its column: {warning}"
