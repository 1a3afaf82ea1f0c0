"""What LogFlow wrote of a log, held against what should have been written: columns, types, values one by one, and the object `xes`."""

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq

import tables

# What Arrow calls the types of xes_table.py.
ARROW = {
    "string": "text",
    "json": "text",
    "int64": "int64",
    "float64": "double",
    "bool": "bool",
    "timestamp[us, UTC]": "timestamp[us, tz=UTC]",
    "timestamp[ns, UTC]": "timestamp[ns, tz=UTC]",
}


def same_table(columns, rows, table):
    """Fails with the first thing that `table` has otherwise than `columns` of (name, type, values)."""
    assert table.num_rows == rows, f"{table.num_rows} rows, not {rows}"
    # A file without columns is none; what it gets where nothing stands in the log is not this check's matter.
    if not columns:
        return
    names = [name for name, _, _ in columns]
    assert table.column_names == names, f"columns {table.column_names}, not {names}"
    for name, kind, values in columns:
        column = tables.plain(table[name])
        found = tables.kind(column.type)
        found = str(column.type) if found == "timestamp" else found
        assert found == ARROW[kind], f"column {name!r}: {found}, not {kind}"
        for row, (ours, theirs) in enumerate(zip(values, plain(column, kind))):
            assert same(ours, theirs), f"column {name!r}, row {row + 1}: {theirs!r}, not {ours!r}"


def plain(column, kind):
    """The values as xes_table.py has them."""
    if kind == "json":
        return [text if text is None else json.loads(text) for text in column.to_pylist()]
    if kind.startswith("timestamp"):
        return column.cast(pa.int64()).to_pylist()
    return column.to_pylist()


def same(one, two):
    """Equal, NaN too; zeros have signs, and true is not 1."""
    if isinstance(one, float) and isinstance(two, float):
        return math.copysign(1, one) == math.copysign(1, two) and one == two or one != one and two != two
    return type(one) is type(two) and one == two


def metadata(path):
    """The object `xes` of the file's one source."""
    with pq.ParquetFile(path) as file:
        sources = json.loads(file.metadata.metadata[b"logflow"])["sources"]
    assert len(sources) == 1, f"{len(sources)} sources"
    assert "xes" in sources[0], f"no xes in the source's metadata: {list(sources[0])}"
    return sources[0]["xes"]


def same_metadata(expected, found):
    """Fails with the first part of `expected` that `found` has otherwise; nothing and an empty list are one."""
    for name, ours in expected.items():
        # A log without values has columns all the same.
        if name == "columns" and not ours:
            continue
        theirs = found.get(name, type(ours)())
        if name == "columns":
            # Columns of our own making are no attributes of the log; a node says itself what it is.
            own = [it for it in theirs if not it["path"] or it["path"][0].startswith("@")]
            ours, theirs = typed(ours), typed([it for it in theirs if it not in own or it["name"] in {our["name"] for our in ours}])
        assert theirs == ours, f"{name} in the metadata: {first_difference(theirs, ours)}"
    unknown = set(found) - set(expected) - {"oddities", "namespace"}
    assert not unknown, f"unknown in the metadata: {unknown}"


def typed(columns):
    return [it | {"types": [] if it["json"] else it["types"]} for it in columns]


def first_difference(found, expected):
    """Where two parts of the metadata begin to differ, in words."""
    if isinstance(found, list) and isinstance(expected, list):
        for index, (one, two) in enumerate(zip(found, expected)):
            if one != two:
                return f"number {index + 1} is {short(one)}, not {short(two)}"
        return f"{len(found)} in place of {len(expected)}"
    return f"{short(found)}, not {short(expected)}"


def short(value):
    return json.dumps(value, ensure_ascii=False)[:300]
