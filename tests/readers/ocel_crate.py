"""LogFlow's bundles through the process_mining crate, and the crate's through LogFlow: what one writes, the other reads, with the same values.

The crate is the peer of perf/compare; where its program is not built (`cargo build --release` in perf/ocel-peers, target folder target/perf-ocel), there is nothing
to check.
"""

import subprocess

import logflow
import ocel_bundle
import ocel_corpus
import ocel_round_trip

PEER = logflow.ROOT / "target" / "perf-ocel" / "release" / "process-mining-ocel"
# The crate's bundle has no place for a relation or a change of what the log has not, and refuses such bundles.
DANGLING = {"odd.json", "dangling.json", "undeclared.json", "duplicate_ids.json", "odd.xml"}


def check(tally):
    if not PEER.is_file():
        tally.skip("the process_mining crate", f"there is no {PEER.relative_to(logflow.ROOT)}")
        return
    sources = sorted(ocel_round_trip.FIXTURES.glob("*.json")) + sorted(ocel_round_trip.FIXTURES.glob("*.xml"))
    if ocel_corpus.FOLDER.is_dir():
        sources += [ocel_corpus.FOLDER / name for name in ocel_corpus.COUNTS if not name.endswith(".csv")]
    for source in sources:
        if source.name in DANGLING:
            continue
        with logflow.folder() as folder:
            ours = ocel_round_trip.bundle(source, folder / "ours")
            with tally.check(f"{source.name}: the crate opens LogFlow's bundle"):
                run = subprocess.run([PEER, folder / "ours", folder / "theirs"], capture_output=True, text=True)
                assert run.returncode == 0, run.stderr[:400]
                theirs = ocel_bundle.Bundle(folder / "theirs")
                same_values(ours, theirs)
            with tally.check(f"{source.name}: LogFlow opens the crate's bundle"):
                log = folder / "log.jsonocel"
                ocel_round_trip.written(folder / "theirs", log)
                same_values(theirs, ocel_round_trip.bundle(log, folder / "again"))


def same_values(one, other):
    assert set(one.files) == set(other.files), f"tables {sorted(set(one.files) ^ set(other.files))}"
    for name, table in one.tables.items():
        found = other.tables[name]
        assert set(table.schema.names) == set(found.schema.names), f"{name}: {found.schema.names}"
        rows = [
            sorted(map(repr, zip(*(ocel_bundle.cells(it[column]) for column in table.schema.names)))) for it in (table, found)
        ]
        assert rows[0] == rows[1], f"{name}: {ocel_round_trip.difference(*rows)}"
