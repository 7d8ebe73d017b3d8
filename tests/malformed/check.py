#!/usr/bin/env python3
"""Runs the program over files that are broken, hostile or odd: check.py FERRY [--sanitized] [--only WORD] [--keep FOLDER]

Each file is inspected, and TorchScript is converted. What is refused ends with status 1 to 125 and says why: the message
names the file, is the same on every run, has no control bytes and at most 1 KiB a fault; no output is left. What is odd but
good is read. Nothing takes more than 256 MiB or ten seconds. With strace: nothing is executed, no socket is opened, and no
file but the model, the output, libraries and what the system tells of itself.
"""
import argparse
import collections
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

SECONDS, MEBIBYTES, MESSAGE = 10, 256, 1024
OWN_PLACES = ("/lib", "/usr/", "/etc/", "/proc/", "/sys/", "/dev/", "/opt/")
SANITIZER = re.compile(rb"Sanitizer|runtime error:|Assertion .* failed")


class Run:
    """One run of the program: status, what it wrote, how much memory it took."""

    def __init__(self, argv, limit):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            self.hung = False
            timer = threading.Timer(SECONDS if limit else 20 * SECONDS, self.stop, [process])
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            self.status = process.returncode = os.waitstatus_to_exitcode(status)
            self.mebibytes = usage.ru_maxrss // 1024 if limit else 0
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(), err.read()

    def stop(self, process):
        self.hung = True
        os.kill(process.pid, signal.SIGKILL)


def faults(text):
    """The diagnostics in what was printed: each begins with a line that holds `error:` or `warning:`."""
    starts = [m.start() for m in re.finditer(r"^(?! )[^\n]*?(error|warning): ", text, re.M)]
    return [text[a:b] for a, b in zip(starts, starts[1:] + [len(text)])]


def judge(case, run, path, wanted):
    """What is wrong with one run, as texts. wanted: "reject", "accept" or None when either will do."""
    wrong = []
    if run.hung:
        return ["hangs"]
    if run.status < 0 or run.status > 125 or SANITIZER.search(run.err):
        return [f"crashes: status {run.status}: {run.err[-300:]!r}"]
    if run.mebibytes > MEBIBYTES:
        wrong.append(f"takes {run.mebibytes} MiB")
    verdict = "accept" if run.status == 0 else "reject"
    if wanted and verdict != wanted:
        wrong.append(f"{verdict}ed: {run.err[:300]!r}")
    if verdict == "accept":
        return wrong
    try:
        text = run.err.decode()
    except UnicodeDecodeError:
        return wrong + ["message is not UTF-8"]
    if not text.strip():
        wrong.append("no message")
    elif path not in text:
        wrong.append("message does not name the file")
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
        wrong.append("control bytes in the message")
    if any(len(f.replace(path, "").encode()) > MESSAGE for f in faults(text)):
        wrong.append("message of more than 1 KiB")
    if case.names and case.expect == "reject" and wanted and case.names not in text:
        wrong.append(f"message does not say {case.names!r}: {text[:200]!r}")
    return wrong


def traced(argv, path, work):
    """Opens, executions and sockets that have no business there."""
    log = os.path.join(work, "trace")
    subprocess.run(["strace", "-f", "-qq", "-o", log, "-e",
        "trace=execve,execveat,%network,open,openat,openat2,creat,unlink,rename"] + argv,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wrong = []
    with open(log, errors="replace") as f:
        lines = f.read().splitlines()
    for i, line in enumerate(lines):
        call = re.match(r"\d+ +(\w+)\((.*)", line)
        if not call:
            continue
        name, rest = call.groups()
        opened = re.search(r'"((?:[^"\\]|\\.)*)"', rest)
        if name.startswith("execve"):
            if i:
                wrong.append(f"executes {rest[:80]}")
        elif name not in ("open", "openat", "openat2", "creat", "unlink", "rename"):
            wrong.append(f"{name}({rest[:80]}")
        elif opened and not (opened.group(1) == path or opened.group(1).startswith((work,) + OWN_PLACES + OWN_LIBRARIES)):
            wrong.append(f"opens {opened.group(1)[:80]}")
    return wrong


def check(ferry, case, folder, limited, trace):
    work = os.path.join(folder, "work", case.file)
    path = os.path.join(folder, case.file)
    out = os.path.join(work, "out.onnx")
    os.makedirs(work)
    inspect = [ferry, "inspect", path]
    convert = [ferry, "convert", path, "-o", out, "--input", "4"]
    wanted = case.expect if case.stage != "convert" or case.expect == "accept" else None
    first = Run(inspect, limited)
    wrong = ["inspect " + w for w in judge(case, first, path, wanted)]
    if first.status and limited:
        again = Run(inspect, limited)
        if (again.status, again.err, again.out) != (first.status, first.err, first.out):
            wrong.append("inspect says something else the second time")
    if case.kind == "ts" or case.expect == "accept":
        done = Run(convert, limited)
        wanted = case.expect if case.kind == "ts" and case.stage != "inspect" else None if case.kind == "ts" else "reject"
        wrong += ["convert " + w for w in judge(case, done, path, wanted)]
        left = os.listdir(work)
        if done.status and left:
            wrong.append(f"convert leaves {left}")
        if done.status == 0 and left != ["out.onnx"]:
            wrong.append(f"convert ends well and leaves {left}")
    if trace:
        wrong += traced(inspect, path, work) + (traced(convert + ["--no-verify"], path, work) if case.kind == "ts" else [])
    shutil.rmtree(work)
    return wrong


def written(folder, only, every):
    """The cases, their files written by another process: the memory of this one would count as that of its children."""
    subprocess.run([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "make.py"), folder], check=True,
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, "manifest.json")) as f:
        cases = [SimpleNamespace(**c) for c in json.load(f)]
    return [c for c in cases if only in f"{c.file} {c.category}"][::every]


def main():
    global OWN_LIBRARIES
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("ferry")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--every", type=int, default=1, help="take every n-th file only")
    parser.add_argument("--trace-every", type=int, default=8)
    parser.add_argument("--keep")
    a = parser.parse_args()
    runtime = os.environ.get("FERRY_ONNXRUNTIME")
    OWN_LIBRARIES = (os.path.dirname(os.path.realpath(runtime)), os.path.dirname(runtime)) if runtime else ()
    folder = a.keep or tempfile.mkdtemp(prefix="malformed")
    cases = written(folder, a.only, a.every)
    strace = shutil.which("strace") and not a.sanitized
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not a.sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    def one(i):
        return check(os.path.abspath(a.ferry), cases[i], folder, not a.sanitized, strace and i % a.trace_every == 0)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(one, range(len(cases))))
    if not a.keep:
        shutil.rmtree(folder)
    bad = [(c, w) for c, w in zip(cases, results) if w]
    for case, wrong in bad:
        print(f"{case.file} ({case.category}: {case.why}): {'; '.join(wrong)}")
    counts = collections.Counter(c.expect for c in cases)
    print(f"{len(cases)} files, {counts['reject']} to refuse and {counts['accept']} to read: {len(bad)} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
