"""Every check in turn; `python tests/readers fixtures` runs some of them. Exits with 1 if a check failed."""

import sys

import corpus
import fixtures
import generated
import hostile
import naughty
import process_mining
import rejected
from tally import Tally

CHECKS = {
    "fixtures": fixtures.check,
    "generated": generated.check,
    "corpus": corpus.check,
    "process-mining": process_mining.check,
    "naughty": naughty.check,
    "rejected": rejected.check,
    "hostile": hostile.check,
}


def main():
    wanted = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in wanted if name not in CHECKS]:
        sys.exit(f"no check is called {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    tally = Tally()
    for name in wanted:
        tally.group(name)
        CHECKS[name](tally)
    tally.close()


main()
