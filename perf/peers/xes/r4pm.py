"""r4pm: its Polars frame, written by Polars."""

import r4pm.df

from peers.xes.frames import write_polars

PACKAGES = ["r4pm", "polars"]


def convert(source, target, threads, columns):
    frame, _head = r4pm.df.import_xes(source)
    write_polars(frame, target)
