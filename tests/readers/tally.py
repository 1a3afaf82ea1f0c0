"""What passed and what failed. A check that fails says why and the next one goes on: one run shows every defect."""

import contextlib
import sys
import time
import traceback


class Tally:
    """Counts; prints failures, skips and a line for each group."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.name = None

    def group(self, name):
        """Begins a group of checks and closes the one before."""
        self._close_group()
        self.name, self.before, self.start = name, (self.passed, self.failed), time.monotonic()

    @contextlib.contextmanager
    def check(self, name):
        """One check: it passes unless its body raises. What it raises is shown and goes no further."""
        try:
            yield
            self.passed += 1
        except AssertionError as error:
            self.failed += 1
            print(f"FAILED {self.name}: {name}: {error}", flush=True)
        except Exception:
            self.failed += 1
            print(f"FAILED {self.name}: {name}\n{traceback.format_exc()}", flush=True)

    def skip(self, name, why):
        """Says what was not checked."""
        print(f"skipped {self.name}: {name}: {why}", flush=True)

    def close(self):
        """The closing line, and the exit code."""
        self._close_group()
        print(f"{self.passed} passed, {self.failed} failed")
        # A run in which nothing was checked has shown nothing.
        sys.exit(0 if self.passed and not self.failed else 1)

    def _close_group(self):
        if self.name:
            passed, failed = self.passed - self.before[0], self.failed - self.before[1]
            seconds = time.monotonic() - self.start
            print(f"{self.name}: {passed} passed, {failed} failed, {seconds:.0f} s", flush=True)
