#!/usr/bin/env python3
"""Writes files that are broken, hostile or merely odd, with a manifest of what has to come of each: make.py FOLDER

Python's standard library only; the same bytes on every run.
"""
import json
import os
import sys

import pickles
import programs
import zips


def all_cases():
    return zips.cases() + pickles.cases() + programs.cases()


def write(folder, cases):
    manifest = []
    for case in cases:
        path = os.path.join(case.kind, case.name)
        os.makedirs(os.path.join(folder, case.kind), exist_ok=True)
        if os.path.exists(os.path.join(folder, path)):
            raise SystemExit(f"two cases are called {path}")
        with open(os.path.join(folder, path), "wb") as f:
            f.write(case.data)
        manifest.append({"file": path, "kind": case.kind, "category": case.category, "expect": case.expect, "why": case.why,
                         "must": not case.choice, "stage": case.stage, "input": "4", "names": case.names})
    with open(os.path.join(folder, "manifest.json"), "w") as f:
        json.dump(manifest, f, indent=1)
    return manifest


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(f"{len(write(sys.argv[1], all_cases()))} files")
