"""Compares two readings of an object-centric log: `python check_ocel.py REFERENCE OTHER ROWS`, ROWS ignored: all are compared.

Prints one JSON line. Events, objects, E2O, O2O and changes are counted in both. If OTHER is a bundle, its tables are compared with those of REFERENCE by name, column by
column: rows may stand in another order, so both sides are sorted by their fixed columns, and then by all others; a column of text where the reference has a type is
read by that type, and is `untyped`. If it is frames of pm4py or r4pm, only the counts are compared.
"""

import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from check import normal, note_difference

COUNTED = ("events", "objects", "E2O relations", "O2O relations", "changes")
FRAMES = ("events", "objects", "relations", "o2o", "object_changes")


def main():
    reference, other = map(pathlib.Path, sys.argv[1:3])
    print(json.dumps(compare(tables(reference), other)))


def tables(folder):
    """{name: file} of a bundle."""
    meta = json.loads((folder / "ocel-meta.json").read_text())
    found = {it: folder / meta["relations"][it] for it in ("e2o", "o2o")}
    for kind, said in meta["eventTypes"].items():
        found[f"event {kind}"] = folder / said["file"]
    for kind, said in meta["objectTypes"].items():
        found[f"object {kind}"], found[f"changes {kind}"] = folder / said["file"], folder / said["changesFile"]
    return found


def compare(left, other):
    """A dict as check.py gives it, with `counts`, and `untyped`: columns with text in them that have a type in the reference."""
    answer = {"same": False, "rows": 0, "differences": [], "empty_or_null": {}, "untyped": []}
    is_bundle = (other / "ocel-meta.json").is_file()
    right = tables(other) if is_bundle else {}
    ours, theirs = counts(left), counts(right) if is_bundle else frames(other)
    answer["total_rows"], answer["ocel_counts"] = ours[0], theirs
    answer["differences"] += [f"{two} {what}, not {one}" for what, one, two in zip(COUNTED, ours, theirs) if one != two]
    if is_bundle and set(left) != set(right):
        answer["differences"].append(f"tables of one side only: {', '.join(sorted(set(left) ^ set(right)))}")
    for name in left if is_bundle and not answer["differences"] else ():
        same_table(name, pq.read_table(left[name]), pq.read_table(right[name]), answer)
    answer["rows"] = sum(ours) if is_bundle else 0
    answer["same"] = not answer["differences"]
    return answer


def counts(files):
    """Rows of a bundle's tables, as COUNTED."""
    rows = {name: pq.ParquetFile(file).metadata.num_rows for name, file in files.items()}
    summed = [sum(count for name, count in rows.items() if name.startswith(it)) for it in ("event ", "object ", "changes ")]
    return [summed[0], summed[1], rows["e2o"], rows["o2o"], summed[2]]


def frames(folder):
    return [pq.ParquetFile(folder / f"{name}.parquet").metadata.num_rows for name in FRAMES]


def same_table(name, left, right, answer):
    if sorted(left.column_names) != sorted(right.column_names):
        answer["differences"].append(f"{name}: columns {right.column_names}, not {left.column_names}")
        return
    columns = []
    for column in left.column_names:
        one, two = (plain(it[column]) for it in (left, right))
        if one.type != two.type and pa.types.is_large_string(two.type):
            if two.null_count < len(two):
                answer["untyped"].append(f"{name}.{column}")
            two = read_as(two, one.type)
        columns.append((column, one, two))
    ours, theirs = (sorted_table({it[0]: it[side] for it in columns}) for side in (1, 2))
    differing = {}
    for column in left.column_names:
        note_difference(column, 0, *(it[column].combine_chunks() for it in (ours, theirs)), differing, answer["empty_or_null"])
    answer["differences"] += [f"{name}.{column}: {it['rows']} rows, first {it['first']}" for column, it in differing.items()]


def plain(column):
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return normal(column)


def read_as(text, kind):
    if pa.types.is_timestamp(kind):
        return pc.cast(text, pa.timestamp("us", tz="UTC"))
    return pc.cast(text, kind)


def sorted_table(columns):
    table = pa.table(columns)
    # Booleans have no order in pyarrow's sort.
    keys = [it for it in table.column_names if not pa.types.is_boolean(table[it].type)]
    return table.sort_by([(it, "ascending") for it in keys])


if __name__ == "__main__":
    main()
