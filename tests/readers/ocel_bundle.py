"""A bundle folder through pyarrow, and whether it says what a log says: table by table, row by row, to the type of each column.

The layout is that of the OCEL bundle 1.0: `ocel-meta.json` names the files; fixed columns are required, attributes optional; an object's later values are rows
of their own, which name the changed attribute.
"""

import json
import re

import pyarrow as pa
import pyarrow.parquet as pq

import ocel_log

# Fixed columns by the kind of table, and what they are.
FIXED = {
    "event": {"ocel_id": "string", "ocel_time": "time"},
    "object": {"ocel_id": "string"},
    "changes": {"ocel_id": "string", "ocel_time": "time", "ocel_changed_field": "string"},
    "e2o": {"ocel_event_id": "string", "ocel_object_id": "string", "ocel_qualifier": "string"},
    "o2o": {"ocel_source_id": "string", "ocel_target_id": "string", "ocel_qualifier": "string"},
}
# What stands for itself in a file's name beside letters and digits; Python's own list has ~ too.
SAFE = re.compile(rb"[A-Za-z0-9._-]")


class Bundle:
    """`meta` is ocel-meta.json; `tables` {name: pyarrow table} with the names of `expected`."""

    def __init__(self, folder):
        self.folder = folder
        self.meta = json.loads((folder / "ocel-meta.json").read_text(encoding="utf-8"))
        relations = self.meta["relations"]
        self.files = {"e2o": relations["e2o"], "o2o": relations["o2o"]}
        for kind, said in self.meta["eventTypes"].items():
            self.files[f"event {kind}"] = said["file"]
        for kind, said in self.meta["objectTypes"].items():
            self.files[f"object {kind}"] = said["file"]
            self.files[f"changes {kind}"] = said["changesFile"]
        self.tables = {name: read(folder / file) for name, file in self.files.items()}

    def attributes(self, name):
        """{attribute: type} that the metadata declares for a table's type."""
        what, _, kind = name.partition(" ")
        said = self.meta["eventTypes" if what == "event" else "objectTypes"][kind]
        return {it["name"]: it["type"] for it in said["attributes"]}


def read(path):
    # Given an open file, no dataset discovery makes columns of the path.
    with pq.ParquetFile(path) as file:
        return file.read()


class Expected:
    """A table as the log has it: `kinds` {column: declared type or None}, fixed columns first, and `rows` of values as written."""

    def __init__(self, what, attributes=()):
        self.kinds = FIXED[what] | dict(attributes)
        self.rows = []
        # The other table of an object type: an attribute has one type in both.
        self.twin = None

    def said_of(self, name):
        """What an attribute's values are in this table and in its twin."""
        tables = [it for it in (self, self.twin) if it is not None and name in it.kinds]
        return [row[list(it.kinds).index(name)] for it in tables for row in it.rows]


def expected(log):
    """The tables of the bundle that the log should become: {name: Expected}."""
    found = {"e2o": Expected("e2o"), "o2o": Expected("o2o")}
    found["e2o"].rows, found["o2o"].rows = log.e2o, log.o2o
    for kind, attributes in log.event_types.items():
        found[f"event {kind}"] = Expected("event", attributes)
    for kind, attributes in log.object_types.items():
        found[f"object {kind}"] = Expected("object", attributes)
        found[f"changes {kind}"] = Expected("changes", attributes)
        found[f"object {kind}"].twin = found[f"changes {kind}"]
        found[f"changes {kind}"].twin = found[f"object {kind}"]
    for it in log.events:
        row(found[f"event {it.type}"], [it.id, it.time], it.attributes)
    for it in log.objects:
        row(found[f"object {it.type}"], [it.id], it.first)
    for it in log.changes:
        row(found[f"changes {it.type}"], [it.id, it.time, it.field], {it.field: it.value})
    return found


def row(table, fixed, values):
    attributes = list(table.kinds)[len(fixed) :]
    table.rows.append((*fixed, *(values.get(name) for name in attributes)))


def same(log, bundle, zone="UTC", ordered=True):
    """Fails unless the bundle holds the log. Unordered, rows may stand in any order: other writers sort changes, and SQLite's tables have orders of their own."""
    tables = expected(log)
    assert set(tables) == set(bundle.tables), f"tables {sorted(set(tables) ^ set(bundle.tables))} on one side only"
    for name, wanted in tables.items():
        try:
            layout(bundle, name, wanted)
            same_table(wanted, bundle.tables[name], zone, ordered)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


def layout(bundle, name, wanted):
    """What the format promises of any table, whatever is in it."""
    what, _, kind = name.partition(" ")
    names = {"event": "events/event_", "object": "objects/object_", "changes": "object_changes/object_changes_"}
    file = names[what] + percent(kind) if kind else f"relations/{what}"
    assert bundle.files[name] == f"{file}.parquet", bundle.files[name]
    schema = bundle.tables[name].schema
    fixed = list(FIXED[what])
    assert schema.names[: len(fixed)] == fixed, f"columns {schema.names}"
    for field in schema:
        assert field.nullable == (field.name not in fixed), f"{field.name} is {'optional' if field.nullable else 'required'}"
    attributes = schema.names[len(fixed) :]
    assert sorted(attributes) == sorted(list(wanted.kinds)[len(fixed) :]), f"attributes {attributes}"
    if kind:
        declared = bundle.attributes(name)
        assert list(declared) == attributes, f"the metadata declares {list(declared)}, not {attributes}"
        for column in attributes:
            found = kind_of(schema.field(column).type)
            # A column without a value may have any type.
            empty = bundle.tables[name][column].null_count == bundle.tables[name].num_rows
            assert empty or found == declared[column], f"{column} is {found}, declared as {declared[column]}"


def percent(kind):
    """A type's name as part of a file's name."""
    letters = (bytes([it]) for it in kind.encode())
    return "".join(it.decode() if SAFE.match(it) else f"%{it.hex().upper()}" for it in letters)


def kind_of(kind):
    """The declared type that an Arrow type stands for."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_timestamp(kind):
        assert kind.tz == "UTC", f"a time zone {kind.tz}"
        return "time"
    for name, test in {
        "boolean": pa.types.is_boolean,
        "integer": pa.types.is_int64,
        "float": pa.types.is_float64,
        "string": lambda it: pa.types.is_string(it) or pa.types.is_large_string(it) or pa.types.is_string_view(it),
    }.items():
        if test(kind):
            return name
    raise AssertionError(f"the type {kind}")


def cells(column):
    """Values of a column as Python has them; times as nanoseconds."""
    if pa.types.is_timestamp(column.type):
        factor = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}[column.type.unit]
        return [value if value is None else value * factor for value in column.cast(pa.int64()).to_pylist()]
    return column.to_pylist()


def same_table(wanted, table, zone, ordered):
    assert table.num_rows == len(wanted.rows), f"{table.num_rows} rows, not {len(wanted.rows)}"
    columns = []
    for place, (name, declared) in enumerate(wanted.kinds.items()):
        values = [it[place] for it in wanted.rows]
        columns.append((name, by_type(name, values, declared, wanted.said_of(name), table[name], zone), cells(table[name])))
    if not ordered:
        columns = in_one_order(columns)
    for name, ours, theirs in columns:
        for at, (one, other) in enumerate(zip(ours, theirs)):
            assert same_value(one, other), f"{name}, row {at}: {other!r}, not {one!r}"


def by_type(name, values, declared, everywhere, column, zone):
    """The values as the column's type says them. A column is text only where a value doesn't fit what is declared."""
    kind = kind_of(column.type)
    said = [it if it is None else ocel_log.said(it, kind, zone) for it in values]
    lost = next((it for it, found in zip(values, said) if it is not None and found is None), None)
    assert lost is None, f"{name} is {kind}, which {lost!r} is not"
    present = [it for it in everywhere if it is not None]
    if declared is not None and present and kind != declared:
        fits = all(ocel_log.said(it, declared, zone) is not None for it in present)
        assert not fits, f"{name} is {kind}, and all values are {declared} as declared"
    return said


def in_one_order(columns):
    """The same columns with both sides sorted by all of them."""
    order = lambda side: sorted(range(len(columns[0][side])), key=lambda at: [str(it[side][at]) for it in columns])
    one, other = order(1), order(2)
    return [(name, [ours[at] for at in one], [theirs[at] for at in other]) for name, ours, theirs in columns]


def same_value(one, other):
    # NaN is the one value that differs from itself.
    return one == other and type(one) is type(other) or one != one and other != other
