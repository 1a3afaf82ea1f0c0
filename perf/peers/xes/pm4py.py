"""pm4py by its importer "chunk_regex", the default unless a Rust package for XES is installed beside it.

It cuts the file into pieces of bytes and decodes each: a character of several bytes across two pieces ends it with UnicodeDecodeError, so it
reads the generated log only if there is none. Attributes of type `id` it drops.
"""

import pm4py

from peers.xes.frames import write_pandas

PACKAGES = ["pm4py", "pyarrow"]


def convert(source, target, threads, columns):
    write_pandas(pm4py.read_xes(source, variant="chunk_regex"), target, columns)
