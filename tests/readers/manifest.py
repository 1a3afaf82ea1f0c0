"""The list of hostile files: each with the verdict that a reader must come to."""

import logflow

FOLDER = logflow.SHARED / "badcorpus"


def entries(*folders):
    """(path, verdict) of every file under `folders` that is an input of its own."""
    lines = (FOLDER / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split("\t")[:2] for line in lines]
    return [
        (FOLDER / path, verdict)
        for path, verdict in pairs
        if path.startswith(folders) and verdict in ("accept", "reject", "policy-reject", "either")
    ]
