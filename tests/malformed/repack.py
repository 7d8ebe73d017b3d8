#!/usr/bin/env python3
"""Models in other zips give the same file: repack.py FERRY

Each model of tests/models that has saved inputs is packed anew: by Python's zipfile, by hand in every odd but valid form,
and by zip and 7z where they are installed. The converted file has to be the same, byte for byte.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor

from parts import DEFLATED, Entry, archive

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "models")


def by_zipfile(records, out, method, **options):
    with zipfile.ZipFile(out, "w", method, **options) as z:
        for name, data in records:
            z.writestr(name, data)


def by_hand(records, out, end=None, top=None, folders=False, backwards=False, **options):
    entries = [Entry((top + name[name.index("/"):]) if top else name, data, **options) for name, data in records]
    if folders:
        entries.insert(0, Entry(entries[0].name.split(b"/")[0] + b"/", align=1))
    with open(out, "wb") as f:
        f.write(archive(entries[::-1] if backwards else entries, **(end or {})))


def by_program(records, out, *command):
    with tempfile.TemporaryDirectory() as folder:
        for name, data in records:
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
        packed = os.path.join(folder, "packed.zip")
        subprocess.run(list(command) + [packed, records[0][0].split("/")[0]], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(packed, out)


FORMS = {
    "zipfile stored": lambda r, o: by_zipfile(r, o, zipfile.ZIP_STORED),
    "zipfile deflated": lambda r, o: by_zipfile(r, o, zipfile.ZIP_DEFLATED, compresslevel=9),
    "signed descriptors": lambda r, o: by_hand(r, o, descriptor="signed"),
    "bare descriptors": lambda r, o: by_hand(r, o, descriptor="bare", align=1),
    "zip64": lambda r, o: by_hand(r, o, zip64=True, end={"end64": True}),
    "zip64 deflated": lambda r, o: by_hand(r, o, zip64=True, method=DEFLATED),
    "pages": lambda r, o: by_hand(r, o, align=4096, end={"comment": b"PK\5\6 a comment"}),
    "prefix": lambda r, o: by_hand(r, o, align=1, end={"prefix": b"#!/bin/sh\n"}),
    "another folder": lambda r, o: by_hand(r, o, top="some other folder", folders=True),
    "backwards": lambda r, o: by_hand(r, o, backwards=True, comment=b"of an entry"),
}
if shutil.which("zip"):
    FORMS["zip -0"] = lambda r, o: by_program(r, o, "zip", "-q", "-0", "-r")
    FORMS["zip -9"] = lambda r, o: by_program(r, o, "zip", "-q", "-9", "-r")
    FORMS["zip -fz"] = lambda r, o: by_program(r, o, "zip", "-q", "-fz", "-r")
if shutil.which("7z"):
    FORMS["7z"] = lambda r, o: by_program(r, o, "7z", "a", "-tzip", "-mx=9")


def convert(ferry, model, inputs, folder):
    out = os.path.join(folder, "out.onnx")
    argv = [ferry, "convert", model, "-o", out, "--no-verify", "-q"]
    for path in inputs:
        argv += ["--input", "@" + path]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        return done.stderr
    with open(out, "rb") as f:
        data = f.read()
    os.unlink(out)
    return data


def check(ferry, model):
    """What differs, as texts, and how many forms were tried."""
    inputs = sorted(glob.glob(os.path.join(os.path.dirname(model), "input_*.npy")))
    with zipfile.ZipFile(model) as z:
        records = [(i.filename, z.read(i)) for i in z.infolist()]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.pt")
        shutil.copy(model, path)
        wanted = convert(ferry, path, inputs, folder)
        wrong = []
        for name, pack in FORMS.items():
            os.unlink(path)
            pack(records, path)
            got = convert(ferry, path, inputs, folder)
            if got != wanted:
                wrong.append(f"{model} as {name}: {'differs' if len(got) > 2000 else got[:300]}")
    return wrong


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    models = sorted(glob.glob(os.path.join(MODELS, "*", "model.pt")))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = sum(pool.map(lambda m: check(os.path.abspath(sys.argv[1]), m), models), [])
    print("\n".join(wrong + [f"{len(models) * len(FORMS)} archives packed anew: {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
