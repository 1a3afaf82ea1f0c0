"""Object-centric logs there and back: the bundle of a log that was written by LogFlow holds what the bundle of the log before held, in every form."""

import logflow
import ocel_bundle
import ocel_corpus

FORMS = ["jsonocel", "xmlocel", "sqlite"]
FIXTURES = logflow.ROOT / "tests" / "data" / "ocel"
# What must be said of a log for it to be read.
FLAGS = {"numbers.json": ["--timestamp-format", "unix-ms"]}


def check(tally):
    if not ocel_corpus.binary_reads():
        tally.skip("the binary", "it reads no OCEL")
        return
    sources = sorted(FIXTURES.glob("*.json")) + sorted(FIXTURES.glob("*.xml"))
    if ocel_corpus.FOLDER.is_dir():
        # The flat form is no log of tables.
        sources += [ocel_corpus.FOLDER / name for name in ocel_corpus.COUNTS if not name.endswith(".csv")]
    for source in sources:
        with logflow.folder() as folder:
            with tally.check(f"{source.name}, its bundle"):
                first = bundle(source, folder / "first")
            for form in FORMS:
                with tally.check(f"{source.name} to {form} and back"):
                    for start in (source, folder / "first"):
                        log = folder / f"log.{form}"
                        written(start, log)
                        same(first, bundle(log, folder / "second"))


def written(source, target):
    run = logflow.start(["convert", str(source), "-o", str(target), "--force", *FLAGS.get(source.name, [])])
    assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"


def bundle(source, folder):
    written(source, folder)
    return ocel_bundle.Bundle(folder)


def same(one, other):
    assert set(one.files) == set(other.files), f"tables {sorted(set(one.files) ^ set(other.files))}"
    for name, table in one.tables.items():
        found = other.tables[name]
        columns = {field.name: kind(field.type) for field in table.schema}
        again = {field.name: kind(field.type) for field in found.schema}
        assert columns.keys() == again.keys(), f"{name}: columns {list(again)}, not {list(columns)}"
        for column in columns:
            # A column without a value may have any type.
            empty = table[column].null_count == table.num_rows
            assert empty or columns[column] == again[column], f"{name}: {column} is {again[column]}, not {columns[column]}"
        rows = [list(map(repr, zip(*(ocel_bundle.cells(it[column]) for column in columns)))) for it in (table, found)]
        # Relations follow their events, which a bundle has by type.
        assert sorted(rows[0]) == sorted(rows[1]), f"{name}: {difference(*rows)}"


def kind(arrow):
    return ocel_bundle.kind_of(arrow)


def difference(one, other):
    return f"only before {sorted(set(one) - set(other))[:2]}, only after {sorted(set(other) - set(one))[:2]}"
