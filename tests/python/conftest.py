"""Logs that the tests read: small, written here, with every type that a log usually has."""

import datetime

import pytest

ROWS = [
    ("1", "register", "2024-05-01T10:00:00Z", 3, 1.5, True, "ä, b"),
    ("1", "check", "2024-05-01T11:30:00Z", 4, None, False, "say \"no\""),
    ("2", "register", "2024-05-02T09:00:00Z", None, 2.25, True, None),
    ("1", "close", "2024-05-03T08:15:30Z", 5, 0.5, None, "end"),
    ("2", "close", "2024-05-02T09:00:00Z", 6, 7.0, False, "x"),
]
NAMES = ["case_id", "activity", "timestamp", "amount", "cost", "approved", "note"]


def cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(it in text for it in ',"') else text


@pytest.fixture
def rows():
    """The rows with times as they are read."""
    time = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    # Cases and amounts are whole numbers in CSV.
    return [(int(it[0]), it[1], time(it[2]), *it[3:]) for it in ROWS]


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "log.csv"
    lines = [",".join(NAMES), *(",".join(map(cell, row)) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def xes(tmp_path):
    path = tmp_path / "log.xes"
    traces = []
    for case in "1", "2":
        events = "".join(
            f'<event><string key="concept:name" value="{row[1]}"/><date key="time:timestamp" value="{row[2]}"/></event>'
            for row in ROWS
            if row[0] == case
        )
        traces.append(f'<trace><string key="concept:name" value="{case}"/>{events}</trace>')
    path.write_text(f'<?xml version="1.0"?>\n<log xes.version="1.0">{"".join(traces)}</log>', encoding="utf-8")
    return path


@pytest.fixture
def large(tmp_path):
    """A log of 300,000 events, so that reading it takes a while."""
    path = tmp_path / "large.csv"
    with path.open("w") as out:
        out.write("case_id,activity,timestamp,note\n")
        for at in range(300_000):
            out.write(f"c{at // 7},a{at % 11},2024-01-{at % 28 + 1:02}T00:00:{at % 60:02}Z,note number {at}\n")
    return path
