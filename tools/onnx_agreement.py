#!/usr/bin/env python3
"""Compares what `ferry inspect` accepts with what onnx.checker accepts.

  onnx_agreement.py build/ferry                        the models of onnx.backend.test, as they are
  onnx_agreement.py build/ferry --mutate               and damaged in every way listed below
  onnx_agreement.py build/ferry --files a.onnx b.onnx  other models
  onnx_agreement.py build/ferry --sample               rewrites tests/golden/onnx/agreement.pack

Prints one line per disagreement: 'loose' where ferry accepts what the checker refuses (never right),
'strict' where it refuses what the checker accepts (docs/onnx-checker.md says when and why). Exit status 1
when anything is loose, or strict without a reason. Needs the Python packages onnx and numpy.
"""
import argparse
import collections
import copy
import os
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
import numpy
import onnx
import onnx.backend.test.loader as loader
from onnx import TensorProto, helper, numpy_helper

FOLDERS = ("simple", "pytorch-converted", "pytorch-operator")

# Why ferry refuses what onnx.checker accepts: words of its messages. Each is a line in docs/onnx-checker.md.
REASONS = (
    "bytes of data, needs", "two outputs are named", "is not given in full", "a type has a negative size",
    "is newer than the newest that ferry knows", "does not exist", "two opsets are imported", "stands in none",
    "does not broadcast", "must all have rank 3 or 4", "do not divide", "past_key and past_value come together",
    "inner sizes differ", "must be a vector", "is declared", "channels, the weight takes",
)

# Models of onnx.backend.test that the checker should take, too.
CHECKER_IS_WRONG = ("test_mvn",)


def backend_cases():
    """(name, model, sets of (inputs, outputs)) of all backend tests that carry their model."""
    for case in loader.load_model_tests(kind="node"):
        yield case.name, case.model, case.data_sets
    for kind in FOLDERS:
        for case in loader.load_model_tests(kind=kind):
            model = onnx.load(os.path.join(case.model_dir, "model.onnx"))
            yield kind + "/" + case.name, model, None


def why_refused(path):
    """The checker's complaint, or None. In a process of its own: some damage ends the checker."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        text = ""
        try:
            onnx.checker.check_model(path, full_check=True)
        except BaseException as error:
            text = " ".join(str(error).split())[:300] or type(error).__name__
        os.write(write, text.encode("utf-8", "replace"))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    return text or ("the checker ended by a signal" if status else None)


def ferry(arguments):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return done.returncode, done.stderr.decode("utf-8", "replace")


class Tally:
    def __init__(self, program, folder):
        self.program = program
        self.path = os.path.join(folder, "model.onnx")
        self.counts = collections.Counter()

    def compare(self, name, model):
        data = model if isinstance(model, bytes) else model.SerializeToString()
        with open(self.path, "wb") as file:
            file.write(data)
        return self.compare_file(name, self.path)

    def compare_file(self, name, path):
        theirs = self.theirs = why_refused(path)
        status, message = ferry([self.program, "inspect", path])
        first = next((line for line in message.split("\n") if ": error: " in line), "").replace(path, "FILE")
        if status < 0 or status >= 126:
            kind = "crash"
        elif (status == 0) == (theirs is None):
            kind = "agree"
        elif status == 0 and name in CHECKER_IS_WRONG:
            kind = "reasoned"
        elif status == 0:
            kind = "loose"
        elif any(reason in first for reason in REASONS):
            kind = "reasoned"
        else:
            kind = "strict"
        self.counts["refused" if theirs else "accepted"] += 1
        self.counts[kind] += 1
        if kind not in ("agree", "reasoned"):
            print(f"{kind}\t{name}\t{theirs or ''}\t{first}", flush=True)
        return kind

    def report(self):
        print(" ".join(f"{key}={count}" for key, count in sorted(self.counts.items())))
        return 1 if self.counts["loose"] + self.counts["strict"] + self.counts["crash"] else 0


# ---- mutations: each takes a model that it may change and says whether it did --------------------


def drop_last_input(m):
    node = m.graph.node[0]
    if not node.input:
        return False
    del node.input[-1]
    return True


def drop_first_input(m):
    node = m.graph.node[0]
    if not node.input:
        return False
    del node.input[0]
    return True


def empty_first_input(m):
    node = m.graph.node[0]
    if not node.input:
        return False
    node.input[0] = ""
    return True


def extra_inputs(m):
    node = m.graph.node[0]
    if not m.graph.input:
        return False
    node.input.extend([m.graph.input[0].name] * 9)
    return True


def extra_output(m):
    m.graph.node[0].output.append("surplus")
    return True


def no_outputs(m):
    del m.graph.node[0].output[:]
    return True


def swap_inputs(m):
    node = m.graph.node[0]
    if len(node.input) < 2 or node.input[0] == node.input[1]:
        return False
    node.input[0], node.input[1] = node.input[1], node.input[0]
    return True


def undefined_input(m):
    node = m.graph.node[0]
    if not node.input:
        return False
    node.input[0] = "nobody_makes_this"
    return True


def own_output_as_input(m):
    node = m.graph.node[0]
    if not node.input or not node.output:
        return False
    node.input[0] = node.output[0]
    return True


def duplicate_node(m):
    m.graph.node.append(copy.deepcopy(m.graph.node[0]))
    return True


def output_named_as_input(m):
    if not m.graph.input or not m.graph.node[0].output:
        return False
    m.graph.node[0].output[0] = m.graph.input[0].name
    return True


def nodes_reversed(m):
    nodes = list(m.graph.node)[::-1]
    if len(nodes) < 2:
        return False
    del m.graph.node[:]
    m.graph.node.extend(nodes)
    return True


def unknown_attribute(m):
    m.graph.node[0].attribute.append(helper.make_attribute("no_such_attribute", 1))
    return True


def attribute_twice(m):
    node = m.graph.node[0]
    if not node.attribute:
        return False
    node.attribute.append(copy.deepcopy(node.attribute[0]))
    return True


def attribute_is_string(m):
    return retype(m, "s", b"text")


def attribute_is_float(m):
    return retype(m, "f", 1.5)


def attribute_is_int(m):
    return retype(m, "i", 1)


def attribute_is_ints(m):
    return retype(m, "ints", [1, 2, 3])


def retype(m, field, value):
    node = m.graph.node[0]
    if not node.attribute:
        return False
    attribute = helper.make_attribute(node.attribute[0].name, value)
    if attribute.type == node.attribute[0].type:
        return False
    node.attribute[0].CopyFrom(attribute)
    return True


def attribute_dropped(m):
    node = m.graph.node[0]
    if not node.attribute:
        return False
    del node.attribute[0]
    return True


def attribute_without_type(m):
    node = m.graph.node[0]
    if not node.attribute:
        return False
    node.attribute[0].ClearField("type")
    return True


def attribute_two_values(m):
    node = m.graph.node[0]
    if not node.attribute:
        return False
    node.attribute[0].i = 3
    node.attribute[0].s = b"too"
    return True


def attribute_reference(m):
    node = m.graph.node[0]
    if not node.attribute:
        return False
    node.attribute[0].ref_attr_name = "outer"
    return True


def attribute_ints_longer(m):
    for attribute in m.graph.node[0].attribute:
        if attribute.ints:
            attribute.ints.append(1)
            return True
    return False


def attribute_int_huge(m):
    for attribute in m.graph.node[0].attribute:
        if attribute.type == onnx.AttributeProto.INT:
            attribute.i = 1000
            return True
    return False


def attribute_negative(m):
    for attribute in m.graph.node[0].attribute:
        if attribute.type == onnx.AttributeProto.INT:
            attribute.i = -1000
            return True
        if attribute.ints:
            attribute.ints[0] = -1000
            return True
    return False


def input_type(element, index=0):
    def mutate(m):
        if len(m.graph.input) <= index or not m.graph.input[index].type.HasField("tensor_type"):
            return False
        tensor = m.graph.input[index].type.tensor_type
        if tensor.elem_type == element:
            return False
        tensor.elem_type = element
        return True

    mutate.__name__ = f"input_{index}_is_type_{element}"
    return mutate


def output_type(element):
    def mutate(m):
        if not m.graph.output or not m.graph.output[0].type.HasField("tensor_type"):
            return False
        tensor = m.graph.output[0].type.tensor_type
        if tensor.elem_type == element:
            return False
        tensor.elem_type = element
        return True

    mutate.__name__ = f"output_is_type_{element}"
    return mutate


def input_untyped(m):
    if not m.graph.input:
        return False
    m.graph.input[0].ClearField("type")
    return True


def output_untyped(m):
    if not m.graph.output:
        return False
    m.graph.output[0].ClearField("type")
    return True


def output_without_shape(m):
    if not m.graph.output or not m.graph.output[0].type.HasField("tensor_type"):
        return False
    m.graph.output[0].type.tensor_type.ClearField("shape")
    return True


def dims_of(info):
    return info.type.tensor_type.shape.dim if info.type.HasField("tensor_type") else []


def input_dim(index, change, label):
    def mutate(m):
        if len(m.graph.input) <= index:
            return False
        dims = dims_of(m.graph.input[index])
        return bool(dims) and change(dims)

    mutate.__name__ = f"input_{index}_{label}"
    return mutate


def output_dim(change, label):
    def mutate(m):
        dims = dims_of(m.graph.output[0]) if m.graph.output else []
        return bool(dims) and change(dims)

    mutate.__name__ = f"output_{label}"
    return mutate


def first_plus_5(dims):
    dims[0].dim_value += 5
    return True


def last_plus_5(dims):
    dims[-1].dim_value += 5
    return True


def one_more(dims):
    dims.add().dim_value = 7
    return True


def one_less(dims):
    del dims[-1]
    return True


def all_symbols(dims):
    for i, dim in enumerate(dims):
        dim.dim_param = f"n{i}"
    return True


def negative(dims):
    dims[0].dim_value = -3
    return True


def opset(version):
    def mutate(m):
        for entry in m.opset_import:
            if entry.domain in ("", "ai.onnx"):
                if entry.version == version:
                    return False
                entry.version = version
                return True
        return False

    mutate.__name__ = f"opset_{version}"
    return mutate


def no_opset(m):
    del m.opset_import[:]
    return True


def foreign_opset_only(m):
    del m.opset_import[:]
    m.opset_import.append(helper.make_opsetid("some.where", 1))
    return True


def opset_twice(m):
    m.opset_import.append(helper.make_opsetid("", 9))
    return True


def ir_version(version):
    def mutate(m):
        m.ir_version = version
        return True

    mutate.__name__ = f"ir_version_{version}"
    return mutate


def unknown_operator(m):
    m.graph.node[0].op_type += "Nope"
    return True


def unknown_domain(m):
    m.graph.node[0].domain = "some.where"
    return True


def operator_empty(m):
    m.graph.node[0].op_type = ""
    return True


def graph_unnamed(m):
    m.graph.name = ""
    return True


def input_twice(m):
    if not m.graph.input:
        return False
    m.graph.input.append(copy.deepcopy(m.graph.input[0]))
    return True


def output_twice(m):
    if not m.graph.output:
        return False
    m.graph.output.append(copy.deepcopy(m.graph.output[0]))
    return True


def output_unmade(m):
    m.graph.output.append(helper.make_tensor_value_info("never", TensorProto.FLOAT, [1]))
    return True


def output_unnamed(m):
    if not m.graph.output:
        return False
    m.graph.output[0].name = ""
    return True


def value_info_wrong(m):
    if len(m.graph.node) < 2:
        return False
    m.graph.value_info.append(helper.make_tensor_value_info(m.graph.node[0].output[0], TensorProto.STRING, [1, 2, 3, 4, 5, 6]))
    return True


def initializer_for_input(m, change=None):
    for info in m.graph.input:
        tensor = info.type.tensor_type
        dims = [d.dim_value for d in tensor.shape.dim]
        if info.type.HasField("tensor_type") and tensor.elem_type in (TensorProto.FLOAT, TensorProto.INT64) and numpy.prod(dims, dtype=float) < 1e5:
            made = numpy_helper.from_array(numpy.ones(dims, helper.tensor_dtype_to_np_dtype(tensor.elem_type)), info.name)
            if change:
                change(made)
            m.graph.initializer.append(made)
            return True
    return False


def initializer_short(m):
    return initializer_for_input(m, lambda t: setattr(t, "raw_data", t.raw_data[:-1]))


def initializer_long(m):
    return initializer_for_input(m, lambda t: setattr(t, "raw_data", t.raw_data + b"\0\0\0\0"))


def initializer_other_dims(m):
    return initializer_for_input(m, lambda t: t.dims.append(2))


def initializer_negative_dims(m):
    return initializer_for_input(m, lambda t: t.dims.extend([-1, -1]))


def initializer_untyped(m):
    return initializer_for_input(m, lambda t: setattr(t, "data_type", 0))


def initializer_unknown_type(m):
    return initializer_for_input(m, lambda t: setattr(t, "data_type", 77))


def initializer_both(m):
    return initializer_for_input(m, lambda t: t.float_data.append(1))


def initializer_no_data(m):
    return initializer_for_input(m, lambda t: t.ClearField("raw_data"))


def initializer_unnamed(m):
    return initializer_for_input(m, lambda t: setattr(t, "name", ""))


def initializer_twice(m):
    return initializer_for_input(m) and initializer_for_input(m)


def initializer_loose_type(m):
    return initializer_for_input(m, lambda t: (setattr(t, "data_type", TensorProto.DOUBLE), setattr(t, "raw_data", t.raw_data * 2)))


def initializer_of_node_output(m):
    if not m.graph.node[0].output:
        return False
    m.graph.initializer.append(numpy_helper.from_array(numpy.ones(3, numpy.float32), m.graph.node[0].output[0]))
    return True


MUTATIONS = [
    drop_last_input, drop_first_input, empty_first_input, extra_inputs, extra_output, no_outputs, swap_inputs,
    undefined_input, own_output_as_input, duplicate_node, output_named_as_input, nodes_reversed,
    unknown_attribute, attribute_twice, attribute_is_string, attribute_is_float, attribute_is_int,
    attribute_is_ints, attribute_dropped, attribute_without_type, attribute_two_values, attribute_reference,
    attribute_ints_longer, attribute_int_huge, attribute_negative, input_untyped, output_untyped,
    output_without_shape, no_opset, foreign_opset_only, opset_twice, unknown_operator, unknown_domain,
    operator_empty, graph_unnamed, input_twice, output_twice, output_unmade, output_unnamed,
    value_info_wrong, initializer_for_input, initializer_short, initializer_long, initializer_other_dims,
    initializer_negative_dims, initializer_untyped, initializer_unknown_type, initializer_both,
    initializer_no_data, initializer_unnamed, initializer_twice, initializer_loose_type,
    initializer_of_node_output,
]
MUTATIONS += [input_type(e, i) for i in (0, 1, 2) for e in (1, 2, 3, 6, 7, 8, 9, 10, 11, 14, 16, 17, 22)]
MUTATIONS += [output_type(e) for e in (1, 3, 6, 7, 8, 9, 11, 16, 0, 99)]
MUTATIONS += [input_dim(i, c, c.__name__) for i in (0, 1, 2) for c in (first_plus_5, last_plus_5, one_more, one_less, all_symbols, negative)]
MUTATIONS += [output_dim(c, c.__name__) for c in (first_plus_5, last_plus_5, one_more, one_less, all_symbols, negative)]
MUTATIONS += [opset(v) for v in list(range(1, 29)) + [0, -1, 1000]]
MUTATIONS += [ir_version(v) for v in (0, 1, 2, 3, 4, 7, 12, 13, 14, 99)]


def bases():
    """One model for each set of operators, attributes and types that the node tests use."""
    seen = set()
    for name, model, _ in backend_cases():
        key = (tuple((n.op_type, len(n.input), tuple(sorted(a.name for a in n.attribute))) for n in model.graph.node[:4]))
        if key not in seen and model.ByteSize() < 50000 and model.graph.node:
            seen.add(key)
            yield name, model


def mutate_all(tally, part, parts, only):
    for number, (name, model) in enumerate(bases()):
        if number % parts != part:
            continue
        for mutation in MUTATIONS:
            if only and only not in mutation.__name__:
                continue
            changed = copy.deepcopy(model)
            try:
                if not mutation(changed):
                    continue
                data = changed.SerializeToString()
            except (ValueError, OverflowError):
                continue
            tally.compare(f"{name}:{mutation.__name__}", data)


# ---- a sample for the unit tests -----------------------------------------------------------------


def write_sample(tally):
    """Small models, each with two kinds of damage, on which ferry and the checker agree."""
    pack = []
    for number, (name, model) in enumerate(bases()):
        if model.ByteSize() > 600:
            continue
        models = [(name, model.SerializeToString())]
        for step in range(len(MUTATIONS)):
            mutation = MUTATIONS[(number * 7 + step * 11) % len(MUTATIONS)]
            changed = copy.deepcopy(model)
            try:
                if len(models) < 4 and mutation(changed):
                    models.append((f"{name}:{mutation.__name__}", changed.SerializeToString()))
            except (ValueError, OverflowError):
                continue
        for label, data in models:
            if tally.compare(label, data) == "agree":
                verdict = "reject" if tally.theirs else "accept"
                pack.append(f"{verdict} {label} {len(data)}\n".encode() + data)
    place = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests/golden/onnx/agreement.pack")
    with open(place, "wb") as file:
        file.write(b"".join(pack))
    print(len(pack), "models")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ferry")
    parser.add_argument("--files", nargs="*", default=[])
    parser.add_argument("--mutate", action="store_true")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--part", default="0/1", help="K/N: every N-th model, from the K-th on")
    parser.add_argument("--only", default="", help="mutations whose name has this in it")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    with tempfile.TemporaryDirectory() as folder:
        tally = Tally(options.ferry, folder)
        for path in options.files:
            tally.compare_file(path, path)
        if options.sample:
            write_sample(tally)
        elif options.mutate:
            mutate_all(tally, part, parts, options.only)
        elif not options.files:
            for number, (name, model, _) in enumerate(backend_cases()):
                if number % parts == part:
                    tally.compare(name, model)
        return tally.report()


sys.exit(main())
