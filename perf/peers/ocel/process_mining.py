"""The process_mining crate: its readers, and its own writer of the bundle. See perf/ocel-peers."""

PACKAGES = []
BINARY = "process-mining-ocel"


def command(tools, source, target, threads, columns):
    return [str(tools / BINARY), str(source), str(target)]
