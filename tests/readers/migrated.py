"""`logflow migrate`: a bag is one to the Library of Congress's own reader, its outputs are what pyarrow reads, and a flipped bit is found by both."""

import contextlib
import csv
import hashlib
import io
import json
import logging
import os
import random

import bagit
import logflow
import pyarrow.parquet as pq

# Bytes that some system, manifest or terminal takes for something else.
NAMES = [
    b"plain.csv",
    b"a%b.csv",
    b"%0A.csv",
    b"%25.csv",
    b"line\nend.csv",
    b"carriage\rreturn.csv",
    b"both\r\n.csv",
    b"\xff\xfe.csv",
    b"~FF.csv",
    b"back\\slash.csv",
    b" leading and trailing .csv",
    b"nul.csv",
    b"-rf.csv",
    "zürich 日本.csv".encode(),
    "next\u0085line.csv".encode(),
    "paragraph\u2029.csv".encode(),
    b"tab\tand\x1c.csv",
    b"sub/con/x.csv",
    b"dots../x.csv",
]


def check(tally):
    if not logflow.has("migrate"):
        tally.skip("migrate", "this binary has no such command")
        return
    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    with logflow.folder() as folder:
        write(folder / "archive")
        made = logflow.start(["generate", "--format", "ocel-json", "--events", "500", "-o", str(folder / "archive" / "shop.jsonocel")])
        assert made.exit == 0, made.stderr
        with tally.check("a bag with awkward names"):
            run = logflow.start(["migrate", str(folder / "archive"), str(folder / "bag"), "--bag", "--report", str(folder / "report.parquet")])
            assert run.exit == 0, run.stderr[-600:]
            bagit.Bag(str(folder / "bag")).validate()
        with tally.check("its manifests are those that hashlib makes"):
            manifests(folder / "bag")
        with tally.check("the values of tables are those of the sources"):
            for name in NAMES:
                rows = list(csv.DictReader(io.StringIO(text(name))))
                assert values(folder / "bag", name) == [int(row["amount"]) for row in rows], name
        with tally.check("the report has a row for each source"):
            report = pq.read_table(folder / "report.parquet").to_pylist()
            assert len(report) == len(NAMES) + 1 and {it["status"] for it in report} == {"converted"}
            assert all(it["records"] == it["rows"] + it["rejected"] + it["filtered"] for it in report)
        with tally.check("four shards make the same bag"):
            for index in (3, 1, 4, 2):
                done = logflow.start(["migrate", str(folder / "archive"), str(folder / "shards"), "--bag", "--shard", f"{index}/4"])
                assert done.exit == 0, done.stderr[-600:]
            bagit.Bag(str(folder / "shards")).validate()
            for name in ("manifest-sha256.txt", "manifest-sha512.txt"):
                assert (folder / "shards" / name).read_bytes() == (folder / "bag" / name).read_bytes(), name
        flipped(tally, folder / "bag")


def write(folder):
    for name in NAMES:
        path = os.path.join(os.fsencode(folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text(name))


def text(name):
    """Rows that no other source has."""
    chance = random.Random(name)
    rows = "".join(f"c{row // 3},a{row % 4},2024-03-{row % 28 + 1:02}T08:00:00Z,{chance.randrange(10**9)}\n" for row in range(50))
    return "case_id,activity,timestamp,amount\n" + rows


def values(bag, name):
    """The amounts of the output whose journal line has the checksum of the source."""
    size = len(text(name))
    lines = [json.loads(line) for line in (bag / ".logflow" / "journal-1-of-1.jsonl").read_text().splitlines()]
    done = [it for it in lines if it["state"] == "done" and decoded(it["source"]) == name]
    assert len(done) == 1 and done[0]["bytes"] == size, f"{name}: {done}"
    return pq.read_table(bag / done[0]["outputs"][0]["path"])["amount"].to_pylist()


def decoded(name):
    """A name of the journal as the bytes of its source, as docs/migrate.md tells."""
    out, rest = b"", name.encode()
    while rest:
        digits = rest[1:3]
        if rest[:1] == b"~" and len(digits) == 2 and all(it in b"0123456789abcdefABCDEF" for it in digits):
            out, rest = out + bytes([int(digits, 16)]), rest[3:]
        else:
            out, rest = out + rest[:1], rest[1:]
    return out


def manifests(bag):
    """Holds both manifests against the files, without a library for bags."""
    files = sorted(it.relative_to(bag).as_posix() for it in (bag / "data").rglob("*") if it.is_file())
    for algorithm in ("sha256", "sha512"):
        lines = (bag / f"manifest-{algorithm}.txt").read_bytes().decode().split("\n")
        assert lines.pop() == ""
        told = dict(reversed(line.split("  ", 1)) for line in lines)
        assert sorted(told) == files
        for name, digest in told.items():
            assert hashlib.new(algorithm, (bag / name).read_bytes()).hexdigest() == digest, name
    sizes = [(bag / name).stat().st_size for name in files]
    assert f"Payload-Oxum: {sum(sizes)}.{len(sizes)}\n" in (bag / "bag-info.txt").read_text()


def flipped(tally, bag):
    """Each flipped bit of the payload is found by bagit and by verify."""
    chance = random.Random(5)
    files = sorted(it for it in (bag / "data").rglob("*") if it.is_file())
    for _ in range(20):
        path = chance.choice(files)
        before = path.read_bytes()
        at, bit = chance.randrange(len(before)), chance.randrange(8)
        with tally.check(f"bit {bit} of byte {at} of {path.name} is found"):
            path.write_bytes(before[:at] + bytes([before[at] ^ 1 << bit]) + before[at + 1 :])
            with contextlib.suppress(bagit.BagValidationError):
                bagit.Bag(str(bag)).validate()
                raise AssertionError("bagit finds nothing")
            run = logflow.start(["verify", str(bag), "--format", "json"])
            found = json.loads(run.stdout)["findings"]
            assert run.exit == 4 and [it["path"] for it in found] == [path.relative_to(bag).as_posix()], found
        path.write_bytes(before)
    with tally.check("without the bit both find it whole"):
        bagit.Bag(str(bag)).validate()
        assert logflow.start(["verify", str(bag), "--deep"]).exit == 0
