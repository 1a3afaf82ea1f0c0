"""`logflow filter` beside pm4py, filter by filter: the rows that are kept are the same, from CSV and from Parquet."""

import pandas
import pm4py

import logflow
import xes_corpus
from process_mining import XES
from xes_process import OTHER_PROCESS, UNREAD

CASE, ACTIVITY, TIME = XES.values()
RESOURCE = "org:resource"


def check(tally):
    if not logflow.has("filter"):
        tally.skip("filters", "this binary has no command `filter`")
        return
    if not xes_corpus.FOLDER.is_dir():
        tally.skip("XES", f"there is no {xes_corpus.FOLDER}")
        return
    for path in sorted(xes_corpus.FOLDER.glob("*.xes*")):
        if path.name not in UNREAD and path.name not in OTHER_PROCESS:
            with logflow.folder() as folder:
                check_log(tally, path, folder)


def check_log(tally, path, folder):
    frame = pm4py.read_xes(str(path))
    if RESOURCE not in frame.columns:
        frame[RESOURCE] = None
    frame = frame[[CASE, ACTIVITY, TIME, RESOURCE]].copy()
    frame[CASE] = frame[CASE].astype(str)
    # Text in every format, also where resources are numbers.
    frame[RESOURCE] = frame[RESOURCE].map(lambda it: f"r {it}", na_action="ignore")
    frame["row"] = range(len(frame))
    csv, parquet = folder / "log.csv", folder / "log.parquet"
    frame.to_csv(csv, index=False)
    frame.to_parquet(parquet, index=False)
    log = pm4py.format_dataframe(frame, *XES.values())
    events = set(log["row"])
    for number, (name, args, theirs) in enumerate(filters(log)):
        with tally.check(f"{path.name}: {name}"):
            expected = set(theirs()["row"])
            for source in csv, parquet:
                output = folder / f"{number}.{source.suffix[1:]}.parquet"
                given = ["filter", str(source), "-o", str(output), "--report", "json", *args]
                run = logflow.start([*given, "--case-id", CASE, "--activity", ACTIVITY, "--timestamp", TIME])
                assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"
                found = set(pandas.read_parquet(output)["row"]) & events
                assert found == expected, (
                    f"{source.suffix}: {len(found)} rows, not {len(expected)}; {sorted(found ^ expected)[:5]} differ"
                )


def filters(log):
    """Name, arguments and what pm4py keeps, for each filter and its negation."""
    names = list(log[ACTIVITY].value_counts().index)
    first, second, third = (names * 3)[:3]
    rare = names[-1]
    begin, end = log[TIME].min(), log[TIME].max()
    low, high = (begin + (end - begin) * share for share in (0.3, 0.6))
    # Bounds that events have, so that it shows whether they are included.
    low, high = log[log[TIME] >= low][TIME].min(), log[log[TIME] <= high][TIME].max()
    if low > high:
        low, high = high, low
    bounds = f"{low.isoformat()}..{high.isoformat()}"

    sequences = {case: tuple(events) for case, events in log.groupby(CASE)[ACTIVITY]}

    def of_variants(chosen):
        # pm4py's filters of variants fail with this pandas; this is what they say.
        return log[log[CASE].isin([case for case, sequence in sequences.items() if sequence in chosen])]

    def without(kept):
        return log[~log["row"].isin(kept["row"])]

    for mode in "contained", "intersecting", "starting-in", "completing-in", "events":
        theirs = {"events": "events"}.get(mode, f"traces_{mode.replace('-', '_')}")

        def kept(theirs=theirs):
            return pm4py.filter_time_range(log, low, high, mode=theirs)

        given = ["--time-range", bounds, "--time-mode", mode]
        yield mode, given, kept
        negated = [*given, "--negate", "time-range"]
        if mode in ("starting-in", "completing-in"):
            yield f"not {mode}", negated, lambda theirs=theirs: pm4py.filter_time_range(log, low, high, mode=f"{theirs}_exclude")
        else:
            yield f"not {mode}", negated, lambda kept=kept: without(kept())
    for name, pm, values in [
        ("start-activity", pm4py.filter_start_activities, [first, second]),
        ("end-activity", pm4py.filter_end_activities, [second, rare]),
        ("with-activity", lambda log, values, retain: pm4py.filter_event_attribute_values(log, ACTIVITY, values, level="case", retain=retain), [second, rare]),
        ("only-activity", lambda log, values, retain: pm4py.filter_event_attribute_values(log, ACTIVITY, values, level="event", retain=retain), [first, rare]),
    ]:
        given = [f"--{name}", ",".join(quoted(it) for it in values)]
        yield name, given, lambda pm=pm, values=values: pm(log, values, retain=True)
        yield f"not {name}", [*given, "--negate", name], lambda pm=pm, values=values: pm(log, values, retain=False)
    resources = list(log[RESOURCE].dropna().value_counts().index)
    if resources:
        chosen = str(resources[len(resources) // 2])
        given = ["--cases-where", f"\"{RESOURCE}\" = '{chosen.replace(chr(39), chr(39) * 2)}'"]
        for retain in True, False:
            more = [] if retain else ["--negate", "all"]
            yield f"cases-where {retain}", [*given, *more], lambda retain=retain: pm4py.filter_event_attribute_values(log, RESOURCE, [resources[len(resources) // 2]], level="case", retain=retain)
        for violations in False, True:
            more = ["--negate", "four-eyes"] if violations else []
            yield f"four-eyes {violations}", ["--four-eyes", f"{quoted(first)},{quoted(second)}", *more], lambda violations=violations: pm4py.filter_four_eyes_principle(log, first, second, keep_violations=violations)
            more = [] if violations else ["--negate", "different-resources"]
            yield f"different-resources {violations}", ["--different-resources", first, *more], lambda violations=violations: pm4py.filter_activity_done_different_resources(log, first, keep_violations=violations)
    sizes = log.groupby(CASE).size()
    least, most = int(sizes.quantile(0.3)), int(sizes.quantile(0.8))
    yield "case-size", ["--case-size", f"{least}..{most}"], lambda: pm4py.filter_case_size(log, least, most)
    yield "not case-size", ["--case-size", f"{least}..{most}", "--negate", "case-size"], lambda: without(pm4py.filter_case_size(log, least, most))
    times = log.groupby(CASE)[TIME].agg(["min", "max"])
    seconds = (times["max"] - times["min"]).dt.total_seconds()
    short, long = (seconds.quantile(it, interpolation="nearest") for it in (0.25, 0.75))
    yield "duration", ["--duration", f"{short:.6f}..{long:.6f}"], lambda: pm4py.filter_case_performance(log, short, long)
    variants = pm4py.get_variants(log)
    ranked = sorted(variants.items(), key=lambda it: (it[1], it[0]), reverse=True)
    for most in 1, 3:
        yield f"top {most} variants", ["--top-variants", str(most)], lambda most=most: of_variants([it for it, _ in ranked[:most]])
    for percent in 7, 30:
        chosen = [variant for variant, count in variants.items() if count * 100 >= percent * len(sizes)]
        yield f"variant share {percent}%", ["--variant-share", f"{percent}%"], lambda chosen=chosen: of_variants(chosen)
    covering, covered = [], 0
    for variant, count in ranked:
        if covering and covered * 100 >= 60 * len(sizes):
            break
        covering.append(variant)
        covered += count
    yield "variant coverage", ["--variant-coverage", "60%"], lambda: of_variants(covering)
    chosen = [ranked[0][0], ranked[-1][0]]
    given = [word for it in chosen for word in ("--variant", path(it))]
    yield "variants", given, lambda: of_variants(chosen)
    yield "not variants", [*given, "--negate", "variant"], lambda: without(of_variants(chosen))
    graph = sorted(pm4py.discover_dfg(log)[0].items(), key=lambda it: (-it[1], it[0]))
    pairs = [pair for pair, _ in (graph[:1] + graph[-1:])]
    for retain in True, False:
        if pairs:
            more = [] if retain else ["--negate", "follows"]
            given = [word for it in pairs for word in ("--follows", path(it))]
            yield f"follows {retain}", [*given, *more], lambda retain=retain: pm4py.filter_directly_follows_relation(log, pairs, retain=retain)
        more = [] if retain else ["--negate", "eventually-follows"]
        relations = [(first, second)]
        given = [word for it in relations for word in ("--eventually-follows", path(it))]
        yield f"eventually {retain}", [*given, *more], lambda retain=retain, relations=relations: pm4py.filter_eventually_follows_relation(log, relations, retain=retain)
    yield "rework", ["--rework", f"{first}:2"], lambda: pm4py.filter_activities_rework(log, first, 2)
    yield "rework of three", ["--rework", f"{first}:3"], lambda: pm4py.filter_activities_rework(log, first, 3)
    for one, two in (first, second), (second, third), (first, first):
        yield f"between {one} and {two}", ["--between", path((one, two))], lambda one=one, two=two: pm4py.filter_between(log, one, two)
    for which in "first", "last":
        for strict in True, False:
            at = which if strict else f"{which}-inclusive"
            yield f"prefix {at}", ["--prefix-until", second, "--cut-at", at], lambda which=which, strict=strict: pm4py.filter_prefixes(log.copy(), second, strict=strict, first_or_last=which)
            yield f"suffix {at}", ["--suffix-from", second, "--cut-at", at], lambda which=which, strict=strict: pm4py.filter_suffixes(log.copy(), second, strict=strict, first_or_last=which)


def quoted(name):
    """A name of a list between commas."""
    return '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name


def path(names):
    """Activities one behind the other."""
    return " > ".join('"' + it.replace('"', '""') + '"' for it in names)

