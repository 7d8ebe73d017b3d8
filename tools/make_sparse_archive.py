#!/usr/bin/env python3
"""Writes a TorchScript archive of any size that takes little room on disk: bytes that are zero, but for some.

    tools/make_sparse_archive.py OUT.pt BYTES [--tensors 1]

The program looks elements up: forward(x: int64) gives weight[x] of each uint8 tensor, one after the other. The elements
that `marks` names are not zero, but what `mark` says.
"""
import argparse
import io

from make_big_archive import Archive, Pickle

ZEROS = bytes(1 << 20)


def marks(size):
    """Places around which 32-bit numbers end, in ascending order."""
    near = [0, 1, 1 << 20, (1 << 31) - 2, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 1,
            size - 2, size - 1]
    return sorted({place for place in near if 0 <= place < size})


def mark(tensor, place):
    return (tensor * 31 + place % 1009) % 255 + 1


class Sparse(io.FileIO):
    def write(self, data):
        if data is ZEROS:
            self.seek(len(data), io.SEEK_CUR)
            return len(data)
        return super().write(data)


def pieces(tensor, size):
    at = 0
    for place in marks(size) + [size]:
        while place - at >= len(ZEROS):
            yield ZEROS
            at += len(ZEROS)
        yield bytes(place - at)
        if place < size:
            yield bytes([mark(tensor, place)])
        at = place + 1


def source_text(tensors):
    text = "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
    text += "".join(f"  weight{i} : Tensor\n" for i in range(tensors))
    text += "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n"
    parts = []
    for i in range(tensors):
        text += f"    y{i} = torch.index_select(self.weight{i}, 0, x)\n"
        parts.append(f"y{i}")
    return (text + f"    return torch.cat([{', '.join(parts)}], 0)\n").encode()


def object_pickle(tensors, size):
    p = Pickle().name("__torch__", "Net").raw(b")\x81}(").text("training").raw(b"\x89")
    for i in range(tensors):
        p.text(f"weight{i}").tensor(str(i), [size], "ByteStorage")
    return bytes(p.raw(b"ub.").out)


def write(path, total, tensors):
    size = total // tensors
    archive = Archive(Sparse(path, "w"), "sparse", False)
    for i in range(tensors):
        archive.add(f"data/{i}", pieces(i, size), size)
    archive.finish(object_pickle(tensors, size), source_text(tensors))
    return size


def main():
    parser = argparse.ArgumentParser(description="Writes a TorchScript archive that takes little room on disk.")
    parser.add_argument("out")
    parser.add_argument("bytes", type=int)
    parser.add_argument("--tensors", type=int, default=1)
    args = parser.parse_args()
    write(args.out, args.bytes, args.tensors)


if __name__ == "__main__":
    main()
