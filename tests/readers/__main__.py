"""Every check in turn; `python tests/readers fixtures` runs some of them. Exits with 1 if a check failed."""

import sys

import case_filters
import case_samples
import commands
import corpus
import excel
import fixtures
import generated
import hostile
import inspection
import json_texts
import migrated
import naughty
import object_stats
import ocel_corpus
import ocel_generated
import ocel_layouts
import ocel_hostile
import ocel_round_trip
import ocel_tampered
import pipelines
import process_mining
import process_stats
import pseudonyms
import rejected
import typed
import validated
import xes_corpus
import xes_fixture
import xes_fixtures
import xes_generated
import xes_hostile
import xes_process
import xes_round_trip
from tally import Tally

CHECKS = {
    "fixtures": fixtures.check,
    "generated": generated.check,
    "corpus": corpus.check,
    "commands": commands.check,
    "typed": typed.check,
    "process-mining": process_mining.check,
    "stats": process_stats.check,
    "filters": case_filters.check,
    "samples": case_samples.check,
    "object-stats": object_stats.check,
    "naughty": naughty.check,
    "rejected": rejected.check,
    "hostile": hostile.check,
    "inspection": inspection.check,
    "json": json_texts.check,
    "migrate": migrated.check,
    "xes": xes_fixtures.check,
    "xes-generated": xes_generated.check,
    "xes-corpus": xes_corpus.check,
    "xes-hostile": xes_hostile.check,
    "xes-round-trip": xes_round_trip.check,
    "xes-pm4py": xes_process.check,
    "ocel-corpus": ocel_corpus.check,
    "ocel-generated": ocel_generated.check,
    "ocel-hostile": ocel_hostile.check,
    "ocel-layouts": ocel_layouts.check,
    "ocel-round-trip": ocel_round_trip.check,
    "ocel-tampered": ocel_tampered.check,
    "pipelines": pipelines.check,
    "pseudonyms": pseudonyms.check,
    "excel": excel.check,
    "validate": validated.check,
}
# Only by name: they write what the others check.
WRITERS = {"xes-expected": xes_fixture.write_expected}


def main():
    wanted = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in wanted if name not in CHECKS | WRITERS]:
        sys.exit(f"no check is called {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    tally = Tally()
    for name in wanted:
        tally.group(name)
        (CHECKS | WRITERS)[name](tally)
    tally.close()


main()
