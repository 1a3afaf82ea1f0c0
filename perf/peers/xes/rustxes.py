"""rustxes: its Polars frame, written by Polars."""

import rustxes

from peers.xes.frames import write_polars

PACKAGES = ["rustxes", "polars"]


def convert(source, target, threads, columns):
    frame, _head = rustxes.import_xes(source)
    write_polars(frame, target)
