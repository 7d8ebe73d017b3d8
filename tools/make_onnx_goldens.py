#!/usr/bin/env python3
"""Writes tests/golden/onnx: facts of the ONNX operator registry and models with what ONNX Runtime computes for them.

usage: tools/make_onnx_goldens.py     (needs onnx and onnxruntime)

schemas.tsv   one line per version of an operator: name, version, removed, arity, attributes
types.tsv     element types; opsets.tsv: IR version of every opset
nodes.pack    models one after the other, each a little-endian 32-bit length and that many bytes. Inputs and expected
              outputs are inside, as initializers that no node reads: "golden.in.0", ..., "golden.out.0", ...
              The graph's name names the case; a relative and an absolute tolerance stand in the metadata.
"""
import pathlib
import re
import struct
import warnings

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, defs, helper, numpy_helper

warnings.filterwarnings("ignore")
ort.set_default_logger_severity(4)
ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "tests/golden/onnx"
SOURCES = "".join(file.read_text() for file in sorted((ROOT / "src/onnx").glob("*.c")))
TYPES_ONLY = set(re.findall(r'\.name = "onnx::(\w+)",\n[^}]*?\.flags = FY_ONNX_TYPES_ONLY', SOURCES))
RECORDED = set(re.findall(r'\.name = "onnx::(\w+)"', SOURCES)) - TYPES_ONLY
KINDS = {"INT": "i", "FLOAT": "f", "STRING": "s", "TENSOR": "t", "GRAPH": "g", "INTS": "I", "FLOATS": "F", "STRINGS": "S"}
MANY = 1 << 20
BIGGEST, PER_OPERATOR = 2500, 3
IR = {row[2]: row[1] for row in reversed(helper.VERSION_TABLE)}

# ---- facts ----


def attribute_text(attribute):
    kind = KINDS.get(str(attribute.type).split(".")[-1], "?")
    text = f"{attribute.name}:{kind}" + ("!" if attribute.required else "")
    if attribute.default_value.name and kind in "ifs":
        value = helper.get_attribute_value(attribute.default_value)
        text += "=" + (value.decode() if kind == "s" else f"{value:.9g}" if kind == "f" else str(value))
    return text


def write_facts():
    lines = []
    for schema in defs.get_all_schemas_with_history():
        if schema.domain:
            continue
        arity = [min(n, MANY) for n in (schema.min_input, schema.max_input, schema.min_output, schema.max_output)]
        attributes = [attribute_text(schema.attributes[name]) for name in sorted(schema.attributes)]
        lines.append("\t".join([schema.name, str(schema.since_version), "removed" if schema.deprecated else "live",
                                " ".join(map(str, arity)), " ".join(attributes)]))
    lines.sort(key=lambda line: (line.split("\t")[0], int(line.split("\t")[1])))
    (HERE / "schemas.tsv").write_text("\n".join(lines) + "\n")
    (HERE / "types.tsv").write_text("".join(f"{number}\t{name}\n" for name, number in TensorProto.DataType.items()))
    (HERE / "opsets.tsv").write_text("".join(f"{opset}\t{IR[opset]}\n" for opset in sorted(IR)))


# ---- models ----


def pack_model(model, name, inputs, outputs, rtol, atol):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.graph.name = name
    for label, values in (("in", inputs), ("out", outputs)):
        for i, value in enumerate(values):
            copy.graph.initializer.append(numpy_helper.from_array(np.asarray(value), f"golden.{label}.{i}"))
    del copy.metadata_props[:]
    for key, value in (("rtol", rtol), ("atol", atol)):
        entry = copy.metadata_props.add()
        entry.key, entry.value = key, repr(float(value))
    copy.producer_name = copy.producer_version = copy.doc_string = ""
    return copy.SerializeToString(deterministic=True)


def run(model, inputs):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {i.name: np.asarray(v) for i, v in zip(session.get_inputs(), inputs)})


def shape_info(name, value, dynamic=False):
    kind = helper.np_dtype_to_tensor_dtype(np.asarray(value).dtype)
    return helper.make_tensor_value_info(name, kind, None if dynamic else np.shape(value))


def one_node(opset, op, inputs, n_out=1, constant=(), absent=(), **attributes):
    """A model of one node; inputs listed in `constant` become initializers, those in `absent` are left out."""
    names = ["" if i in absent else f"x{i}" for i in range(len(inputs))]
    fed = [i for i in range(len(inputs)) if i not in constant and i not in absent]
    node = helper.make_node(op, names, [f"y{i}" for i in range(n_out)], name=f"layer.{op.lower()}/{op}",
                            **{k: v for k, v in attributes.items() if v is not None})
    graph = helper.make_graph(
        [node], op, [shape_info(names[i], inputs[i]) for i in fed],
        [onnx.ValueInfoProto(name=f"y{i}") for i in range(n_out)],
        [numpy_helper.from_array(np.asarray(inputs[i]), names[i]) for i in constant])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR[opset])
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    return model, [inputs[i] for i in fed]


R = np.random.default_rng(5)


def f32(*shape):
    return R.standard_normal(shape).astype(np.float32)


def i64(*values):
    return np.array(values, np.int64)


def version_cases():
    """Operators whose form changed between opsets: (opset, op, inputs, keywords)."""
    x3, x4 = f32(2, 3, 4), f32(1, 2, 5, 6)
    for opset in (9, 11, 13, 18):
        for op in ("Softmax", "LogSoftmax", "Hardmax"):
            yield opset, op, [x3], dict(axis=1)
            yield opset, op, [x3], {}
        for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                   "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"):
            data = np.abs(x3) + 0.1
            if opset >= (13 if op == "ReduceSum" else 18):
                yield opset, op, [data, i64(0, -1)], dict(constant=[1], keepdims=0)
                yield opset, op, [data], dict(noop_with_empty_axes=1)
            else:
                yield opset, op, [data], dict(axes=[0, 2], keepdims=0)
            yield opset, op, [data], {}
    yield 9, "Clip", [x3], dict(min=-0.5, max=0.75)
    yield 9, "Clip", [x3], dict(min=0.0)
    for opset in (11, 12, 13):
        yield opset, "Clip", [x3, np.float32(-0.5), np.float32(0.75)], dict(constant=[1, 2])
        yield opset, "Clip", [x3, np.float32(0), np.float32(0.3)], dict(constant=[2], absent=[1])
    yield 12, "Clip", [i64(-(2 ** 62), 5, 2 ** 62 + 1), i64(-7).reshape(()), i64(2 ** 62 - 1).reshape(())], dict(constant=[1, 2])
    for mode in ("constant", "reflect", "edge"):
        yield 9, "Pad", [x4], dict(pads=[0, 0, 1, 2, 0, 0, 2, 1], mode=mode)
        yield 11, "Pad", [x4, i64(0, 0, 1, 2, 0, 0, 2, 1)], dict(constant=[1], mode=mode)
        yield 18, "Pad", [x4, i64(1, 2, 2, 1), np.float32(3), i64(-2, 3)], dict(constant=[1, 2, 3], mode=mode)
    yield 19, "Pad", [x4, i64(1, 2, 2, 1), np.float32(3), i64(-2, 3)], dict(constant=[1, 3], absent=[2], mode="wrap")
    yield 9, "Pad", [x4], dict(pads=[0, 0, -1, 2, 0, 0, 2, -3], value=1.5)
    yield 9, "Slice", [x4], dict(starts=[1, -4], ends=[2, 2 ** 62], axes=[1, 3])
    for opset in (10, 11, 13):
        yield opset, "Slice", [x4, i64(1, -1), i64(2, -(2 ** 63)), i64(1, 3), i64(1, -2)], dict(constant=[1, 2, 3, 4])
        yield opset, "Slice", [x4, i64(0, 1, 7), i64(1, 9, 9), i64(0, 1, 2)], dict(constant=[1, 2, 3])
        yield opset, "Slice", [x4, i64(0, 0), i64(1, 1)], {}
    for opset in (9, 11):
        yield opset, "Squeeze", [f32(1, 3, 1, 2)], dict(axes=[0, 2])
        yield opset, "Unsqueeze", [f32(3, 2)], dict(axes=[0, 3])
        yield opset, "Split", [f32(2, 6)], dict(axis=1, n_out=3)
        yield opset, "Split", [f32(2, 6)], dict(axis=1, split=[1, 3, 2], n_out=3)
    for opset in (13, 21):
        yield opset, "Squeeze", [f32(1, 3, 1, 2), i64(0, -2)], dict(constant=[1])
        yield opset, "Squeeze", [f32(1, 3, 1, 2)], {}
        yield opset, "Unsqueeze", [f32(3, 2), i64(0, -1)], dict(constant=[1])
    yield 13, "Split", [f32(2, 6)], dict(axis=1, n_out=3)
    yield 13, "Split", [f32(2, 6), i64(1, 3, 2)], dict(axis=-1, n_out=3, constant=[1])
    yield 18, "Split", [f32(2, 7)], dict(axis=1, num_outputs=3, n_out=3)
    yield 9, "TopK", [x3], dict(k=2, axis=1, n_out=2)
    yield 10, "TopK", [x3, i64(2)], dict(axis=-1, n_out=2, constant=[1])
    yield 11, "TopK", [x3, i64(3)], dict(axis=2, largest=0, n_out=2, constant=[1])
    scales = np.array([1, 1, 2, 1.5], np.float32)
    for mode in ("nearest", "linear"):
        yield 9, "Upsample", [x4, scales], dict(constant=[1], mode=mode)
        yield 10, "Resize", [x4, scales], dict(constant=[1], mode=mode)
        yield 10, "Resize", [x4, np.array([1, 1, 0.6, 0.5], np.float32)], dict(constant=[1], mode=mode)
    for coordinates in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        for mode in ("nearest", "linear", "cubic"):
            yield 11, "Resize", [x4, np.zeros(0, np.float32), scales], dict(
                constant=[1, 2], mode=mode, coordinate_transformation_mode=coordinates)
            yield 13, "Resize", [x4, np.zeros(0, np.float32), np.zeros(0, np.float32), i64(1, 2, 9, 4)], dict(
                constant=[3], absent=[1, 2], mode=mode, coordinate_transformation_mode=coordinates)
    for nearest in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil"):
        yield 11, "Resize", [x4, np.zeros(0, np.float32), scales], dict(
            constant=[1, 2], nearest_mode=nearest, coordinate_transformation_mode="asymmetric")
    yield 18, "Resize", [x4, np.zeros(0, np.float32), np.zeros(0, np.float32), i64(9, 4)], dict(
        constant=[3], absent=[1, 2], mode="linear", axes=[2, 3], antialias=1)
    channel = [f32(3), f32(3), f32(3), np.abs(f32(3)) + 0.1]
    for opset in (9, 14, 15):
        yield opset, "BatchNormalization", [f32(2, 3, 4)] + channel, dict(constant=[1, 2, 3, 4], epsilon=1e-3)
    yield 9, "InstanceNormalization", [f32(2, 3, 4, 5)] + channel[:2], dict(constant=[1, 2])
    yield 21, "GroupNormalization", [f32(2, 6, 4), f32(6), f32(6)], dict(constant=[1, 2], num_groups=3)
    yield 17, "LayerNormalization", [f32(2, 3, 4), f32(4), f32(4)], dict(constant=[1, 2], n_out=3)
    yield 17, "LayerNormalization", [f32(2, 3, 4), f32(3, 4)], dict(constant=[1], axis=1)
    yield 9, "Dropout", [x3], {}
    yield 12, "Dropout", [x3, np.float32(0.3)], dict(constant=[1], n_out=2)
    yield 9, "Scatter", [f32(4, 3), i64(0, 2, 3).reshape(1, 3), f32(1, 3)], dict(axis=0)
    yield 11, "ScatterElements", [f32(4, 3), i64(0, -2, 3).reshape(1, 3), f32(1, 3)], dict(axis=0)
    yield 18, "ScatterElements", [f32(4, 3), i64(1, 1, 1).reshape(3, 1), f32(3, 1)], dict(axis=1, reduction="max")
    yield 16, "ScatterND", [f32(4, 3), i64(1, 1, 0).reshape(3, 1), f32(3, 3)], dict(reduction="add")
    yield 9, "ConstantOfShape", [i64(2, 3)], dict(value=helper.make_tensor("v", TensorProto.INT64, [1], [7]))
    yield 9, "Gemm", [f32(3, 4), f32(5, 4), f32(5)], dict(constant=[1, 2], transB=1)
    yield 11, "Gemm", [f32(4, 3), f32(4, 5)], dict(transA=1, alpha=0.5)
    yield 9, "Gemm", [f32(3, 4), f32(4, 5), f32(3, 1)], dict(alpha=2.0, beta=0.25)
    for shapes in (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 1, 4, 3), (5, 3, 2))):
        yield 9, "MatMul", [f32(*shapes[0]), f32(*shapes[1])], {}
    for kwargs in (dict(), dict(strides=[2, 1], pads=[1, 0, 2, 1]), dict(dilations=[2, 2]), dict(auto_pad="SAME_UPPER", strides=[2, 2]),
                   dict(auto_pad="SAME_LOWER"), dict(auto_pad="VALID")):
        yield 9, "Conv", [f32(1, 4, 7, 6), f32(6, 4, 3, 2), f32(6)], dict(constant=[1, 2], **kwargs)
        yield 11, "Conv", [f32(2, 4, 7, 6), f32(6, 2, 3, 2)], dict(constant=[1], group=2, **kwargs)
    yield 9, "Conv", [f32(1, 3, 5, 4, 6), f32(2, 3, 3, 1, 3)], dict(constant=[1], pads=[1, 0, 1, 1, 0, 1])
    yield 9, "Conv", [f32(1, 3, 9), f32(3, 1, 3)], dict(constant=[1], group=3)
    for kwargs in (dict(), dict(strides=[2, 3], pads=[1, 0, 0, 1]), dict(strides=[2, 2], output_padding=[1, 0]),
                   dict(strides=[2, 2], output_shape=[11, 13]), dict(group=2, dilations=[2, 1])):
        weight = f32(4, 2 if kwargs.get("group") else 3, 3, 2)
        yield 11, "ConvTranspose", [f32(1, 4, 5, 6), weight], dict(constant=[1], **kwargs)
    yield 9, "ConvTranspose", [f32(1, 4, 3, 3, 3), f32(4, 2, 2, 2, 2), f32(2)], dict(constant=[1, 2], strides=[2, 2, 2])
    for op in ("MaxPool", "AveragePool", "LpPool"):
        yield 9, op, [f32(1, 2, 7, 8)], dict(kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])
    for kwargs in (dict(ceil_mode=1), dict(ceil_mode=1, count_include_pad=1)):
        yield 19, "AveragePool", [f32(1, 2, 6, 8)], dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], **kwargs)
    yield 12, "MaxPool", [f32(2, 2, 6, 8)], dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, n_out=2)
    yield 10, "MaxPool", [f32(1, 2, 9)], dict(kernel_shape=[3], dilations=[2])
    for op in ("Erf", "Mish", "GlobalLpPool"):
        yield 18, op, [f32(2, 3, 4)], {}
    yield 9, "LRN", [f32(2, 5, 3, 3)], dict(size=3, alpha=0.1, beta=0.5, bias=2.0)
    yield 13, "LRN", [f32(1, 4, 2, 1)], dict(size=5)
    yield 9, "Not", [np.array([True, False])], {}
    yield 15, "CastLike", [f32(3), np.array([1], np.int32)], dict(constant=[1])
    scales3, blocks = np.array([0.5, 1, 2], np.float32), np.abs(f32(2, 4)) + 0.1
    yield 10, "QuantizeLinear", [f32(2, 3) * 90, np.float32(0.5), np.uint8(128)], dict(constant=[1, 2])
    yield 10, "QuantizeLinear", [f32(2, 3) * 90, np.float32(0.5)], dict(constant=[1])
    yield 13, "QuantizeLinear", [f32(2, 3, 4) * 90, scales3, np.array([0, 3, -5], np.int8)], dict(constant=[1, 2], axis=1)
    yield 21, "QuantizeLinear", [f32(2, 8) * 90, blocks, np.arange(8, dtype=np.int8).reshape(2, 4)], dict(constant=[1, 2], axis=1, block_size=2)
    yield 10, "DequantizeLinear", [np.arange(6, dtype=np.uint8), np.float32(0.5), np.uint8(3)], dict(constant=[1, 2])
    yield 13, "DequantizeLinear", [np.arange(6, dtype=np.int32).reshape(2, 3), scales3], dict(constant=[1], axis=-1)
    yield 21, "DequantizeLinear", [np.arange(16, dtype=np.int8).reshape(2, 8), blocks], dict(constant=[1], axis=1, block_size=2)
    for data in (np.array([3.5, -3.5, 0.2], np.float32), np.array([-7, 7, 300], np.int32), np.array([0, 1, 2], np.uint8)):
        for to in (TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL, TensorProto.FLOAT16, TensorProto.INT8):
            if data.dtype == np.float32 or to != TensorProto.INT8:
                yield 13, "Cast", [data], dict(to=to)


def graph_model(opset, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, "g", [shape_info(n, v) for n, v in inputs.items()],
                              [helper.make_tensor_value_info(n, t, s) for n, t, s in outputs], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR[opset])


def control_cases():
    """If and Loop: outer values, nesting, scan outputs, zero and many iterations: (name, model, inputs)."""
    node, info = helper.make_node, helper.make_tensor_value_info
    F, I, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
    then = helper.make_graph([node("Relu", ["x"], ["t"])], "then", [], [info("t", F, [3])])
    other = helper.make_graph([node("Neg", ["x"], ["u"]), node("Mul", ["u", "w"], ["e"])], "else", [], [info("e", F, [3])])
    model = graph_model(13, [node("If", ["c"], ["y"], then_branch=then, else_branch=other)],
                        {"c": np.array(True), "x": f32(3)}, [("y", F, [3])],
                        [numpy_helper.from_array(np.array([1, 2, 3], np.float32), "w")])
    for flag in (True, False):
        yield f"if_{flag}", model, [np.array(flag), f32(3)]
    body = helper.make_graph(
        [node("Add", ["s", "x"], ["s2"]), node("ReduceSum", ["s2"], ["total"], keepdims=0),
         node("Less", ["total", "limit"], ["go"]), node("Identity", ["s2"], ["scan"])],
        "body", [info("i", I, []), info("c", B, []), info("s", F, [3])],
        [info("go", B, []), info("s2", F, [3]), info("scan", F, [3])])
    model = graph_model(13, [node("Loop", ["n", "c0", "x"], ["last", "all"], body=body)],
                        {"n": i64(1).reshape(()), "c0": np.array(True), "x": f32(3)}, [("last", F, [3]), ("all", F, None)],
                        [numpy_helper.from_array(np.float32(40), "limit")])
    for n, go in ((0, True), (1, True), (4, True), (100, True), (5, False)):
        yield f"loop_{n}_{go}", model, [i64(n).reshape(()), np.array(go), np.array([1, 2, 3], np.float32)]
    inner_then = helper.make_graph([node("Mul", ["s", "two"], ["a"])], "double", [], [info("a", F, [2])])
    inner_else = helper.make_graph([node("Add", ["s", "x"], ["b"])], "more", [], [info("b", F, [2])])
    body = helper.make_graph(
        [node("Mod", ["i", "twoi"], ["odd"]), node("Cast", ["odd"], ["flag"], to=B),
         node("If", ["flag"], ["s2"], then_branch=inner_then, else_branch=inner_else), node("Identity", ["c"], ["c2"])],
        "body", [info("i", I, []), info("c", B, []), info("s", F, [2])], [info("c2", B, []), info("s2", F, [2])])
    model = graph_model(17, [node("Loop", ["n", "", "x"], ["last"], body=body)],
                        {"n": i64(1).reshape(()), "x": f32(2)}, [("last", F, [2])],
                        [numpy_helper.from_array(np.float32(2), "two"), numpy_helper.from_array(np.int64(2), "twoi")])
    yield "loop_if", model, [i64(5).reshape(()), f32(2)]
    chain = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Unsqueeze", ["n"], ["n1"], axes=[0]),
             node("Concat", ["n1", "minus"], ["target"], axis=0), node("Reshape", ["x", "target"], ["y"])]
    model = graph_model(11, chain, {"x": f32(2, 3, 4)}, [("y", F, [2, 12])],
                        [numpy_helper.from_array(i64(0).reshape(()), "zero"), numpy_helper.from_array(i64(-1), "minus")])
    yield "reshape_chain", model, [f32(2, 3, 4)]


def backend_cases():
    """The smallest cases of the ONNX backend tests: reference results of the standard itself."""
    from onnx.backend.test.case.node import collect_testcases
    count = {}
    for case in collect_testcases(None):
        if not case.model or not case.data_sets or any(o.domain for o in case.model.opset_import):
            continue
        inputs, outputs = case.data_sets[0]
        plain = all(isinstance(a, (np.ndarray, np.generic)) and np.asarray(a).dtype.kind in "biuf" for a in inputs + outputs)
        op = case.model.graph.node[0].op_type
        if not plain or len(case.model.graph.node) > 1 or case.model.ByteSize() > 2000:
            continue
        if op == "Scan" and case.model.opset_import[0].version < 9:
            continue
        if op not in RECORDED or case.model.opset_import[0].version < 7 or count.get(op, 0) >= PER_OPERATOR:
            continue
        if sum(np.asarray(a).nbytes for a in inputs + outputs) > BIGGEST:
            continue
        try:
            ours = run(case.model, inputs)
        except Exception:
            continue
        close = all(np.shape(a) == np.shape(b) and np.allclose(a, b, case.rtol, max(case.atol, 1e-6), equal_nan=True)
                    for a, b in zip(ours, outputs))
        if close:
            count[op] = count.get(op, 0) + 1
            yield case.name, case.model, inputs, outputs, case.rtol, max(case.atol, 1e-6)


def write_models():
    packed, names = [], set()

    def add(name, model, inputs, outputs, rtol=1e-4, atol=1e-5):
        while name in names:
            name += "+"
        names.add(name)
        packed.append(pack_model(model, name, inputs, outputs, rtol, atol))

    for case in backend_cases():
        add(*case)
    for opset, op, inputs, keywords in version_cases():
        model, fed = one_node(opset, op, inputs, **keywords)
        add(f"{op}_{opset}", model, fed, run(model, fed))
    for name, model, inputs in control_cases():
        add(name, model, inputs, run(model, inputs))
    data = b"".join(struct.pack("<I", len(bytes_)) + bytes_ for bytes_ in packed)
    (HERE / "nodes.pack").write_bytes(data)
    print(len(packed), "models,", len(data), "bytes")


if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    write_facts()
    write_models()
