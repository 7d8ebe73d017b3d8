#!/usr/bin/env python3
"""Writes ONNX models that are broken, or whole but unusual, and what ferry should say of each.

  make_malformed_onnx.py FOLDER   the files and a manifest.json: file, category, expect, must, why, forbidden
  make_malformed_onnx.py          tests/golden/onnx/malformed.pack, of those that are one file alone

In the pack every model is a line 'accept NAME LENGTH' or 'reject NAME LENGTH' and so many bytes. Needs onnx and numpy.
"""
import json
import os
import pathlib
import sys

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
F, I64 = TensorProto.FLOAT, TensorProto.INT64
FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
manifest, pack = [], []


def info(name, element=F, dims=(2, 2)):
    return helper.make_tensor_value_info(name, element, dims)


def add_w(weights=None, nodes=None, **more):
    """y = x + w over float32[2,2]."""
    nodes = nodes or [helper.make_node("Add", ["x", "w"], ["y"])]
    weights = [numpy_helper.from_array(np.arange(4, dtype=np.float32).reshape(2, 2), "w")] if weights is None else weights
    graph = helper.make_graph(nodes, "g", [info("x")], [info("y")], weights, value_info=more.pop("value_info", []))
    return model_of(graph, **more)


def model_of(graph, opset=17, ir=8, functions=(), imports=None):
    return helper.make_model(graph, opset_imports=imports or [helper.make_opsetid("", opset)], ir_version=ir,
                             functions=functions)


def one(op, inputs=("x",), outputs=("y",), ins=None, outs=None, weights=(), opset=17, domain=None, **attributes):
    node = helper.make_node(op, list(inputs), list(outputs), domain=domain, **attributes)
    graph = helper.make_graph([node], "g", ins or [info("x")], outs or [info("y")], list(weights))
    return model_of(graph, opset)


def put(category, name, model, expect, why, must=True, forbidden=()):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    if FOLDER:
        path = FOLDER / (name + ".onnx")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        entry = {"file": name + ".onnx", "kind": "ox", "category": category, "expect": expect, "must": must, "stage": "read", "why": why}
        if forbidden:
            entry["forbidden"] = list(forbidden)
        manifest.append(entry)
    elif "/" not in name:
        pack.append(f"{expect} {name} {len(data)}\n".encode() + data)


def reject(category, name, model, why, **more):
    put(category, name, model, "reject", why, **more)


def accept(category, name, model, why, **more):
    put(category, name, model, "accept", why, **more)


def changed(model, change):
    change(model)
    return model


def weight(**fields):
    tensor = TensorProto(name="w", data_type=F, dims=[2, 2])
    for key, value in fields.items():
        if isinstance(value, (list, tuple)):
            del getattr(tensor, key)[:]
            getattr(tensor, key).extend(value)
        else:
            setattr(tensor, key, value)
    return tensor


# ---- enums and versions --------------------------------------------------------------------------


def enums():
    c = "onnx-enum"
    for number in (27 + 100, 999, 2**31 - 1):
        reject(c, f"enum_dtype{number}", add_w([weight(data_type=number, raw_data=bytes(16))]), f"tensor data type {number}")
    reject(c, "enum_info99", changed(add_w(), lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 99)), "input of element type 99")
    reject(c, "enum_info0", changed(add_w(), lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 0)), "input of no element type")
    m = one("Cast", to=F)
    m.graph.node[0].attribute[0].i = 99
    reject(c, "enum_cast_to", m, "Cast to element type 99")
    m = one("Softmax", axis=1)
    m.graph.node[0].attribute[0].type = AttributeProto.FLOAT
    reject(c, "enum_attr_other", m, "attribute of type FLOAT holds an int")
    m = one("Softmax", axis=1)
    m.graph.node[0].attribute[0].type = 0
    reject(c, "enum_attr_undefined", m, "attribute of type UNDEFINED", must=False)
    reject(c, "enum_location7", add_w([weight(raw_data=bytes(16), data_location=0)]).SerializeToString().replace(b"p\x00", b"p\x07"), "data_location 7", must=False)


def versions():
    c = "onnx-version"
    for ir in (0, -1, 99, 2**40):
        reject(c, f"ir_{ir}", changed(add_w(), lambda m, ir=ir: setattr(m, "ir_version", ir)), f"IR version {ir}")
    reject(c, "ir_missing", changed(add_w(), lambda m: m.ClearField("ir_version")), "no IR version")
    for opset in (0, 1000, 2**40):
        reject(c, f"opset_{opset}", changed(add_w(), lambda m, o=opset: setattr(m.opset_import[0], "version", o)), f"opset {opset}")
    reject(c, "opset_two", add_w(imports=[helper.make_opsetid("", 17), helper.make_opsetid("", 18)]), "two opsets of one domain", must=False)
    reject(c, "opset_two_names", add_w(imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx", 13)]), "two opsets of one domain under its two names", must=False)
    accept(c, "opset_repeated", add_w(imports=[helper.make_opsetid("", 17), helper.make_opsetid("", 17)]), "one opset imported twice", must=False)
    accept(c, "opset_old", add_w([weight(raw_data=bytes(16))], opset=7, ir=4), "opset 7")
    reject(c, "op_too_new", one("Gelu", opset=19), "an operator of opset 20 in opset 19")
    reject(c, "op_removed", one("Upsample", ("x", "s"), ins=[info("x"), info("s", F, [2])], opset=13), "Upsample is gone since opset 10")
    reject(c, "ir3_initializer", add_w(ir=3, opset=8), "IR version 3: an initializer that is no input")


# ---- graphs --------------------------------------------------------------------------------------


def graphs():
    c = "onnx-graph"
    reject(c, "arity_many", one("Relu", ("x", "x")), "Relu with two inputs")
    reject(c, "arity_outputs", one("Relu", ("x",), ("y", "z")), "Relu with two outputs")
    reject(c, "arity_none", one("Relu", ()), "Relu without inputs")
    reject(c, "input_empty", one("Add", ("x", "")), "a required input left out")
    reject(c, "unknown_op", one("Rellu"), "there is no operator Rellu")
    reject(c, "unknown_domain", one("Relu", domain="nobody.knows"), "a domain that is not imported")
    reject(c, "undefined_input", one("Relu", ("z",)), "a node reads a name that does not exist")
    reject(c, "wrong_attr_kind", one("LeakyRelu", alpha=1), "alpha is an int")
    reject(c, "wrong_attr_kind_ints", one("Softmax", axis=[1]), "axis is a list")
    reject(c, "unknown_attr", one("Relu", axis=1), "Relu has no axis")
    reject(c, "missing_attr", one("Concat", ("x", "x"), outs=[info("y", dims=(4, 2))]), "Concat without an axis")
    reject(c, "type_mixed", one("Add", ("x", "i"), ins=[info("x"), info("i", I64)]), "float + int64")
    reject(c, "type_not_allowed", one("Relu", ins=[info("x", TensorProto.STRING)], outs=[info("y", TensorProto.STRING)]), "Relu of strings")
    reject(c, "type_bool", one("Not"), "Not of floats")
    reject(c, "shape_broadcast", one("Add", ("x", "b"), ins=[info("x"), info("b", dims=(3,))]), "[2,2] + [3]")
    reject(c, "shape_matmul", one("MatMul", ("x", "b"), ins=[info("x"), info("b", dims=(3, 2))]), "[2,2] x [3,2]")
    reject(c, "shape_output", one("Relu", outs=[info("y", dims=(2, 3))]), "output declared [2,3], computed [2,2]")
    reject(c, "rank_output", one("Relu", outs=[info("y", dims=(2, 2, 1))]), "output of another rank")
    reject(c, "axis_out", one("Softmax", axis=2), "axis 2 of a matrix")
    reject(c, "perm_twice", one("Transpose", perm=[0, 0]), "perm is no permutation")
    reject(c, "reshape_count", one("Reshape", ("x", "s"), weights=[numpy_helper.from_array(np.array([3, 3]), "s")], outs=[info("y", dims=(3, 3))]), "4 elements into 9")
    reject(c, "dup_input", changed(add_w(), lambda m: m.graph.input.append(m.graph.input[0])), "two inputs of one name")
    reject(c, "dup_initializer", changed(add_w(), lambda m: m.graph.initializer.append(m.graph.initializer[0])), "two initializers of one name")
    reject(c, "dup_graph_output", changed(add_w(), lambda m: m.graph.output.append(m.graph.output[0])), "two outputs of one name", must=False)
    reject(c, "node_makes_input", one("Relu", ("x",), ("x",), outs=[info("x")]), "a node makes the input")
    reject(c, "node_makes_initializer", add_w(nodes=[helper.make_node("Relu", ["x"], ["w"]), helper.make_node("Add", ["x", "w"], ["y"])]), "a node makes the initializer")
    reject(c, "cycle3", add_w(nodes=[helper.make_node("Add", ["x", "c"], ["a"]), helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Relu", ["b"], ["c"]), helper.make_node("Add", ["c", "w"], ["y"])]), "three nodes in a circle")
    reject(c, "no_graph", changed(add_w(), lambda m: m.ClearField("graph")), "a model without a graph")
    reject(c, "graph_unnamed", changed(add_w(), lambda m: m.graph.ClearField("name")), "a graph without a name")
    reject(c, "input_untyped", changed(add_w(), lambda m: m.graph.input[0].ClearField("type")), "an input without a type")
    reject(c, "input_unnamed", changed(add_w(), lambda m: setattr(m.graph.input[0], "name", "")), "an input without a name")
    reject(c, "initializer_type", changed(add_w(), lambda m: m.graph.input.append(info("w", I64))), "an input of another type than its default")
    reject(c, "initializer_shape", changed(add_w(), lambda m: m.graph.input.append(info("w", F, (3, 3)))), "an input of another shape than its default")
    reject(c, "value_info_type", add_w(nodes=[helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Add", ["a", "w"], ["y"])], value_info=[info("a", I64)]), "an intermediate declared int64, computed float")
    reject(c, "attr_two_values", changed(one("Softmax", axis=1), lambda m: setattr(m.graph.node[0].attribute[0], "f", 1.5)), "an attribute with two values")
    reject(c, "attr_no_name", changed(one("Softmax", axis=1), lambda m: m.graph.node[0].attribute[0].ClearField("name")), "an attribute without a name")
    reject(c, "attr_reference", changed(one("Softmax", axis=1), lambda m: (m.graph.node[0].attribute[0].ClearField("i"), setattr(m.graph.node[0].attribute[0], "ref_attr_name", "a"))), "a reference to an attribute outside of functions", must=False)
    branches()


def branch(name, nodes, outputs=("b",), element=F, inputs=()):
    return helper.make_graph(nodes, name, list(inputs), [info(o, element) for o in outputs])


def if_model(then, other, outs=None):
    node = helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    return model_of(helper.make_graph([node], "g", [info("x"), info("c", TensorProto.BOOL, [])], outs or [info("y")]))


def branches():
    c = "onnx-graph"
    relu = helper.make_node("Relu", ["x"], ["b"])
    fine = branch("t", [relu])
    reject(c, "if_outputs", if_model(fine, branch("e", [relu, helper.make_node("Relu", ["x"], ["d"])], ("b", "d"))), "branches of one and two outputs")
    reject(c, "if_types", if_model(fine, branch("e", [helper.make_node("Cast", ["x"], ["b"], to=I64)], element=I64)), "branches of two types")
    reject(c, "if_input", if_model(branch("t", [relu], inputs=[info("q")]), fine), "a branch with an input")
    reject(c, "if_shadows", if_model(branch("t", [helper.make_node("Relu", ["x"], ["x"])], ("x",)), fine), "a branch makes a name of the graph again")
    reject(c, "if_leaks", model_of(helper.make_graph([helper.make_node("If", ["c"], ["z"], then_branch=fine, else_branch=branch("e", [helper.make_node("Neg", ["x"], ["e"])], ("e",))), helper.make_node("Relu", ["b"], ["y"])], "g", [info("x"), info("c", TensorProto.BOOL, [])], [info("y")])), "the graph reads a name of a branch")
    reject(c, "if_condition", one("If", ("x",), then_branch=fine, else_branch=fine), "a condition of floats")
    accept("onnx-unusual", "ok_if", if_model(fine, branch("e", [helper.make_node("Neg", ["x"], ["e"])], ("e",))), "an If that reads names of the graph")
    body = helper.make_graph([helper.make_node("Identity", ["go"], ["again"]), helper.make_node("Add", ["a", "x"], ["n"])], "body", [info("i", I64, []), info("go", TensorProto.BOOL, []), info("a")], [info("again", TensorProto.BOOL, []), info("n")])
    loop = helper.make_node("Loop", ["", "c", "x"], ["y"], body=body)
    accept("onnx-unusual", "ok_loop", model_of(helper.make_graph([loop], "g", [info("x"), info("c", TensorProto.BOOL, [])], [info("y")])), "a Loop without a trip count")
    short = helper.make_node("Loop", ["", "c"], ["y"], body=body)
    reject(c, "loop_carried", model_of(helper.make_graph([short], "g", [info("x"), info("c", TensorProto.BOOL, [])], [info("y")])), "a Loop without the value that its body carries")


# ---- data of tensors -----------------------------------------------------------------------------


def sparse(values, indices, dims, element=F):
    s = onnx.SparseTensorProto(dims=dims)
    s.values.CopyFrom(numpy_helper.from_array(np.asarray(values, helper.tensor_dtype_to_np_dtype(element)), "w"))
    s.indices.CopyFrom(numpy_helper.from_array(np.asarray(indices, np.int64), "w_indices"))
    m = add_w([])
    m.graph.sparse_initializer.append(s)
    return m


def tensors():
    c = "onnx-tensor-data"
    data = np.arange(4, dtype=np.float32).tobytes()
    reject(c, "data_none", add_w([weight()]), "no data at all")
    reject(c, "data_two", add_w([weight(raw_data=data, float_data=[0, 1, 2, 3])]), "raw and typed data")
    reject(c, "data_two_typed", add_w([weight(float_data=[0, 1, 2, 3], int32_data=[1])]), "two kinds of typed data")
    reject(c, "data_few", add_w([weight(float_data=[0, 1, 2])]), "3 numbers for 4 elements")
    reject(c, "data_many", add_w([weight(float_data=[0, 1, 2, 3, 4])]), "5 numbers for 4 elements", must=False)
    reject(c, "data_wrong_field", add_w([weight(double_data=[0, 1, 2, 3])]), "doubles in a float tensor")
    reject(c, "data_string_raw", one("Identity", ("s",), ins=[], outs=[info("y", TensorProto.STRING, [2])], weights=[TensorProto(name="s", data_type=TensorProto.STRING, dims=[2], raw_data=b"ab")]), "strings as raw bytes")
    reject(c, "data_string_few", one("Identity", ("s",), ins=[], outs=[info("y", TensorProto.STRING, [2])], weights=[TensorProto(name="s", data_type=TensorProto.STRING, dims=[2], string_data=[b"ab"])]), "1 string for 2 elements")
    reject(c, "data_scalar", add_w([weight(dims=[], raw_data=data)]), "4 elements in a scalar")
    reject(c, "dims_negative", add_w([weight(dims=[-2, 2], raw_data=data)]), "a negative dimension")
    reject(c, "dims_huge", add_w([weight(dims=[2**62, 4], raw_data=data)]), "2^64 elements")
    reject(c, "dims_zero_and_huge", add_w([weight(dims=[0, 2**62, 2**62], raw_data=data)]), "no elements, but data")
    reject(c, "rank_100", add_w([weight(dims=[1] * 97 + [2, 2, 1], raw_data=data)]), "rank 100", must=False)
    reject(c, "int4_short", one("Cast", ("w",), ins=[], outs=[info("y", F, [5])], opset=21, weights=[TensorProto(name="w", data_type=TensorProto.INT4, dims=[5], raw_data=b"\1\2")], to=F), "2 bytes for 5 numbers of 4 bits")
    reject(c, "f16_too_big", one("Cast", ("w",), ins=[], outs=[info("y", F, [1])], weights=[TensorProto(name="w", data_type=TensorProto.FLOAT16, dims=[1], int32_data=[70000])], to=F), "a half of 17 bits", must=False)
    reject(c, "name_none", changed(add_w(), lambda m: m.graph.initializer[0].ClearField("name")), "an initializer without a name")
    reject(c, "constant_short", add_w(nodes=[helper.make_node("Constant", [], ["k"], value=TensorProto(data_type=F, dims=[2, 2], raw_data=data[:-1])), helper.make_node("Add", ["x", "k"], ["y"])]), "an attribute's tensor of 15 bytes")
    reject(c, "sparse_unsorted", sparse([1, 2], [3, 1], [2, 2]), "sparse indices out of order")
    reject(c, "sparse_twice", sparse([1, 2], [1, 1], [2, 2]), "a sparse index twice")
    reject(c, "sparse_negative", sparse([1, 2], [-1, 1], [2, 2]), "a negative sparse index")
    reject(c, "sparse_counts", sparse([1, 2, 3], [0, 1], [2, 2]), "3 values at 2 places")
    reject(c, "sparse_no_dims", sparse([1, 2], [0, 1], []), "a sparse tensor without dimensions")
    reject(c, "sparse_rank", sparse([1, 2], [[0, 1, 0], [1, 1, 0]], [2, 2]), "places of 3 coordinates in a matrix")
    u = "onnx-unusual"
    accept(u, "ok_sparse", sparse([1, 2], [1, 3], [2, 2]), "a sparse initializer", must=False)
    accept(u, "ok_sparse_pairs", sparse([1, 2], [[0, 1], [1, 1]], [2, 2]), "a sparse initializer of pairs", must=False)
    accept(u, "ok_empty", add_w([numpy_helper.from_array(np.zeros((0, 3), np.float32), "unused"), weight(raw_data=data)]), "an initializer without elements")
    accept(u, "ok_strings", one("Identity", ("s",), ins=[], outs=[info("y", TensorProto.STRING, [2])], weights=[helper.make_tensor("s", TensorProto.STRING, [2], [b"a", "ü".encode()])]), "a tensor of strings")
    accept(u, "ok_int4", one("Cast", ("w",), ins=[], outs=[info("y", F, [5])], opset=21, weights=[helper.make_tensor("w", TensorProto.INT4, [5], [1, -2, 3, -4, 5])], to=F), "numbers of 4 bits")
    accept(u, "ok_bf16", one("Cast", ("w",), ins=[], outs=[info("y", F, [2])], weights=[helper.make_tensor("w", TensorProto.BFLOAT16, [2], [1.5, -2.0])], to=F), "bfloat16 in int32_data")
    accept(u, "ok_complex", one("Identity", ("w",), ins=[], outs=[info("y", TensorProto.COMPLEX64, [2])], weights=[helper.make_tensor("w", TensorProto.COMPLEX64, [2], [1 + 2j, 3j])]), "complex numbers")
    accept(u, "ok_uint64", one("Identity", ("w",), ins=[], outs=[info("y", TensorProto.UINT64, [2])], weights=[helper.make_tensor("w", TensorProto.UINT64, [2], [1, 2**64 - 1])]), "uint64_data up to 2^64-1")


# ---- functions -----------------------------------------------------------------------------------


def function(name, nodes, inputs=("a",), outputs=("b",), imports=None, attributes=(), domain="own"):
    return helper.make_function(domain, name, list(inputs), list(outputs), nodes, imports or [helper.make_opsetid("", 17)], list(attributes))


def calling(functions, nodes=None):
    nodes = nodes or [helper.make_node("f0", ["x"], ["y"], domain="own")]
    graph = helper.make_graph(nodes, "g", [info("x")], [info("y")])
    return model_of(graph, functions=functions, imports=[helper.make_opsetid("", 17), helper.make_opsetid("own", 1)])


def functions():
    c = "onnx-function"
    relu = helper.make_node("Relu", ["a"], ["b"])
    own = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    reject(c, "fn_self", calling([function("f0", [helper.make_node("f0", ["a"], ["b"], domain="own")], imports=own)]), "a function calls itself")
    reject(c, "fn_unmade", calling([function("f0", [helper.make_node("Relu", ["a"], ["z"])])]), "a function never makes its output")
    reject(c, "fn_ssa", calling([function("f0", [relu, relu])]), "a function makes a name twice")
    reject(c, "fn_arity", calling([function("f0", [relu])], [helper.make_node("f0", ["x", "x"], ["y"], domain="own")]), "a call with an input too many")
    reject(c, "fn_outputs", calling([function("f0", [relu])], [helper.make_node("f0", ["x"], ["y", "z"], domain="own")]), "a call with an output too many")
    reject(c, "fn_no_import", calling([function("f0", [relu], imports=[helper.make_opsetid("own", 1)])]), "a function without an import of its operators' domain")
    reject(c, "fn_unknown_op", calling([function("f0", [helper.make_node("Rellu", ["a"], ["b"])])]), "a function calls what does not exist")
    reject(c, "fn_no_name", calling([function("", [relu])]), "a function without a name")
    reject(c, "fn_dup_input", calling([function("f0", [helper.make_node("Add", ["a", "a"], ["b"])], inputs=("a", "a"))]), "a function with one input twice")
    reject(c, "fn_reads_graph", calling([function("f0", [helper.make_node("Add", ["a", "x"], ["b"])])]), "a function reads a name of the graph")
    reject(c, "fn_undeclared", model_of(helper.make_graph([helper.make_node("f0", ["x"], ["y"], domain="own")], "g", [info("x")], [info("y")]), imports=[helper.make_opsetid("", 17)], functions=[function("f0", [relu])]), "the model does not import the function's domain", must=False)
    reject(c, "fn_type", calling([function("f0", [helper.make_node("Not", ["a"], ["b"])])]), "a function that cannot take what it is given")
    bound = helper.make_node("LeakyRelu", ["a"], ["b"])
    bound.attribute.append(AttributeProto(name="alpha", type=AttributeProto.FLOAT, ref_attr_name="slope"))
    accept("onnx-unusual", "ok_fn_attr", calling([function("f0", [bound], attributes=["slope"])], [helper.make_node("f0", ["x"], ["y"], domain="own", slope=0.5)]), "a function with an attribute")
    accept("onnx-unusual", "ok_fn_nested", calling([function("f0", [helper.make_node("f1", ["a"], ["b"], domain="own")], imports=own), function("f1", [relu])]), "a function that calls another one")
    accept("onnx-unusual", "ok_fn_unused", calling([function("f0", [relu]), function("f9", [relu])]), "a function that nobody calls")
    deep = [function(f"f{i}", [helper.make_node(f"f{i + 1}", ["a"], ["b"], domain="own")], imports=own) for i in range(40)]
    accept("onnx-unusual", "ok_fn_deep", calling(deep + [function("f40", [relu])]), "calls 41 deep")


# ---- unusual, but whole --------------------------------------------------------------------------


def unusual():
    c = "onnx-unusual"
    whole = add_w().SerializeToString()
    accept(c, "ok_ai_onnx_dom", changed(add_w(), lambda m: (setattr(m.graph.node[0], "domain", "ai.onnx"))), "a node of domain ai.onnx", must=False)
    accept(c, "ok_ai_onnx_import", add_w(imports=[helper.make_opsetid("ai.onnx", 17)]), "the domain imported as ai.onnx", must=False)
    accept(c, "ok_initializer_input", changed(add_w(ir=3, opset=8), lambda m: m.graph.input.append(info("w"))), "an initializer that is an input too")
    accept(c, "ok_unused", add_w([weight(raw_data=bytes(16)), numpy_helper.from_array(np.ones(3, np.float32), "spare")]), "an initializer that nobody reads")
    accept(c, "ok_unused_input", changed(add_w(), lambda m: m.graph.input.append(info("spare"))), "an input that nobody reads")
    accept(c, "ok_initializer_output", changed(add_w(), lambda m: m.graph.output.append(info("w"))), "an initializer that is an output")
    accept(c, "ok_no_nodes", changed(add_w(), lambda m: (m.graph.ClearField("node"), m.graph.ClearField("output"), m.graph.output.append(info("w")))), "no nodes", must=False)
    accept(c, "ok_dup_node_names", add_w(nodes=[helper.make_node("Relu", ["x"], ["a"], name="n"), helper.make_node("Add", ["a", "w"], ["y"], name="n")]), "two nodes of one name")
    accept(c, "ok_long_name", add_w(nodes=[helper.make_node("Relu", ["x"], ["n" * 50000]), helper.make_node("Add", ["n" * 50000, "w"], ["y"])]), "a name of 50,000 letters")
    accept(c, "ok_unicode", add_w(nodes=[helper.make_node("Relu", ["x"], ["größe/名"]), helper.make_node("Add", ["größe/名", "w"], ["y"])]), "names that are not ASCII")
    accept(c, "ok_outputs_left_out", one("BatchNormalization", ("x", "s", "b", "m", "v"), ("y",), weights=[numpy_helper.from_array(np.ones(2, np.float32), n) for n in "sbmv"]), "optional outputs left out")
    accept(c, "ok_empty_output", one("MaxPool", ("x",), ("y", ""), ins=[info("x", dims=(1, 1, 2, 2))], outs=[info("y", dims=(1, 1, 1, 1))], kernel_shape=[2, 2]), "an output without a name", must=False)
    accept(c, "ok_empty_input", one("Clip", ("x", "", "m"), weights=[numpy_helper.from_array(np.float32(6), "m")]), "an optional input left out in the middle")
    accept(c, "ok_symbols", one("Relu", ins=[info("x", dims=("n", None))], outs=[info("y", dims=("n", None))]), "sizes by name and unknown ones")
    reject(c, "no_shape", one("Relu", ins=[helper.make_tensor_value_info("x", F, None)], outs=[helper.make_tensor_value_info("y", F, None)]), "no shapes")
    accept(c, "ok_sequence", model_of(helper.make_graph([helper.make_node("SequenceConstruct", ["x", "x"], ["s"]), helper.make_node("ConcatFromSequence", ["s"], ["y"], axis=0)], "g", [info("x")], [info("y", dims=(4, 2))])), "a sequence")
    accept(c, "ok_optional", model_of(helper.make_graph([helper.make_node("OptionalGetElement", ["x"], ["y"])], "g", [helper.make_value_info("x", helper.make_optional_type_proto(helper.make_tensor_type_proto(F, [2, 2])))], [info("y")]), opset=18), "an optional input")
    accept(c, "ok_foreign_op", changed(one("Anything", domain="some.where"), lambda m: m.opset_import.append(helper.make_opsetid("some.where", 3))), "an operator of somebody's domain", must=False)
    accept(c, "ok_unknown_field", whole + b"\xf2\x3e\x05hello\xf8\x3e\x07", "fields that nobody knows")
    accept(c, "ok_unknown_group", whole + b"\xfb\x3e\x08\x01\xfc\x3e", "a group that nobody knows")
    half = helper.make_model(onnx.GraphProto(), opset_imports=[]).SerializeToString()
    accept(c, "ok_two_pieces", add_w().SerializeToString() + half, "the graph in two pieces", must=False)
    accept(c, "ok_training", changed(add_w(), lambda m: m.training_info.add()), "training information")
    accept(c, "ok_big_doc", changed(add_w(), lambda m: setattr(m, "doc_string", "words " * 2000)), "12,000 letters of documentation")
    accept(c, "ok_denotation", changed(add_w(), lambda m: setattr(m.graph.input[0].type, "denotation", "IMAGE")), "a denotation")
    accept(c, "ok_quantization", changed(add_w(), lambda m: setattr(m.graph.quantization_annotation.add(), "tensor_name", "x")), "a quantization annotation")
    accept(c, "ok_bytes_text", changed(one("Relu"), lambda m: setattr(m.graph, "doc_string", "\x1b[31mred")), "control bytes in a text")
    reject("onnx-version", "utf8_op", one("Relu").SerializeToString().replace(b"Relu", b"Re\xffu"), "an operator name that is not UTF-8")
    reject("pb-wire", "wire_fixed_cut", whole + b"\x0d\x01\x02", "a fixed32 of two bytes")
    reject("pb-wire", "wire_len_beyond", whole + b"\x3a\xff\xff\xff\xff\x07", "a length past the end")
    reject("pb-wire", "wire_len_huge", whole + b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a length of 2^64-1")
    reject("pb-wire", "wire_wrong_type", b"\x0a\x01\x08" + whole, "ir_version as bytes", must=False)
    reject("pb-wire", "wire_group_open", whole + b"\xfb\x3e\x08\x01", "a group that is never closed")
    reject("pb-wire", "empty", b"", "an empty file")
    reject("pb-wire", "zeros", bytes(64), "64 zeros")
    reject("pb-wire", "text", b"ir_version: 8\ngraph {}\n" * 4, "a text")


# ---- external data: only into a folder, for some are links and other kinds of files ---------------


def external_model(entries, **fields):
    tensor = weight(**fields)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries:
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return add_w([tensor])


def external():
    if not FOLDER:
        return
    data = np.arange(4, dtype=np.float32).tobytes()
    (FOLDER / "_outside").mkdir(parents=True, exist_ok=True)
    (FOLDER / "_outside/secret.bin").write_bytes(data)

    def case(name, entries, expect="reject", why="", must=True, forbidden=(), prepare=None, category=None, **fields):
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "w.bin").write_bytes(data)
        if prepare:
            prepare(folder)
        if isinstance(entries, str):
            entries = [("location", entries)]
        put(category or ("onnx-external-ok" if expect == "accept" else "onnx-external"), name + "/model", external_model(entries, **fields), expect, why or str(entries), must=must, forbidden=forbidden)

    secret = ["_outside/secret.bin"]
    link = lambda target: lambda folder: os.path.lexists(folder / "l.bin") or os.symlink(target, folder / "l.bin")
    case("parent", "../_outside/secret.bin", forbidden=secret)
    case("parent_inside", "sub/../../_outside/secret.bin", forbidden=secret, prepare=lambda f: (f / "sub").mkdir(exist_ok=True))
    case("parent_back", "../parent_back/w.bin", why="leaves the folder and comes back")
    case("link_out", "l.bin", forbidden=secret, prepare=link("../_outside/secret.bin"))
    case("link_absolute", "l.bin", forbidden=["/etc/passwd"], prepare=link("/etc/passwd"))
    case("link_folder", "d/secret.bin", forbidden=secret, prepare=lambda f: os.path.lexists(f / "d") or os.symlink("../_outside", f / "d"))
    case("link_loop", "l.bin", prepare=link("l.bin"))
    case("link_chain", "l.bin", forbidden=secret, prepare=lambda f: os.path.lexists(f / "m.bin") or (os.symlink("../_outside/secret.bin", f / "m.bin"), os.symlink("m.bin", f / "l.bin")))
    case("link_device", "l.bin", forbidden=["/dev/zero"], prepare=link("/dev/zero"))
    case("fifo", "p.bin", forbidden=["p.bin"], why="a FIFO", prepare=lambda f: os.path.lexists(f / "p.bin") or os.mkfifo(f / "p.bin"))
    case("folder", "sub", prepare=lambda f: (f / "sub").mkdir(exist_ok=True), why="a folder")
    case("device", "/dev/zero", forbidden=["/dev/zero"])
    case("itself", "model.onnx", why="the model itself")
    case("itself_dot", "./model.onnx", why="the model itself")
    case("missing", "absent.bin")
    case("empty", "")
    case("only_key", [("offset", "0"), ("length", "16")], why="no location")
    case("dotdot", "..")
    case("slash_end", "w.bin/")
    case("nul", "w.bin\0.txt", why="a NUL in the name")
    case("home", "~/w.bin")
    case("backslash", "..\\_outside\\secret.bin", forbidden=secret)
    case("long_name", "n" * 5000, why="a name of 5,000 letters")
    for name, offset in (("text", "abc"), ("empty_number", ""), ("float", "1.5"), ("plus", "+0"), ("hex", "0x0"), ("space", " 0"), ("trail", "0 "), ("end", "16"), ("huge", str(2**63)), ("huge2", str(2**64)), ("octal", "0o0")):
        case("offset_" + name, [("location", "w.bin"), ("offset", offset)], why=f"offset '{offset}'", must=name not in ("plus", "space", "trail", "octal", "hex", "empty_number"))
    for name, length in (("text", "abc"), ("negative", "-16"), ("zero", "0"), ("huge", str(2**64 + 16)), ("short", "15"), ("long", "17")):
        case("length_" + name, [("location", "w.bin"), ("length", length)], why=f"length '{length}'", must=name != "zero")
    case("raw_too", "w.bin", why="raw data besides", raw_data=data, must=False)
    case("typed_too", "w.bin", why="typed data besides", float_data=[0, 1, 2, 3], must=False)
    case("offset_twice", [("location", "w.bin"), ("offset", "0"), ("offset", "4")], why="offset given twice", must=False)
    case("string", "w.bin", why="strings outside", data_type=TensorProto.STRING)
    case("ok_plain", "w.bin", "accept")
    case("ok_dot", "./w.bin", "accept", must=False)
    case("ok_dots_in_name", "a..b.bin", "accept", prepare=lambda f: (f / "a..b.bin").write_bytes(data), must=False)
    case("ok_hidden", ".w", "accept", prepare=lambda f: (f / ".w").write_bytes(data))
    case("ok_three_dots", "...", "accept", prepare=lambda f: (f / "...").write_bytes(data), must=False)
    case("ok_unknown_key", [("location", "w.bin"), ("colour", "blue")], "accept", must=False)
    case("ok_checksum", [("location", "w.bin"), ("offset", "0"), ("length", "16"), ("checksum", "0" * 40)], "accept")
    case("ok_order", [("length", "16"), ("offset", "0"), ("location", "w.bin")], "accept")
    case("ok_space_in_name", "my weights.bin", "accept", prepare=lambda f: (f / "my weights.bin").write_bytes(data))
    case("ok_link_inside", "l.bin", "accept", prepare=link("w.bin"), must=False)
    case("ok_empty_tensor", "w.bin", "accept", dims=[2, 2])
    cache(data)


def cache(data):
    """The Hugging Face cache: snapshots/X/model.onnx and its data are links into blobs/."""
    top = FOLDER / "cache"
    (top / "blobs").mkdir(parents=True, exist_ok=True)
    (top / "snapshots/X").mkdir(parents=True, exist_ok=True)
    (top / "blobs/1111").write_bytes(external_model([("location", "model.onnx.data")]).SerializeToString())
    (top / "blobs/2222").write_bytes(data)
    for name, blob in (("model.onnx", "1111"), ("model.onnx.data", "2222")):
        if not os.path.lexists(top / "snapshots/X" / name):
            os.symlink("../../blobs/" + blob, top / "snapshots/X" / name)
    manifest.append({"file": "cache/snapshots/X/model.onnx", "kind": "ox", "category": "onnx-external-ok", "expect": "accept", "must": False, "stage": "read", "why": "Hugging Face cache"})


def main():
    for write in (enums, versions, graphs, tensors, functions, unusual, external):
        write()
    if FOLDER:
        (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=1))
    else:
        (ROOT / "tests/golden/onnx/malformed.pack").write_bytes(b"".join(pack))


main()
