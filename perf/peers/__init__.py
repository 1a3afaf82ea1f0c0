"""The peers: one module each, in the fastest setting found for it that keeps row order and declares every type.

A module has either `convert(source, target, threads, columns)`, run by `python -m peers NAME` in a process of its own, or
`command(tools, source, target, threads, columns)`, the argument list of a program that needs no Python. `columns` is a
list of (name, kind), kind one of label (text that repeats), text, int, float, bool,
timestamp, date. `PACKAGES` names what pip has
to install.
"""
