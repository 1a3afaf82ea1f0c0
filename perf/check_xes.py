"""Compares a peer's reading of an XES log with LogFlow's: `python check_xes.py REFERENCE OTHER ROWS`, ROWS 0 for all.

Prints one JSON line. Events, cases and activities are counted in full. Values are compared in the first ROWS rows, column by column by name, since
each peer orders columns in its own way and leaves some out: those are `missing`. As in check.py, dictionaries are decoded and
timestamps brought to microseconds UTC; a time without a zone counts as UTC and its column is `zoneless`. Other columns that only one side has are differences.
"""

import json
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from check import STEP, normal, note_difference

CASE, ACTIVITY = "case:concept:name", "concept:name"


def main():
    reference, other, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps(compare(pq.ParquetFile(reference, memory_map=True), pq.ParquetFile(other, memory_map=True), rows)))


def compare(left, right, limit):
    """What check.py's comparison gives, with `counts` [events, cases, activities], `missing` and `zoneless`."""
    counts = [counted(left), counted(right)]
    answer = {"same": False, "rows": 0, "total_rows": counts[0][0], "differences": [], "empty_or_null": {}}
    names = [name for name in left.schema_arrow.names if name in right.schema_arrow.names]
    answer["counts"] = counts[1]
    answer["missing"] = [name for name in left.schema_arrow.names if name not in names]
    answer["zoneless"] = [name for name in names if is_zoneless(right.schema_arrow.field(name).type)]
    for what, one, two in zip(("events", "cases", "activities"), *counts):
        if one != two:
            answer["differences"].append(f"{two} {what}, not {one}")
    if more := [name for name in right.schema_arrow.names if name not in names]:
        answer["differences"].append(f"columns of its own: {', '.join(more)}")
    wanted = min(limit or counts[0][0], *(count[0] for count in counts))
    ours, theirs = (first_rows(file, names, wanted) for file in (left, right))
    differing = {}
    for name in names:
        note_difference(name, 0, plain(ours[name]), plain(theirs[name]), differing, answer["empty_or_null"])
    answer["differences"] += [f"{name}: {what['rows']} rows, first {what['first']}" for name, what in differing.items()]
    answer["rows"] = wanted
    answer["same"] = not answer["differences"]
    return answer


def counted(file):
    """Events, cases and activities of a file; 0 where it has no such column."""
    have = [name for name in (CASE, ACTIVITY) if name in file.schema_arrow.names]
    table = file.read(columns=have)
    distinct = {name: pc.count_distinct(plain(table[name].combine_chunks()), mode="only_valid").as_py() for name in have}
    return [file.metadata.num_rows, distinct.get(CASE, 0), distinct.get(ACTIVITY, 0)]


def first_rows(file, names, rows):
    batches, have = [], 0
    for batch in file.iter_batches(batch_size=STEP, columns=names):
        batches.append(batch)
        have += batch.num_rows
        if have >= rows:
            break
    return pa.Table.from_batches(batches).slice(0, rows).combine_chunks()


def is_zoneless(kind):
    return pa.types.is_timestamp(kind) and kind.tz is None


def plain(column):
    """The column without its encoding, in one piece, with times in UTC."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if is_zoneless(column.type):
        column = column.cast(pa.timestamp(column.type.unit, tz="UTC"))
    return normal(column)


if __name__ == "__main__":
    main()
