#!/usr/bin/env python3
"""Writes tests/golden/ops/FAMILY.golden from the cases in src/ops/FAMILY.c: what PyTorch answers to each.

usage: tools/make_op_goldens.py [FAMILY...]     (all families without arguments; needs PyTorch)

One line "NAME CASE", then one line per result, "= [@ARG] dtype[dims][(strides)] values", or "! raises". Strides stand
only where they are not row-major; @ARG (or @ARG.ITEM) says that the result shares memory with that argument.
The grammar of cases is in docs/adding-an-operator.md, the data formula also in tests/unit/op_cases.h.
"""
import pathlib
import re
import sys

import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
DTYPES = {"f16": torch.float16, "f32": torch.float32, "f64": torch.float64, "bf16": torch.bfloat16, "i8": torch.int8,
          "i16": torch.int16, "i32": torch.int32, "i64": torch.int64, "u8": torch.uint8, "bool": torch.bool,
          "complex64": torch.complex64, "complex128": torch.complex128, "u16": torch.uint16, "u32": torch.uint32, "u64": torch.uint64,
          "float16": torch.float16, "float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16,
          "int8": torch.int8, "int16": torch.int16, "int32": torch.int32, "int64": torch.int64, "uint8": torch.uint8}
SHORT = {dtype: name for name, dtype in reversed(DTYPES.items())}
SIGNED = (torch.int8, torch.int16, torch.int32, torch.int64)
RECORD = re.compile(r"^const fy_op fy_\w+ = \{$(.*?)^\};$", re.M | re.S)


def overloads_of(name):
    found = []
    for line in (ROOT / "src/ops/schemas.tsv").read_text().splitlines():
        full = line.split("(")[0]
        base, _, overload = full.partition(".")
        if base == name:
            found.append(overload)
    return found


def expand(text, macros):
    """Macros of cases, which may stand inside one another, written out."""
    for _ in range(3):
        text = re.sub(r"\b[A-Z][A-Z_]*_CASES\b", lambda m: macros.get(m.group(0), m.group(0)), text)
    return text


def records(family):
    """(operator name, overloads it serves, cases) for each record of a file."""
    text = (ROOT / "src/ops" / (family + ".c")).read_text()
    macros = dict(re.findall(r"^#define (\w+) ((?:.*\\\n)*.*)$", text, re.M))
    for match in RECORD.finditer(text):
        body = match.group(1)
        name = re.search(r'\.name = "([^"]+)"', body).group(1)
        listed = re.search(r'\.overloads = "([^"]*)"', body)
        served = listed.group(1).split(",") if listed else overloads_of(name)
        cases = expand(body.partition(".cases =")[2], macros)
        strings = re.findall(r'"((?:[^"\\]|\\.)*)"', cases)
        yield name, [o for o in overloads_of(name) if o in served], strings


def fill(dtype, shape, given, number):
    count = 1
    for dim in shape:
        count *= dim
    state, values = 1234567 + 7919 * number, []
    for i in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        if isinstance(given, list):
            values.append(given[i % len(given)])
        elif dtype == torch.bool and given is None:
            values.append(state >> 63)
        elif dtype.is_floating_point or dtype.is_complex:
            low, high = given or (-2.0, 2.0)
            values.append(low + (high - low) * ((state >> 40) / 16777216.0))
        else:
            low, high = given or ((-4, 5) if dtype in SIGNED else (0, 9))
            values.append(int(low) + (state >> 33) % (int(high) - int(low)))
    if not (dtype.is_floating_point or dtype.is_complex):
        return torch.tensor([int(v) for v in values], dtype=torch.int64).to(dtype).reshape(shape)
    return torch.tensor(values, dtype=torch.float64).to(dtype).reshape(shape)


def in_layout(t, layout):
    rank = t.dim()
    if layout == "T":
        return t.transpose(-1, -2).contiguous().transpose(-1, -2)
    if layout == "R":
        order = list(reversed(range(rank)))
        return t.permute(order).contiguous().permute(order)
    if layout == "L":
        return t.movedim(1, -1).contiguous().movedim(-1, 1)
    if layout == "S":
        wide = torch.zeros(t.shape[:-1] + (t.shape[-1] * 2,), dtype=t.dtype)
        wide[..., ::2] = t
        return wide[..., ::2]
    if layout == "E":
        return t[-1:].contiguous().expand(t.shape)
    return t


class Reader:
    def __init__(self, text):
        self.text, self.at, self.tensors = text, 0, 0

    def accept(self, char):
        if self.text[self.at:self.at + 1] != char:
            return False
        self.at += 1
        return True

    def word(self, stops):
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in stops:
            self.at += 1
        return self.text[start:self.at]

    def tensor(self, dtype):
        dims = self.word("]")
        self.accept("]")
        given = layout = None
        if self.accept("{"):
            body = self.word("}")
            self.accept("}")
            if ":" in body:
                given = tuple(float(v) for v in body.split(":"))
            else:
                given = [float(v) for v in body.split(",")]
        if self.accept("^"):
            layout = self.text[self.at]
            self.at += 1
        shape = [int(d) for d in dims.split(",") if d]
        self.tensors += 1
        return in_layout(fill(dtype, shape, given, self.tensors - 1), layout)

    def value(self):
        if self.accept("["):
            items = []
            while not self.accept("]"):
                items.append(self.value())
                self.accept(",")
            return items
        if self.accept("'"):
            text = self.word("'")
            self.accept("'")
            return text
        word = self.word(" ,[]")
        if word in ("none", "true", "false"):
            return {"none": None, "true": True, "false": False}[word]
        if re.fullmatch(r"[+-]?\d+", word):
            return int(word)
        if word in DTYPES:
            return self.tensor(DTYPES[word]) if self.accept("[") else DTYPES[word]
        return float(word)

    def arguments(self):
        args, kwargs = [], {}
        while self.at < len(self.text):
            keyword = re.match(r"(\w+)=", self.text[self.at:])
            if keyword:
                self.at += keyword.end()
                kwargs[keyword.group(1)] = self.value()
            else:
                args.append(self.value())
            while self.accept(" "):
                pass
        return args, kwargs


def number(value, dtype):
    if dtype == torch.bool:
        return "1" if value else "0"
    if dtype.is_complex:
        return "%.8g,%.8g" % (value.real, value.imag)
    if not dtype.is_floating_point:
        return str(value)
    return "%.17g" % value if dtype == torch.float64 else "%.9g" % value


def memory_of(t):
    return t.untyped_storage().data_ptr()


def place_of(result, names, args, kwargs):
    everything = list(enumerate(args)) + [(names.index(k), v) for k, v in kwargs.items()]
    for index, arg in everything:
        for item, t in enumerate(arg if isinstance(arg, list) else [arg]):
            if isinstance(t, torch.Tensor) and t.numel() and memory_of(t) == memory_of(result):
                return "@%d%s " % (index, ".%d" % item if isinstance(arg, list) else "")
    return ""


def describe(result, place, geometry_only):
    if not isinstance(result, torch.Tensor):  # a number is a 0-d tensor
        result = torch.tensor(result, dtype=torch.float64 if isinstance(result, float) else None)
    shape = ",".join(map(str, result.shape))
    line = "= %s%s[%s]" % (place, SHORT[result.dtype], shape)
    if not result.is_contiguous():
        line += "(%s)" % ",".join(map(str, result.stride()))
    if not geometry_only:
        line += "".join(" " + number(v, result.dtype) for v in result.resolve_conj().flatten().tolist())
    return line


def plain_number(arg, declared):
    """Where a number is declared, a 0-d tensor stands for one that depends on data."""
    if isinstance(arg, list):
        return [plain_number(item, declared) for item in arg]
    return arg.item() if isinstance(arg, torch.Tensor) and "Tensor" not in declared else arg


def answer(name, served, case):
    geometry_only = case.startswith("~")
    text = case.lstrip("~")
    overload = "" if "" in served else served[0]
    if text.startswith("."):
        overload, _, text = text[1:].partition(" ")
    namespace, _, base = name.partition("::")
    packet = getattr(getattr(torch.ops, namespace), base)
    op = getattr(packet, overload or "default")
    names = [a.name for a in op._schema.arguments]
    args, kwargs = Reader(text.strip()).arguments()
    declared = {a.name: str(a.type) for a in op._schema.arguments}
    args = [plain_number(arg, declared[names[i]]) for i, arg in enumerate(args)]
    kwargs = {name: plain_number(arg, declared[name]) for name, arg in kwargs.items()}
    try:
        results = op(*args, **kwargs)
    except Exception as error:  # what PyTorch refuses, ferry must refuse
        print("%s %s: %s" % (name, case, str(error).splitlines()[0]), file=sys.stderr)
        return ["! raises"]
    if not isinstance(results, (list, tuple)):
        results = [results]
    return [describe(r, place_of(r, names, args, kwargs) if isinstance(r, torch.Tensor) else "", geometry_only)
            for r in results]


def main():
    torch.manual_seed(0)
    families = sys.argv[1:] or sorted(p.stem for p in (ROOT / "src/ops").glob("*.c") if RECORD.search(p.read_text()))
    for family in families:
        lines = ["# PyTorch %s" % torch.__version__.split("+")[0]]
        for name, served, cases in records(family):
            for case in cases:
                lines.append("%s %s" % (name, case))
                lines += answer(name, served, case)
        target = ROOT / "tests/golden/ops" / (family + ".golden")
        target.write_text("\n".join(lines) + "\n")
        print("%s: %d lines" % (target.relative_to(ROOT), len(lines)))


if __name__ == "__main__":
    main()
