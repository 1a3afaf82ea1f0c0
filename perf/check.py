"""Compares two Parquet files value by value, in row order: `python check.py REFERENCE OTHER ROWS`, ROWS 0 for all.

Prints one JSON line. Row counts and column names are always compared in full. Both files are read in step, a batch at a
time, so memory stays bounded. Before comparing, dictionaries are decoded, strings of every Arrow kind become one kind, and
timestamps become microseconds UTC (a time without a zone is left as it is, and so is a difference). An empty text and
a null are told apart and counted per column; any other difference counts as a difference.
"""

import json
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Rows per step: 12 columns of 64 Ki rows are about 10 MB on each side.
STEP = 65_536


def main():
    reference, other, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps(compare(pq.ParquetFile(reference, memory_map=True), pq.ParquetFile(other, memory_map=True), rows)))


def compare(left, right, limit):
    """A dict: same (bool), rows (compared), total_rows, differences (sentences), empty_or_null {column: rows}."""
    answer = {"same": False, "rows": 0, "total_rows": left.metadata.num_rows, "differences": [], "empty_or_null": {}}
    if left.metadata.num_rows != right.metadata.num_rows:
        answer["differences"].append(f"{right.metadata.num_rows} rows, not {left.metadata.num_rows}")
    if left.schema_arrow.names != right.schema_arrow.names:
        answer["differences"].append(f"columns {right.schema_arrow.names}, not {left.schema_arrow.names}")
    if answer["differences"]:
        return answer
    total = left.metadata.num_rows
    wanted = min(limit, total) if limit else total
    differing = {}
    for start, ours, theirs in in_step(left, right, wanted):
        for name, one, two in zip(left.schema_arrow.names, ours.columns, theirs.columns):
            note_difference(name, start, normal(one), normal(two), differing, answer["empty_or_null"])
        answer["rows"] = start + ours.num_rows
    answer["differences"] = [f"{name}: {what['rows']} rows, first {what['first']}" for name, what in differing.items()]
    answer["same"] = not differing and answer["rows"] == wanted
    return answer


def in_step(left, right, wanted):
    """Yields (first row, left table, right table) of STEP rows, whatever batches the two readers give."""
    readers = [Steps(left), Steps(right)]
    start = 0
    while start < wanted:
        size = min(STEP, wanted - start)
        yield (start, *[reader.take(size) for reader in readers])
        start += size


class Steps:
    """Batches of one file, cut to the sizes asked for. A reader may give shorter batches at a row group's end."""

    def __init__(self, file):
        self.schema = file.schema_arrow
        self.batches = file.iter_batches(batch_size=STEP)
        self.held = []
        self.rows = 0

    def take(self, size):
        while self.rows < size:
            batch = next(self.batches)
            self.held.append(batch)
            self.rows += batch.num_rows
        table = pa.Table.from_batches(self.held)
        self.held = table.slice(size).to_batches()
        self.rows -= size
        return table.slice(0, size).combine_chunks()


def normal(column):
    """The column with its encoding and its flavour of type taken away."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if pa.types.is_string_view(kind) or pa.types.is_string(kind):
        return column.cast(pa.large_string())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        # A safe cast: nanoseconds that don't fit microseconds raise rather than pass.
        return column.cast(pa.timestamp("us", tz="UTC"))
    return column


def note_difference(name, start, left, right, differing, empty_or_null):
    """Adds what differs in this step to `differing`, or to `empty_or_null` where that is all."""
    if left.equals(right):
        return
    if left.type != right.type:
        differing.setdefault(name, {"rows": 0, "first": f"{start}: type {right.type}, not {left.type}"})
        differing[name]["rows"] += len(left)
        return
    if pa.types.is_large_string(left.type):
        filled = [column.fill_null("") for column in (left, right)]
        only_empty = pc.sum(pc.xor(pc.is_null(left), pc.is_null(right)).cast(pa.int64())).as_py()
        unequal = pc.not_equal(*filled)
        # A null against a text that isn't empty stays a difference, since its filled form differs.
        hard = pc.sum(unequal.cast(pa.int64())).as_py()
        only_empty -= pc.sum(pc.and_(unequal, pc.xor(pc.is_null(left), pc.is_null(right))).cast(pa.int64())).as_py()
        if only_empty:
            empty_or_null[name] = empty_or_null.get(name, 0) + only_empty
        if not hard:
            return
        where = pc.index(unequal, True).as_py()
        count = hard
    else:
        same = pc.fill_null(pc.equal(left, right), False)
        both_null = pc.and_(pc.is_null(left), pc.is_null(right))
        unequal = pc.invert(pc.or_(same, both_null))
        count = pc.sum(unequal.cast(pa.int64())).as_py()
        if not count:
            return
        where = pc.index(unequal, True).as_py()
    first = f"{start + where}: {right[where].as_py()!r}, not {left[where].as_py()!r}"
    differing.setdefault(name, {"rows": 0, "first": first})
    differing[name]["rows"] += count


if __name__ == "__main__":
    main()
