"""`logflow sample`: the same cases from every format, nested; what a sample lost is what pm4py finds."""

import json
import math

import pandas
import pm4py

import logflow
import xes_corpus
from process_mining import XES
from xes_process import OTHER_PROCESS, UNREAD

CASE, ACTIVITY, TIME = XES.values()
# Variants beyond which pm4py's distance takes too long here.
MOST_VARIANTS = 150


def check(tally):
    if not logflow.has("sample"):
        tally.skip("samples", "this binary has no command `sample`")
        return
    if not xes_corpus.FOLDER.is_dir():
        tally.skip("XES", f"there is no {xes_corpus.FOLDER}")
        return
    for path in sorted(xes_corpus.FOLDER.glob("*.xes*")):
        if path.name not in UNREAD and path.name not in OTHER_PROCESS:
            with logflow.folder() as folder:
                check_log(tally, path, folder)


def check_log(tally, path, folder):
    frame = pm4py.read_xes(str(path))[[CASE, ACTIVITY, TIME]].copy()
    frame[CASE] = frame[CASE].astype(str)
    log = pm4py.format_dataframe(frame, *XES.values())
    csv, parquet = folder / "log.csv", folder / "log.parquet"
    frame.to_csv(csv, index=False)
    frame.to_parquet(parquet, index=False)
    total = log[CASE].nunique()
    with tally.check(f"{path.name}: one sample from three formats, and a smaller one within it"):
        few = drawn(csv, folder, "--cases", str(max(1, total // 10)))[0]
        assert len(few) == max(1, total // 10)
        for source in csv, parquet:
            assert few == drawn(source, folder, "--cases", str(len(few)), "-j", "3")[0], source.suffix
        half = drawn(csv, folder, "--cases", "50%")[0]
        more = drawn(parquet, folder, "--cases", str(min(total, 2 * len(few))))[0]
        assert few <= more, "a smaller sample is not within a larger one"
        assert few <= half or half <= few
        assert drawn(path, folder, "--cases", "50%", "--naming", "xes")[0] == half, "XES"
    with tally.check(f"{path.name}: what is lost"):
        kept, report = drawn(csv, folder, "--cases", str(max(1, total // 3)))
        loss_is_right(log, log[log[CASE].isin(kept)], report["steps"][0]["details"]["loss"])


def drawn(source, folder, *args):
    """The cases of a sample, and its report."""
    output = folder / "sample.parquet"
    given = ["sample", str(source), "-o", str(output), "--force", "--report", "json"]
    roles = [] if source.suffix in (".gz", ".xes") else ["--case-id", CASE, "--activity", ACTIVITY, "--timestamp", TIME]
    run = logflow.start([*given, *roles, *args])
    assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"
    return set(pandas.read_parquet(output)[CASE].astype(str)), json.loads(run.stdout)


def loss_is_right(log, sample, loss):
    graph, sampled = dict(pm4py.discover_dfg(log)[0]), dict(pm4py.discover_dfg(sample)[0])
    assert loss["relations"] == len(graph)
    assert loss["lost_relations"] == len(set(graph) - set(sampled))
    assert loss["lost_activities"] == len(set(log[ACTIVITY]) - set(sample[ACTIVITY]))
    variants, kept = pm4py.get_variants(log), pm4py.get_variants(sample)
    assert loss["lost_variants"] == len(set(variants) - set(kept))
    share = sample[CASE].nunique() / log[CASE].nunique()
    if graph:
        squares = [(sampled.get(pair, 0) - count * share) ** 2 for pair, count in graph.items()]
        mean = sum(graph.values()) * share / len(graph)
        error = math.sqrt(sum(squares) / len(squares)) / mean
        assert math.isclose(loss["relation_frequency_nrmse"], error, rel_tol=1e-9), (loss, error)
    if len(variants) <= MOST_VARIANTS:
        languages = [{variant: count / sum(it.values()) for variant, count in it.items()} for it in (variants, kept)]
        distance = pm4py.compute_emd(*languages)
        assert math.isclose(loss["variant_distance"], distance, rel_tol=1e-6, abs_tol=1e-9), (loss["variant_distance"], distance)
