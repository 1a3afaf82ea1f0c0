"""pm4py by its importer "iterparse" (lxml): the one of its own that reads the generated log. Slow, so it runs only when named."""

import pm4py

from peers.xes.frames import write_pandas

PACKAGES = ["pm4py", "pyarrow"]


def convert(source, target, threads, columns):
    write_pandas(pm4py.read_xes(source, variant="iterparse", show_progress_bar=False), target, columns)
