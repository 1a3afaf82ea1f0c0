#!/usr/bin/env python3
"""Prints the licences of all crates that the program is made of: names, versions, and the texts that they bring."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


def main():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"]
    data = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    packages = {package["id"]: package for package in data["packages"]}
    # What the program links, without what builds and tests it.
    todo = [package["id"] for package in data["packages"] if package["name"] == "logflow" and package["source"] is None]
    seen = set()
    while todo:
        package = todo.pop()
        if package in seen:
            continue
        seen.add(package)
        normal = lambda it: any(kind["kind"] is None for kind in it["dep_kinds"])
        todo += [it["pkg"] for it in nodes[package]["deps"] if normal(it)]
    foreign = sorted((packages[it] for it in seen if packages[it]["source"]), key=lambda it: (it["name"], it["version"]))
    texts = {}
    for package in foreign:
        print(f"{package['name']} {package['version']}: {package['license'] or 'see its licence file'}")
        folder = pathlib.Path(package["manifest_path"]).parent
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name.upper().startswith(NAMES):
                texts.setdefault(path.read_text(errors="replace").strip(), []).append(package["name"])
    for text, names in texts.items():
        print(f"\n{'=' * 80}\n{', '.join(dict.fromkeys(names))}\n{'=' * 80}\n{text}")
    return 0 if foreign else 1


if __name__ == "__main__":
    sys.exit(main())
