#!/usr/bin/env python3
"""Writes an ONNX model that is one chain of Relu nodes, without any library: what size costs and nothing else.

    tools/make_onnx_chain.py OUT.onnx [--nodes 1000000]
"""
import argparse


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def message(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field, value):
    return varint(field << 3) + varint(value)


def main():
    parser = argparse.ArgumentParser(description="Writes an ONNX model that is one chain of Relu nodes.")
    parser.add_argument("out")
    parser.add_argument("--nodes", type=int, default=1000000)
    args = parser.parse_args()
    vector = message(2, message(1, number(1, 1) + message(2, message(1, number(1, 4)))))  # float32[4]
    graph = [message(1, message(1, b"x%d" % i) + message(2, b"x%d" % (i + 1)) + message(4, b"Relu"))
             for i in range(args.nodes)]
    graph += [message(2, b"chain"), message(11, message(1, b"x0") + vector),
              message(12, message(1, b"x%d" % args.nodes) + vector)]
    with open(args.out, "wb") as out:
        out.write(number(1, 8) + message(7, b"".join(graph)) + message(8, number(2, 17)))


if __name__ == "__main__":
    main()
