"""XML made to break readers: the verdict of the manifest and of our own reading, in bounded time and memory, with nothing opened beside."""

import re
import shutil
import subprocess

import logflow
import manifest
import parquet
import xes_compare
import xes_corpus
import xes_fixture

THREADS = [1, 2, 8]
# Codes of text that is no XML, or is refused by a limit; what is XML and no log fails with another.
NO_XML = {"LF204", "LF205", "LF206", "LF210", "LF211", "LF212"}
# The manifest accepts these, but one of their attributes has no quotes (XML 1.0 §3.1 has none such).
UNQUOTED = "xml/quick-xml-encoding/"
# The manifest's notes: traces, or a value.
TRACES = {"comment-fake-trace.xes": 1, "pi-fake-trace.xes": 1}
OPENED = re.compile(r'(?:open|openat)\((?:AT_FDCWD, )?"([^"]*)"')
# Files whose names change from run to run, or that any program on Linux opens.
SYSTEM = ("/proc/", "/sys/", "/lib", "/usr/lib", "/etc/ld.so", "/dev/")


def check(tally):
    if not xes_fixture.binary_reads():
        tally.skip("hostile XML", "the binary reads no XES")
        return
    if manifest.FOLDER.is_dir():
        for path, verdict in manifest.entries("xml/"):
            with tally.check(f"{path.relative_to(manifest.FOLDER)}, {verdict}"):
                hostile(path, verdict)
    else:
        tally.skip("hostile XML", f"there is no {manifest.FOLDER}")
    opens_nothing(tally)


def hostile(path, verdict):
    # A file that is not there would be refused as well.
    assert path.is_file(), "there is no such file"
    table, answers = xes_corpus.ours(path), {}
    for threads in THREADS:
        with logflow.folder() as folder:
            run = logflow.convert(path, folder, "--from", "xes", threads=threads)
            answers[threads] = run.answer()
            if verdict == "accept" and not (UNQUOTED in str(path) and "quote" in run.stderr):
                assert run.exit == 0 or run.code not in NO_XML, f"not accepted: {run.stderr[:300]}"
            if verdict.endswith("reject"):
                assert run.exit == 1, f"accepted: {run.stdout[:300]}"
            if run.exit == 0:
                assert table, "it is nothing that our own reading accepts"
                columns = [(it.name, it.type, it.values) for it in table.columns]
                xes_compare.same_table(columns, table.rows, parquet.read(run.output))
                traces = xes_compare.metadata(run.output)["traces"]
                assert traces == TRACES.get(path.name, traces), f"{traces} traces"
            else:
                # Limits are the binary's own.
                assert not table or run.code in ("LF206", "LF211"), f"our own reading accepts it: {run.stderr[:300]}"
    assert len({str(it) for it in answers.values()}) == 1, f"answers differ: {answers}"


def opens_nothing(tally):
    """Under strace a run opens the same files for a document that names others as for one that names none."""
    strace = shutil.which("strace")
    if not strace:
        tally.skip("what is opened", "there is no strace")
        return
    plain = xes_fixture.FOLDER / "plain.xes"
    try:
        usual = opened(strace, plain)
    except OSError as error:
        tally.skip("what is opened", f"strace does not work here: {error}")
        return
    paths = [it.path for it in xes_fixture.every() if b"<!DOCTYPE" in it.path.read_bytes()]
    if manifest.FOLDER.is_dir():
        paths += [path for path, _ in manifest.entries("xml/") if b"<!DOCTYPE" in path.read_bytes()]
    for path in paths:
        with tally.check(f"{path.name}, nothing else is opened"):
            more = opened(strace, path) - usual - {str(path)}
            assert not more, f"it opens {more}"


def opened(strace, path):
    """Files and sockets that a run opens, those of its own folder and of the system left out."""
    with logflow.folder() as folder:
        trace = folder / "trace"
        calls = "trace=open,openat,socket,connect"
        run = [logflow.BINARY, "convert", str(path), "--from", "xes", "-o", str(folder / "out.parquet")]
        command = [strace, "-f", "-e", calls, "-o", str(trace), *run]
        done = subprocess.run(command, env=logflow.environment(), capture_output=True, timeout=logflow.PATIENCE_SECONDS)
        if not trace.exists() or not trace.stat().st_size:
            raise OSError(done.stderr.decode()[:200])
        lines = trace.read_text(errors="replace").splitlines()
    assert not [it for it in lines if "socket(" in it or "connect(" in it], "it talks to the network"
    files = {found[1] for line in lines if (found := OPENED.search(line))}
    return {it for it in files if not it.startswith((*SYSTEM, str(folder)))}
