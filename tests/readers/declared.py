"""A CSV file as DuckDB reads it when the types are declared: the ones that LogFlow found.

Nulls: LogFlow keeps an empty text in quotes apart from nothing at all, so DuckDB must too (allow_quoted_nulls = false). Words such
as NA are null for LogFlow in every type but text, whereas DuckDB's nullstr holds for all columns; so it reads twice, and the
columns of text come from the reading without such words.
"""

import duckdb

import logflow
import tables

TYPES = {
    "bool": "BOOLEAN",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "date32": "DATE",
    # Its type without a zone would ignore one in the value.
    "timestamp[us, UTC]": "TIMESTAMPTZ",
    # It has no type of nanoseconds with a zone; no file here has zones other than UTC and nanoseconds.
    "timestamp[ns, UTC]": "TIMESTAMP_NS",
    "string": "VARCHAR",
}
# The words that `NullWords::usual` lists in src/encode/builders.rs.
NULL_WORDS = [
    "NULL", "null", "Null", "NA", "N/A", "n/a", "#N/A", "NIL", "nil", "None", "none", "-", "--", "\\N", "?"
]


def agrees(table, run, source, dialect, zone="UTC", **options):
    """Fails unless DuckDB reads the values of `table` from `source`. `options` are its own for read_csv."""
    columns = [(column["name"], column["type"]) for column in run.report["columns"]]
    with logflow.folder() as folder:
        # It reads UTF-8 without a mark; what Python decodes is as independent of LogFlow.
        plain = folder / "plain.csv"
        plain.write_bytes(dialect.text(source).encode())
        # It refuses words that hold the escape.
        words = [it for it in NULL_WORDS if not dialect.escape or dialect.escape not in it]
        typed = read(plain, columns, dialect, zone, ["", *words], options)
        texts = read(plain, columns, dialect, zone, [""], options)
    for index, (name, kind) in enumerate(columns):
        if kind == "string":
            typed = typed.set_column(index, name, texts.column(index))
    try:
        tables.same(typed, table)
    except AssertionError as error:
        raise AssertionError(f"LogFlow has something else than DuckDB: {error}") from error


def read(path, columns, dialect, zone, nulls, options):
    """The table that DuckDB reads. Only columns of text matter where `nulls` has no words: all are declared as text then."""
    types = dict.fromkeys(TYPES, "VARCHAR")
    if len(nulls) > 1:
        # A layout of its own counts for its type without a zone only; values with a layout here have none.
        types = TYPES | ({"timestamp[us, UTC]": "TIMESTAMP"} if "timestampformat" in options else {})
    settings = {
        "auto_detect": False,
        "delim": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape or dialect.quote,
        "header": dialect.header,
        "skip": dialect.skip,
        "nullstr": nulls,
        "allow_quoted_nulls": False,
        "max_line_size": 64 << 20,
        "columns": {name: types[kind] for name, kind in columns},
        **({"comment": dialect.comment} if dialect.comment else {}),
        **options,
    }
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{zone}'")
        query = f"SELECT * FROM read_csv($1, {', '.join(f'{key} = {literal(it)}' for key, it in settings.items())})"
        return connection.sql(query, params=[str(path)]).to_arrow_table()


def literal(value):
    """A value in DuckDB's SQL."""
    match value:
        case bool() | int():
            return str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{literal(key)}: {literal(it)}" for key, it in value.items()) + "}"
