"""Arrow tables from different readers, made comparable and compared value by value.

Readers differ in what they call a text (string, large_string, string_view, dictionary) and in the unit of a timestamp.
That is not compared. Everything else is: names, order, kind of type, nulls, NaN, the sign of zero.
"""

import pyarrow as pa
import pyarrow.compute as pc

NAN_BITS = 0x7FF8000000000000


def same(left, right):
    """Fails with the first value that differs. `left` has the types; `right` must have the same kinds."""
    assert left.column_names == right.column_names, f"columns {right.column_names}, not {left.column_names}"
    assert left.num_rows == right.num_rows, f"{right.num_rows} rows, not {left.num_rows}"
    for name, one, two in zip(left.column_names, left.columns, right.columns):
        ours, theirs = plain(one), plain(two)
        assert kind(ours.type) == kind(theirs.type), f"column {name!r}: {two.type}, not {one.type}"
        # Checked for loss: a value that doesn't fit the other's unit fails here.
        theirs = theirs.cast(ours.type)
        row = first_difference(bits(ours), bits(theirs))
        if row >= 0:
            found = [texts(it.slice(row, 1)) for it in (theirs, ours)]
            raise AssertionError(f"column {name!r}, row {row + 1}: {found[0]}, not {found[1]}")


def plain(column):
    """The column as one array without its encoding, timestamps in UTC."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kind(column.type) == "text":
        return column.cast(pa.large_string())
    if kind(column.type) == "timestamp":
        # A clock without a zone is UTC in every file that LogFlow writes.
        return column.cast(pa.timestamp(column.type.unit, "UTC"))
    return column


def kind(of):
    """What a value is, whatever holds it."""
    if pa.types.is_string(of) or pa.types.is_large_string(of) or pa.types.is_string_view(of):
        return "text"
    if pa.types.is_timestamp(of):
        return "timestamp"
    return str(of)


def bits(column):
    """Floats as their bits, so that -0.0 is not 0.0 and NaN is NaN; all else as it is."""
    if not pa.types.is_float64(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(NAN_BITS, pa.int64()), column.view(pa.int64()))


def first_difference(left, right):
    """The first row that differs, or -1."""
    if left.equals(right):
        return -1
    nulls = pc.not_equal(left.is_null(), right.is_null())
    values = pc.fill_null(pc.not_equal(left, right), False)
    return pc.index(pc.or_(nulls, values), True).as_py()


def texts(column):
    """Values for people. Years before 1 or beyond 9999 have no Python value, but have a text."""
    return (column.cast(pa.string()) if kind(column.type) == "timestamp" else column).to_pylist()
