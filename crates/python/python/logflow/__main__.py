"""``python -m logflow``: the program that the wheel brings."""

import os
import shutil
import sys
import sysconfig


def main() -> int:
    beside = os.path.join(sysconfig.get_path("scripts"), "logflow")
    program = beside if os.access(beside, os.X_OK) else shutil.which("logflow")
    if program is None:
        print("the program logflow is not installed beside this module", file=sys.stderr)
        return 1
    os.execv(program, ["logflow", *sys.argv[1:]])
    return 1


if __name__ == "__main__":
    sys.exit(main())
