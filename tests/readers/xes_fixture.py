"""A small file of tests/data/xes with what is true of it.

`MANIFEST.tsv` has a line for each: the verdict (accept or reject), for what is rejected the codes that fit, `|` between them, and the text in
which the fault lies (\\n and such as in Python), for what is accepted the file whose table it shares (`like`), and what it shows.
`NAME.json` has the table: `columns` ([name, type]; json is text that holds it) and `rows`, moments as text, and `metadata`, the object `xes`.
It is written by `tests/readers/run xes-expected` and read by people before it is believed.
"""

import datetime
import functools
import json
import re

import fixture
import logflow
import xes_table

FOLDER = logflow.ROOT / "tests" / "data" / "xes"
UNITS = {"timestamp[us, UTC]": 10**6, "timestamp[ns, UTC]": 10**9}
WORDS = {"inf": "INF", "-inf": "-INF", "nan": "NaN"}


class Fixture:
    """One line of the manifest."""

    def __init__(self, line):
        name, self.verdict, codes, at, like, self.shows = line.split("\t")
        self.path = FOLDER / name
        self.codes, self.at = set(filter(None, codes.split("|"))), at.encode().decode("unicode_escape")
        self.truth = FOLDER / f"{like or name.partition('.')[0]}.json"
        self.shares = bool(like)

    def table(self):
        """(name, type, values) of each column; how many rows; the metadata."""
        truth = json.loads(self.truth.read_text(encoding="utf-8"))
        columns = [
            (name, kind, [read(kind, row[index]) for row in truth["rows"]])
            for index, (name, kind) in enumerate(truth["columns"])
        ]
        return columns, len(truth["rows"]), truth["metadata"]

    def place(self, text):
        """Where in the text the fault lies: first byte and one past the last."""
        start = text.rindex(self.at.encode())
        return start, start + len(self.at.encode())


def every():
    """All of them, in order of the manifest."""
    lines = (FOLDER / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [Fixture(line) for line in lines]


@functools.cache
def binary_reads():
    """Whether the binary knows XES."""
    formats = re.search(r"--from .*?possible values: ([^]]*)", logflow.start(["convert", "--help"]).stdout, re.DOTALL)
    return "xes" in formats[1].replace(",", " ").split()


def read(kind, value):
    """A value of the JSON file as xes_table.py has it."""
    if value is None:
        return None
    if kind in UNITS:
        return fixture.instant(UNITS[kind], value)
    return float(value) if kind == "float64" else value


def written(kind, value):
    """The other way."""
    if value is None:
        return None
    if kind in UNITS:
        seconds, fraction = divmod(value, UNITS[kind])
        days, seconds = divmod(seconds, 86_400)
        day = datetime.date.fromordinal(fixture.UNIX_DAY + days).isoformat()
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        digits = str(fraction).rjust(len(str(UNITS[kind])) - 1, "0").rstrip("0")
        return f"{day}T{clock}{'.' * bool(digits)}{digits}Z"
    return WORDS.get(repr(value), value) if kind == "float64" else value


def write_expected(tally):
    """Writes the tables anew, from our own reading. For people to look at: what is wrong there is wrong everywhere."""
    for it in every():
        if it.verdict == "accept" and not it.shares:
            with tally.check(it.truth.name):
                it.truth.write_text(expected(xes_table.Table(it.path)), encoding="utf-8")


def expected(table):
    """A JSON file with a row a line."""

    def line(value):
        return json.dumps(value, ensure_ascii=False)

    kinds = [column.type for column in table.columns]
    rows = [[written(*it) for it in zip(kinds, table.row(row))] for row in range(table.rows)]
    parts = {
        "columns": line([[it.name, it.type] for it in table.columns]),
        "rows": "[\n" + ",\n".join(f"    {line(row)}" for row in rows) + "\n  ]" if rows else "[]",
        "metadata": "{\n" + ",\n".join(f"    {line(name)}: {line(value)}" for name, value in table.metadata.items()) + "\n  }",
    }
    return "{\n" + ",\n".join(f'  "{name}": {text}' for name, text in parts.items()) + "\n}\n"
