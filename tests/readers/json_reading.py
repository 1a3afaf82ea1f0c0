"""JSON by Python's own reader: the table that docs/json.md says a text is, or None for one that has a bad row or no rows."""

import json
import math

import pyarrow as pa

import tables
import xes_compare

EXACT = 1 << 53
INT64 = range(-(1 << 63), 1 << 63)
DIGITS = 17
LEVELS = 2
DEPTH = 1024
HEAD = 256 << 10


class Number(str):
    """A number as written."""


class Object(list):
    """Members in order, each with its place among all keys."""


class Bad(ValueError):
    """What RFC 8259 does not allow and Python does."""


def refuse(word):
    raise Bad(word)


DECODER = json.JSONDecoder(
    object_pairs_hook=Object, parse_int=Number, parse_float=Number, parse_constant=refuse, strict=True
)


def decoded(data):
    """The text of a file."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            return data.decode(encoding)
    return data.decode()


def load(text):
    """One value."""
    value, end = DECODER.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
    if text[end:].strip(" \t\r\n"):
        raise Bad("more behind a value")
    check(value)
    return value


def check(value, depth=0):
    """Half a surrogate pair is no text, and nesting has a bound."""
    if depth > DEPTH:
        raise Bad("nested too deep")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, Object):
        for key, inner in value:
            key.encode()
            check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check(inner, depth + 1)


def arrays(value, level=1):
    """The arrays of objects alone within an object, in order."""
    for _, inner in value:
        if isinstance(inner, Object):
            if level < LEVELS:
                yield from arrays(inner, level + 1)
        elif isinstance(inner, list) and inner and all(isinstance(it, Object) for it in inner):
            yield inner


def objects(text):
    """Objects one after the other."""
    found, at = [], 0
    while rest := text[at:].strip(" \t\r\n"):
        at = text.index(rest[0], at)
        value, at = DECODER.raw_decode(text, at)
        check(value)
        found.append(value)
    return found


def records(data):
    """The objects that are rows; None if the text is no such thing."""
    try:
        text = decoded(data)
        try:
            value = load(text)
        except ValueError:
            lines = [line for line in text.split("\n") if line.strip(" \t\r")]
            try:
                found = [load(line) for line in lines]
            except ValueError:
                found = objects(text)
        else:
            if isinstance(value, Object):
                several = list(arrays(value))
                found = next((it for it in several if len(it) > 1), several[0] if several else [value])
            else:
                found = value if isinstance(value, list) else [value]
    except (ValueError, RecursionError):
        return None
    return found if found and all(isinstance(it, Object) for it in found) else None


def columns(rows):
    """(name, type, values) of each column; text columns of JSON have type `json`."""
    seen, repeated = {}, []
    for index, row in enumerate(rows):
        again = []
        for key, value in row:
            values = seen.setdefault(key, {})
            if index in values:
                again.append(Object([(key, value)]))
            else:
                values[index] = value
        repeated.append(again or None)
    found = [(key, *typed([values.get(index) for index in range(len(rows))])) for key, values in seen.items()]
    if any(repeated):
        name, count = "@duplicates", 1
        while name in seen:
            count += 1
            name = f"@duplicates@{count}"
        found.append((name, "json", repeated))
    return found


def kind(value):
    if isinstance(value, Number):
        return "number"
    if isinstance(value, str):
        return "string"
    return "bool" if isinstance(value, bool) else "nested"


def typed(values):
    """The type that a column of these has, and its values."""
    present = [value for value in values if value is not None]
    kinds = {kind(value) for value in present}
    if len(kinds) > 1 or kinds == {"nested"}:
        return "json", values
    if kinds == {"number"}:
        return number(values, present)
    return ("bool" if kinds == {"bool"} else "string"), values


def number(values, present):
    whole = all(set(it) <= set("-0123456789") for it in present)
    as_int = [None if it is None else int(it) for it in values] if whole and all(len(it) < 25 for it in present) else []
    if as_int and all(it is None or it in INT64 for it in as_int):
        return "int64", as_int
    if all(map(is_float, present)):
        return "float64", [None if it is None else float(it) for it in values]
    return "string", [None if it is None else str(it) for it in values]


def is_float(text):
    if len(text) > 64:
        return False
    mantissa, _, exponent = text.lower().partition("e")
    if "." not in mantissa and not exponent and not -EXACT <= int(mantissa) <= EXACT:
        return float(text) == int(mantissa)
    digits = mantissa.lstrip("-").replace(".", "").strip("0")
    value = float(text)
    return len(digits) <= DIGITS and math.isfinite(value) and (value != 0 or not digits)


def same_table(expected, rows, table):
    """Fails with the first thing that `table` has otherwise. Times are strings in JSON: their columns are compared as moments elsewhere."""
    assert table.num_rows == rows, f"{table.num_rows} rows, not {rows}"
    names = [name for name, _, _ in expected]
    assert table.column_names == names, f"columns {table.column_names}, not {names}"
    for name, type_name, values in expected:
        column = tables.plain(table[name])
        if type_name == "json" and pa.types.is_nested(column.type):
            for row, (ours, theirs) in enumerate(zip(values, column.to_pylist())):
                assert holds(theirs, ours, column.type), f"column {name!r}, row {row + 1}: {theirs!r}, not {ours!r}"
            continue
        found = tables.kind(column.type)
        if type_name == "string" and found.startswith(("timestamp", "date")):
            nulls = [it is None for it in column.to_pylist()]
            assert nulls == [it is None for it in values], f"column {name!r} has other nulls"
            continue
        assert found == xes_compare.ARROW[type_name], f"column {name!r}: {found}, not {type_name}"
        found = column.to_pylist()
        if type_name == "json":
            found = [it if it is None else load(it) for it in found]
        for row, (ours, theirs) in enumerate(zip(values, found)):
            assert same(ours, theirs), f"column {name!r}, row {row + 1}: {theirs!r}, not {ours!r}"


def holds(value, meant, arrow):
    """Whether a value of a nested column is what the JSON means. Text may be a string or, where shapes are mixed, JSON as written."""
    if value is None or meant is None:
        return value is meant
    if pa.types.is_struct(arrow):
        fields = {field.name: field.type for field in arrow}
        if not isinstance(meant, Object) or len(dict(meant)) != len(meant) or not set(dict(meant)) <= set(fields):
            return False
        return all(holds(value[name], dict(meant).get(name), kind_of) for name, kind_of in fields.items())
    if pa.types.is_list(arrow):
        same_kind = isinstance(meant, list) and not isinstance(meant, Object) and len(value) == len(meant)
        return same_kind and all(holds(ours, theirs, arrow.value_type) for ours, theirs in zip(value, meant))
    if isinstance(value, str):
        is_string = isinstance(meant, str) and not isinstance(meant, Number)
        return is_string and value == meant or same(load(value), meant)
    if isinstance(value, bool):
        return value is meant
    exact = isinstance(meant, Number) and (isinstance(value, float) or set(meant) <= set("-0123456789"))
    return exact and (float(meant) == value and is_float(meant) if isinstance(value, float) else int(meant) == value)


def same(one, two):
    """Equal down to the kinds of numbers and strings."""
    if isinstance(one, list) and isinstance(two, list):
        return type(one) is type(two) and len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, tuple) and isinstance(two, tuple):
        return all(map(same, one, two))
    return xes_compare.same(one, two)
