"""XES to Parquet to XES: the log that comes back means what the first one did, for our own check, for pm4py, and by the schema."""

import contextlib

import lxml.etree

import logflow
import xes_canonical
import xes_corpus
import xes_fixture
import xes_process

SCHEMA = xes_corpus.FOLDER / "promi" / "xes-ieee-1849-2016.xsd"


def check(tally):
    if not xes_fixture.binary_reads():
        tally.skip("round trips", "the binary reads no XES")
        return
    paths = [it.path for it in xes_fixture.every() if it.verdict == "accept"]
    if xes_corpus.FOLDER.is_dir():
        paths += [path for path in xes_corpus.every() if xes_corpus.ours(path)]
        schema = lxml.etree.XMLSchema(lxml.etree.parse(str(SCHEMA)))
    else:
        tally.skip("real XES logs", f"there is no {xes_corpus.FOLDER}")
        schema = None
    for path in paths:
        with tally.check(f"{path.name}, the same log"), back(path) as log:
            xes_canonical.same(xes_canonical.read(path), xes_canonical.read(log))
            if schema and valid(schema, path):
                assert valid(schema, log), f"valid before and not now: {schema.error_log.last_error}"
    for path in paths:
        if xes_corpus.FOLDER in path.parents and xes_process.reads(path):
            with tally.check(f"{path.name}, the same log for pm4py"), back(path) as log:
                xes_process.same_frame(xes_process.frame(path), xes_process.frame(log))
    with tally.check("a packed log"), back(xes_fixture.FOLDER / "plain.xes", "back.xes.gz") as log:
        assert log.read_bytes().startswith(b"\x1f\x8b"), "it is not packed"
        xes_canonical.same(xes_canonical.read(xes_fixture.FOLDER / "plain.xes"), xes_canonical.read(log))


@contextlib.contextmanager
def back(path, name="back.xes"):
    """The log that comes back, while it is there."""
    with logflow.folder() as folder:
        run = logflow.converted(path, folder)
        log = folder / name
        done = logflow.start(["convert", str(run.output), "-o", str(log)])
        assert done.exit == 0, f"exit code {done.exit}: {done.stderr[:300]}"
        yield log


def valid(schema, path):
    try:
        return schema.validate(lxml.etree.parse(str(path)))
    except lxml.etree.XMLSyntaxError:
        return False
