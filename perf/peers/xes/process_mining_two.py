"""The process_mining crate with its reader in one thread and the writer in another: our best with it. See perf/xes-peers."""

PACKAGES = []
BINARY = "process-mining"


def command(tools, source, target, threads, columns):
    return [str(tools / BINARY), str(source), str(target), "two" if threads > 1 else "one"]
