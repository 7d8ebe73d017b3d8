#!/usr/bin/env python3
"""Writes src/onnx/onnx_schemas.tsv: the facts of every ONNX operator, from the registry of the Python package onnx.

  tools/make_onnx_schemas.py > src/onnx/onnx_schemas.tsv

Lines '=NAME<tab>SET' name sets of types; every other line is one version of one operator:
  operator, since, flags (d deprecated, - none), inputs, outputs, attributes, type variables
  input or output   NAME:TYPE     ? behind the name: may be left out; *N: N or more; **N: each of a type of its own
  TYPE              a variable, or =SET
  attribute         NAME:KIND     as fy_onnx_attr_kind; ! behind it: required
  type variable     NAME=SET
  SET               t, s, o, q (tensor, sequence, optional tensor, optional sequence) or m (the rest) : elements
"""
import sys

from onnx import defs

ELEMENTS = {"float": "f32", "double": "f64", "float16": "f16", "bfloat16": "bf16", "string": "str", "bool": "bool",
            "complex64": "c64", "complex128": "c128", "float8e4m3fn": "f8e4m3fn", "float8e4m3fnuz": "f8e4m3fnuz",
            "float8e5m2": "f8e5m2", "float8e5m2fnuz": "f8e5m2fnuz", "float8e8m0": "f8e8m0", "float4e2m1": "f4e2m1",
            "float6e2m3": "f6e2m3", "float6e3m2": "f6e3m2"}
for bits in (2, 4, 8, 16, 32, 64):
    ELEMENTS[f"int{bits}"] = f"i{bits}"
    ELEMENTS[f"uint{bits}"] = f"u{bits}"
FORMS = (("q", "optional(seq(tensor("), ("o", "optional(tensor("), ("s", "seq(tensor("), ("t", "tensor("))
KINDS = {"FLOAT": "f", "INT": "i", "STRING": "s", "TENSOR": "t", "GRAPH": "g", "SPARSE_TENSOR": "x", "TYPE_PROTO": "p",
         "FLOATS": "F", "INTS": "I", "STRINGS": "S", "TENSORS": "T", "GRAPHS": "G", "SPARSE_TENSORS": "X",
         "TYPE_PROTOS": "P"}

sets = {}


def set_text(types):
    groups = {}
    for text in types:
        for letter, prefix in FORMS:
            if text.startswith(prefix):
                groups.setdefault(letter, []).append(ELEMENTS[text[len(prefix):].rstrip(")")])
                break
        else:
            groups.setdefault("m", []).append(text.replace(" ", "").replace(",", "/"))
    return " ".join(f"{letter}:{','.join(sorted(groups[letter]))}" for letter in "tsoqm" if letter in groups)


def set_name(types):
    text = set_text(types)
    return sets.setdefault(text, f"S{len(sets)}")


def formal(f, variables):
    mark = {"Single": "", "Optional": "?", "Variadic": "*"}[f.option.name]
    if mark == "*":
        mark = f"{'*' if f.is_homogeneous else '**'}{f.min_arity}"
    kind = f.type_str if f.type_str in variables else "=" + set_name([f.type_str])
    return f"{f.name}{mark}:{kind}"


def line(s):
    variables = {c.type_param_str: set_name(c.allowed_type_strs) for c in s.type_constraints}
    fields = [(s.domain or "onnx") + "::" + s.name, str(s.since_version), "d" if s.deprecated else "-",
              " ".join(formal(f, variables) for f in s.inputs) or "-",
              " ".join(formal(f, variables) for f in s.outputs) or "-",
              " ".join(f"{n}:{KINDS[a.type.name]}{'!' if a.required else ''}" for n, a in sorted(s.attributes.items()))
              or "-",
              " ".join(f"{n}={v}" for n, v in variables.items()) or "-"]
    return "\t".join(fields)


schemas = sorted(defs.get_all_schemas_with_history(), key=lambda s: (s.domain, s.name, s.since_version))
lines = [line(s) for s in schemas]
for text, name in sets.items():
    print(f"={name}\t{text}")
print("\n".join(lines))
