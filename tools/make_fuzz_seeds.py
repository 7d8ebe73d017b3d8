#!/usr/bin/env python3
"""Makes tests/fuzz/seeds and tests/fuzz/*.dict: small files for the fuzz targets to begin with, and the words of their
formats. Needs PyTorch, numpy and onnx.

    python tools/make_fuzz_seeds.py

One folder per target. Archives of torch.jit.save lose the records for debuggers, which nobody reads.
"""
import collections
import io
import os
import pickle
import pickletools
import re
import shutil
import zipfile
from typing import Dict, List, Optional, Tuple

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn
from torch.nn import functional as F

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEEDS = os.path.join(TOP, "tests", "fuzz", "seeds")
MODELS = os.path.join(TOP, "tests", "models")


def put(target, name, data):
    folder = os.path.join(SEEDS, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def zipped(entries, method=zipfile.ZIP_STORED, comment=b"", stream=False):
    """stream: sizes behind the data, as a pipe gets them."""
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    file = Pipe() if stream else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.comment = comment
        for name, data in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, data)
    return file.data if stream else file.getvalue()


def make_zip():
    text = [("m/data.pkl", b"\x80\x02}."), ("m/data/0", bytes(range(64))), ("m/version", b"3\n")]
    put("zip", "stored", zipped(text))
    put("zip", "deflated", zipped(text + [("m/long", b"abc" * 500)], zipfile.ZIP_DEFLATED))
    put("zip", "streamed", zipped(text, stream=True))
    put("zip", "streamed_deflated", zipped(text, zipfile.ZIP_DEFLATED, stream=True))
    put("zip", "comment", zipped(text, comment=b"PK\x05\x06 is no end"))
    put("zip", "prefix", b"#!/bin/sh\n" + zipped(text))
    put("zip", "folders", zipped([("m/", b""), ("m/a/", b""), ("m/a/b", b"1"), ("elsewhere", b"2"), ("m/A/B2", b"3")]))
    put("zip", "empty", zipped([]))
    put("zip", "constants", zipped(text + [("m/constants.pkl", b"\x80\x02).")], zipfile.ZIP_DEFLATED))
    for name, record in (("package", "m/.data/extern_modules"), ("export", "archive_format"), ("old", "m/model.json")):
        put("zip", name, zipped([(record, b"{}"), ("m/version", b"1")]))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        with archive.open(zipfile.ZipInfo("m/data.pkl"), "w", force_zip64=True) as record:
            record.write(b"\x80\x02}.")
    put("zip", "zip64", file.getvalue())


class Point:
    def __init__(self):
        self.x, self.y = 1, [2.5]


def make_pickle():
    shared = [1, 2]
    values = {
        "numbers": [0, 1, -1, 255, 65535, -2147483648, 2**40, -2**80, 0.5, float("inf"), True, False, None],
        "texts": ["", "a", "\u00e9\u4e2d\U0001f600", "long " * 60, b"bytes\x00\xff", bytearray(b"array")],
        "containers": {"list": shared, "again": shared, "tuple": (1, (2, 3), (), (4, 5, 6, 7)),
                       "dict": {1: 2, (3, 4): "five"}, "set": {1, 2}, "frozen": frozenset([3])},
        "ordered": collections.OrderedDict([("a", 1), ("b", collections.OrderedDict())]),
        "complex": [1 + 2j, slice(1, 2), range(3)],
    }
    for name, value in values.items():
        for protocol in (0, 2, 4, 5):
            if protocol < 2 and name == "complex":
                continue
            put("pickle", f"{name}_{protocol}", pickle.dumps(value, protocol))
    put("pickle", "numpy_2", pickle.dumps({"a": np.arange(3), "s": np.float64(1.5), "f": np.ones((2, 2), np.float32)}, 2))
    put("pickle", "numpy_5", pickle.dumps([np.arange(3), np.bool_(True)], 5))
    put("pickle", "long_string", b"\x80\x02}q\x00(X\x03\x00\x00\x00keyT\x04\x00\x00\x00abcdq\x01u.")
    put("pickle", "text_protocol", b"(dp0\nS'a'\np1\nI1\nsS'b'\np2\n(lp3\nF1.5\naL3L\naI01\naVx\\u00e9\nas.")

    torch.manual_seed(1)
    weight = torch.rand(4)
    state = collections.OrderedDict(w=weight.view(2, 2), b=weight[:2], i=torch.arange(4), h=weight[:2].half(),
                                    e=torch.zeros(0), p=nn.Parameter(weight[1:3]), n=torch.tensor(3.0).bfloat16())
    others = {"sizes": torch.Size([1, 2]), "dtype": torch.float16, "device": torch.device("cpu"),
              "sparse": torch.eye(2).to_sparse(), "complex": torch.zeros(1, dtype=torch.complex64),
              "quantized": torch.quantize_per_tensor(weight, 0.1, 3, torch.quint8),
              "channels": torch.quantize_per_channel(weight.view(2, 2), torch.ones(2).double(), torch.zeros(2).long(), 0, torch.qint8),
              "meta": torch.empty(2, device="meta"), "counter": collections.Counter(a=1), "default": collections.defaultdict(list)}
    for name, value in (("state", state), ("others", others), ("plain", weight[:4])):
        file = io.BytesIO()
        torch.save(value, file)
        with zipfile.ZipFile(file) as archive:
            put("pickle", f"torch_{name}", archive.read([n for n in archive.namelist() if n.endswith("data.pkl")][0]))
        file = io.BytesIO()
        torch.save(value, file, _use_new_zipfile_serialization=False)
        put("pickle", f"legacy_{name}", file.getvalue())


SYNTAX = '''
from __torch__ import other
op_version_set = 1
def free(x: Tensor,
    y: Optional[Tensor]=None,
    *,
    k: int=-3) -> Tuple[Tensor, int]:
  """doc"""
  if torch.__is__(y, None):
    z = x
  elif torch.__isnot__(y, None) and not (k > 3 or k <= -1e3):
    z = unchecked_cast(Tensor, y)
  else:
    ops.prim.RaiseException("bad \\x41\\n\\u00e9")
  a, (b, *c), d = 1, (2, 3, 4), [1, 2.5, inf, -nan, 1j, None, True, "s" 't']
  for i in range(k):
    if torch.eq(i, 3):
      continue
    x = torch.add(x, i, alpha=2)
    break
  while bool(torch.gt(x, 0)):
    x = (x - 1) * 2 / 3 // 4 % 5 ** 6 @ x
  e = {"a": [1, 2], "b": annotate(List[int], [])}
  f = [torch.mul(v, v) for v in d]
  g = x[0, 1:2, :, ..., None, ::-1]
  h = 1 if k else 2 if not k else 3
  x[0] = 1
  e["c"] = [k << 1, k >> 2, k & 3, k | 4, k ^ 5, ~k]
  k += 1
  assert k != 4, "no"
  del e["a"]
  pass
  def inner():
    return x
  w = torch.wait(fork(inner))
  t = uninitialized(Dict[str, Future[Tensor]])
  with m as n:
    q = isinstance(x, (int, List[float]))
  return (x, k)
class Name(NamedTuple):
  x : Tensor
  y : List[Tuple[int, float]]
class Color(Enum):
  RED = 1
class Base(ModuleInterface):
  def forward(self, x: Tensor) -> Tensor:
    pass
'''

OPERATORS = '''
class M(Module):
  __parameters__ = ["w", ]
  __buffers__ = ["b", ]
  w : Tensor
  b : Tensor
  training : bool
  n : int
  s : List[int]
  __annotations__["0"] = __torch__.N
  k : Final[int] = 3
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    _0 = torch.conv2d(x, self.w, None, [1, 1], [0, 0], [1, 1], 1)
    _1 = (self).helper(_0, CONSTANTS.c0, )
    return torch.softmax(_1, -1)
  def helper(self: __torch__.M,
    x: Tensor,
    c: int) -> Tensor:
    y = torch.tensor([c, self.n])
    return torch.add_(torch.slice(x, 0, 0, 9223372036854775807), __torch__.free(y, ))
def free(y: Tensor) -> Tensor:
  return torch.size(y)[0] * y
'''


def make_script():
    put("script", "syntax", SYNTAX.encode())
    put("script", "operators", OPERATORS.encode())
    for path, _, files in sorted(os.walk(MODELS)):
        if "model.pt" not in files:
            continue
        with zipfile.ZipFile(os.path.join(path, "model.pt")) as archive:
            for name in archive.namelist():
                if name.endswith("code/__torch__.py") and archive.getinfo(name).file_size < 3000:
                    put("script", os.path.relpath(path, MODELS).replace("/", "-"), archive.read(name))


def make_onnx():
    def info(name, shape, kind=TensorProto.FLOAT):
        return helper.make_tensor_value_info(name, kind, shape)

    def save(name, nodes, inputs, outputs, initializers=(), opset=17, **extra):
        graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("local", 1), helper.make_opsetid("", opset)],
                                  producer_name="seed", **extra)
        model = onnx.shape_inference.infer_shapes(model)
        put("onnx", name, model.SerializeToString())
        return model

    x, y = info("x", [1, 2, 4, 4]), info("y", None)
    w = helper.make_tensor("w", TensorProto.FLOAT, [2, 2, 1, 1], [1, 2, 3, 4])
    b = helper.make_tensor("b", TensorProto.FLOAT, [2], np.float32([1, 2]).tobytes(), raw=True)
    i = helper.make_tensor("i", TensorProto.INT64, [2], [-1, 8])
    node = helper.make_node
    save("conv", [node("Conv", ["x", "w", "b"], ["c"], kernel_shape=[1, 1]), node("Relu", ["c"], ["y"])], [x], [y], [w, b])
    save("reshape", [node("Reshape", ["x", "i"], ["y"])], [x], [y], [i])
    save("chain", [node("Shape", ["x"], ["s"]), node("Gather", ["s", "i0"], ["g"]), node("Add", ["g", "i0"], ["a"]),
                   node("Concat", ["a", "a"], ["c"], axis=0), node("Expand", ["o", "c"], ["y"])], [x], [y],
         [helper.make_tensor("i0", TensorProto.INT64, [1], [2]), helper.make_tensor("o", TensorProto.FLOAT, [1], [1])])
    inner = helper.make_graph([node("Add", ["x", "x"], ["t"])], "then", [], [info("t", [1, 2, 4, 4])])
    other = helper.make_graph([node("Mul", ["x", "x"], ["e"])], "else", [], [info("e", [1, 2, 4, 4])])
    save("if", [node("If", ["c"], ["y"], then_branch=inner, else_branch=other)], [x, info("c", [], TensorProto.BOOL)], [y])
    body = helper.make_graph([node("Add", ["v", "x"], ["v2"]), node("Identity", ["c"], ["c2"]), node("Identity", ["v"], ["scan"])],
                             "body", [info("n", [], TensorProto.INT64), info("c", [], TensorProto.BOOL), info("v", [1, 2, 4, 4])],
                             [info("c2", [], TensorProto.BOOL), info("v2", [1, 2, 4, 4]), info("scan", [1, 2, 4, 4])])
    save("loop", [node("Loop", ["m", "", "x"], ["y", "all"], body=body)], [x],
         [info("y", [1, 2, 4, 4]), info("all", ["n", 1, 2, 4, 4])],
         [helper.make_tensor("m", TensorProto.INT64, [], [3])])
    pool = [node("MaxPool", ["x"], ["p", "q"], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
            node("BatchNormalization", ["p", "b", "b", "b", "b"], ["n"], epsilon=1e-3),
            node("Resize", ["n", "", "", "z"], ["r"], mode="linear", coordinate_transformation_mode="asymmetric"),
            node("ReduceMean", ["r"], ["m"], axes=[2, 3], keepdims=0), node("Softmax", ["m"], ["y"], axis=-1)]
    save("pool", pool, [x], [y], [b, helper.make_tensor("z", TensorProto.INT64, [4], [1, 2, 8, 8])])
    constants = [node("Constant", [], ["a"], value_floats=[1.0, 2.0]), node("Constant", [], ["k"], value_int=3),
                 node("Constant", [], ["t"], value=b), node("Cast", ["k"], ["kf"], to=1),
                 node("Where", ["cc", "a", "t"], ["u"]), node("Pow", ["u", "kf"], ["y"])]
    save("constants", constants, [info("cc", ["N"], TensorProto.BOOL)], [info("y", ["N"])], opset=13)
    save("gemm", [node("Gemm", ["x2", "b2"], ["g"], transB=1, alpha=0.5), node("Transpose", ["g"], ["t"], perm=[1, 0]),
                  node("MatMul", ["t", "g"], ["y"])], [info("x2", ["a", 2])], [y],
         [helper.make_tensor("b2", TensorProto.FLOAT, [3, 2], range(6))])
    save("types", [node("Identity", [f"t{k}"], [f"o{k}"]) for k in range(1, 17) if k != 8], [], [info(f"o{k}", None, k) for k in range(1, 17) if k != 8],
         [helper.make_tensor(f"t{k}", k, [1], [1]) for k in range(1, 17) if k != 8])
    save("strings", [node("Identity", ["s"], ["y"])], [], [info("y", [2], TensorProto.STRING)],
         [helper.make_tensor("s", TensorProto.STRING, [2], [b"a", b"bc"])])
    external = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "w.data"), ("offset", "0"), ("length", "8")):
        entry = external.external_data.add()
        entry.key, entry.value = key, value
    save("external", [node("Add", ["w", "w"], ["y"])], [], [y], [external])
    sparse = helper.make_sparse_tensor(helper.make_tensor("w", TensorProto.FLOAT, [1], [2]), helper.make_tensor("wi", TensorProto.INT64, [1], [1]), [2])
    graph = helper.make_graph([node("Add", ["w", "w"], ["y"])], "g", [], [info("y", [2])], sparse_initializer=[sparse])
    put("onnx", "sparse", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    function = helper.make_function("local", "Twice", ["a"], ["b"], [node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
    save("function", [node("Twice", ["x"], ["y"], domain="local")], [x], [y], functions=[function])
    model = save("sequence", [node("SequenceConstruct", ["x", "x"], ["q"]), node("ConcatFromSequence", ["q"], ["y"], axis=0)], [x], [y])
    model.graph.doc_string, model.metadata_props.add().key = "doc", "k"
    model.graph.value_info.append(info("z", [1, "n"]))
    put("onnx", "documented", model.SerializeToString())
    norms = [node("LayerNormalization", ["x", "l", "l"], ["a"], axis=-1), node("InstanceNormalization", ["a", "b", "b"], ["i"]),
             node("Pad", ["i", "p"], ["d"], mode="reflect"), node("Slice", ["d", "s", "e"], ["c"]), node("Split", ["c"], ["h1", "h2"], axis=1),
             node("Concat", ["h1", "h2"], ["k"], axis=1), node("TopK", ["k", "one"], ["v", "ix"]), node("Einsum", ["v"], ["y"], equation="abcd->dcba")]
    ints = [("p", [0, 0, 1, 1, 0, 0, 1, 1]), ("s", [0]), ("e", [9]), ("one", [1])]
    save("norms", norms, [x], [y], [b, helper.make_tensor("l", TensorProto.FLOAT, [4], [1] * 4)] +
         [helper.make_tensor(name, TensorProto.INT64, [len(v)], v) for name, v in ints])


def make_nodes():
    """The first node test of each operator without its data (tools/make_onnx_goldens.py)."""
    with open(os.path.join(TOP, "tests", "golden", "onnx", "nodes.pack"), "rb") as file:
        pack, at, met = file.read(), 0, set()
    while at < len(pack):
        size = int.from_bytes(pack[at:at + 4], "little")
        model = onnx.load_from_string(pack[at + 4:at + 4 + size])
        at += 4 + size
        kept = [i for i in model.graph.initializer if not i.name.startswith("golden.")]
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
        name, data = model.graph.node[-1].op_type, model.SerializeToString()
        if name not in met and len(data) < 2000:
            met.add(name)
            put("onnx", "node_" + name.lower(), data)


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)
        self.group = nn.GroupNorm(1, 2)
        self.up = nn.ConvTranspose2d(2, 1, 2, 2)

    def forward(self, x):
        x = F.leaky_relu(self.norm(self.conv(x)), 0.1)
        return self.up(self.group(F.max_pool2d(x, 2)))


class Shapes(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, 0)
        y = torch.cat([a.t(), b.permute(1, 0)], 1).reshape(-1, 2)
        y = torch.stack([y, y.flip(0)]).unsqueeze(1).expand(2, 4, -1, 2).contiguous().flatten(1)
        y = F.pad(y, [1, 1]).transpose(0, 1).squeeze(0).roll(1, 0)
        return y.index_select(0, torch.tensor([1, 0])).repeat(1, 2)[:, ::2]


class Reductions(nn.Module):
    def forward(self, x):
        a = x.sum(1) + x.mean(0).max() - x.var(1) * x.amin(1)
        v, i = x.topk(2, 1)
        s, k = x.sort(1, True)
        return a + v.prod(1) + torch.logsumexp(s, 1), i + k[:, :2], x.argmax(1), x.cumsum(0), x.norm(2, 1)


class Pixels(nn.Module):
    def forward(self, x):
        y = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        y = F.avg_pool2d(F.interpolate(y, [6, 6]), 2) + F.adaptive_avg_pool2d(x, 3)
        y = torch.cat([y, y], 1)
        return F.pixel_shuffle(y, 2), F.instance_norm(y)


class Pointwise(nn.Module):
    def forward(self, x):
        y = torch.where(x > 0.5, x.exp().clamp(0, 3), torch.erf(x) ** 2)
        y = F.gelu(y) + F.silu(x) * F.softplus(y) - F.hardtanh(y).round().remainder(2)
        return y.masked_fill(x < 0, 1).to(torch.float16).float(), torch.softmax(y, -1), (x != 0).any(), x.type_as(y).isnan()


class Attention(nn.Module):
    def forward(self, x):
        y = F.scaled_dot_product_attention(x, x, x)
        return torch.einsum("bcij,bckj->bcik", y, x), torch.matmul(x, y), torch.baddbmm(x[0], x[0], y[0]), F.layer_norm(y, [6])


class Indexed(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(4, 2)

    def forward(self, x):
        y = self.table(x.clamp(0, 3))
        z = y.gather(1, x.clamp(0, 1)[:, :2].unsqueeze(2).expand(-1, -1, 2))
        z = z.scatter(1, torch.zeros([1, 1, 1], dtype=torch.long), 5.0)
        return y[x[0].clamp(0, 1)], z, F.one_hot(x.clamp(0, 3), 5), y[:, 0].index_put([torch.tensor([0])], torch.ones(2))


@torch.jit.script
def containers(x: Tensor, n: int = 3, flag: Optional[Tensor] = None) -> Tuple[Dict[str, Tensor], List[Tensor]]:
    parts: List[Tensor] = []
    names = {"a": 1, "b": 2}
    for i, key in enumerate(names):
        parts.append(x * names[key] + i)
    if flag is not None:
        parts.append(flag)
    text = "{}-{}".format(n, len(parts)).split("-")
    total = sum([int(t) for t in text]) + max(n, 2) // min(3, n)
    while len(parts) > 2:
        parts.pop()
    parts += [x.new_zeros([2]), torch.arange(total), torch.full([2], 0.5)]
    parts[0] += 1
    parts.reverse()
    return {k: x for k in sorted(names.keys())}, parts[1:]


class Steps(nn.Module):
    def forward(self, x):
        y = x.clone()
        y[0] = 1
        y[..., 1:].mul_(2)
        total = x.sum()
        while bool(total > 1):
            total = total / 2
            y = y + 1 if bool(total > 5) else y - total
        for k in range(int(total)):
            y.add_(k)
        return y, total.item(), y.nonzero(), y.masked_select(y > 0)


class Calls(nn.Module):
    def forward(self, x):
        return containers(x)


def slim(data):
    """Without records that only debuggers read, and without the holes between the others."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [n for n in archive.namelist() if not n.endswith(".debug_pkl") and not n.endswith("serialization_id")]
        return zipped([(n, archive.read(n)) for n in names])


def make_convert():
    image = torch.ones(1, 2, 6, 6)
    for cls, example in ((Layers, image), (Shapes, None), (Reductions, None), (Pixels, image), (Pointwise, image),
                         (Attention, image), (Indexed, None), (Steps, None), (Calls, None)):
        torch.manual_seed(1)
        module, file = cls().eval(), io.BytesIO()
        torch.jit.save(torch.jit.script(module) if example is None else torch.jit.trace(module, example), file)
        put("convert", cls.__name__.lower() + ".pt", slim(file.getvalue()))


DTYPES = dict(u8=0, i8=1, i16=2, i32=3, i64=4, f16=5, f32=6, f64=7, c64=9, c128=10, bool=11, bf16=15,
              uint8=0, int8=1, int16=2, int32=3, int64=4, float16=5, float32=6, float64=7, bfloat16=15)


def parts(text):
    """Splits at the commas that are in no bracket."""
    return [part for part in re.split(r",(?![^\[{]*[\]}])", text) if part]


def source_of(word):
    """One argument of an operator's test case (docs/adding-an-operator.md) as TorchScript; tensors depend on x."""
    tensor = re.fullmatch(r"([a-z]+\d+|bool)\[([\d,]*)\](\{([^}:,]*)[^}]*\})?(\^[A-Z])?", word)
    if tensor:
        fill = f"torch.full([{tensor[2]}], {tensor[4] or 1}, dtype=6)"
        text = f"torch.to(torch.add({fill}, torch.mul(torch.sum(x), 0.)), {DTYPES[tensor[1]]}, False, False)"
        return f"torch.transpose({text}, -1, -2)" if tensor[5] == "^T" else text
    if word in ("true", "false", "none"):
        return word.capitalize()
    if word in DTYPES:
        return str(DTYPES[word])
    if word.startswith("["):
        return "[" + ", ".join(source_of(part) for part in parts(word[1:-1])) + "]"
    if re.match(r"[a-z_]+=", word):
        return word.split("=")[0] + "=" + source_of(word.split("=", 1)[1])
    return '"' + word.strip("'") + '"' if word.startswith("'") else word


def make_operators():
    """A program for each family of operators: its first test case that PyTorch takes, of each operator."""
    golden = os.path.join(TOP, "tests", "golden", "ops")
    for family in sorted(os.listdir(golden)):
        calls = {}
        with open(os.path.join(golden, family), encoding="utf-8") as file:
            lines = file.read().splitlines()
        for line, result in zip(lines, lines[1:]):
            name, *words = line.replace("~", "").split()
            name = name[len("aten::"):].split(".")[0]
            if not line.startswith("aten::") or not result.startswith("=") or name in calls or "bool[" in line:
                continue
            words = sorted((word for word in words if not word.startswith(".")), key=lambda w: bool(re.match("[a-z_]+=", w)))
            if any(re.search(r"[}^][^,]*[+.~]|=f32|\.\.", word) for word in words):
                continue
            calls[name] = f"torch.{name}({', '.join(source_of(word) for word in words)})"
        body = "".join(f"    _{i} = {call}\n" for i, call in enumerate(calls.values()))
        code = ("class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
                "  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n" + body +
                f"    return [{', '.join(f'_{i}' for i in range(len(calls)))}]\n")
        put("convert", "ops_" + family.split(".")[0] + ".pt", zipped([
            ("m/data.pkl", b"\x80\x02c__torch__\nM\n)\x81}(X\x08\x00\x00\x00training\x89ub."), ("m/version", b"10\n"),
            ("m/constants.pkl", b"\x80\x02)."), ("m/code/__torch__.py", code)], zipfile.ZIP_DEFLATED))


def words(target, items):
    """A dictionary as libFuzzer reads it."""
    def quoted(item):
        data = item if isinstance(item, bytes) else item.encode()
        return "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in data)

    with open(os.path.join(TOP, "tests", "fuzz", target + ".dict"), "w") as file:
        file.writelines(f'"{text}"\n' for text in sorted({quoted(i) for i in items if i}))


ZIP = [b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x05", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", b"\x01\x00\x1c\x00",
       b"\xff\xff\xff\xff", b"\xff\xff", b"\x08\x00", b"\x08\x08"]
RECORDS = ["data.pkl", "constants.pkl", "version", "byteorder", "code/", ".py", "data/0", "constants/0", "traced_inputs.pkl",
           "bytecode.pkl", ".data/version", "extra/", "model.json", "big", "little"]
PICKLE = ["ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_parameter\n", "ctorch\nFloatStorage\n", "ctorch\nLongStorage\n",
          "ccollections\nOrderedDict\n", "ctorch.jit._pickle\nrestore_type_tag\n", "ctorch.jit._pickle\nbuild_intlist\n", "c__torch__\nM\n",
          "ctorch._utils\n_rebuild_qtensor\n", "ctorch._utils\n_rebuild_sparse_tensor\n", "cnumpy.core.multiarray\n_reconstruct\n",
          "cnumpy\ndtype\n", "cnumpy\nndarray\n", "c_codecs\nencode\n", "ctorch\nSize\n", "ctorch\ndevice\n", "ctorch\nfloat16\n",
          b"X\x07\x00\x00\x00storage", b"X\x03\x00\x00\x00cpu", b"X\x04\x00\x00\x00meta", b"X\x01\x00\x00\x000", b"\x80\x02", b"\x80\x04\x95",
          b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "I01\n", "L1L\n", "S'a'\n", "F1e400\n", b"\xff\xff\xff\x7f"]
SCRIPT = """Module NamedTuple Enum Interface ModuleInterface Tensor int float bool str complex number NoneType Any Device Optional
 Union List Dict Tuple Future RRef Final BroadcastingList2 class def return if elif else for in while break continue pass raise assert del
 with as not and or is None True False annotate unchecked_cast uninitialized isinstance fork torch.wait CONSTANTS.c0 __torch__.M self
 forward __annotations__ __parameters__ __buffers__ __constants__ __setstate__ __new__ __init__ ops.prim.RaiseException prim.shape
 range len print list dict tuple getattr hasattr sorted enumerate zip min max sum abs inf nan -1 9223372036854775807 1e308 0 1.""".split()


def make_dictionaries():
    operators = set()
    for name in sorted(os.listdir(os.path.join(TOP, "src", "ops"))):
        with open(os.path.join(TOP, "src", "ops", name), encoding="utf-8") as file:
            operators |= set(re.findall(r'\.name = "aten::(\w+)"', file.read()))
    source = SCRIPT + [f"torch.{name}(" for name in operators] + ["\n  ", "\n    ", " : ", " -> ", "**", "//", "<<", "...", "::", "\\n"]
    words("zip", ZIP + RECORDS)
    words("pickle", PICKLE + [op.code.encode("latin1") for op in pickletools.opcodes])
    words("script", source)
    words("convert", source + RECORDS + PICKLE)
    names = {schema.name for schema in onnx.defs.get_all_schemas()} | {a for s in onnx.defs.get_all_schemas() for a in s.attributes}
    words("onnx", list(names) + ["ai.onnx", "location", "offset", "length", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"])


if __name__ == "__main__":
    shutil.rmtree(SEEDS, ignore_errors=True)
    make_zip()
    make_pickle()
    make_script()
    make_onnx()
    make_nodes()
    make_convert()
    make_operators()
    make_dictionaries()
