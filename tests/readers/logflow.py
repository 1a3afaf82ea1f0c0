"""The binary under test: runs it, measures it, and asks of every run what any run promises."""

import contextlib
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BINARY = os.environ["LOGFLOW"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
# Longer than any run takes here on a slow machine; what takes longer hangs.
PATIENCE_SECONDS = 300
# LF901 and LF902 mean that a fault of ours was met: no input may bring them about.
OURS = {"LF901", "LF902"}
ERROR = re.compile(r"^error\[(LF\d+)\]")
MIB = 1 << 20


def allowed_rss(threads):
    """Bytes that a run may hold: what `logflow convert --help` gives as the default of --memory-limit, and 4 MiB more for
    the pages of a debug build itself (`logflow --version` holds 16.1 MB, 12.5 MB as a release build)."""
    return (36 + 32 * threads) * MIB


class Run:
    """A run that is over: exit code, standard output and error, peak resident bytes, output path."""

    def __init__(self, exit_code, stdout, stderr, rss, threads, output):
        self.exit, self.stdout, self.stderr = exit_code, stdout, stderr
        self.rss, self.threads, self.output = rss, threads, output

    @property
    def code(self):
        """The code of the error, or None."""
        found = ERROR.match(self.stderr)
        return found and found[1]

    @property
    def report(self):
        """The closing report."""
        return json.loads(self.stdout)

    @property
    def rejects(self):
        """Lines of the rejects file, as dicts."""
        path = self.output.with_name(self.output.name + ".rejects.jsonl")
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def answer(self):
        """All that a user gets: exit code, message, and each file that is there with its hash."""
        files = {it.name: hashlib.sha256(it.read_bytes()).hexdigest() for it in self.output.parent.iterdir()}
        return self.exit, self.stderr, files

    def keeps_promises(self):
        """Holds for any input: a known exit code, a coded error and nothing written, or a file and counts that add up."""
        said = self.stderr[:400]
        assert self.exit in (0, 1, 4), f"exit code {self.exit}: {said}"
        left = sorted(it.name for it in self.output.parent.iterdir())
        if self.exit == 1:
            assert self.code, f"an error without a code: {said}"
            assert self.code not in OURS, said
            assert not left, f"an error, and yet there is {left}"
        else:
            report = self.report
            wanted = [self.output.name] + [f"{self.output.name}.rejects.jsonl"] * (self.exit == 4)
            assert left == wanted, f"exit code {self.exit}, and there is {left}"
            assert report["records"] == report["rows"] + report["bad_rows"], "the counts don't add up"
            assert len(self.rejects) == report["bad_rows"], "the rejects file has another number of lines"
        assert self.rss <= allowed_rss(self.threads), f"{self.rss} bytes resident, {self.threads} threads"


@contextlib.contextmanager
def folder():
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="logflow-readers-") as path:
        yield pathlib.Path(path)


def has(command):
    """Whether the binary has the command."""
    return subprocess.run([BINARY, command, "--help"], env=environment(), capture_output=True).returncode == 0


def convert(source, into, *args, threads=2):
    """Converts `source` to `into / out.parquet` and gives the Run, whose promises it has checked. `into` must be empty."""
    output = into / "out.parquet"
    run = start([
        "convert", str(source), "-o", str(output), "--report", "json", "--threads", str(threads), *args
    ], threads, output)
    run.keeps_promises()
    return run


def converted(source, into, *args, threads=2):
    """The same for an input that must convert as a whole."""
    run = convert(source, into, *args, threads=threads)
    assert run.exit == 0, f"exit code {run.exit}: {run.stderr[:400]}"
    return run


def start(args, threads=2, output=None):
    """Runs the binary; fails when it takes too long. A death by signal shows as a negative exit code."""
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        done = launcher({
            "args": [BINARY, *args],
            "environment": environment(),
            "stdout": out.name,
            "stderr": err.name,
            "patience": PATIENCE_SECONDS,
        })
        stdout, stderr = (it.read().decode() for it in (out, err))
    assert not done["late"], f"no end after {PATIENCE_SECONDS} s"
    return Run(done["exit"], stdout, stderr, done["rss"], threads, output)


def launcher(request):
    """Asks the launcher, which is started with the first request and ends when its standard input does."""
    process = launcher_process()
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


@functools.cache
def launcher_process():
    script = pathlib.Path(__file__).with_name("launcher.py")
    # Without site-packages: it should stay small.
    command = [sys.executable, "-S", "-B", str(script)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def environment():
    """The environment without options for the binary in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOGFLOW")}
