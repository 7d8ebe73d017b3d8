#!/usr/bin/env python3
"""Writes a large TorchScript archive without PyTorch: a chain of linear or convolution layers.

    tools/make_big_archive.py OUT.pt [--layers 64] [--mib 16] [--kind linear|conv] [--deflate] [--bias]

Each layer has one float32 weight of about MIB mebibytes, stored as PyTorch stores it: uncompressed and aligned to 64
bytes. The same arguments give the same bytes. Prints the shape of the input.
"""
import argparse
import array
import math
import random
import struct
import zipfile

BLOCK = 1 << 18  # elements that the data repeats, from another place for every tensor


class Pickle:
    """The few opcodes that TorchScript's own pickler would use."""

    def __init__(self):
        self.out = bytearray(b"\x80\x02")

    def name(self, module, name):
        self.out += f"c{module}\n{name}\n".encode()
        return self

    def text(self, value):
        data = value.encode()
        self.out += b"X" + struct.pack("<I", len(data)) + data
        return self

    def int(self, value):
        self.out += b"\x8a\x08" + struct.pack("<q", value)
        return self

    def raw(self, codes):
        self.out += codes
        return self

    def tuple(self, values):
        self.raw(b"(")
        for value in values:
            self.int(value)
        return self.raw(b"t")

    def tensor(self, key, shape, storage="FloatStorage"):
        strides, step = [], 1
        for dim in reversed(shape):
            strides.insert(0, step)
            step *= dim
        self.name("torch._utils", "_rebuild_tensor_v2").raw(b"((").text("storage")
        self.name("torch", storage).text(key).text("cpu").int(step).raw(b"tQ").int(0)
        self.tuple(shape).tuple(strides).raw(b"\x89").name("collections", "OrderedDict")
        return self.raw(b")RtR")


class Archive:
    """out: a path or a file."""

    def __init__(self, out, folder, deflate):
        self.zip = zipfile.ZipFile(out, "w", allowZip64=True)
        self.folder = folder
        self.deflate = deflate

    def add(self, name, pieces, size):
        """A record; its data starts at a multiple of 64, padded by an extra field as PyTorch does."""
        info = zipfile.ZipInfo(f"{self.folder}/{name}", (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if self.deflate else zipfile.ZIP_STORED
        info.file_size = size
        header = self.zip.fp.tell() + 30 + len(info.filename.encode()) + 4
        header += 20 if size * 1.05 > zipfile.ZIP64_LIMIT else 0  # what zipfile adds then
        padding = -header % 64
        info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
        with self.zip.open(info, "w") as record:
            for piece in pieces:
                record.write(piece)

    def finish(self, objects, source):
        for name, data in [("data.pkl", objects), ("code/__torch__.py", source), ("constants.pkl", b"\x80\x02)."),
                           ("version", b"3\n"), ("byteorder", b"little")]:
            self.add(name, [data], len(data))
        self.zip.close()


def float_block():
    source = random.Random(1)
    return array.array("f", (source.uniform(-0.02, 0.02) for _ in range(BLOCK))).tobytes()


def pieces_of(block, tensor, size):
    start = tensor * 4 * 4099 % len(block)
    turned = block[start:] + block[:start]
    while size > 0:
        yield turned[:size]
        size -= len(turned)


LAYER = """class Layer(Module):
  __parameters__ = [{names}]
  __buffers__ = []
  training : bool
{fields}  def forward(self: __torch__.Layer,
    x: Tensor) -> Tensor:
    return {call}
"""
CALLS = {"linear": "torch.linear(x, self.weight, {bias})",
         "conv": "torch.conv2d(x, self.weight, {bias}, [1, 1], [1, 1], [1, 1], 1)"}


def source_text(kind, bias, layers):
    names = ["weight"] + ["bias"] * bias
    layer = LAYER.format(names="".join(f'"{n}", ' for n in names), fields="".join(f"  {n} : Tensor\n" for n in names),
                         call=CALLS[kind].format(bias="self.bias" if bias else "None"))
    net = "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
    net += "".join(f"  layer{i} : __torch__.Layer\n" for i in range(layers))
    net += "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n"
    for i in range(layers):
        net += f"    x{i} = (self.layer{i}).forward({'x' if i == 0 else f'x{i - 1}'}, )\n"
    return (layer + net + f"    return x{layers - 1}\n").encode()


def object_pickle(shapes, layers):
    p = Pickle().name("__torch__", "Net").raw(b")\x81}(").text("training").raw(b"\x89")
    for i in range(layers):
        p.text(f"layer{i}").name("__torch__", "Layer").raw(b")\x81}(").text("training").raw(b"\x89")
        for k, (name, shape) in enumerate(shapes):
            p.text(name).tensor(str(i * len(shapes) + k), shape)
        p.raw(b"ub")
    return bytes(p.raw(b"ub.").out)


def main():
    parser = argparse.ArgumentParser(description="Writes a large TorchScript archive without PyTorch.")
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=64)
    parser.add_argument("--mib", type=float, default=16)
    parser.add_argument("--kind", choices=["linear", "conv"], default="linear")
    parser.add_argument("--deflate", action="store_true")
    parser.add_argument("--bias", action="store_true")
    args = parser.parse_args()
    elements = args.mib * (1 << 20) / 4
    width = max(1, round(math.sqrt(elements if args.kind == "linear" else elements / 9)))
    weight = [width, width] + ([3, 3] if args.kind == "conv" else [])
    shapes = [("weight", weight)] + ([("bias", [width])] if args.bias else [])
    block, archive = float_block(), Archive(args.out, "big", args.deflate)
    for i in range(args.layers):
        for k, (_, shape) in enumerate(shapes):
            size = 4 * math.prod(shape)
            archive.add(f"data/{i * len(shapes) + k}", pieces_of(block, i * len(shapes) + k, size), size)
    archive.finish(object_pickle(shapes, args.layers), source_text(args.kind, args.bias, args.layers))
    print(f"1x{width}" if args.kind == "linear" else f"1x{width}x8x8")


if __name__ == "__main__":
    main()
