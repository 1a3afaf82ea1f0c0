"""`logflow pseudonymise` beside Python's hmac, and `logflow risk` beside a small computation of the same projections."""

import collections
import csv
import datetime
import hashlib
import hmac
import json
import random

import pyarrow.parquet

import logflow
import xes_corpus

KEY = bytes(range(32))
MASK = (1 << 64) - 1


def check(tally):
    if not logflow.has("risk"):
        tally.skip("pseudonyms", "this binary has no command `risk`")
        return
    with tally.check("pseudonyms of text, numbers and times are those of hmac"), logflow.folder() as folder:
        equals_hmac(folder)
    with tally.check("the key of keygen is 32 bytes, and its id that of hmac"), logflow.folder() as folder:
        reads_key(folder)
    with tally.check("times of a case move by the offset of hmac"), logflow.folder() as folder:
        shifts_times(folder)
    for seed in range(3):
        with tally.check(f"risk of generated cases, seed {seed}"), logflow.folder() as folder:
            equals_projections(folder, seed)
    if xes_corpus.FOLDER.is_dir():
        for path in sorted(xes_corpus.FOLDER.glob("*.xes*"))[:8]:
            with tally.check(f"values of {path.name} are pseudonyms of what they were"), logflow.folder() as folder:
                equals_raw(folder, path)


def pseudonym(domain, value, study=None):
    parts = [study, domain, value] if study else [domain, value]
    message = "\0".join(parts).encode()
    return hmac.new(KEY, message, "sha256").hexdigest()[:32]


def key_file(folder):
    path = folder / "k"
    path.write_bytes(KEY)
    path.chmod(0o600)
    return path


def run(*args):
    done = logflow.start([str(arg) for arg in args])
    assert done.exit == 0, f"exit code {done.exit}: {done.stderr[:400]}"
    return done


def equals_hmac(folder):
    names = ["Alice", "Zoë", "名前", "", " a ", "O'Hara, \"Pat\"", "x" * 300, "007", "-"]
    with open(folder / "log.csv", "w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["case", "name", "boss", "number", "share", "day", "time"])
        for row, name in enumerate(names * 40):
            day = datetime.date(2024, 1, 1) + datetime.timedelta(days=row)
            writer.writerow([row // 3, name, names[row % 3], row - 5, row / 4, day, f"{day}T10:00:00.{row:06}Z"])
    columns = "case,name=person,boss=person,number,share,day"
    run("pseudonymise", folder / "log.csv", "-o", folder / "out.parquet", "--key-file", key_file(folder), "--columns", columns, "--domain", "study 7")
    plain = folder / "plain.parquet"
    run("convert", folder / "log.csv", "-o", plain)
    before, after = (pyarrow.parquet.read_table(path).to_pylist() for path in (plain, folder / "out.parquet"))
    domains = {"case": "case", "name": "person", "boss": "person", "number": "number", "share": "share", "day": "day"}
    for old, new in zip(before, after, strict=True):
        assert new["time"] == old["time"]
        for column, domain in domains.items():
            expected = None if old[column] is None else pseudonym(domain, canonical(old[column]), "study 7")
            assert new[column] == expected, (column, old, new)


def canonical(value):
    """The text of a value as docs/pseudonyms.md says."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc)
        return utc.isoformat(timespec="milliseconds" if utc.microsecond % 1000 == 0 else "microseconds")
    return str(value)


def reads_key(folder):
    done = run("keygen", "-o", folder / "new")
    key = (folder / "new").read_bytes()
    assert len(key) == 32
    assert hmac.new(key, b"logflow key id", "sha256").hexdigest()[:16] in done.stderr
    (folder / "log.csv").write_text("case,who\n1,Alice\n")
    run("pseudonymise", folder / "log.csv", "-o", folder / "o.parquet", "--key-file", folder / "new", "--columns", "who")
    table = pyarrow.parquet.read_table(folder / "o.parquet")
    assert table["who"].to_pylist() == [hmac.new(key, b"who\0Alice", "sha256").hexdigest()[:32]]
    steps = json.loads(table.schema.metadata[b"logflow"])["steps"] if table.schema.metadata else None
    if steps is None:
        metadata = pyarrow.parquet.read_metadata(folder / "o.parquet").metadata
        steps = json.loads(metadata[b"logflow"])["steps"]
    assert steps[0]["finding"]["key_id"] == hmac.new(key, b"logflow key id", "sha256").hexdigest()[:16]


def shifts_times(folder):
    rows = [(f"case {row % 7}", f"2024-03-0{1 + row % 9}T10:00:00.{row:06}Z") for row in range(100)]
    lines = "".join(f"{case},a,{time}\n" for case, time in rows)
    (folder / "log.csv").write_text("case,activity,time\n" + lines)
    run("pseudonymise", folder / "log.csv", "-o", folder / "o.parquet", "--key-file", key_file(folder), "--shift-times=30")
    table = pyarrow.parquet.read_table(folder / "o.parquet")
    most = 30 * 86400 * 10**9
    for (case, time), shifted in zip(rows, table["time"].cast("int64").to_pylist(), strict=True):
        digest = hmac.new(KEY, b"logflow shift\0" + case.encode(), "sha256").digest()
        offset = int.from_bytes(digest[:16], "big") % (2 * most + 1) - most
        moment = datetime.datetime.fromisoformat(time)
        micros = (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
        assert shifted == micros + offset // 1000, (case, time)


def mixed(number):
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def chosen(case, events, points, seed):
    """The events of a case that are known."""
    first = int.from_bytes(hashlib.sha256(case.encode()).digest()[:8], "big")
    numbers = [(mixed(first ^ mixed((seed + event) & MASK)), event) for event in range(events)]
    return [event for _, event in sorted(numbers)[:points]]


def equals_projections(folder, seed):
    generator = random.Random(seed)
    rows = []
    for case in range(60):
        age, start = generator.randrange(20, 24), generator.randrange(40)
        for event in range(generator.randrange(1, 5)):
            activity = generator.choice("ab") if event else "a"
            second = start + generator.randrange(4)
            rows.append((f"c{case}", activity, f"2024-01-01T00:00:{second:02}Z", generator.choice(["x", "y", ""]), str(age)))
    generator.shuffle(rows)
    with open(folder / "log.csv", "w", newline="") as file:
        csv.writer(file).writerows([("case", "activity", "time", "resource", "case:age"), *rows])
    found = run("risk", folder / "log.csv", "--points", "all,1,2,3", "--seed", seed, "--format", "json").report
    cases = collections.defaultdict(list)
    for case, *event in rows:
        cases[case].append(event)
    for events in cases.values():
        # Stable: events of one time stay in the order of their rows.
        events.sort(key=lambda event: event[1])
    known = {
        "A": lambda event: (event[0], event[1]),
        "B": lambda event: (event[0], event[2]),
        "C": lambda event: event[2],
        "D": lambda event: None,
        "E": lambda event: event[0],
    }
    for projection in found["projections"]:
        letter = projection["projection"]
        of_event = known[letter]
        of_case = (lambda case: cases[case][0][3]) if letter in "BD" else (lambda case: None)
        whole = collections.Counter((of_case(case), tuple(map(of_event, events))) for case, events in cases.items() if letter != "D")
        if letter == "D":
            whole = collections.Counter(of_case(case) for case in cases)
        sizes = collections.Counter()
        for size in whole.values():
            sizes[size] += size
        assert {it["k"]: it["cases"] for it in projection["k"]} == dict(sizes), letter
        assert projection["unique_cases"] == sizes[1], letter
        for it in projection["points"]:
            unique = 0
            for case, events in cases.items():
                picked = {of_event(events[event]) for event in chosen(case, len(events), it["points"], seed)}
                alike = [
                    other
                    for other, theirs in cases.items()
                    if of_case(other) == of_case(case) and picked <= set(map(of_event, theirs))
                ]
                unique += alike == [case]
            assert it["unique_cases"] == unique, (letter, it, unique)


def equals_raw(folder, path):
    """Case and resource of a log as they were, hashed here, are those that come out; all else is as it was."""
    plain, hidden = folder / "plain.parquet", folder / "hidden.parquet"
    run("convert", path, "-o", plain)
    names = [name for name in ("case:concept:name", "org:resource") if name in pyarrow.parquet.read_schema(plain).names]
    if not names:
        return
    run("pseudonymise", path, "-o", hidden, "--key-file", key_file(folder), "--columns", ",".join(names))
    before, after = pyarrow.parquet.read_table(plain), pyarrow.parquet.read_table(hidden)
    assert before.column_names == after.column_names
    for name in before.column_names:
        old, new = before[name].to_pylist(), after[name].to_pylist()
        if name in names:
            expected = [None if value is None else pseudonym(name, canonical(value)) for value in old]
            assert new == expected, name
        elif not name.lstrip("case:").startswith("@"):
            assert new == old, name
