"""The table and the metadata that docs/xes.md makes of a log, worked out slowly from its elements and from nothing of LogFlow's.

`python tests/readers/xes_table.py FILE` prints them.
"""

import json
import pathlib
import sys

import xes_cells
import xes_document
import xes_text
import xes_values
from xes_cells import TRACE, TYPES, Place

# What the log's children say beside attributes: by tag, the XML attributes that are kept.
HEAD = {"extension": ("name", "prefix", "uri"), "classifier": ("name", "scope", "keys")}


class Column:
    """One column: `cells` are (row, tag, value, byte) in order of rows. Once decided it has `name`, `type` and `values`, one for each row.

    The type of text that holds JSON is json, and its values are what it means; moments are numbers of their unit.
    """

    def __init__(self, place):
        self.place, self.cells = place, []
        self.name = self.type = self.values = None

    @property
    def at(self):
        """Where its first value stands."""
        return min(cell[3] for cell in self.cells)

    @property
    def wanted(self):
        """The name that it has if no column before it has it."""
        return ("case:" if self.place.scope == "trace" else "") + "/".join(self.place.path)

    @property
    def json(self):
        return self.place.nested or self.place.special and self.place.path != (TRACE,)

    @property
    def tags(self):
        """The types that its values have, the main one first; none where each value is a whole node."""
        found = {cell[1] for cell in self.cells}
        return [tag for tag in xes_values.MAIN if tag in found]

    @property
    def without_zone(self):
        """How many of its values are dates that name no zone."""
        return sum(cell[1] == "date" and xes_values.zoneless(cell[2]) for cell in self.cells)

    def decide(self, rows):
        """Gives it its type and its values."""
        texts = [cell[2] for cell in self.cells]
        if self.json:
            self.type = "json"
        elif self.place.special:
            self.type = "int64"
        else:
            self.type, texts = xes_values.column([cell[1] for cell in self.cells], texts)
        self.values = [None] * rows
        for cell, value in zip(self.cells, texts):
            self.values[cell[0]] = value


class Table:
    """`columns` in order, `rows` their number, `metadata` the object `xes` but for its oddities; `odd` is what is odd, in words."""

    def __init__(self, path):
        self.rows, self.traces, self.odd, self.body, self.found = 0, [], set(), False, {}
        # Where each row's event starts, and its trace.
        self.starts = {"event": [], "trace": []}
        self.metadata = {"attributes": {}, "extensions": [], "globals": [], "classifiers": [], "log_attributes": []}
        self.metadata |= {"traces": 0, "empty_traces": [], "loose": []}
        log, declaration = xes_document.read(xes_text.read(path), self.take)
        self.metadata["attributes"] = {name: value for name, value in log.xml.items() if name != declaration}
        if declaration in log.xml:
            self.metadata["namespace"] = log.xml[declaration]
        self.close()

    def take(self, child):
        """A child of the log."""
        if child.is_a("trace"):
            self.trace(child)
        elif child.is_a("event"):
            self.event(child)
        else:
            self.head(child)
        self.body = self.body or child.is_a("trace") or child.is_a("event")

    def head(self, child):
        if self.body:
            self.odd.add(f"{child.tag} behind a trace or event")
            self.metadata["loose"].append(xes_cells.node(child))
        elif child.xes and child.tag in HEAD:
            said = {name: child.xml[name] for name in HEAD[child.tag] if name in child.xml}
            self.metadata[f"{child.tag}s"].append(said)
        elif child.is_a("global"):
            scope = {"scope": child.xml["scope"]} if "scope" in child.xml else {}
            self.metadata["globals"].append(scope | {"attributes": nodes(child)})
        else:
            self.metadata["log_attributes"].append(xes_cells.node(child))

    def event(self, event, within=None):
        for cell in xes_cells.of("event", event):
            self.column(cell.place).cells.append((self.rows, cell.tag, cell.value, cell.at))
        self.starts["event"].append(event.at)
        self.starts["trace"].append(within and within.at)
        self.rows += 1

    def trace(self, trace):
        self.metadata["traces"] += 1
        first = self.rows
        for child in trace.children:
            if child.is_a("event"):
                self.event(child, trace)
            elif self.rows > first:
                self.odd.add("trace attribute behind an event")
        if self.rows == first:
            said = {"record": self.rows, "attributes": nodes(trace)}
            self.metadata["empty_traces"].append(said | ({"xml": trace.xml} if trace.xml else {}))
            return
        for cell in xes_cells.of("trace", trace, skip={"event"}):
            rows = range(first, self.rows)
            self.column(cell.place).cells.extend((row, cell.tag, cell.value, cell.at) for row in rows)
        self.traces.append((first, self.rows, trace.at))

    def column(self, place):
        return self.found.setdefault(place, Column(place))

    def close(self):
        """What only the whole file can tell: types, order, names, and the columns that depend on these."""
        self.types()
        for column in self.found.values():
            column.decide(self.rows)
        # Those that gather have their own order, whatever needs them first.
        self.columns = sorted(self.found.values(), key=lambda it: (bool(it.place.special), it.wanted if it.place.special else it.at))
        if self.alike():
            self.columns.append(self.places())
        taken = set()
        for column in self.columns:
            column.name, number = column.wanted, 2
            while column.name in taken:
                column.name, number = f"{column.wanted}@{number}", number + 1
            taken.add(column.name)
        for column in self.columns:
            if column.place.special and column.place.path == (TYPES,):
                column.values = [it and {of.name: tag for of, tag in it.items()} for it in column.values]
        self.metadata["columns"] = [
            {"name": it.name, "scope": it.place.scope, "path": list(it.place.path), "types": it.tags, "json": it.json}
            for it in self.columns
            if not it.place.special
        ]

    def types(self):
        """The columns that name the types of values which are not of the main one."""
        for column in [it for it in self.found.values() if len(it.tags) > 1]:
            place = Place(column.place.scope, (TYPES,), False, True)
            rows = {cell[0]: cell for cell in self.column(place).cells}
            for row, tag, _, _ in column.cells:
                if tag != column.tags[0]:
                    _, _, names, at = rows.get(row, (row, None, {}, self.starts[place.scope][row]))
                    rows[row] = row, None, names | {column: tag}, at
            self.column(place).cells = [rows[row] for row in sorted(rows)]

    def alike(self):
        """Whether case columns can't tell where a trace starts."""
        columns = [it for it in self.columns if it.place.scope == "trace"]
        before = None
        for first, end, _ in self.traces:
            # As text, so that what is no number equals itself.
            cells = [repr(it.values[first]) for it in columns]
            if all(it.values[first] is None for it in columns) or before == (first, cells):
                return True
            before = end, cells
        return False

    def places(self):
        """`@trace`."""
        column = Column(Place("event", (TRACE,), False, True))
        column.cells = [(row, None, at, at) for first, end, at in self.traces for row in range(first, end)]
        column.decide(self.rows)
        return column

    def row(self, row):
        """The values of a row, in order of columns."""
        return [it.values[row] for it in self.columns]


def nodes(element):
    return [xes_cells.node(child) for child in element.children]


if __name__ == "__main__":
    table = Table(pathlib.Path(sys.argv[1]))
    print(json.dumps({it.name: it.type for it in table.columns}, ensure_ascii=False))
    for index in range(table.rows):
        print(json.dumps(table.row(index), ensure_ascii=False))
    print(json.dumps(table.metadata, indent=1, ensure_ascii=False))
