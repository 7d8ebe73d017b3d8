#!/usr/bin/env python3
"""Writes tests/golden/kernels/FAMILY.golden: what PyTorch and ONNX Runtime compute for the cases below.

usage: tools/make_kernel_goldens.py [FAMILY...]     (needs PyTorch; resize_onnx needs onnx and onnxruntime)

A case is a line "KERNEL ARGUMENTS", one line "< dtype[dims]LAYOUT values" per input and one line "> dtype[dims] values"
per result. Inputs without values are filled by the formula of fill(), which tests/unit/kernel_golden.h has too.
Layouts: ^T the last two dims are swapped in memory, ^S every second element of longer rows, ^E the first dim is expanded.
"""
import pathlib
import sys

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/kernels"
DTYPES = {"f16": torch.float16, "f32": torch.float32, "f64": torch.float64, "bf16": torch.bfloat16, "i8": torch.int8,
          "i16": torch.int16, "i32": torch.int32, "i64": torch.int64, "u8": torch.uint8, "bool": torch.bool}
SHORT = {dtype: name for name, dtype in DTYPES.items()}
NAN, INF = float("nan"), float("inf")


def fill(dtype, shape, number):
    count = 1
    for dim in shape:
        count *= dim
    state, values = 1234567 + 7919 * number, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        if dtype.is_floating_point:
            values.append(-2.0 + 4.0 * ((state >> 40) / 16777216.0))
        elif dtype == torch.bool:
            values.append(state >> 63)
        else:
            values.append((state >> 33) % 9 - (0 if dtype == torch.uint8 else 4))
    return torch.tensor(values, dtype=torch.float64 if dtype.is_floating_point else torch.int64).to(dtype).reshape(shape)


def number_text(value, dtype):
    if dtype == torch.bool:
        return "1" if value else "0"
    if not dtype.is_floating_point:
        return str(value)
    return "%.14g" % value if dtype == torch.float64 else "%.8g" % value


def lay_out(t, layout):
    if layout == "T":
        return t.transpose(-1, -2).contiguous().transpose(-1, -2)
    if layout == "S":
        wide = torch.zeros(t.shape[:-1] + (t.shape[-1] * 2,), dtype=t.dtype)
        wide[..., ::2] = t
        return wide[..., ::2]
    if layout == "E":
        return t[:1].contiguous().expand(t.shape)
    return t


class Family:
    def __init__(self):
        self.lines, self.inputs = [], 0
        self.pending = []

    def t(self, dtype, shape, values=None, layout=""):
        """An input of the next case."""
        number = len(self.pending)
        kind = DTYPES[dtype]
        line = "< %s[%s]%s" % (dtype, ",".join(map(str, shape)), "^" + layout if layout else "")
        if values is None:
            made = fill(kind, shape, number)
        else:
            made = torch.tensor(values, dtype=kind).reshape(shape)
            line += "".join(" " + number_text(v, kind) for v in made.flatten().tolist())
        self.pending.append(line)
        return lay_out(made, layout)

    def case(self, line, *results):
        self.lines.append(line)
        self.lines += self.pending
        self.pending = []
        for r in results:
            r = torch.as_tensor(r)
            self.lines.append("> %s[%s]%s" % (SHORT[r.dtype], ",".join(map(str, r.shape)), "".join(
                " " + number_text(v, r.dtype) for v in r.flatten().tolist())))


ODD = [NAN, INF, -INF, -0.0, 0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-3, 88.0, -100.0, 1.0, -1.0]


def unary(g):
    plain = "abs neg sign square relu reciprocal floor ceil round trunc frac exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos " \
            "tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma digamma sigmoid isnan isinf isposinf " \
            "isneginf isfinite signbit logical_not"
    nn = {"log_sigmoid": F.logsigmoid, "silu": F.silu, "mish": F.mish, "softsign": F.softsign, "hardswish": F.hardswish,
          "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "relu": F.relu}
    functions = {name: getattr(torch, name) for name in plain.split()}
    functions.update(nn)
    for name, f in functions.items():
        # PyTorch's gelu gives nan or inf for inf, depending on the length of the row.
        values = [0.25 if abs(v) == INF else v for v in ODD] if name == "gelu" else ODD
        g.case("unary " + name, f(g.t("f32", [15], values)))
        g.case("unary " + name, f(g.t("f64", [3, 4], layout="T")))
        g.case("unary " + name, f(g.t("f16" if name not in ("erfinv", "lgamma", "digamma") else "f32", [2, 3], layout="S")))
    for name in "abs neg sign square relu bitwise_not logical_not floor signbit isnan isfinite".split():
        f = getattr(torch, name)
        g.case("unary " + name, f(g.t("i64", [5], [0, 1, -1, 2 ** 63 - 1, -2 ** 63])))
        g.case("unary " + name, f(g.t("i8", [5], [0, 1, -1, 127, -128])))
        g.case("unary " + name, f(g.t("u8", [4], [0, 1, 128, 255])))
    g.case("unary bitwise_not", torch.bitwise_not(g.t("bool", [3])))
    g.case("unary logical_not", torch.logical_not(g.t("bool", [3])))
    g.case("unary exp", torch.exp(g.t("i32", [4])))
    g.case("unary sigmoid", torch.sigmoid(g.t("bf16", [7])))
    g.case("unary exp", torch.exp(g.t("f32", [0, 3])))
    g.case("unary exp", torch.exp(g.t("f32", [])))
    g.case("unary tanh", torch.tanh(g.t("f32", [3, 4], layout="E")))
    for line, f in {
            "leaky_relu 0.01": lambda x: F.leaky_relu(x, 0.01), "elu 1.5 1 1": lambda x: F.elu(x, 1.5),
            "elu 1.6732632423543772 1.0507009873554805 1": F.selu, "elu 2 1 0.5": lambda x: F.celu(x, 2.0),
            "clamp -0.7 0.9": lambda x: torch.clamp(x, -0.7, 0.9), "clamp 0.5 -0.5": lambda x: torch.clamp(x, 0.5, -0.5),
            "clamp -inf 1": lambda x: torch.clamp(x, max=1.0), "softplus 2 3": lambda x: F.softplus(x, 2, 3),
            "threshold 0.1 20": lambda x: F.threshold(x, 0.1, 20.0), "hardsigmoid 0.16666666666666666 0.5": F.hardsigmoid,
            "hardshrink 0.5": lambda x: F.hardshrink(x, 0.5), "softshrink 0.5": lambda x: F.softshrink(x, 0.5),
            "logit -1": torch.logit, "logit 0.1": lambda x: torch.logit(x, 0.1)}.items():
        g.case("unary " + line, f(g.t("f32", [15], ODD)))
        g.case("unary " + line, f(g.t("f64", [3, 2])))
    g.case("unary clamp -3 2", torch.clamp(g.t("i32", [9]), -3, 2))
    g.case("unary clamp -inf 6", torch.clamp(g.t("u8", [4]), max=6))
    g.case("unary threshold 1 7", F.threshold(g.t("i64", [9]), 1, 7))


def binary(g):
    both = [NAN, INF, -INF, -0.0, 0.0, 5.5, -5.5, 2.0, -2.0, 1e30]
    functions = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "div_floor": torch.floor_divide,
                 "div_trunc": lambda a, b: torch.div(a, b, rounding_mode="trunc"), "remainder": torch.remainder,
                 "fmod": torch.fmod, "pow": torch.pow, "minimum": torch.minimum, "maximum": torch.maximum,
                 "fmin": torch.fmin, "fmax": torch.fmax, "atan2": torch.atan2, "hypot": torch.hypot,
                 "copysign": torch.copysign, "logaddexp": torch.logaddexp, "xlogy": torch.xlogy,
                 "logical_and": torch.logical_and, "logical_or": torch.logical_or, "logical_xor": torch.logical_xor,
                 "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge}
    for name, f in functions.items():
        g.case("binary " + name, f(g.t("f32", [10, 1], both), g.t("f32", [10], both)))
        g.case("binary " + name, f(g.t("f64", [2, 3, 2], layout="T"), g.t("f64", [3, 1])))
    g.case("binary add", g.t("f16", [2, 3]) + g.t("f16", []))
    g.case("binary mul", g.t("bf16", [2, 3]) * g.t("bf16", [1, 3]))
    g.case("binary mul", g.t("f32", [2, 0, 3]) * g.t("f32", [1, 3]))
    g.case("binary sub", g.t("f32", [4, 3], layout="E") - g.t("f32", [4, 3], layout="S"))
    ints = [0, 1, -1, 7, -7, 2, -2, 127, -128]
    names = "add sub mul div_floor div_trunc remainder fmod minimum maximum fmin fmax bitwise_and bitwise_or bitwise_xor eq ne lt le " \
            "gt ge logical_and logical_or logical_xor"
    for name in names.split():
        f = functions.get(name) or getattr(torch, name)
        divides = name.startswith("div") or name in ("remainder", "fmod")
        right = [v for v in ints if v or not divides]
        for dtype in ("i8", "i64", "u8"):
            left = [v % 256 if dtype == "u8" else v for v in ints]
            if divides:
                rights = [v % 256 if dtype == "u8" else v for v in right if v != -1 or dtype != "i8"]
            else:
                rights = [v % 256 if dtype == "u8" else v for v in right]
            g.case("binary " + name, f(g.t(dtype, [len(left), 1], left), g.t(dtype, [len(rights)], rights)))
    big = [2 ** 63 - 1, -2 ** 63, 2 ** 62, -3]
    for name in ("add", "sub", "mul"):
        g.case("binary " + name, functions[name](g.t("i64", [4, 1], big), g.t("i64", [4], big)))
    g.case("binary pow", torch.pow(g.t("i64", [5, 1], [0, 1, -1, 3, -2]), g.t("i64", [5], [0, 1, 2, 63, 5])))
    shifts = [0, 1, 3, 7]
    g.case("binary shift_left", torch.bitwise_left_shift(g.t("i8", [4, 1], [1, -1, 100, -128]), g.t("i8", [4], shifts)))
    g.case("binary shift_right", torch.bitwise_right_shift(g.t("i8", [4, 1], [1, -1, 100, -128]), g.t("i8", [4], shifts)))
    g.case("binary shift_right", torch.bitwise_right_shift(g.t("u8", [4, 1], [1, 255, 100, 128]), g.t("u8", [4], shifts)))
    for name in "add mul bitwise_and bitwise_or bitwise_xor logical_and logical_xor eq ne lt le gt ge minimum maximum".split():
        f = functions.get(name) or getattr(torch, name)
        g.case("binary " + name, f(g.t("bool", [2, 1], [0, 1]), g.t("bool", [2], [0, 1])))
    g.case("binary prelu", F.prelu(g.t("f32", [2, 3, 2]), g.t("f32", [3])).reshape(2, 3, 2))
    # Mixed types: PyTorch converts both to the common one first.
    g.case("binary add", g.t("i64", [3]) + g.t("f32", [2, 3]))
    g.case("binary gt", g.t("i32", [3]) > g.t("f32", [2, 3]))
    g.case("where", torch.where(g.t("bool", [3, 1]), g.t("f32", [4]), g.t("f32", [])))
    g.case("where", torch.where(g.t("bool", [2, 3], layout="T"), g.t("i64", [2, 1]), g.t("i64", [3])))
    g.case("where", torch.where(g.t("bool", [5]), g.t("f16", [5]), g.t("f16", [5])))
    g.case("where", torch.where(g.t("bool", [5]), g.t("u8", [5]), g.t("u8", [1])))
    g.case("fill_f64 2.7", torch.full([2, 2], 2.7))
    g.case("fill_f64 2.7", torch.full([2], 2, dtype=torch.int32))
    g.case("fill_i64 -3", torch.full([2], -3))
    g.case("fill_f64 1", torch.full([], True))
    g.case("arange_f64 0.5 0.1", torch.arange(0.5, 1.2, 0.1))
    g.case("arange_i64 5 -2", torch.arange(5, -4, -2))
    g.case("arange_f64 1 2", torch.arange(1, 9, 2, dtype=torch.float16))
    g.case("linspace -1 2", torch.linspace(-1, 2, 7))
    g.case("linspace 3 4", torch.linspace(3, 4, 1))
    g.case("linspace 0 1", torch.linspace(0, 1, 4, dtype=torch.float64))
    g.case("linspace 0 9", torch.linspace(0, 9, 4, dtype=torch.int64))
    g.case("eye 0", torch.eye(3, 4))
    g.case("eye 1", torch.diag_embed(torch.ones(2, dtype=torch.int64), 1))
    for d in (-9, -1, 0, 1, 2, 9):
        g.case("tril %d" % d, torch.tril(g.t("f32", [2, 3, 4]), d))
        g.case("triu %d" % d, torch.triu(g.t("i32", [4, 3], layout="T"), d))


def mask(dims):
    return sum(1 << d for d in dims)


def reduce(g):
    functions = {"sum": torch.sum, "mean": torch.mean, "amin": torch.amin, "amax": torch.amax, "any": torch.any, "all": torch.all,
                 "log_sum_exp": torch.logsumexp, "count_nonzero": torch.count_nonzero,
                 "sum_square": lambda x, d: (x * x).sum(d), "sum_abs": lambda x, d: x.abs().sum(d)}
    for name, f in functions.items():
        for shape, dims in (([2, 3, 4], [0]), ([2, 3, 4], [1]), ([2, 3, 4], [2]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [0, 1, 2])):
            g.case("reduce %s %d" % (name, mask(dims)), f(g.t("f32", shape), dims))
        g.case("reduce %s 4" % name, f(g.t("f64", [2, 3, 4], layout="T"), [2]))
        g.case("reduce %s 1" % name, f(g.t("f16" if name != "log_sum_exp" else "f32", [5, 2], layout="S"), [0]))
        g.case("reduce %s 2" % name, f(g.t("f32", [3, 4], [1, NAN, 2, 3, INF, 1, 2, 3, -INF, INF, -1, 0]), [1]))
        if name not in ("mean", "log_sum_exp"):
            g.case("reduce %s 3" % name, f(g.t("i64", [3, 2], [2 ** 62, 2 ** 62, -5, 2, 0, 1]), [0, 1]))
            g.case("reduce %s 1" % name, f(g.t("i32", [3, 2]), [0]))
            g.case("reduce %s 1" % name, f(g.t("u8", [3, 2]), [0]))
        if name not in ("amin", "amax"):
            g.case("reduce %s 2" % name, f(g.t("f32", [2, 0]), [1]))
            g.case("reduce %s 1" % name, f(g.t("f32", [0]), [0]))
        g.case("reduce %s 2" % name, f(g.t("f32", [0, 3]), [1]))
    for shape, dim in (([2, 3, 4], 1), ([2, 3, 4], 2), ([0, 3], 0)):
        g.case("reduce prod %d" % (1 << dim), torch.prod(g.t("f32", shape), dim))
    g.case("reduce prod 1", torch.prod(g.t("i64", [3], [2 ** 40, 2 ** 30, 3]), 0))
    g.case("reduce sum 1", torch.sum(g.t("bool", [5]), 0))
    g.case("reduce any 1", torch.any(g.t("bool", [5, 2]), 0))
    g.case("reduce all 2", torch.all(g.t("bool", [5, 2]), 1))
    g.case("reduce amax 1", torch.amax(g.t("bool", [5, 2]), 0))
    g.case("reduce sum 0", torch.sum(g.t("f32", [])))
    g.case("reduce sum 1", torch.sum(g.t("f32", [3]), 0, dtype=torch.int64))
    g.case("reduce sum 1", torch.sum(g.t("i32", [3]), 0, dtype=torch.float32))
    g.case("reduce sum 3", torch.sum(g.t("f32", [4, 3], layout="E")))
    for p in (0, 1, 2, 3, 0.5, INF, -INF):
        g.case("norm 2 %r" % float(p), torch.linalg.vector_norm(g.t("f32", [3, 4]), p, 1))
        g.case("norm 1 %r" % float(p), torch.linalg.vector_norm(g.t("f64", [3, 4]), p, 0))
    for correction in (0, 1, 3, 5):
        for dims in ([0], [1], [0, 1], [0, 2]):
            g.case("var %d %d" % (mask(dims), correction), *torch.var_mean(g.t("f32", [2, 3, 4]), dims, correction=correction))
        g.case("std 2 %d" % correction, *torch.std_mean(g.t("f64", [3, 4]), 1, correction=correction))
    for shape, dim in (([2, 3, 4], 0), ([2, 3, 4], 1), ([2, 3, 4], 2), ([], 0)):
        for dtype in ("f32", "i32", "bool") if shape else ("f32",):
            if dtype == "bool":
                x = g.t(dtype, shape)
                g.case("extreme %d 1 0" % dim, *torch.max(x, dim))
                continue
            x = g.t(dtype, shape)
            first = torch.argmax((x == torch.amax(x, dim, keepdim=True)).int(), dim) if shape else torch.zeros([], dtype=torch.int64)
            g.case("extreme %d 1 0" % dim, torch.amax(x, dim), first)
            x = g.t(dtype, shape)
            if shape:
                flags = (x == torch.amin(x, dim, keepdim=True)).int().flip(dim)
                last = shape[dim] - 1 - torch.argmax(flags, dim)
            else:
                last = torch.zeros([], dtype=torch.int64)
            g.case("extreme %d 0 1" % dim, torch.amin(x, dim), last)
    g.case("extreme 0 1 0", *torch.max(g.t("f32", [5], [1, NAN, 3, NAN, 9]), 0))
    g.case("extreme 0 0 0", *torch.min(g.t("f16", [5], [1, -INF, 3, -INF, 9]), 0))
    for dim in (0, 1, 2):
        g.case("scan cumsum %d" % dim, torch.cumsum(g.t("f32", [2, 3, 4], layout="T"), dim))
        g.case("scan cumprod %d" % dim, torch.cumprod(g.t("f64", [2, 3, 4]), dim))
        g.case("scan cumsum %d" % dim, torch.cumsum(g.t("bool", [2, 3, 4]), dim))
        g.case("scan logcumsumexp %d" % dim, torch.logcumsumexp(g.t("f32", [2, 3, 4]), dim))
        g.case("scan cummax %d" % dim, *torch.cummax(g.t("f32", [2, 3, 4]), dim))
        g.case("scan cummin %d" % dim, *torch.cummin(g.t("i64", [2, 3, 4]), dim))
    g.case("scan cummax 0", *torch.cummax(g.t("f32", [6], [1, NAN, 3, NAN, 9, 2]), 0))
    g.case("scan cumsum 0", torch.cumsum(g.t("i64", [3], [2 ** 62, 2 ** 62, 7]), 0))
    g.case("scan cumsum 0", torch.cumsum(g.t("f32", []), 0))
    for dim in (0, 1, 2):
        g.case("softmax %d" % dim, torch.softmax(g.t("f32", [2, 3, 4]), dim))
        g.case("log_softmax %d" % dim, torch.log_softmax(g.t("f64", [2, 3, 4], layout="T"), dim))
    g.case("softmax 0", torch.softmax(g.t("bf16", [4]), 0))
    g.case("softmax 1", torch.softmax(g.t("f32", [3, 3], [1, -INF, 2, -INF, -INF, -INF, 1000, 1001, INF]), 1))
    g.case("softmax 0", torch.softmax(g.t("f32", []), 0))
    g.case("softmax 1", torch.softmax(g.t("f32", [2, 0]), 1))


def ints(values):
    return ",".join(map(str, values))


def move(g):
    for dim in (0, 1, 2):
        a, b = [2, 3, 2], [2, 3, 2]
        b[dim] = 4
        g.case("cat %d" % dim, torch.cat([g.t("f32", a, layout="T"), g.t("f32", b)], dim))
    g.case("cat 0", torch.cat([g.t("i64", [0, 2]), g.t("i64", [1, 2])]))
    g.case("cat 0", torch.cat([g.t("bool", [2]), g.t("i32", [1])]))
    for dims in ([0], [1], [2], [0, 2], []):
        g.case("flip %d" % mask(dims), torch.flip(g.t("i16", [2, 3, 4], layout="T"), dims))
    for shifts, dims in (([1], [0]), ([-2], [2]), ([5, -1], [1, 2]), ([1, 1], [1, 1])):
        g.case("roll %s %s" % (ints(shifts), ints(dims)), torch.roll(g.t("u8", [2, 3, 4]), shifts, dims))
    g.case("repeat", g.t("f32", [2, 3]).repeat(2, 1, 3))
    g.case("repeat", g.t("f64", [2, 0]).repeat(2, 3))
    g.case("repeat", g.t("i8", []).repeat(3))
    g.case("slice 2,0 -1,2", torch.flip(g.t("f32", [3, 5]), [0])[:, ::2])
    for pad in ([1, 2], [0, 1, 2, 0], [-1, 2], [1, 1, -1, 0], [2, 2, 1, 0, 0, 3]):
        before = [0] * (3 - len(pad) // 2) + pad[-2::-2]
        g.case("pad constant %s 1.5" % ints(before), F.pad(g.t("f32", [2, 3, 4], layout="T"), pad, value=1.5))
    g.case("pad constant 1 7", F.pad(g.t("i64", [2]), [1, 0], value=7))
    g.case("pad constant 1 1", F.pad(g.t("f16", [0]), [1, 1], value=1))
    for mode, name in (("reflect", "reflect"), ("replicate", "replicate"), ("circular", "circular")):
        g.case("pad %s 0,0,1,2 0" % name, F.pad(g.t("f32", [1, 2, 3, 4]), [2, 3, 1, 2], mode=mode))
        g.case("pad %s 0,0,3 0" % name, F.pad(g.t("f64", [1, 2, 4], layout="T"), [3, 1], mode=mode))
    g.case("pad replicate 0,0,1,0,2 0", F.pad(g.t("f32", [1, 1, 2, 3, 2]), [2, 1, 0, 0, 1, 1], mode="replicate"))
    g.case("gather 0", torch.gather(g.t("f32", [3, 4], layout="T"), 0, g.t("i64", [2, 3], [0, 2, 1, 2, 0, 0])))
    g.case("gather 1", torch.gather(g.t("bf16", [3, 4]), 1, g.t("i64", [2, 3], [0, 3, 1, 2, 0, 0])))
    g.case("gather 0", torch.gather(g.t("f32", []), 0, g.t("i64", [], [0])))
    g.case("gather 0", torch.gather(g.t("f32", [3, 4]), 0, g.t("i64", [0, 4])))
    g.case("index_select 1", torch.index_select(g.t("f32", [2, 3, 4], layout="T"), 1, g.t("i64", [4], [2, 0, 0, 1])))
    table, words = g.t("f32", [5, 3]), g.t("i64", [2, 2], [4, 0, 1, 1])
    g.case("index_select 0", F.embedding(words, table))
    g.case("index_select 2", torch.index_select(g.t("i8", [2, 3, 4]), 2, g.t("i32", [2], [3, 3])))
    i, j = [0, -1, 1, 0], [2, 0, 1, -1]
    g.case("index ti", (lambda x, a, b: x[a, b])(g.t("f32", [2, 3, 2]), g.t("i64", [4], i), g.t("i64", [4], j)))
    g.case("index nti", (lambda x, a, b: x[:, a, b])(g.t("f32", [2, 2, 3]), g.t("i64", [4], i), g.t("i64", [4], j)))
    g.case("index tni", (lambda x, a, b: x[a, :, b])(g.t("f32", [2, 2, 3], layout="T"), g.t("i64", [4], i), g.t("i64", [4], j)))
    g.case("index nt", (lambda x, a: x[:, a])(g.t("i64", [2, 3, 2]), g.t("i64", [2, 2], [0, 1, 2, 0])))
    g.case("index tt", (lambda x, a, b: x[a, b])(g.t("f64", [3, 3]), g.t("i64", [2, 1], [0, 2]), g.t("i64", [3], [1, 0, 2])))
    g.case("index t", (lambda x, a: x[a])(g.t("f32", [3, 2]), g.t("i64", [0])))
    for accumulate in (0, 1):
        def put(x, indices, v):
            return torch.ops.aten.index_put(x.contiguous(), indices, v, bool(accumulate))
        g.case("index_put tt %d" % accumulate, put(g.t("f32", [3, 4]), (g.t("i64", [3], [0, 0, -1]), g.t("i64", [3], [1, 1, 3])),
                                                  g.t("f32", [1])))
        g.case("index_put nt %d" % accumulate, (lambda x, a, v: put(x, (None, a), v))(
            g.t("i32", [2, 3, 2]), g.t("i64", [2], [0, 2]), g.t("i32", [2, 1])))
        g.case("index_put t %d" % accumulate, (lambda x, a, v: put(x, (a,), v))(
            g.t("f16", [4, 2]), g.t("i64", [2], [1, 3]), g.t("f16", [2, 2])))
    g.case("index_put t 1", (lambda x, a, v: x.index_put((a,), v, accumulate=True))(
        g.t("bool", [4]), g.t("i64", [3], [1, 1, 3]), g.t("bool", [3], [1, 1, 0])))
    index = [0, 2, 1, 2, 0, 0]
    g.case("scatter 0 set", g.t("f32", [3, 4]).scatter(0, g.t("i64", [2, 3], [0, 2, 1, 1, 0, 0]), g.t("f32", [3, 3])))
    g.case("scatter 1 add", g.t("f32", [3, 4]).scatter_add(1, g.t("i64", [2, 3], index), g.t("f32", [2, 3])))
    for mode, name in (("mul", "prod"), ("min", "amin"), ("max", "amax"), ("add", "sum")):
        for dtype in ("f32", "i64", "f16"):
            g.case("scatter 1 " + mode, g.t(dtype, [3, 4]).scatter_reduce(1, g.t("i64", [2, 3], index), g.t(dtype, [2, 3]), name))
    g.case("scatter 0 set", g.t("u8", [3, 2]).scatter(0, g.t("i64", [1, 2], [2, 0]), g.t("u8", [], [9]).item()))
    for shape in ([5], [3, 4], [2, 2, 3], [0, 2], []):
        g.case("nonzero", torch.nonzero(g.t("i32", shape)))
        g.case("nonzero", torch.nonzero(g.t("bool", shape)))
    g.case("masked_select", torch.masked_select(g.t("f32", [3, 4], layout="T"), g.t("bool", [3, 4])))
    g.case("masked_scatter", g.t("f32", [3, 4]).masked_scatter(g.t("bool", [3, 4], layout="T"), g.t("f32", [20])))
    for dim in (0, 1, 2):
        for descending in (0, 1):
            x = g.t("i32", [2, 3, 4], layout="T")
            g.case("sort %d %d" % (dim, descending), *torch.sort(x, dim=dim, descending=bool(descending), stable=True))
    for descending in (0, 1):
        x = g.t("f32", [7], [1, NAN, -INF, 3, NAN, 3, INF])
        g.case("sort 0 %d" % descending, *torch.sort(x, descending=bool(descending), stable=True))
        x = g.t("f16", [40])
        g.case("sort 0 %d" % descending, *torch.sort(x, descending=bool(descending), stable=True))
        x = g.t("f32", [2, 9])
        g.case("topk 1 %d" % descending, *torch.topk(x, 4, largest=bool(descending)))
        g.case("sort 0 %d" % descending, *torch.sort(g.t("bool", [6]), descending=bool(descending), stable=True))
    g.case("sort 0 0", *torch.sort(g.t("f32", [])))
    g.case("unique", *torch.unique(g.t("i64", [4, 5]), return_inverse=True, return_counts=True))
    g.case("unique", *torch.unique(g.t("f32", [6], [2, 1, 2, -1, 0, 1]), return_inverse=True, return_counts=True))
    for right in (0, 1):
        g.case("search %d" % right, torch.searchsorted(g.t("f32", [5], [1, 2, 2, 3, 9]), g.t("f32", [2, 4], [
            0, 1, 2, 2.5, 9, 10, NAN, -INF]), right=bool(right)))
        g.case("search %d" % right, torch.searchsorted(g.t("i64", [2, 3], [1, 3, 5, 2, 4, 6]), g.t("i64", [2, 2], [3, 6, 1, 4]),
                                                       right=bool(right)))


def net(g):
    for a, b in (([2, 3], [3, 4]), ([2, 2, 3], [3, 4]), ([2, 1, 2, 3], [3, 3, 2]), ([1, 5], [5, 1]), ([4, 1], [1, 3]), ([2, 0], [0, 3])):
        g.case("matmul", torch.matmul(g.t("f32", a), g.t("f32", b)))
        g.case("matmul", torch.matmul(g.t("f64", a, layout="T"), g.t("f64", b, layout="T")))
        g.case("matmul", torch.matmul(g.t("i64", a), g.t("i64", b, layout="S")))
    g.case("matmul", torch.matmul(g.t("f16", [2, 3]), g.t("f16", [3, 2])))
    g.case("matmul", torch.matmul(g.t("bf16", [2, 3]), g.t("bf16", [3, 2])))
    g.case("matmul", torch.matmul(g.t("u8", [2, 3]), g.t("u8", [3, 2])))
    for la in ("", "T", "S"):
        for lb in ("", "T", "E"):
            g.case("matmul", torch.matmul(g.t("f32", [2, 9, 8], layout=la), g.t("f32", [8, 10], layout=lb)))
    g.case("matmul", torch.matmul(g.t("f32", [9, 2, 8], layout="E"), g.t("f32", [9, 8, 5], layout="T")))
    g.case("linear", F.linear(g.t("f32", [2, 3, 4]), g.t("f32", [5, 4]), g.t("f32", [5])))
    g.case("linear", F.linear(g.t("f32", [4], layout=""), g.t("f32", [5, 4], layout="T"), g.t("f32", [5])))
    g.case("linear", F.linear(g.t("f64", [2, 4]), g.t("f64", [3, 4])))
    g.case("linear", F.linear(g.t("f16", [2, 4]), g.t("f16", [3, 4]), g.t("f16", [3])))
    g.case("linear", F.linear(g.t("f32", [0, 4]), g.t("f32", [3, 4])))

    convs = [  # in, weight, stride, padding, dilation, groups, bias
        ([1, 2, 7], [3, 2, 3], 1, 1, 1, 1, 1), ([2, 3, 8], [4, 3, 3], 2, 0, 2, 1, 0), ([1, 4, 6], [4, 1, 2], 1, 1, 1, 4, 1),
        ([1, 2, 5, 6], [3, 2, 3, 3], 1, 1, 1, 1, 1), ([2, 2, 7, 6], [4, 1, 3, 2], [2, 1], [2, 0], [1, 2], 2, 1),
        ([1, 3, 4, 4], [2, 3, 1, 1], 1, 0, 1, 1, 1), ([1, 1, 5, 5], [2, 1, 5, 5], 1, 2, 1, 1, 0),
        ([1, 2, 4, 5, 3], [3, 2, 3, 3, 3], 1, 1, 1, 1, 1), ([1, 2, 5, 4, 4], [2, 1, 2, 3, 1], [2, 1, 3], [1, 0, 1], 1, 2, 1),
        ([1, 2, 3], [1, 2, 2], 1, 9, 1, 1, 1), ([1, 17, 4, 4], [16, 17, 3, 3], 1, 1, 1, 1, 1), ([0, 2, 5], [3, 2, 3], 1, 0, 1, 1, 1)]
    for dtype in ("f32", "f64"):
        for shape, weight, stride, padding, dilation, groups, bias in convs:
            rank = len(shape) - 2
            every = [[v] * rank if isinstance(v, int) else v for v in (stride, padding, dilation)]
            f = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
            x, w = g.t(dtype, shape), g.t(dtype, weight)
            b = g.t(dtype, [weight[0]]) if bias else None
            g.case("conv 0 %s %s %s %d" % (*map(ints, every), groups), f(x, w, b, *every, groups))
    g.case("conv 0 1,1 1,0 1,1 1", F.conv2d(F.pad(g.t("f32", [1, 2, 4, 4]), [0, 1, 1, 0]), g.t("f32", [2, 2, 2, 2])))
    g.case("conv 0 1 1 1 1", F.conv1d(g.t("i64", [1, 2, 5]), g.t("i64", [2, 2, 3]), padding=1))
    g.case("conv 0 1,1 0,0 1,1 1", F.conv2d(g.t("f16", [1, 2, 4, 4]), g.t("f16", [2, 2, 2, 2]), g.t("f16", [2])))
    g.case("conv 0 1,1 0,0 1,1 1", F.conv2d(g.t("f32", [1, 2, 4, 4], layout="T"), g.t("f32", [2, 2, 2, 2], layout="T")))
    transposed = [  # in, weight, stride, padding, output padding, groups, dilation, bias
        ([1, 2, 4], [2, 3, 3], 2, 1, 1, 1, 1, 1), ([1, 2, 3, 4], [2, 3, 2, 2], 2, 0, 0, 1, 1, 1), ([2, 4, 3, 3], [4, 2, 3, 3], [2, 3], 1, [1, 2], 2, 1, 0),
        ([1, 2, 3, 3], [2, 2, 3, 3], 1, 0, 0, 1, 2, 1), ([1, 2, 2, 3, 2], [2, 3, 2, 2, 2], 2, 0, 0, 1, 1, 0), ([1, 3, 2, 2, 3], [3, 2, 3, 3, 3], [1, 2, 2], 1, [0, 1, 1], 1, 1, 1),
        ([1, 2, 3], [2, 1, 1], 3, 0, 2, 1, 1, 1), ([1, 16, 3, 3], [16, 16, 2, 2], 2, 0, 0, 1, 1, 1)]
    for dtype in ("f32", "f64"):
        for shape, weight, stride, padding, extra, groups, dilation, bias in transposed:
            rank = len(shape) - 2
            stride, padding, extra, dilation = [[v] * rank if isinstance(v, int) else v for v in (stride, padding, extra, dilation)]
            f = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
            x, w = g.t(dtype, shape), g.t(dtype, weight)
            b = g.t(dtype, [weight[1] * groups]) if bias else None
            g.case("conv 1 %s %s %s %d" % (ints(stride), ints(padding), ints(dilation), groups),
                   f(x, w, b, stride, padding, extra, groups, dilation))

    def pool_line(kind, kernel, stride, padding, dilation, include, divisor):
        return "%s %s %s %s %s %d %d" % (kind, ints(kernel), ints(stride), ints(padding), ints(dilation), include, divisor)
    pools = [([1, 2, 7], [2], [2], [0], [1]), ([1, 2, 7], [3], [2], [1], [1]), ([2, 1, 6, 5], [2, 3], [2, 1], [1, 1], [1, 1]),
             ([1, 1, 8, 7], [3, 2], [2, 2], [0, 1], [2, 1]), ([1, 2, 4, 5, 4], [2, 2, 2], [2, 2, 2], [0, 1, 0], [1, 1, 1])]
    for shape, kernel, stride, padding, dilation in pools:
        rank = len(kernel)
        for ceil in (False, True):
            f = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[rank - 1]
            g.case(pool_line("max_pool", kernel, stride, padding, dilation, 0, 0), *f(
                g.t("f32", shape), kernel, stride, padding, dilation, ceil, True))
            if max(dilation) == 1:
                f = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[rank - 1]
                for include in (0, 1):
                    g.case(pool_line("avg_pool", kernel, stride, padding, dilation, include, 0), f(
                        g.t("f32", shape), kernel, stride, padding, ceil, bool(include)))
                if rank > 1:
                    g.case(pool_line("avg_pool", kernel, stride, padding, dilation, 1, 5), f(
                        g.t("f64", shape), kernel, stride, padding, ceil, True, 5))
    g.case(pool_line("max_pool", [2], [2], [1], [1], 0, 0), *F.max_pool1d(g.t("f32", [1, 1, 6], [-INF, 1, NAN, 2, NAN, -INF]), 2, 2, 1, return_indices=True))
    g.case(pool_line("max_pool", [2, 2], [1, 1], [0, 0], [1, 1], 0, 0), *F.max_pool2d(g.t("i64", [1, 2, 3, 3]), 2, 1, return_indices=True))
    g.case(pool_line("max_pool", [2, 2], [2, 2], [0, 0], [1, 1], 0, 0), *F.max_pool2d(g.t("bf16", [1, 1, 4, 4]), 2, return_indices=True))
    for shape, out in (([1, 2, 7], [3]), ([1, 2, 5], [8]), ([2, 1, 7, 5], [3, 2]), ([1, 1, 4, 5, 3], [3, 3, 2]), ([1, 2, 6, 6], [1, 1])):
        rank = len(out)
        g.case("adaptive_avg %d" % rank, (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[rank - 1](
            g.t("f32", shape), out))
        g.case("adaptive_max %d" % rank, *(F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[rank - 1](
            g.t("f64", shape), out, True))
    unfold = dict(kernel_size=(2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))
    g.case("im2col 2,3 1,2 1,0 2,1 5,3", F.unfold(g.t("f32", [2, 2, 5, 7]), **unfold))
    g.case("col2im 2,3 1,2 1,0 2,1 5,3", F.fold(g.t("f32", [1, 12, 15]), (5, 7), **unfold))

    for dtype in ("f32", "f64", "f16"):
        x, w, b, m = g.t(dtype, [2, 3, 4]), g.t(dtype, [3]), g.t(dtype, [3]), g.t(dtype, [3])
        v = g.t(dtype, [3], [0.5, 1.0, 2.0])
        g.case("batch_norm 1e-5", F.batch_norm(x, m, v, w, b, eps=1e-5))
    g.case("batch_norm 0.1", (lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b, eps=0.1))(
        g.t("f32", [2, 3]), g.t("f32", [3]), g.t("f32", [3]), g.t("f32", [3]), g.t("f32", [3], [0.5, 1.0, 2.0])))
    for groups in (1, 2, 4):
        x, w, b = g.t("f32", [2, 4, 3, 2], layout="T"), g.t("f32", [4]), g.t("f32", [4])
        g.case("group_norm %d 1e-5" % groups, *torch.native_group_norm(x.contiguous(), w, b, 2, 4, 6, groups, 1e-5))
    g.case("group_norm 4 1e-5", F.instance_norm(g.t("f32", [1, 4, 50], [1e4 + i % 7 for i in range(200)]).double()).float())
    g.case("group_norm 3 0.001", F.group_norm(g.t("bf16", [1, 3, 5]), 3, eps=0.001))
    for axis, shape in ((1, [2, 5]), (1, [2, 3, 4]), (2, [2, 3, 4])):
        x, w, b = g.t("f32", shape), g.t("f32", shape[axis:]), g.t("f32", shape[axis:])
        g.case("layer_norm %d 1e-5" % axis, *torch.native_layer_norm(x, shape[axis:], w, b, 1e-5))
    g.case("layer_norm 1 1e-5", F.layer_norm(g.t("f64", [3, 4]), [4]))


def resize(g):
    shapes = {1: ([1, 2, 5], [[8], [3], [10], [5], [1]]), 2: ([1, 2, 4, 5], [[8, 10], [3, 7], [6, 2], [1, 1]]), 3: ([1, 1, 3, 2, 4], [[6, 4, 8], [2, 3, 5]])}
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}
    for rank, (shape, outs) in shapes.items():
        for out in outs:
            g.case("resize nearest torch", F.interpolate(g.t("f32", shape), out, mode="nearest"))
            g.case("resize nearest torch_exact", F.interpolate(g.t("f32", shape), out, mode="nearest-exact"))
            g.case("resize linear torch", F.interpolate(g.t("f32", shape), out, mode=linear[rank]))
            g.case("resize linear torch_corners", F.interpolate(g.t("f64", shape), out, mode=linear[rank], align_corners=True))
            if rank == 2:
                g.case("resize cubic torch", F.interpolate(g.t("f32", shape), out, mode="bicubic"))
                g.case("resize cubic torch_corners", F.interpolate(g.t("f32", shape), out, mode="bicubic", align_corners=True))
                g.case("resize linear torch antialias=1", F.interpolate(g.t("f32", shape), out, mode="bilinear", antialias=True))
                g.case("resize cubic torch antialias=1 a=-0.5", F.interpolate(g.t("f32", shape), out, mode="bicubic", antialias=True))
                g.case("resize linear torch_corners antialias=1", F.interpolate(
                    g.t("f32", shape), out, mode="bilinear", antialias=True, align_corners=True))
    for factor in (1.7, 0.6, 2.0, 1.1):
        scales = "scales=1,1,%r,%r" % (factor, factor)
        g.case("resize nearest torch " + scales, F.interpolate(g.t("f32", [1, 2, 7, 5]), scale_factor=factor, mode="nearest"))
        g.case("resize nearest torch_exact " + scales, F.interpolate(g.t("f32", [1, 2, 7, 5]), scale_factor=factor, mode="nearest-exact"))
        g.case("resize linear torch " + scales, F.interpolate(g.t("f32", [1, 2, 7, 5]), scale_factor=factor, mode="bilinear"))
        g.case("resize cubic torch " + scales, F.interpolate(g.t("f32", [1, 2, 7, 5]), scale_factor=factor, mode="bicubic"))
    g.case("resize nearest torch", F.interpolate(g.t("u8", [1, 2, 3, 2], layout="T"), [4, 4], mode="nearest"))
    g.case("resize linear torch", F.interpolate(g.t("f16", [1, 2, 3, 2]), [4, 4], mode="bilinear"))
    for padding in ("zeros", "border", "reflection"):
        for corners in (0, 1):
            for mode in ("nearest", "bilinear", "bicubic"):
                name = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}[mode]
                g.case("grid %s %s %d" % (name, padding, corners), F.grid_sample(
                    g.t("f32", [2, 2, 3, 4]), g.t("f32", [2, 2, 3, 2]), mode=mode, padding_mode=padding, align_corners=bool(corners)))
            g.case("grid linear %s %d" % (padding, corners), F.grid_sample(
                g.t("f64", [1, 2, 2, 3, 4]), g.t("f64", [1, 2, 2, 2, 3]), padding_mode=padding, align_corners=bool(corners)))


def resize_onnx(g):
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import helper

    def run(x, coord, mode="linear", nearest="round_prefer_floor", sizes=None, scales=None, roi=None, **attributes):
        node = helper.make_node("Resize", ["x", "roi" if roi else "", "scales" if scales else "", "sizes" if sizes else ""], ["y"],
                                coordinate_transformation_mode=coord, mode=mode, nearest_mode=nearest, **attributes)
        given = {}
        if roi:
            given["roi"] = np.array(roi, np.float32)
        if scales:
            given["scales"] = np.array(scales, np.float32)
        if sizes:
            given["sizes"] = np.array(sizes, np.int64)
        graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x.shape)],
                                  [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
                                  [onnx.numpy_helper.from_array(v, k) for k, v in given.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return torch.from_numpy(session.run(None, {"x": x.numpy()})[0])

    def line(coord, mode, nearest="", scales=None, roi=None, extra=""):
        text = "resize %s %s" % (mode, coord)
        text += " nearest=" + nearest if nearest else ""
        text += " scales=" + ",".join("%r" % s for s in scales) if scales else ""
        text += " roi=" + ",".join("%r" % s for s in roi) if roi else ""
        return text + extra

    coords = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]
    for coord in coords:
        for target in ({"scales": [1.0, 1.0, 1.6, 0.7]}, {"sizes": [1, 1, 3, 9]}, {"scales": [1.0, 1.0, 0.3, 2.0]}):
            scales = target.get("scales")
            g.case(line(coord, "linear", scales=scales), run(g.t("f32", [1, 1, 4, 5]), coord, **target))
            g.case(line(coord, "cubic", scales=scales), run(g.t("f32", [1, 1, 4, 5]), coord, "cubic", **target))
            g.case(line(coord, "cubic", scales=scales, extra=" exclude=1"),
                   run(g.t("f32", [1, 1, 4, 5]), coord, "cubic", exclude_outside=1, **target))
            for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
                g.case(line(coord, "nearest", nearest, scales), run(g.t("f32", [1, 1, 4, 5]), coord, "nearest", nearest, **target))
    roi = [0.0, 0.0, 0.2, -0.1, 1.0, 1.0, 0.9, 1.2]
    for mode in ("linear", "nearest"):
        g.case(line("tf_crop_and_resize", mode, roi=roi, extra=" extrapolation=9.5"), run(
            g.t("f32", [1, 1, 4, 5]), "tf_crop_and_resize", mode, sizes=[1, 1, 3, 6], roi=roi, extrapolation_value=9.5))
    for mode, a in (("linear", -0.75), ("cubic", -0.75), ("cubic", -0.5)):
        g.case(line("half_pixel", mode, extra=" antialias=1 a=%r" % a), run(
            g.t("f32", [1, 1, 7, 8]), "half_pixel", mode, sizes=[1, 1, 3, 3], antialias=1, cubic_coeff_a=a))


FAMILIES = {f.__name__: f for f in (unary, binary, reduce, move, net, resize, resize_onnx)}


def main(names):
    torch.manual_seed(0)
    for name in names or FAMILIES:
        family = Family()
        FAMILIES[name](family)
        (HERE / (name + ".golden")).write_text("\n".join(family.lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
