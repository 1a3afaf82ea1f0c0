"""The SQLite forms of OCEL as an ocel_log.Log: 2.0 by its maps of names, and the older EVENTS, OBJECTS and RELATIONS of 1.0.

What a file should have and hasn't (a table, a column) is noted in `missing` and read as empty.
"""

import contextlib
import sqlite3

from ocel_log import FIXED, Event, Log, Number, declared

# What a column's declaration means: the five types of OCEL by the words that writers use.
AFFINITIES = {
    "TEXT": "string",
    "TIMESTAMP": "time",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "REAL": "float",
    "FLOAT": "float",
    "DOUBLE": "float",
    "BOOLEAN": "boolean",
}


def read(path):
    """The log in an SQLite file, which is not written to and not locked."""
    uri = f"file:{path}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
        tables = Tables(database)
        return from_tables_1(tables) if tables.has("EVENTS") and not tables.has("event_map_type") else from_tables_2(tables)


class Tables:
    """The tables of a file by name."""

    def __init__(self, database):
        self.database = database
        self.names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        self.missing = []

    def has(self, name):
        return name in self.names

    def columns(self, name):
        """{column: its declared type in capitals}."""
        found = self.database.execute("SELECT name, type FROM pragma_table_info(?)", [name])
        return {column: kind.upper() for column, kind in found}

    def rows(self, name, *wanted):
        """Rows in the order in which they are stored: dicts of all columns, or tuples of those `wanted`. Numbers are as SQLite prints them."""
        if not self.has(name):
            self.missing.append(name)
            return
        columns = list(self.columns(name))
        for row in self.database.execute(f"SELECT * FROM {quoted(name)} ORDER BY rowid"):
            values = dict(zip(columns, map(written, row)))
            if not wanted:
                yield values
                continue
            self.missing += [f"{name}.{it}" for it in wanted if it not in values and f"{name}.{it}" not in self.missing]
            yield tuple(values.get(it) for it in wanted)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def written(value):
    """A value as the file has it; ids may be numbers."""
    return Number(repr(value)) if isinstance(value, (int, float)) else value


def plain(value):
    return "" if value is None else str(value)


def from_tables_2(tables):
    log = Log()
    maps = {of: list(tables.rows(f"{of}_map_type", "ocel_type", "ocel_type_map")) for of in ("object", "event")}
    for of, types in (("object", log.object_types), ("event", log.event_types)):
        for kind, name in maps[of]:
            columns = tables.columns(f"{of}_{name}")
            types[kind] = {it: AFFINITIES.get(said.split("(")[0].split(" ")[0]) for it, said in columns.items() if it not in FIXED}
    read_objects(tables, log, maps["object"])
    read_events(tables, log, maps["event"])
    log.e2o = triples(tables, "event_object", "ocel_event_id", "ocel_object_id")
    log.o2o = triples(tables, "object_object", "ocel_source_id", "ocel_target_id")
    log.missing = tables.missing
    return log


def triples(tables, name, *ends):
    return [tuple(map(plain, row)) for row in tables.rows(name, *ends, "ocel_qualifier")]


def read_objects(tables, log, types):
    """A row without a changed field holds first values; one with it, the new value of that field."""
    values = {}
    for kind, name in types:
        for row in tables.rows(f"object_{name}"):
            own = {it: value for it, value in row.items() if it not in FIXED and value is not None}
            field = row.get("ocel_changed_field")
            here = values.setdefault((kind, plain(row["ocel_id"])), [])
            if field:
                here.append((field, row.get("ocel_time"), own.get(field)))
            else:
                # A second row of first values has a time of its own.
                again = any(time is None for _, time, _ in here)
                here += [(it, row.get("ocel_time") if again else None, value) for it, value in own.items()]
    for identity, kind in tables.rows("object", "ocel_id", "ocel_type"):
        log.add_object(plain(identity), kind, values.pop((kind, plain(identity)), []))
    if values:
        log.missing.append(f"{len(values)} objects in no table of objects")
        for (kind, identity), found in values.items():
            log.add_object(identity, kind, found)


def read_events(tables, log, types):
    """Events in the order of the table of all events; what it says of none is in `missing`."""
    found = {}
    for kind, name in types:
        for row in tables.rows(f"event_{name}"):
            own = {it: value for it, value in row.items() if it not in FIXED and value is not None}
            found[kind, plain(row["ocel_id"])] = (row.get("ocel_time"), own)
    for identity, kind in tables.rows("event", "ocel_id", "ocel_type"):
        time, own = found.pop((kind, plain(identity)), (None, {}))
        log.add_event(Event(plain(identity), kind, time, own))
    if found:
        log.missing.append(f"{len(found)} events in no table of events")
        for (kind, identity), (time, own) in found.items():
            log.add_event(Event(identity, kind, time, own))


def from_tables_1(tables):
    log = Log()
    own = lambda row: {it: value for it, value in row.items() if not it.startswith("ocel:") and value is not None}
    for row in tables.rows("OBJECTS"):
        log.add_object(plain(row["ocel:oid"]), row["ocel:type"], [(it, None, value) for it, value in own(row).items()])
    for row in tables.rows("EVENTS"):
        log.add_event(Event(plain(row["ocel:eid"]), row["ocel:activity"], row["ocel:timestamp"], own(row)))
    known = {it.id for it in log.objects}
    for event, other, kind in tables.rows("RELATIONS", "ocel:eid", "ocel:oid", "ocel:type"):
        log.e2o.append((plain(event), plain(other), ""))
        if other not in known:
            known.add(other)
            declared(log.object_types, kind, [])
    log.missing = tables.missing
    return log
