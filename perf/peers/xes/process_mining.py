"""The process_mining crate as a program uses it: its streaming reader, then parquet-rs, in one thread. See perf/xes-peers."""

PACKAGES = []
BINARY = "process-mining"


def command(tools, source, target, threads, columns):
    return [str(tools / BINARY), str(source), str(target), "one"]
