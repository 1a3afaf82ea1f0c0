"""A small process that runs programs and measures them: one JSON request a line on standard input, one JSON answer a line back.

What a process held at most counts from its fork on, when it still is a copy of its parent. Measured from a parent that has
loaded four Parquet readers, every program would seem to hold 250 MB; this parent holds fewer than 15.
"""

import json
import os
import subprocess
import sys
import threading


def launch(args, environment, stdout, stderr, patience):
    """Runs `args` with its output in files; after `patience` seconds it is killed. Exit code, peak bytes, whether it was late."""
    with open(stdout, "wb") as out, open(stderr, "wb") as err:
        child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
    late = threading.Event()
    timer = threading.Timer(patience, lambda: (late.set(), child.kill()))
    timer.start()
    # Not subprocess's own wait: only wait4 says what this one child held.
    _, status, usage = os.wait4(child.pid, 0)
    timer.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    return {"exit": child.returncode, "rss": usage.ru_maxrss * 1024, "late": late.is_set()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(launch(**json.loads(line))), flush=True)
