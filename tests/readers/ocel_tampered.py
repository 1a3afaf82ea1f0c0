"""The comparison of bundles can fail: a bundle of LogFlow's with one thing changed is told from the log each time."""

import json
import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import logflow
import ocel_bundle
import ocel_corpus
import ocel_document

NAME = "ocel20_example.jsonocel"


def check(tally):
    if not ocel_corpus.FOLDER.is_dir() or not ocel_corpus.binary_reads():
        tally.skip("tampered bundles", "no log, or a binary that reads none")
        return
    log = ocel_document.read(ocel_corpus.FOLDER / NAME)
    with logflow.folder() as folder:
        ocel_corpus.converted(ocel_corpus.FOLDER / NAME, folder)
        for what, (file, change) in CHANGES.items():
            with tally.check(f"{what} is found"):
                shutil.rmtree(folder / "changed", ignore_errors=True)
                shutil.copytree(folder / "bundle", folder / "changed")
                change(folder / "changed" / file)
                try:
                    ocel_bundle.same(log, ocel_bundle.Bundle(folder / "changed"), ordered=False)
                except AssertionError:
                    continue
                raise AssertionError("it passes for the same")


def table(change):
    """A change of a Parquet file's table. Columns that must be there stay so."""

    def rewrite(path):
        before = ocel_bundle.read(path)
        pq.write_table(change(before), path)

    return rewrite


def with_column(name, change):
    """The table with one column changed, its field as it was."""
    place = lambda it: it.schema.get_field_index(name)
    return table(lambda it: it.set_column(place(it), it.schema.field(name), change(it[name])))


def loosened(it):
    """The table with all its columns optional."""
    return it.cast(pa.schema([field.with_nullable(True) for field in it.schema]))


def in_meta(change):
    def rewrite(path):
        meta = json.loads(path.read_text())
        change(meta)
        path.write_text(json.dumps(meta))

    return rewrite


def first_other(value):
    """A column whose first cell is another value."""
    return lambda it: pa.chunked_array([pa.array([value, *it.to_pylist()[1:]], it.type)])


EVENTS, OBJECTS = "events/event_Insert%20Payment.parquet", "objects/object_Purchase%20Order.parquet"
CHANGED, E2O, O2O = "object_changes/object_changes_Invoice.parquet", "relations/e2o.parquet", "relations/o2o.parquet"
CHANGES = {
    "an event that is gone": (EVENTS, table(lambda it: it.slice(1))),
    "an event that is there twice": (EVENTS, table(lambda it: pa.concat_tables([it, it.slice(0, 1)]))),
    "another id": (EVENTS, with_column("ocel_id", first_other("e99"))),
    "a time that is a microsecond off": (
        EVENTS,
        with_column("ocel_time", lambda it: pc.add(it, pa.scalar(1, pa.duration("us"))).cast(it.type)),
    ),
    "another value": (EVENTS, with_column("payment_inserter", first_other("Human"))),
    "a value that is gone": (OBJECTS, with_column("po_quantity", first_other(None))),
    "another first value": (OBJECTS, with_column("po_quantity", first_other("501"))),
    "a change that is gone": (CHANGED, table(lambda it: it.slice(1))),
    "a change of another field": (CHANGED, with_column("ocel_changed_field", first_other("is_open"))),
    "a relation that is gone": (E2O, table(lambda it: it.slice(0, it.num_rows - 1))),
    "another qualifier": (E2O, with_column("ocel_qualifier", first_other("none"))),
    "a relation among objects that is turned": (
        O2O,
        table(lambda it: it.select([1, 0, 2]).rename_columns(it.column_names).cast(it.schema)),
    ),
    "columns that may be null": (E2O, table(loosened)),
    "a type that isn't declared": ("ocel-meta.json", in_meta(lambda it: it["eventTypes"].pop("Insert Payment"))),
    "another declared type": (
        "ocel-meta.json",
        in_meta(lambda it: it["objectTypes"]["Invoice"]["attributes"][0].update(type="integer")),
    ),
    "a file by another name": (
        "ocel-meta.json",
        in_meta(lambda it: it["relations"].update(o2o=it["relations"]["e2o"])),
    ),
}
