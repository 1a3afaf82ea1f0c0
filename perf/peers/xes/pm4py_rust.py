"""pm4py by its variant "rustxes", which is its default where r4pm is installed, and then runs on r4pm.

As a Polars frame: the pandas frame that it gives unless asked costs it a conversion more.
"""

import pm4py

from peers.xes.frames import write_polars

PACKAGES = ["pm4py", "r4pm", "polars"]


def convert(source, target, threads, columns):
    frame = pm4py.read_xes(source, variant="rustxes", return_pl_lazyframe=True)
    write_polars(frame.collect(), target)
