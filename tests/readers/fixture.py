"""A small file of tests/data/csv and, beside it, what is true of it, written by hand.

`NAME.json` has `says` (why the file is there), `columns` ([name, type]), `rows`, and where they are needed `dialect` (see dialect.py),
`args` (flags for LogFlow), `warns` (a word in its warnings), `fails` (the code of the first bad row and its place; `rows` are those left
when bad ones are set aside) and `duckdb`: options for DuckDB, or a sentence that says why it can't read the file. `like` names a file whose truth it shares. `NAME.csv`, `NAME.csv.gz` and so on share one truth.
"""

import datetime
import functools
import json
import re

import pyarrow as pa

import logflow
from dialect import Dialect

FOLDER = logflow.ROOT / "tests" / "data" / "csv"
UNIX_DAY = datetime.date(1970, 1, 1).toordinal()
INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z")


class Fixture:
    """One file with its truth."""

    def __init__(self, path):
        self.path = path
        truth = json.loads((FOLDER / f"{path.name.partition('.')[0]}.json").read_text())
        if "like" in truth:
            truth = json.loads((FOLDER / f"{truth['like']}.json").read_text()) | truth
        self.dialect = Dialect(**truth.get("dialect", {}))
        self.args, self.warns, self.fails = truth.get("args", []), truth.get("warns"), truth.get("fails")
        self.duckdb = truth.get("duckdb", {})
        self.columns, self.rows = truth["columns"], truth["rows"]

    @property
    def table(self):
        """The rows as they should come out."""
        columns = [self._column(index, kind) for index, (_, kind) in enumerate(self.columns)]
        return pa.table(columns, names=[name for name, _ in self.columns])

    def _column(self, index, kind):
        read, arrow = KINDS[kind]
        return pa.array([None if row[index] is None else read(row[index]) for row in self.rows], arrow)


def every():
    """All fixtures, in order of name."""
    return [Fixture(path) for path in sorted(FOLDER.iterdir()) if ".csv" in path.suffixes]


def instant(units, text):
    """Units of `units` to the second since 1970, from digits alone: no reader's idea of a calendar but Python's."""
    date, hour, minute, second, fraction = INSTANT.fullmatch(text).groups()
    days = datetime.date.fromisoformat(date).toordinal() - UNIX_DAY
    seconds = ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)
    digits = len(str(units)) - 1
    return seconds * units + int((fraction or "").ljust(digits, "0"))


micros = functools.partial(instant, 10**6)
nanos = functools.partial(instant, 10**9)
# How a value of the JSON file becomes one of the column's type.
KINDS = {
    "bool": (bool, pa.bool_()),
    "int64": (int, pa.int64()),
    "float64": (float, pa.float64()),
    "date32": (datetime.date.fromisoformat, pa.date32()),
    "timestamp[us, UTC]": (micros, pa.timestamp("us", "UTC")),
    "timestamp[ns, UTC]": (nanos, pa.timestamp("ns", "UTC")),
    "string": (str, pa.large_string()),
}
