"""DuckDB by its command line program: the same statements with no Python in the process."""

from peers.jsonl.duckdb_sql import statements

PACKAGES = ["duckdb-cli"]


def command(tools, source, target, threads, columns):
    # The package's own starter is a Python script that runs this binary; calling it directly saves the peer 15 ms.
    binary = next(tools.glob("lib/python*/site-packages/duckdb_cli/duckdb"))
    return [str(binary), "-init", "/dev/null", "-c", statements(source, target, threads, columns)]
