#!/usr/bin/env python3
"""Checks that every dependency has an allowed licence and comes from a registry: what deny.toml says, without cargo-deny.

Reads `cargo metadata --locked` for each target in deny.toml. A licence is an SPDX expression (SPDX specification 2.3,
annex D): AND needs both sides, OR one of them; `X WITH exception` counts as X, and an old-style `/` as OR.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    allowed = set(rules["licenses"]["allow"])
    packages = {package["id"]: package for target in rules["graph"]["targets"] for package in metadata(target)}
    foreign = [package for package in packages.values() if package["source"] is not None]
    used = set()
    faults = [fault for package in foreign for fault in check(package, allowed, used)]
    faults += [f"deny.toml allows {licence}, which no dependency has" for licence in sorted(allowed - used)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(foreign)} dependencies looked at")
    # The closing line in a form that test runners share.
    print(f"{len(foreign) - len(faults)} passed, {len(faults)} failed")
    return 1 if faults or not foreign else 0


def metadata(target):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)["packages"]


def check(package, allowed, used):
    name = f"{package['name']} {package['version']}"
    if not package["source"].startswith(("registry+", "sparse+")):
        yield f"{name} comes from {package['source']}, which is no registry"
    licence = package["license"]
    if licence is None:
        yield f"{name} names no licence"
    elif not is_allowed(licence, allowed, used):
        yield f"{name} is under {licence}, which deny.toml does not allow"


def is_allowed(expression, allowed, used):
    """Whether the expression can be met; notes in `used` every allowed licence met on the way."""
    tokens = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def either():
        found = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            found = both() or found
        return found

    def both():
        found = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            found = one() and found
        return found

    def one():
        token = tokens.pop(0)
        if token == "(":
            found = either()
            if not tokens or tokens.pop(0) != ")":
                raise SystemExit(f"cannot read the licence {expression!r}")
            return found
        if tokens and tokens[0] == "WITH":
            del tokens[:2]
        if token in allowed:
            used.add(token)
        return token in allowed

    result = either()
    if tokens:
        raise SystemExit(f"cannot read the licence {expression!r}")
    return result


if __name__ == "__main__":
    sys.exit(main())
