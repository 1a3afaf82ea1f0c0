"""Real XES logs: the counts of their sources, and every attribute of every event as our own reading has it."""

import functools

import logflow
import parquet
import xes_compare
import xes_fixture
import xes_fixtures
import xes_table
import xes_text

FOLDER = logflow.SHARED / "corpus" / "xes"
# Traces and events by SOURCES.md; for derived_edge by what the file is made of.
COUNTS = {
    "running-example.xes": (6, 42),
    "01_running-example.xes.gz": (6, 42),
    "03_repairExample.xes.gz": (1104, 11855),
    "08_receipt.xes.gz": (1434, 8577),
    "10_orders.xes.gz": (17, 154),
    "12_roadtraffic_1t_per_variant.xes.gz": (231, 1891),
    "17_bpic2012_1t_per_variant.xes.gz": (4366, 182467),
    "lending_log_high.xes.gz": (10000, 58822),
    "interval_event_log.xes": (1266, 8109),
    "roadtraffic100traces.xes": (100, 390),
    "xes_20.xes": (1, 1),
    "rustxes_test.xes": (1, 2),
    "cortado_log.xes": (86, 6215),
    "smartfactory_iot_47919168.xes": (1, 3),
    "derived_edge/dates_zoo.xes": (1, 29),
    "derived_edge/duplicate_case_ids.xes": (2, 2),
    "derived_edge/event_empty.xes": (1, 3),
    "derived_edge/gz_named_xes.xes": (6, 42),
    "derived_edge/plain_named_gz.xes.gz": (6, 42),
    "derived_edge/trace_without_events.xes": (3, 2),
    "derived_edge/trace_without_name.xes": (2, 2),
    "derived_edge/two_member.xes.gz": (6, 42),
    "derived_edge/utf16le_bom.xes": (6, 42),
    "derived_edge/utf8_bom.xes": (6, 42),
    "derived_edge/values_zoo.xes": (1, 40),
}
# What can't be read, and the codes for it; none where any will do.
BROKEN = {
    "derived_edge/doctype_entities.xes": {"LF212"},
    "derived_edge/empty_file.xes": set(),
    "derived_edge/garbage_after_gz.xes.gz": set(),
    "derived_edge/html_not_xes.xes": set(),
    "derived_edge/illegal_control_char.xes": {"LF210"},
    "derived_edge/iso8859_2_mislabelled_utf8.xes": {"LF204", "LF210"},
    "derived_edge/truncated.xes": {"LF210"},
    "derived_edge/truncated.xes.gz": set(),
    "derived_edge/windows1250_no_declaration.xes": {"LF204", "LF210"},
}
# What each of these does wrong, as a word of the message that --strict fails with.
OFFENCES = {
    "boolean_incorrect_value.xes": "o.O",
    "broken_xml.xes": "line",
    "classifier_incorrect_scope.xes": "scope",
    "classifier_no_attributes.xes": "classifier",
    "date_incorrect_value.xes": "2002-0530T09:30:10Z",
    "date_no_t_z_d.xes": "2002-05-30T09:30:10",
    "element_incorrect.xes": "incorrect",
    "extension_no_attributes.xes": "extension",
    "global_incorrect_scope.xes": "scope",
    "global_string_no_attributes.xes": "string",
    "int_incorrect_value.xes": "13.37",
    "misplaced_attribute_event.xes": "string",
    "misplaced_attribute_trace.xes": "string",
    "misplaced_classifier_event.xes": "classifier",
    "misplaced_classifier_trace.xes": "classifier",
    "misplaced_extension_event.xes": "extension",
    "misplaced_extension_trace.xes": "extension",
    "misplaced_global_event.xes": "global",
    "misplaced_global_trace.xes": "global",
    "no_log.xes": "log",
    "real_incorrect_value.xes": "1.0.0",
    "string_no_attributes.xes": "string",
}


def check(tally):
    if not FOLDER.is_dir():
        tally.skip("real XES logs", f"there is no {FOLDER}")
        return
    for path in every():
        name = str(path.relative_to(FOLDER))
        with tally.check(f"{name}, our own reading"):
            table = ours(path)
            assert (table is None) == (name in BROKEN or path.name in ("broken_xml.xes", "no_log.xes")), f"{table}"
            found = table and (table.metadata["traces"], table.rows)
            assert name not in COUNTS or found == COUNTS[name], f"{found}, not {COUNTS[name]}"
        if not xes_fixture.binary_reads():
            continue
        if table:
            with tally.check(f"{name}, counts and values"), logflow.folder() as folder:
                run = logflow.converted(path, folder)
                columns = [(it.name, it.type, it.values) for it in table.columns]
                xes_compare.same_table(columns, table.rows, parquet.readers_agree(run.output))
                xes_fixtures.like_our_reading(run, table)
        else:
            with tally.check(f"{name}, an error"), logflow.folder() as folder:
                run = logflow.convert(path, folder)
                codes = BROKEN.get(name)
                assert run.exit == 1 and (not codes or run.code in codes), f"not {codes}: {run.stderr[:300]}"
    if xes_fixture.binary_reads():
        strict(tally)
    else:
        tally.skip("the binary", "it reads no XES")


def strict(tally):
    """The schema's own examples: right ones are read, wrong ones fail with what is wrong, and without --strict at least warn."""
    for path in sorted((FOLDER / "promi" / "correct").iterdir()):
        with tally.check(f"{path.name}, right under --strict"), logflow.folder() as folder:
            logflow.converted(path, folder, "--strict")
    for path in sorted((FOLDER / "promi" / "non_parsing").iterdir()):
        with tally.check(f"{path.name}, wrong under --strict"), logflow.folder() as folder:
            run = logflow.convert(path, folder, "--strict")
            assert run.exit == 1, "accepted"
            said = run.stderr.replace(path.name, "")
            assert OFFENCES[path.name] in said, f"no word of {OFFENCES[path.name]!r}: {said[:300]}"
        with tally.check(f"{path.name}, a word without --strict"), logflow.folder() as folder:
            run = logflow.convert(path, folder)
            assert run.exit == 1 or run.report["warnings"], "read without a word"


def every():
    """All logs of the corpus."""
    return sorted(it for it in FOLDER.rglob("*") if ".xes" in it.suffixes)


@functools.cache
def ours(path):
    """Our own reading; None for what is malformed."""
    try:
        return xes_table.Table(path)
    except xes_text.Malformed:
        return None
