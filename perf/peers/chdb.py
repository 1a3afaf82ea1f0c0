"""ClickHouse in process (chdb): a file() read with declared columns, written INTO OUTFILE."""

import chdb

PACKAGES = ["chdb"]
TYPES = {
    "int": "Nullable(Int64)",
    "date": "Nullable(Date32)",
    "label": "String",
    "text": "String",
    "float": "Nullable(Float64)",
    "bool": "Nullable(Bool)",
    "timestamp": "DateTime64(6, 'UTC')",
}


def convert(source, target, threads, columns):
    structure = ", ".join(f"`{name}` {TYPES[kind]}" for name, kind in columns)
    chdb.query(
        f"SELECT * FROM file({literal(source)}, 'CSVWithNames', {literal(structure)})"
        f" INTO OUTFILE {literal(target)} FORMAT Parquet SETTINGS max_threads = {threads},"
        " date_time_input_format = 'best_effort', output_format_parquet_compression_method = 'zstd',"
        " output_format_compression_level = 3, output_format_parquet_string_as_string = 1,"
        # Nobody else writes Bloom filters; without them chdb saves 15% of CPU.
        " output_format_parquet_write_bloom_filter = 0"
    )


def literal(text):
    """`text` as an SQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
