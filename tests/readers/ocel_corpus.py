"""Real object-centric logs: the counts of their sources by our own reading, the same log in several forms, and LogFlow's bundles of all of them."""

import functools

import logflow
import ocel_bundle
import ocel_compare
import ocel_document

FOLDER = logflow.SHARED / "corpus" / "ocel"
# Events, objects, E2O, O2O, changes by SOURCES.md; for derived_edge by what the file is made of.
COUNTS = {
    "ocel20_example.jsonocel": (13, 9, 20, 7, 3),
    "ocel20_example.xmlocel": (13, 9, 20, 7, 3),
    "ocel20_example.sqlite": (13, 9, 20, 7, 3),
    "ocpa_ocel20_example.xmlocel": (13, 9, 20, 7, 3),
    "ocpa_running-example.sqlite": (18211, 10031, 35857, 25336, 120),
    "ocel-crate/order_management_small.json": (3, 5, 7, 3, 1),
    "example_log.jsonocel": (23, 15, 39, 0, 0),
    "example_log.xmlocel": (23, 15, 39, 0, 0),
    "example_log.sqlite": (23, 15, 39, 0, 0),
    "example_log.csv": (23, 15, 39, 0, 0),
    "minimal.jsonocel": (3, 5, 6, 0, 0),
    "minimal.xmlocel": (3, 5, 6, 0, 0),
    "recruiting-red.jsonocel": (6607, 1051, 6877, 0, 0),
    "ocpa_order_process.jsonocel": (2391, 796, 4381, 0, 0),
    "derived_edge/dangling.json": (13, 9, 21, 8, 3),
    "derived_edge/duplicate_ids.json": (14, 10, 21, 8, 3),
    "derived_edge/typed_values_zoo.json": (13, 9, 20, 7, 6),
    "derived_edge/undeclared.json": (13, 9, 20, 7, 3),
    "derived_edge/utf8_bom.json": (13, 9, 20, 7, 3),
}
# The same log, and where its times without a zone were taken down. SQLite's tables have orders of their own.
SAME = [
    ("ocel20_example.jsonocel", "ocel20_example.xmlocel", "Europe/Berlin"),
    ("ocel20_example.jsonocel", "ocel20_example.sqlite", "Europe/Berlin"),
    ("ocel20_example.jsonocel", "ocpa_ocel20_example.xmlocel", "Europe/Berlin"),
    ("ocel20_example.jsonocel", "derived_edge/utf8_bom.json", "UTC"),
]


def check(tally):
    if not FOLDER.is_dir():
        tally.skip("real object-centric logs", f"there is no {FOLDER}")
        return
    for name, counts in COUNTS.items():
        with tally.check(f"{name}, our own reading"):
            found = ocel_document.read(FOLDER / name).counts()
            assert found == counts, f"{found}, not {counts}"
    for one, other, zone in SAME:
        with tally.check(f"{one} and {other} are one log"):
            logs = [ocel_document.read(FOLDER / it) for it in (one, other)]
            ocel_compare.same_logs(*logs, zone, ordered=not other.endswith(".sqlite"))
    if not binary_reads():
        tally.skip("the binary", "it reads no OCEL")
        return
    for name in COUNTS:
        if not is_read(FOLDER / name):
            tally.skip(name, "the binary takes it for no object-centric log")
            continue
        with tally.check(f"{name}, LogFlow's bundle"), logflow.folder() as folder:
            bundle = converted(FOLDER / name, folder)
            ocel_bundle.same(ocel_document.read(FOLDER / name), bundle, ordered=not name.endswith(".sqlite"))
    one_bundle(tally)


def one_bundle(tally):
    """Forms of one log become one bundle: that of the first, as our own reading has it."""
    for one, other, zone in SAME:
        if not is_read(FOLDER / other):
            continue
        with tally.check(f"the bundle of {other} is that of {one}"), logflow.folder() as folder:
            bundle = converted(FOLDER / other, folder, "--timezone", zone)
            ocel_bundle.same(ocel_document.read(FOLDER / one), bundle, ordered=not other.endswith(".sqlite"))


def converted(source, folder, *args):
    """LogFlow's bundle of a file that must convert."""
    run = logflow.start(["convert", str(source), "-o", str(folder / "bundle"), "--report", "json", *args])
    assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"
    return ocel_bundle.Bundle(folder / "bundle")


def is_read(path):
    """Whether this LogFlow makes a bundle of SQLite and of pm4py's flat CSV: told by the published examples."""
    return path.suffix not in (".sqlite", ".csv") or makes_bundle(FOLDER / f"example_log{path.suffix}")


@functools.cache
def makes_bundle(source):
    with logflow.folder() as folder:
        run = logflow.start(["convert", str(source), "-o", str(folder / "bundle"), "-q"])
        return run.exit == 0 and (folder / "bundle" / "ocel-meta.json").is_file()


@functools.cache
def binary_reads():
    """Whether this LogFlow reads OCEL: told by a log of the least size."""
    with logflow.folder() as folder:
        source = folder / "least.jsonocel"
        source.write_text('{"objectTypes":[],"eventTypes":[],"objects":[],"events":[]}')
        return makes_bundle(source)
