"""The DuckDB statements, shared by the Python module and the command line program. Not a peer itself."""

from peers.duckdb_sql import TYPES, literal


def statements(source, target, threads, columns):
    """One string: settings, then the COPY, whose Parquet settings are those found for CSV."""
    declared = ", ".join(f"{literal(name)}: '{TYPES[kind]}'" for name, kind in columns)
    return (
        f"SET threads = {threads}; SET preserve_insertion_order = true; SET TimeZone = 'UTC';"
        f" COPY (SELECT * FROM read_ndjson({literal(source)}, columns = {{{declared}}}, auto_detect = false))"
        f" TO {literal(target)} (FORMAT parquet, CODEC zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v2,"
        " DICTIONARY_SIZE_LIMIT 10000, WRITE_BLOOM_FILTER false);"
    )
