"""Cases about the pickles: opcodes, memo, stack, names, depth, and tensors and storages that do not fit."""
import struct

from parts import (BODY, CLASS, FLOATS, FORWARD, ORDERED, REBUILD, WEIGHT, Call, Cases, Name, Object, Pickler, Pid, Raw,
    checkpoint, dump, script, state,
                   storage, tensor, weight)

P2 = b"\x80\x02"


def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def ck(body, **options):
    """A checkpoint whose data.pkl has these opcodes behind PROTO 2."""
    return checkpoint(pickle=P2 + body, **options)


def attribute(opcodes, declared, **options):
    """An archive whose object has an attribute `n` of the declared type, pickled by these opcodes."""
    return script(CLASS + f"  n : {declared}\n" + FORWARD + BODY, Object(Name("__torch__", "M"), state(n=Raw(opcodes))),
        **options)


def shared(build, levels, leaf=b"N"):
    """leaf, then at each level a value that holds the one below twice."""
    out = leaf + b"q\0"
    for i in range(levels):
        out += build(b"h" + bytes([i]), b"h" + bytes([i])) + b"q" + bytes([i + 1])
    return out


def truncated(c):
    for protocol in (0, 2, 4):
        whole = dump({"w": tensor(), "epoch": 3, "name": "text", "lr": 0.1}, protocol)
        for cut in range(1, len(whole), max(1, len(whole) // 9)):
            c.reject("pickle-truncated", f"cut_p{protocol}_{cut:03}.pth", f"data.pkl of protocol {protocol} cut to {cut} bytes",
                     checkpoint(pickle=whole[:cut]))
    whole = dump(Object(Name("__torch__", "M"), state()))
    for cut in range(1, len(whole), len(whole) // 9):
        c.reject("pickle-truncated", f"cut_{cut:03}.pt", f"data.pkl cut to {cut} bytes", script(pickle=whole[:cut]))
    for cut in (1, 2, 3):
        c.reject("pickle-truncated", f"cut_constants_{cut}.pt", f"constants.pkl cut to {cut} bytes",
            script(constants=b"\x80\x02)."[:cut]))


def opcodes(c):
    for code in (0x00, 0x01, 0x0A, 0x20, 0x3F, 0x5A, 0x7F, 0x98, 0x99, 0xA0, 0xC0, 0xFE, 0xFF):
        c.reject("pickle-unknown-opcode", f"op_{code:02x}.pth", f"opcode 0x{code:02x} does not exist",
            ck(b"}" + bytes([code]) + b"."))
    for code in (0x7F, 0xFF, 0x97, 0x98):
        c.reject("pickle-unknown-opcode", f"op_{code:02x}.pt", f"opcode 0x{code:02x} does not exist",
            script(pickle=P2 + b"}" + bytes([code]) + b"."))
    c.reject("pickle-unknown-opcode", "op_buffer.pth", "NEXT_BUFFER without buffers", ck(b"\x97."))
    for protocol in (6, 7, 42, 127, 128, 255):
        c.reject("pickle-bad-protocol", f"protocol_{protocol}.pth", f"protocol {protocol}",
            checkpoint(pickle=bytes([0x80, protocol]) + b"}."))
    for protocol in (0, 1, 3, 4, 5, 6, 255):
        c.reject("pickle-bad-protocol", f"protocol_{protocol}.pt", f"protocol {protocol}; TorchScript has 2 only",
                 script(pickle=bytes([0x80, protocol]) + dump(Object(Name("__torch__", "M"), state()))[2:]), choice=True)
    c.reject("pickle-bad-protocol", "protocol_none.pth", "not a pickle but text", checkpoint(pickle=b"hello world"))


def stack(c):
    bad = {
        "odd_setitems": b"}(K\1u.", "odd_dict": b"(K\1d.", "call_int": b"K\1)R.", "call_list": b"])R.",
        "args_list": b"ccollections\nOrderedDict\n]R.",
        "empty": b".", "two_left": b"K\1K\2.", "mark_left": b"(K\1.", "mark_open": b"(.", "no_mark_tuple": b"t.",
        "no_mark_list": b"K\1l.",
        "no_mark_appends": b"]e.", "no_mark_setitems": b"}u.", "append_empty": b"a.", "append_int": b"K\1K\2a.",
        "append_dict": b"}K\1a.",
        "setitem_list": b"]K\1K\2s.", "setitem_short": b"}K\1s.", "setitem_tuple": b")K\1K\2s.", "setitems_none": b"N(K\1K\2u.",
        "tuple1": b"\x85.", "tuple2": b"K\1\x86.", "tuple3": b"K\1K\2\x87.", "below_mark": b"K\1(\x85.", "pop_empty": b"0.",
        "pop_mark_none": b"1.",
        "dup_empty": b"2.", "reduce_empty": b"R.", "reduce_short": b")R.", "build_empty": b"b.", "build_int": b"K\1}b.",
        "build_list": b"]}b.",
        "newobj_short": b")\x81.", "newobj_int": b"K\1)\x81.", "persid_empty": b"Q.", "obj_empty": b"(o.",
        "stack_global_short": b"K\1\x93.",
        "stack_global_int": b"K\1K\2\x93.", "additems_list": b"](K\1\x90.", "proto_late": b"}\x80",
        "frame_long": b"\x95" + b"\xff" * 8 + b"}.",
        "newobj_ex_short": b"K\1K\2\x92.",
    }
    for name, body in bad.items():
        c.reject("pickle-stack", f"stack_{name}.pth", f"stack: {name}", ck(body))
    for name in ("odd_setitems", "call_int", "empty", "two_left", "mark_left", "no_mark_tuple", "append_int", "tuple2",
        "reduce_empty",
                 "build_empty", "newobj_int", "persid_empty"):
        c.reject("pickle-stack", f"stack_{name}.pt", f"stack: {name}", script(pickle=P2 + bad[name]))
    c.reject("pickle-root", "root_int.pt", "the model is an int", script(pickle=P2 + b"K\1."))
    c.reject("pickle-root", "root_dict.pt", "the model is a dict", script(pickle=P2 + b"}."))
    c.reject("pickle-root", "root_none.pt", "the model is None", script(pickle=P2 + b"N."))
    c.reject("pickle-root", "root_class.pt", "the model is a class, not an object", script(pickle=P2 + b"c__torch__\nM\n."))
    c.reject("pickle-root", "constants_list.pt", "constants are a list", script(constants=P2 + b"]."), choice=True)
    c.reject("pickle-root", "constants_int.pt", "constants are an int", script(constants=P2 + b"K\1."))
    c.reject("pickle-root", "state_list.pt", "the state of the object is a list",
        script(pickle=P2 + b"c__torch__\nM\n)\x81]b."))
    c.reject("pickle-root", "state_none.pt", "the object has no state", script(pickle=P2 + b"c__torch__\nM\n)\x81."))
    c.reject("pickle-root", "state_twice.pt", "the state is set twice",
             script(pickle=dump(Object(Name("__torch__", "M"), state()))[:-1] + b"}b."), choice=True)


def memo(c):
    bad = {
        "get_unset": b"h\5.", "long_get_unset": b"j\xff\xff\xff\xff.", "text_get_unset": b"g7\n.",
        "get_negative": b"}p0\ng-1\n.",
        "get_words": b"}p0\ngx\n.", "put_negative": b"}p-1\n.", "put_words": b"}pabc\n.", "put_empty_line": b"}p\n.",
        "put_no_value": b"q\0.",
        "long_put_no_value": b"r\0\0\0\0.", "memoize_no_value": b"\x94.", "put_below_mark": b"K\1(q\0.",
        "get_digits": b"g" + b"9" * 400 + b"\n.",
        "get_before_put": b"h\0q\0.", "get_cut": b"h", "long_get_cut": b"j\0\0",
    }
    for name, body in bad.items():
        c.reject("pickle-memo", f"memo_{name}.pth", f"memo: {name}", ck(body))
    c.reject("pickle-memo", "memo_get_unset.pt", "memo entry never stored", script(pickle=P2 + b"h\5."))
    c.accept("pickle-unusual", "memo_huge_key.pth", "memo key 2^32 - 16", ck(b"}r\xf0\xff\xff\xff0j\xf0\xff\xff\xff."))
    c.accept("pickle-unusual", "memo_again.pth", "a memo key stored twice", ck(b"}q\0K\1q\0" + b"0."))
    c.accept("pickle-unusual", "memo_sparse.pth", "memo keys far apart",
             ck(b"}" + b"".join(b"r" + struct.pack("<I", i * 1000003) for i in range(4000)) + b"."))


def lengths(c):
    bad = {
        "unicode_4G": b"X\xff\xff\xff\xffab.", "unicode8_2p63": b"\x8d" + struct.pack("<Q", 1 << 63) + b"ab.",
        "unicode8_max": b"\x8d" + b"\xff" * 8 + b"ab.", "short_unicode": b"\x8c\xffab.", "bytes_4G": b"B\xff\xff\xff\xffab.",
        "short_bytes": b"C\x80ab.",
        "bytes8": b"\x8e" + b"\xff" * 8 + b".", "bytearray8": b"\x96" + struct.pack("<Q", 1 << 62) + b".",
        "string_negative": b"T\xff\xff\xff\xffab.",
        "short_string": b"U\x7fab.", "long1": b"\x8a\xff\x01.", "long4": b"\x8b\xff\xff\xff\x7f\x01.",
        "long4_negative": b"\x8b\xff\xff\xff\xff\x01.",
        "int_digits": b"I" + b"9" * 5000 + b"\n.", "int_words": b"Iabc\n.", "int_empty": b"I\n.", "float_words": b"Fx.y\n.",
        "float_empty": b"F\n.",
        "long_words": b"Lz\n.", "int_no_end": b"I123", "string_no_quotes": b"Sabc\n.", "string_escape": b"S'\\x4'\n.",
        "string_open": b"S'abc\n.",
        "unicode_escape": b"V\\u12\n.", "float_cut": b"G\0\0\0", "int_cut": b"J\0\0", "frame_past": b"\x95\xe8\3\0\0\0\0\0\0}.",
    }
    for name, body in bad.items():
        c.reject("pickle-length", f"length_{name}.pth", f"length: {name}", ck(body))
    for name, raw in {"bad_utf8": b"\xff\xfe", "cut_utf8": b"ab\xe4\xb8", "overlong": b"\xc0\x80",
        "past_unicode": b"\xf5\x80\x80\x80"}.items():
        c.reject("pickle-length", f"text_{name}.pth", "a key is not UTF-8",
                 ck(b"}X" + struct.pack("<I", len(raw)) + raw + b"K\1s."), choice=True)
    for name in ("unicode_4G", "unicode8_2p63", "long1", "float_cut"):
        c.reject("pickle-length", f"length_{name}.pt", f"length: {name}", script(pickle=P2 + bad[name]))


def names(c):
    cat = "pickle-forbidden-global"
    systems = [("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"),
               ("__builtin__", "eval"), ("subprocess", "Popen"), ("torch.hub", "load"), ("torch", "load"),
               ("operator", "attrgetter"),
               ("runpy", "_run_code"), ("collections", "OrderedDictX"), ("collections.abc", "OrderedDict"),
               ("torch._utils", "_rebuild_tensor_v9"),
               ("torch._utils_", "_rebuild_tensor_v2"), ("torch", "Float Storage"), ("torch", "NoSuchStorage"), ("", ""),
               ("torch", ""),
               ("", "OrderedDict"), ("numpy.testing._private.utils", "runstring"), ("torch.nn.modules.linear", "Linear"),
               ("__main__", "Net"),
               ("torch.storage", "_load_from_bytes"), ("builtins", "__import__"), ("Collections", "OrderedDict")]
    for i, (module, name) in enumerate(systems):
        c.reject(cat, f"global_reduce_{i:02}.pth", f"REDUCE of {module}.{name}",
            checkpoint({"w": Call(Name(module, name), "echo")}),
                 names=f"{module}.{name}")
    some = "some_module.some_function"
    line = b"csome_module\nsome_function\n"
    quiet = {"unused": b"}" + text("a") + line + b"s.", "newobj": line + b")\x81.", "newobj_build": line + b")\x81}b.",
        "inst": b"(isome_module\nsome_function\n.",
             "obj": b"(" + line + b"o.", "newobj_ex": line + b")}\x92.", "popped": line + b"0}.",
             "in_memo": line + b"q\0" + b"0}.",
             "stack_global": b"\x8c\x0bsome_module\x8c\x0dsome_function\x93.", "as_key": b"}" + line + b"K\1s.",
             "as_argument": b"ccollections\nOrderedDict\n(" + line + b"tR.",
             "as_state": b"ccollections\nOrderedDict\n)R" + line + b"b."}
    for name, body in quiet.items():
        c.reject(cat, f"global_{name}.pth", f"forbidden name: {name}", ck(body), names=some)
    for name, module, dotted in (("getattr", "builtins", "getattr.__class__"), ("list", "collections", "OrderedDict.__init__"),
                                 ("torch", "torch", "_utils._rebuild_tensor_v2"),
                                 ("nested", "torch._utils", "_rebuild_tensor_v2.__globals__")):
        c.reject(cat, f"global_dotted_{name}.pth", "STACK_GLOBAL with a dotted attribute path",
                 checkpoint(pickle=b"\x80\x04" + b"\x8c" + bytes([len(module)]) + module.encode() + b"\x8c" + bytes([len(dotted)]) + dotted.encode() + b"\x93)R."),
                 names=dotted)
    for name, code in (("ext1", b"\x82\1"), ("ext2", b"\x83\1\1"), ("ext4", b"\x84\1\1\0\0"), ("ext_zero", b"\x82\0")):
        c.reject(cat, f"global_{name}.pth", "extension registry code", ck(code + b"."))
    c.reject(cat, "global_no_newline.pth", "a name that never ends", ck(b"c" + b"a" * 150000))
    c.reject(cat, "global_long.pth", "a name of 150000 letters", ck(b"c" + b"a" * 150000 + b"\nb\n)R."))
    c.reject(cat, "global_control.pth", "a name with control bytes", ck(b"c\x1b[31mred\x07\n\x9b2J\n)R."))
    c.reject(cat, "global_pid.pth", "the class of a storage is no storage",
        checkpoint({"w": tensor(Pid(("storage", Name("os", "system"), "0", "cpu", 6)))}),
             names="os.system")
    for name, module, what in (("system", "os", "system"), ("other_class", "__torch__", "N"),
        ("other_file", "__torch__.net", "Net"), ("parent", "__torch__..M", "M"),
                               ("linear", "torch.nn.modules.linear", "Linear")):
        c.reject(cat, f"global_{name}.pt", f"an object of {module}.{what}", script(root=Object(Name(module, what), state())),
            names=what)
        c.reject(cat, f"global_constant_{name}.pt", f"{module}.{what} in constants.pkl",
            script(constants=dump((Object(Name(module, what), {}),))), names=what)
    c.reject(cat, "global_reduce.pt", "a call inside the state", script(root=Object(Name("__torch__", "M"),
        state(training=Call(Name("os", "system"), "x")))),
             names="os.system")


def deep(c):
    n = 150000
    c.reject("pickle-deep", "deep_tuple.pth", "nested tuples", ck(b")" + b"\x85" * n + b"."), choice=True)
    c.reject("pickle-deep", "deep_list.pth", "nested lists", ck(b"]" * n + b"a" * (n - 1) + b"."), choice=True)
    c.reject("pickle-deep", "deep_dict.pth", "nested dicts", ck(b"}" + b"K\0}" * n + b"s" * n + b"."), choice=True)
    c.reject("pickle-deep", "deep_mark.pth", "nested marks", ck(b"(" * n + b"t" * n + b"."), choice=True)
    c.reject("pickle-deep", "deep_ordered.pth", "nested dicts as arguments of calls",
             ck((b"ccollections\nOrderedDict\nq\0" + b"](K\1") + b"h\0](K\1" * 20000 + b"N" + b"eR" * 2 + b"."))
    c.reject("pickle-deep", "deep_state.pth", "state of state of state",
             ck(b"ccollections\nOrderedDict\nq\0" + b")R" + b"h\0)R" * n + b"b" * n + b"."), choice=True)
    c.reject("pickle-deep", "deep_tuple.pt", "an attribute of nested tuples", attribute(b")" + b"\x85" * n, "Tuple[int]"))
    c.reject("pickle-deep", "deep_list.pt", "an attribute of nested lists", attribute(b"]" * n + b"a" * (n - 1), "List[int]"))
    c.reject("pickle-deep", "deep_constants.pt", "a constant of nested tuples",
        script(constants=P2 + b")" + b"\x85" * n + b"\x85."))
    for depth in (10, 100, 1000, 9000):
        c.accept("pickle-unusual", f"nested_{depth}.pth", f"{depth} nested lists", ck(b"]" * depth + b"a" * (depth - 1) + b"."),
            choice=depth > 500)
    c.accept("pickle-unusual", "modules_300.pt", "300 nested modules", nested_modules(300))


def nested_modules(depth):
    code, inner = CLASS + FORWARD + BODY, Pickler(memo=False).one(Object(Name("__torch__", "M"), state()))
    for i in range(depth):
        below = f"N{i - 1}" if i else "M"
        code += (f"class N{i}(Module):\n  __parameters__ = []\n  __buffers__ = []\n  inner : __torch__.{below}\n"
                 f"  def forward(self: __torch__.N{i},\n    x: Tensor) -> Tensor:\n    return (self.inner).forward(x, )\n")
        inner = f"c__torch__\nN{i}\n".encode() + b")\x81}" + text("inner") + inner + b"sb"
    return script(code, pickle=P2 + inner + b".")


def cycles(c):
    cat = "pickle-self-reference"
    c.reject(cat, "self_list.pth", "a list holds itself", ck(b"]q\0h\0a."), choice=True)
    c.reject(cat, "self_dict.pth", "a dict holds itself", ck(b"}q\0K\1h\0s."), choice=True)
    c.reject(cat, "self_tuple.pth", "list, tuple, list", ck(b"]q\0h\0\x85a."), choice=True)
    c.reject(cat, "self_state.pth", "the state of a dict is the dict", ck(b"ccollections\nOrderedDict\n)Rq\0h\0b."),
        choice=True)
    c.reject(cat, "self_state_key.pth", "the state of a dict holds the dict", ck(b"ccollections\nOrderedDict\n)Rq\0}K\1h\0sb."),
        choice=True)
    c.reject(cat, "self_far.pth", "a cycle of 1000 lists", ck(b"]q\0" + b"]" * 999 + b"h\0a" + b"a" * 999 + b"."), choice=True)
    c.reject(cat, "self_module.pt", "a module holds itself",
        script(pickle=P2 + b"c__torch__\nM\n)\x81q\0}" + text("w") + b"h\0sb."))
    c.reject(cat, "self_attribute.pt", "a list attribute holds itself", attribute(b"]q\x7fh\x7fa", "List[int]"))
    c.reject(cat, "self_tensor.pth", "a tensor's hooks hold the tensor's arguments",
             ck(b"]q\0" + b"ctorch._utils\n_rebuild_tensor_v2\nh\0R."))


def exponential(c):
    cat = "pickle-exponential"
    for levels in (40, 60, 100):
        c.reject(cat, f"expo_tuple_{levels}.pth", f"{levels} levels of shared pairs",
            ck(shared(lambda a, b: a + b + b"\x86", levels, b")") + b"."), choice=True)
        c.reject(cat, f"expo_list_{levels}.pth", f"{levels} levels of lists shared twice",
            ck(shared(lambda a, b: b"](" + a + b + b"e", levels, b"]") + b"."), choice=True)
        c.reject(cat, f"expo_dict_{levels}.pth", f"{levels} levels of dicts shared twice",
                 ck(shared(lambda a, b: b"}(K\1" + a + b"K\2" + b + b"u", levels, b"}") + b"."), choice=True)
        c.reject(cat, f"expo_tuple_{levels}.pt", f"an attribute of {levels} levels of shared pairs",
                 attribute(shared(lambda a, b: a + b + b"\x86", levels, b")"), "Tuple[int]"))
    c.reject(cat, "expo_wide.pth", "five levels of a list 1000 times",
             ck(b"]q\0" + b"".join(b"](" + b"h" + bytes([i]) * 1 + (b"h" + bytes([i])) * 999 + b"eq" + bytes([i + 1])
             for i in range(5)) + b"."), choice=True)
    c.reject(cat, "expo_ordered.pth", "calls that copy their arguments",
             ck(shared(lambda a, b: b"ccollections\nOrderedDict\n](K\1" + a + b"\x86K\2" + b + b"\x86e\x85R", 60, b"}") + b"."),
             choice=True)
    c.reject(cat, "expo_constants.pt", "constants of 60 levels of shared pairs",
             script(constants=P2 + shared(lambda a, b: a + b + b"\x86", 60, b")") + b"."), choice=True)
    c.accept("pickle-unusual", "shared_few.pth", "one list used 5000 times", ck(b"](]q\0" + b"h\0" * 4999 + b"e."))


def tensors(c):
    def bad(category, name, why, root=None, data=None, **more):
        c.reject(category, f"{name}.pth", why, checkpoint(root if isinstance(root, dict) else {"w": root}, data), **more)
    big, wrap = 1 << 62, (1 << 63) - 1
    oob = "tensor-out-of-bounds"
    bad(oob, "offset_1", "offset 1 + 6 elements in a storage of 6", tensor(offset=1))
    bad(oob, "offset_6", "offset 6 in a storage of 6", tensor(offset=6, shape=(1,)))
    bad(oob, "offset_scalar", "0-dim tensor at offset 6 of 6", tensor(offset=6, shape=()))
    bad(oob, "shape_8", "8 of 6 elements", tensor(shape=(2, 4)))
    bad(oob, "stride_100", "stride reaches element 102", tensor(strides=(100, 1)))
    bad(oob, "stride_last", "stride reaches one element too far", tensor(shape=(2, 3), strides=(4, 1)))
    bad(oob, "shape_transposed", "transposed shape with the old strides", tensor(shape=(3, 2), strides=(3, 1)))
    bad(oob, "offset_huge", "offset 2^62", tensor(offset=big))
    negative = "tensor-negative"
    bad(negative, "offset_negative", "offset -1", tensor(offset=-1))
    bad(negative, "dim_negative", "dimension -2", tensor(shape=(-2, 3), strides=(3, 1)))
    bad(negative, "dims_negative", "two negative dimensions", tensor(shape=(-2, -3), strides=(3, 1)))
    bad(negative, "stride_negative", "stride -1", tensor(offset=5, shape=(6,), strides=(-1,)))
    bad(negative, "numel_negative", "storage of -6 elements", tensor(storage(numel=-6)))
    bad(negative, "dim_min", "dimension -2^63", tensor(shape=(-1 << 63, 1), strides=(1, 1)))
    bad(negative, "zero_and_negative", "dimensions 0 and -1", tensor(shape=(0, -1), strides=(1, 1)))
    over = "tensor-overflow"
    bad(over, "numel_2p64", "2^64 elements through stride 0", tensor(shape=(1 << 32, 1 << 32), strides=(0, 0)))
    bad(over, "numel_2p63", "2^63 elements through stride 0", tensor(shape=(1 << 32, 1 << 31), strides=(0, 0)))
    bad(over, "storage_2p62", "storage of 2^62 floats", tensor(storage(numel=big)))
    bad(over, "storage_2p61", "storage of 2^61 doubles", tensor(storage(numel=1 << 61, kind="DoubleStorage")))
    bad(over, "storage_wrap", "storage of 2^62 + 6 floats", tensor(storage(numel=big + 6)))
    bad(over, "storage_big_int", "storage of 2^70 floats", tensor(storage(numel=1 << 70)))
    bad(over, "offset_wrap", "offset 2^63 - 1", tensor(offset=wrap))
    bad(over, "offset_big_int", "offset 2^64", tensor(offset=1 << 64))
    bad(over, "stride_wrap", "sum of strides wraps to 1", tensor(shape=(3, 3), strides=(wrap, 1)))
    bad(over, "stride_product", "stride times dimension wraps", tensor(shape=(1 << 32, 1), strides=(1 << 32, 1)))
    bad(over, "dim_big_int", "dimension 2^65", tensor(shape=(1 << 65,), strides=(0,)))
    bad(over, "zero_and_huge", "dimensions 2^62, 2^62 and 0 through storage of 6",
        tensor(shape=(big, big, 0), strides=(1, 1, 1)), choice=True)
    missing = "tensor-missing-record"
    bad(missing, "record_absent", "data/0 is absent", tensor(), {})
    bad(missing, "key_7", "key 7 has no record", tensor(storage("7")))
    bad(missing, "key_empty", "an empty key", tensor(storage("")))
    bad(missing, "key_zero", "key 00 is not key 0", tensor(storage("00")))
    bad(missing, "key_nul", "a NUL in the key", tensor(storage("0\0")))
    bad(missing, "key_slash", "key /0", tensor(storage("/0")))
    bad(missing, "key_dot", "key ./0", tensor(storage("./0")))
    c.reject(missing, "record_absent.pt", "data/0 is absent", script(data={}))
    c.reject(missing, "record_constant.pt", "a constant without a record", script(constants=dump((weight(),))))
    c.reject(missing, "key_of_constant.pt", "key of a constant", script(data={}, constant_data={"0": WEIGHT}))
    short = "tensor-storage"
    bad(short, "record_8", "record of 8 bytes for 6 floats", tensor(), {"0": FLOATS[:8]})
    bad(short, "record_23", "record of 23 bytes for 6 floats", tensor(), {"0": FLOATS[:23]})
    bad(short, "record_empty", "empty record for 6 floats", tensor(), {"0": b""})
    bad(short, "record_25", "record of 25 bytes for 6 floats", tensor(), {"0": FLOATS + b"\0"}, choice=True)
    bad(short, "record_48", "record of 48 bytes for 6 floats", tensor(), {"0": FLOATS * 2}, choice=True)
    bad(short, "numel_differs", "one storage of 6 and of 4 elements", {"a": tensor(), "b": tensor(storage(numel=4), 0, (4,))},
        choice=True)
    for size in (0, 8, 12, 15):
        c.reject(short, f"record_{size}.pt", f"record of {size} bytes for 4 floats", script(data={"0": WEIGHT[:size]}))
    kind = "tensor-dtype"
    bad(kind, "dtype_double", "one record as float and double", {"a": tensor(),
        "b": tensor(storage(numel=6, kind="DoubleStorage"))})
    bad(kind, "dtype_double_fits", "one record as 6 floats and 3 doubles",
        {"a": tensor(), "b": tensor(storage(numel=3, kind="DoubleStorage"), 0, (3,))})
    bad(kind, "dtype_int", "one record as float and int32", {"a": tensor(), "b": tensor(storage(kind="IntStorage"))})
    c.reject(kind, "dtype_int.pt", "one record as float and int32", two_kinds())
    arguments(c)
    ids(c)


def two_kinds():
    return script(CLASS + "  v : Tensor\n" + FORWARD + BODY, Object(Name("__torch__", "M"),
        state(v=tensor(storage(numel=4, kind="IntStorage"), 0, (4,)))))


def arguments(c):
    cat = "tensor-bad-args"
    rebuild, hooks = Name(*REBUILD), Call(Name(*ORDERED))
    bad = {
        "rank_more": (storage(), 0, (2, 3), (1,), False, hooks), "rank_less": (storage(), 0, (6,), (3, 1), False, hooks),
        "few_1": (storage(),), "few_0": (), "few_4": (storage(), 0, (6,), (1,)),
        "many": (storage(), 0, (6,), (1,), False, hooks, None, None, None),
        "shape_text": (storage(), 0, "abc", (1,), False, hooks), "shape_int": (storage(), 0, 6, 1, False, hooks),
        "shape_none": (storage(), 0, None, None, False, hooks),
        "offset_text": (storage(), "0", (6,), (1,), False, hooks), "offset_float": (storage(), 0.5, (6,), (1,), False, hooks),
        "offset_none": (storage(), None, (6,), (1,), False, hooks),
        "dims_float": (storage(), 0, (6.0,), (1,), False, hooks), "dims_text": (storage(), 0, ("6",), (1,), False, hooks),
        "dims_nested": (storage(), 0, ((6,),), (1,), False, hooks),
        "strides_text": (storage(), 0, (6,), ("1",), False, hooks), "store_none": (None, 0, (6,), (1,), False, hooks),
        "store_text": ("0", 0, (6,), (1,), False, hooks),
        "store_tuple": (("storage", Name("torch", "FloatStorage"), "0", "cpu", 6), 0, (6,), (1,), False, hooks),
        "store_tensor": (tensor(), 0, (6,), (1,), False, hooks), "dims_bool": (storage(), 0, (True, 6), (6, 1), False, hooks),
    }
    for name, args in bad.items():
        c.reject(cat, f"args_{name}.pth", f"_rebuild_tensor_v2: {name}", checkpoint({"w": Call(rebuild, *args)}),
            choice=name == "dims_bool")
    for name in ("rank_more", "few_1", "few_0", "shape_text", "offset_text", "store_none", "dims_float"):
        c.reject(cat, f"args_{name}.pt", f"_rebuild_tensor_v2: {name}",
            script(root=Object(Name("__torch__", "M"), state(w=Call(rebuild, *bad[name])))))
    for rank in (65, 5000):
        c.reject(cat, f"rank_{rank}.pth", f"{rank} dimensions", checkpoint({"w": tensor(shape=(1,) * rank,
            strides=(1,) * rank)}), choice=True)
    for name, call in {"parameter_none": Call(Name("torch._utils", "_rebuild_parameter")),
        "parameter_few": Call(Name("torch._utils", "_rebuild_parameter"), tensor()),
                       "v3_dtype": Call(Name("torch._utils", "_rebuild_tensor_v3"), storage(), 0, (6,), (1,), False, hooks,
                       "float"),
                       "qtensor_few": Call(Name("torch._utils", "_rebuild_qtensor"), storage(), 0, (6,), (1,)),
                       "qtensor_scheme": Call(Name("torch._utils", "_rebuild_qtensor"), storage(kind="QInt8Storage"), 0, (6,),
                       (1,), (9, 1.0, 0), False, hooks),
                       "device_int": Call(Name("torch", "device"), 3), "storage_called": Call(Name("torch", "FloatStorage"), 6),
                       "dtype_called": Call(Name("torch", "float32"), 6), "ordered_int": Call(Name(*ORDERED), 5),
                       "ordered_pairs": Call(Name(*ORDERED), [(1, 2, 3)]),
                       "encode_int": Call(Name("_codecs", "encode"), 5, "latin1"),
                       "encode_odd": Call(Name("_codecs", "encode"), "x", "rot13"),
                       "complex_text": Call(Name("builtins", "complex"), "1", "2")}.items():
        c.reject(cat, f"call_{name}.pth", f"wrong call: {name}", checkpoint({"w": call}), choice=name == "encode_odd")


def ids(c):
    cat = "tensor-bad-args"
    kind = Name("torch", "FloatStorage")
    bad = {
        "int": 5, "text": "0", "none": None, "empty": (), "one": ("storage",), "four": ("storage", kind, "0", "cpu"),
        "six": ("storage", kind, "0", "cpu", 6, None, None), "tag": ("storages", kind, "0", "cpu", 6),
        "tag_int": (1, kind, "0", "cpu", 6),
        "class_text": ("storage", "FloatStorage", "0", "cpu", 6), "class_none": ("storage", None, "0", "cpu", 6),
        "class_other": ("storage", Name(*ORDERED), "0", "cpu", 6),
        "key_int": ("storage", kind, 0, "cpu", 6), "key_none": ("storage", kind, None, "cpu", 6),
        "device_int": ("storage", kind, "0", 0, 6),
        "numel_text": ("storage", kind, "0", "cpu", "6"), "numel_none": ("storage", kind, "0", "cpu", None),
        "numel_float": ("storage", kind, "0", "cpu", 6.0),
        "list": ["storage", kind, "0", "cpu", 6],
    }
    for name, value in bad.items():
        c.reject(cat, f"pid_{name}.pth", f"persistent id: {name}", checkpoint({"w": tensor(Pid(value))}),
            choice=name in ("key_int", "device_int"))
    for name in ("int", "one", "four", "tag", "class_text", "numel_text"):
        c.reject(cat, f"pid_{name}.pt", f"persistent id: {name}",
            script(root=Object(Name("__torch__", "M"), state(w=tensor(Pid(bad[name]), 0, (4,))))))


def unusual(c):
    ok = "ck-unusual"
    def good(name, why, root=None, data=None, choice=False, **options):
        c.accept(ok, f"{name}.pth", why, checkpoint(root, data, **options), choice=choice)
    for protocol in range(6):
        good(f"ok_protocol_{protocol}", f"pickle protocol {protocol}",
            {"w": tensor(), "n": [1, -70000, 1 << 40, 2.5, "t\u00e9xt", None, True, ("a", "b", "c", "d")]},
             protocol=protocol)
    good("ok_expanded", "stride 0", {"w": tensor(shape=(1000, 1000), strides=(0, 0)),
        "v": tensor(shape=(5, 3), strides=(0, 1))})
    good("ok_transposed", "transposed", {"w": tensor(shape=(3, 2), strides=(1, 3))})
    good("ok_scalar", "0-dim", {"w": tensor(shape=()), "v": tensor(offset=5, shape=())})
    good("ok_empty", "empty tensors", {"w": tensor(shape=(0,)), "v": tensor(shape=(2, 0, 3)), "u": tensor(offset=6, shape=(0,)),
        "t": tensor(storage("1", 0), 0, (0,))},
         {"0": FLOATS, "1": b""})
    good("ok_empty_no_record", "an empty storage without a record", {"t": tensor(storage("1", 0), 0, (0,)), "w": tensor()},
        choice=True)
    good("ok_shared", "two tensors over one storage", {"a": tensor(), "b": tensor(shape=(2,), offset=2)})
    one = tensor()
    good("ok_same", "one tensor under two names", {"a": one, "b": one, "c": [one, one]})
    good("ok_slack", "a tensor uses 2 of 6 elements", {"w": tensor(offset=3, shape=(2,))})
    good("ok_overlap", "strides that overlap", {"w": tensor(shape=(3, 3), strides=(1, 1))})
    good("ok_many", "500 tensors", {f"layer.{i}.weight": tensor(storage(str(i), 1), 0, (1,)) for i in range(500)},
        {str(i): bytes(4) for i in range(500)})
    sizes = {"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
        "Bool": 1, "ComplexFloat": 8,
             "ComplexDouble": 16}
    good("ok_dtypes", "all element types", {k: tensor(storage(k, 3, k + "Storage"), 0, (3,)) for k in sizes},
        {k: bytes(3 * n) for k, n in sizes.items()})
    dtypes = {"uint16": 2, "uint32": 4, "uint64": 8, "float8_e4m3fn": 1, "float8_e5m2": 1}
    good("ok_untyped", "element types through untyped storage",
         {k: Call(Name("torch._utils", "_rebuild_tensor_v3"), storage(k, 4 * n, "UntypedStorage", module="torch.storage"), 0,
         (4,), (1,), False, Call(Name(*ORDERED)), Name("torch", k))
          for k, n in dtypes.items()}, {k: bytes(4 * n) for k, n in dtypes.items()})
    good("ok_cuda", "saved from cuda:1", {"w": tensor(storage(device="cuda:1"))})
    good("ok_devices", "saved from many devices", {d: tensor(storage(device=d))
        for d in ("cpu",)} | {"m": tensor(storage("1", device="mps:0"))}, {"0": FLOATS, "1": FLOATS})
    good("ok_numbers", "odd numbers", {"a": -1, "b": 1 << 70, "c": -(1 << 70), "d": float("nan"), "e": float("-inf"),
        "f": 5e-324, "g": -(1 << 63), "h": 0})
    good("ok_names", "unicode names and a name of 50000 letters",
        {"\u4e2d\u6587.w": tensor(), "\U0001f600": 1, "n" * 50000: tensor(shape=(6,)), "": 2, "a b\tc": 3, "\ud800": 4})
    good("ok_keys", "keys that are no text", {1: tensor(), None: 1, True: 2, (1, "a"): 3, 2.5: 4, b"b": 5}, protocol=3)
    good("ok_nested", "optimizer state and epoch", {"state_dict": {"w": tensor()},
        "optimizer": {"state": {0: {"step": 3}}, "param_groups": [{"lr": 0.1, "params": [0]}]}, "epoch": 7})
    good("ok_ordered", "OrderedDict with metadata", pickle=P2 + b"ccollections\nOrderedDict\n)R(" + text("w") + Pickler(2,
        False).one(tensor()) + b"u}"
         + text("_metadata") + b"}sb.")
    good("ok_parameter", "a parameter", {"w": Call(Name("torch._utils", "_rebuild_parameter"), tensor(), True,
        Call(Name(*ORDERED)))})
    good("ok_list_root", "the root is a list", [tensor(), tensor()])
    good("ok_tensor_root", "the root is a tensor", tensor())
    good("ok_empty_dict", "an empty dict", pickle=P2 + b"}.")
    good("ok_sets", "sets, bytes and bytearrays",
        pickle=b"\x80\x05}(" + b"\x8c\1a\x8f(K\1K\2\x90" + b"\x8c\1b(K\1\x91" + b"\x8c\1cC\2hi" + b"\x8c\1d\x96\2\0\0\0\0\0\0\0hiu.")
    good("ok_sizes", "torch.Size and device", {"s": Call(Name("torch", "Size"), (2, 3)),
        "d": Call(Name("torch", "device"), "cuda", 0), "t": Name("torch", "float16")})
    good("ok_complex", "a complex number", {"z": Call(Name("builtins", "complex"), 1.0, -2.0)})
    good("ok_trailing", "bytes behind STOP", pickle=dump({"w": tensor()}) + b"trailing", choice=True)
    good("ok_frames", "many small frames", pickle=b"\x80\x04" + b"\x95\1\0\0\0\0\0\0\0}" + b"\x95\1\0\0\0\0\0\0\0.",
        choice=True)
    good("ok_memo_text", "protocol 0 with text memo", {"a": ["x"], "b": ("y",)}, protocol=0)
    good("ok_little", "byteorder little", order="little")
    good("ok_big", "byteorder big", order="big", choice=True)
    good("ok_big_dtypes", "byteorder big, all sizes", {k: tensor(storage(k, 3, k + "Storage"), 0, (3,)) for k in sizes},
        {k: bytes(3 * n) for k, n in sizes.items()},
         order="big", choice=True)
    c.reject("ck-byte-order", "order_middle.pth", "byteorder middle", checkpoint(order="middle"))
    c.reject("ck-byte-order", "order_empty.pth", "byteorder is empty", checkpoint(order=""), choice=True)
    c.accept("ck-unusual", "plans.pkl.pth", "a bare pickle without tensors", dump({"plans": [1, 2, 3]}), choice=True)


def cases():
    c = Cases()
    for part in (truncated, opcodes, stack, memo, lengths, names, deep, cycles, exponential, tensors, unusual):
        part(c)
    return c
