"""Our own small files, one for each way of writing CSV: against values written by hand, four readers, DuckDB and Python's csv."""

import declared
import fixture
import logflow
import parquet
import tables


def check(tally):
    for it in fixture.every():
        if it.fails:
            with tally.check(f"{it.path.name}, fails as it should"), logflow.folder() as folder:
                run = logflow.convert(it.path, folder, *it.args)
                code, place = it.fails
                assert run.code == code and place in run.stderr, f"not {code} at {place}: {run.stderr[:300]}"
            it.args = [*it.args, "--on-bad-row", "reject"]
        with tally.check(f"{it.path.name}, values by hand and four readers"), logflow.folder() as folder:
            run = logflow.convert(it.path, folder, *it.args)
            assert run.exit == (4 if it.fails else 0), f"exit code {run.exit}: {run.stderr[:300]}"
            table = parquet.readers_agree(run.output)
            found = [[column["name"], column["type"]] for column in run.report["columns"]]
            assert found == it.columns, f"columns {found}, not {it.columns}"
            tables.same(it.table, table)
            warnings = " ".join(it["message"] for it in run.report["warnings"])
            assert not it.warns or it.warns in warnings, f"no word of {it.warns!r} in the warnings: {warnings}"
        if isinstance(it.duckdb, dict):
            with tally.check(f"{it.path.name}, DuckDB with declared types"), logflow.folder() as folder:
                run = logflow.converted(it.path, folder, *it.args)
                declared.agrees(parquet.read(run.output), run, it.path, it.dialect, **it.duckdb)
        # Python's csv has delimiters of one character only.
        if len(it.dialect.delimiter) == 1:
            with tally.check(f"{it.path.name}, Python's csv"), logflow.folder() as folder:
                run = logflow.converted(it.path, folder, "--all-text")
                same_texts(parquet.read(run.output), it.dialect.cells(it.path))


def same_texts(table, rows):
    """Fails unless the table has these texts; nothing and an empty text are one for Python's csv."""
    columns = [[value or "" for value in column.to_pylist()] for column in table.columns]
    found = [list(row) for row in zip(*columns)]
    width = table.num_columns
    # A delimiter at the end of rows makes a field of it that no name stands above.
    rows = [row[:width] if row[width:] == [""] else row for row in rows]
    for index, (ours, theirs) in enumerate(zip(found, rows)):
        assert ours == theirs, f"row {index + 1}: {ours}, not {theirs}"
    assert len(found) == len(rows), f"{len(found)} rows, not {len(rows)}"
