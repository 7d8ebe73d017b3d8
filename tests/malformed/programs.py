"""Cases about TorchScript archives: records that are missing, versions, syntax, names, types and depth of the code."""
import struct

from parts import (BODY, CLASS, CODE, DEFLATED, FORWARD, WEIGHT, Call, Cases, Entry, Name, Object, Raw, archive, dump, program,
    script,
                   script_entries, state, storage, tensor, weight)

CAT_SYNTAX, CAT_NAME, CAT_TYPE = "ts-syntax", "ts-undefined-name", "ts-type-error"


def without(wanted):
    return archive([e for e in script_entries() if not e.name.endswith(wanted.encode())])


def records(c):
    for name in ("version", "constants.pkl", "data.pkl", "__torch__.py", "data/0"):
        c.reject("ts-missing-record", f"no_{name.replace('.', '_').replace('/', '_')}.pt", f"no record {name}", without(name))
    c.reject("ts-missing-record", "no_code_in_folder.pt", "the code lies in another folder",
             script(None, files={"src/__torch__.py": CODE}))
    c.reject("ts-missing-record", "constants_open_mark.pt", "constants.pkl ends with an open mark",
        script(constants=b"\x80\x02(."))
    c.reject("ts-missing-record", "constants_empty.pt", "constants.pkl has no bytes", script(constants=b""))
    c.reject("ts-missing-record", "class_elsewhere.pt", "the class of the object is in no file",
        script(CODE.replace("class M", "class N").replace("__torch__.M", "__torch__.N")))
    c.reject("ts-missing-record", "code_empty.pt", "the code is empty", script(""))
    versions = {"abc": b"abc\n", "empty": b"", "999": b"999\n", "negative": b"-3\n", "nul": b"\0\0", "zero": b"0\n",
        "newline": b"\n", "blank": b"   ",
                "huge": b"9" * 40, "wrap": b"18446744073709551619\n", "big": b"99999999\n", "float": b"3.5\n",
                "words": b"3 apples\n", "junk": b"3abc\n",
                "hex": b"0x3\n", "binary": struct.pack("<Q", 3), "plus": b"+3\n", "two": b"3\n3\n",
                "utf16": "3\n".encode("utf-16"), "escape": b"\x1b[31m3", "eleven": b"11\n"}
    for name, raw in versions.items():
        c.reject("ts-bad-version", f"version_{name}.pt", f"version record is {raw[:20]!r}", script(version=raw),
                 choice=name in ("float", "words", "junk", "plus", "two", "hex"))
    for number in range(1, 11):
        c.accept("ts-unusual", f"ok_version_{number}.pt", f"version {number}", script(version=f"{number}\n"), choice=number < 3)
    c.accept("ts-unusual", "ok_version_no_newline.pt", "version without a newline", script(version="6"))
    c.reject("ts-byte-order", "order_middle.pt", "byteorder middle", script(files={"byteorder": "middle"}), choice=True)
    c.accept("ts-unusual", "ok_order_little.pt", "byteorder little", script(files={"byteorder": "little"}))
    c.accept("ts-unusual", "ok_order_big.pt", "byteorder big", script(files={"byteorder": "big"}), choice=True)


def syntax(c):
    bodies = {
        "paren": "    return torch.add(x, x\n", "bracket": "    y = [x, x\n    return x\n",
        "brace": "    y = {1: x\n    return x\n", "close": "    return x)\n",
        "mixed": "    return torch.add(x, x]\n", "string": '    y = "abc\n    return x\n',
        "string_single": "    y = 'abc\n    return x\n",
        "string_triple": '    y = """abc\n    return x\n', "op": "    return x +\n", "op_two": "    return x + * x\n",
        "op_first": "    return * x\n",
        "keyword": "    def = x\n    return x\n", "keyword_value": "    y = if\n    return x\n",
        "lit_hex": "    return torch.add(x, 0x)\n",
        "lit_dots": "    return torch.add(x, 1.2.3)\n", "lit_exp": "    return torch.add(x, 1e)\n",
        "lit_word": "    return torch.add(x, 12abc)\n",
        "assign_call": "    torch.add(x, x) = x\n    return x\n", "assign_lit": "    3 = x\n    return x\n",
        "assign_none": "    None = x\n    return x\n",
        "assign_true": "    True = x\n    return x\n", "assign_sum": "    x + x = x\n    return x\n",
        "assign_empty": "    y =\n    return x\n", "comma": "    y = torch.add(x,,x)\n    return x\n",
        "no_colon": "    if True\n      y = x\n    return x\n", "no_body": "    if True:\n    return x\n",
        "else_alone": "    else:\n      y = x\n    return x\n",
        "indent_more": "      y = x\n    return x\n", "indent_less": "    if True:\n      y = x\n     z = x\n    return x\n",
        "semicolon": "    y = x; return y\n",
        "dollar": "    return $x\n", "question": "    return x?\n", "backtick": "    return `x`\n", "bang": "    return !x\n",
        "arrow": "    return x -> x\n",
        "dot_end": "    return x.\n", "dot_number": "    return x.3\n", "call_keyword": "    return torch.add(x, =x)\n",
        "keyword_first": "    return torch.add(other=x, x)\n",
        "slice_three": "    return x[1:2:3:4]\n", "index_empty": "    return x[]\n",
        "lambda": "    f = lambda y: y\n    return x\n", "yield": "    yield x\n",
        "import": "    import os\n    return x\n", "from": "    from os import path\n    return x\n",
        "try": "    try:\n      y = x\n    except:\n      y = x\n    return x\n",
        "walrus": "    y = (z := x)\n    return x\n", "global": "    global x\n    return x\n",
        "class_inside": "    class N(Module):\n      a : int\n    return x\n",
        "not_alone": "    return not\n", "is_alone": "    return x is\n",
        "for_no_in": "    for i range(3):\n      y = x\n    return x\n",
        "while_empty": "    while:\n      y = x\n    return x\n",
        "return_two": "    return return x\n", "star_alone": "    y = *\n    return x\n",
        "escape_hex": '    y = "\\xZZ"\n    return x\n', "fstring": '    y = f"{x}"\n    return x\n',
        "decorator": "    @x\n    return x\n",
    }
    optional = {"semicolon", "fstring", "import", "mixed", "escape_hex", "keyword_first", "global", "indent_more"}
    for name, body in bodies.items():
        c.reject(CAT_SYNTAX, f"syn_{name}.pt", f"syntax error: {name}", program(body), choice=name in optional)
    heads = {
        "def_no_name": CLASS + "  def (self: __torch__.M) -> int:\n    return 3\n",
        "def_no_paren": CLASS + "  def forward self: __torch__.M) -> int:\n    return 3\n",
        "def_no_colon": CLASS + "  def forward(self: __torch__.M) -> int\n    return 3\n",
        "def_no_body": CLASS + "  def forward(self: __torch__.M) -> int:\n",
        "class_no_name": "class (Module):\n  w : Tensor\n",
        "class_no_colon": "class M(Module)\n  w : Tensor\n", "class_no_body": "class M(Module):\n",
        "class_number": "class 3M(Module):\n  w : Tensor\n",
        "attribute_no_type": "class M(Module):\n  w :\n",
        "attribute_call": "class M(Module):\n  w : Tensor\n  torch.add(1, 2)\n", "type_open": CLASS + "  n : List[int\n",
        "type_close": CLASS + "  n : List]int[\n", "type_number": CLASS + "  n : 3\n", "type_empty": CLASS + "  n : List[]\n",
        "top_statement": CODE + "x = 3\n",
        "top_text": CODE + "hello world\n",
        "default_missing": CLASS + "  def forward(self: __torch__.M, x: Tensor=) -> Tensor:\n    return x\n",
        "tabs": CLASS + "\tdef forward(self: __torch__.M) -> int:\n  return 3\n",
    }
    for name, code in heads.items():
        c.reject(CAT_SYNTAX, f"syn_{name}.pt", f"syntax error: {name}", script(code), choice=name == "tabs")
    raw = CODE.encode()
    bytes_ = {
        "nul_end": raw + b"\0\0\0", "nul_inside": raw.replace(b"add", b"a\0d"), "nul_only": b"\0" * 100,
        "utf8_name": raw.replace(b"add(x", b"add(\xff\xfe"), "utf8_string": raw.replace(b"    return",
        b'    y = "\xff\xfe"\n    return'),
        "utf16": CODE.encode("utf-16"), "random": bytes((i * 167 + 13) & 0xFF for i in range(2000)),
        "control": b"\x1b[2J\x1b]0;x\x07" + raw, "escape": raw.replace(b"torch.add", b"\x1b[31mtorch.add"),
        "bell": raw + b"\x07",
        "bom": b"\xef\xbb\xbf" + raw, "high": b"\x80" * 500, "truncated": raw[:-12], "half": raw[:len(raw) // 2],
        "zip": b"PK\3\4" + raw, "html": b"<html><body>not code</body></html>\n",
    }
    optional = {"nul_end", "utf8_string", "bom"}
    for name, code in bytes_.items():
        c.reject(CAT_SYNTAX, f"code_{name}.pt", f"code: {name}", script(code), choice=name in optional)
    numbers = {"int_5000": "9" * 5000, "int_2p63": str(1 << 63), "int_2p64": str(1 << 64), "hex_big": "0x" + "f" * 40,
        "int_negative": str(-(1 << 63) - 1)}
    for name, text in numbers.items():
        c.reject(CAT_SYNTAX, f"number_{name}.pt", f"integer literal too big: {name}",
            program(f"    return torch.add(x, {text})\n"), choice=name == "int_negative")


def undefined(c):
    bodies = {
        "op": "    return torch.no_such_op(x)\n", "op_deep": "    return torch.nn.functional.relu(x)\n",
        "ops": "    return ops.aten.no_such(x)\n", "ops_prim": "    return ops.prim.no_such(x)\n",
        "attr": "    return torch.add(x, self.q)\n", "attr_set": "    self.q = x\n    return x\n",
        "method": "    return (self).g(x, )\n", "tensor_method": "    return x.no_such()\n",
        "tensor_attr": "    return x.no_such\n", "name": "    return y\n", "name_late": "    z = y\n    y = x\n    return z\n",
        "function": "    return f(x)\n",
        "qualified": "    return __torch__.f(x, )\n", "file": "    return __torch__.other.f(x, )\n",
        "class": "    y = __torch__.Q(x, )\n    return x\n", "const": "    return torch.add(x, CONSTANTS.c5)\n",
        "const_name": "    return torch.add(x, CONSTANTS.w)\n", "const_negative": "    return torch.add(x, CONSTANTS.c-1)\n",
        "branch": "    if bool(torch.sum(x)):\n      q = x\n    else:\n      pass\n    return q\n",
        "loop": "    for i in range(3):\n      q = x\n    return q\n",
        "loop_while": "    while bool(torch.sum(x)):\n      q = x\n    return q\n",
        "loop_index": "    for i in range(3):\n      q = x\n    return torch.add(x, i)\n",
        "print": "    y = __builtins__\n    return x\n", "open": '    y = open("/etc/passwd")\n    return x\n',
        "eval": '    return eval("x")\n', "import_call": '    y = __import__("os")\n    return x\n',
        "os": '    y = os.system("true")\n    return x\n', "dunder": "    y = x.__class__\n    return x\n",
        "exec": '    exec("y = 1")\n    return x\n',
        "ident_150000": "    return " + "y" * 150000 + "\n", "attr_150000": "    return self." + "y" * 150000 + "\n",
        "op_150000": "    return torch." + "y" * 150000 + "(x)\n", "unicode": "    return \u00e4\n",
        "torch_alone": "    return torch\n", "self_alone": "    return torch.add(x, selfie)\n",
    }
    for name, body in bodies.items():
        c.reject(CAT_NAME, f"undef_{name}.pt", f"not defined: {name}", program(body), choice=name in ("loop_index",))
    c.reject(CAT_NAME, "undef_second_method.pt", "not defined in a method that forward does not call",
             program(BODY, after="  def other(self: __torch__.M, x: Tensor) -> Tensor:\n    return nope\n"))
    c.reject(CAT_NAME, "undef_attribute_class.pt", "an attribute of a class with no code", program(BODY, "  n : __torch__.Q\n"))
    c.reject(CAT_NAME, "undef_member.pt", "no such member of an enum",
        program("    e = __torch__.C.GREEN\n    return x\n", after="class C(Enum):\n  RED = 1\n"))
    c.reject(CAT_NAME, "undef_field.pt", "no such field of a named tuple",
        program("    p = __torch__.P(x, 2)\n    return p.c\n", after="class P(NamedTuple):\n  a : Tensor\n  b : int\n"))


def with_attribute(declared, value):
    return script(CLASS + f"  n : {declared}\n" + FORWARD + BODY, Object(Name("__torch__", "M"), state(n=value)))


def types(c):
    bodies = {
        "kw": "    return torch.add(x, x, beta=2)\n", "kw_relu": "    return torch.relu(x, inplace=True)\n",
        "kw_twice": "    return torch.add(x, x, alpha=1, alpha=2)\n", "few": "    return torch.add(x)\n",
        "none": "    return torch.add()\n", "many": "    return torch.relu(x, x, x)\n",
        "text_arg": '    return torch.add(x, "a")\n', "none_arg": "    return torch.relu(None)\n",
        "int_arg": "    return torch.relu(3)\n", "list_arg": "    return torch.relu([x])\n",
        "tuple_arg": "    return torch.relu((x, x))\n", "float_dim": "    return torch.sum(x, [0.5])\n",
        "text_dim": '    return torch.transpose(x, "a", "b")\n',
        "return_int": "    return 3\n", "return_none": "    return None\n", "return_tuple": "    return (x, x)\n",
        "return_text": '    return "x"\n', "return_list": "    return [x]\n", "return_missing": "    y = x\n",
        "return_bare": "    return\n",
        "return_mixed": "    if bool(torch.sum(x)):\n      return x\n    else:\n      return 3\n",
        "unpack_three": "    a, b, c = (x, x)\n    return a\n", "unpack_one": "    a, b = (x,)\n    return a\n",
        "unpack_tensor_int": "    a, b = 3\n    return x\n", "call_int": "    y = 3\n    return y(x)\n",
        "call_tensor": "    return x(x)\n", "call_text": '    return "a"(x)\n', "index_int": "    y = 3\n    return y[0]\n",
        "index_none": "    return None[0]\n",
        "index_list_text": '    y = [x]\n    return y["a"]\n', "index_text": '    return x["a"]\n',
        "attr_int": "    y = 3\n    return y.shape\n", "attr_list": "    y = [x]\n    return y.shape\n",
        "method_int": "    y = 3\n    return y.relu()\n", "method_list": "    y = [x]\n    y.no_such(x)\n    return x\n",
        "neg_text": '    y = -"a"\n    return x\n', "neg_list": "    y = -[x]\n    return x\n",
        "add_text_int": '    y = "a" + 3\n    return x\n', "add_list_int": "    y = [1] + 3\n    return x\n",
        "add_none": "    y = None + 3\n    return x\n", "less_text": '    y = 3 < "a"\n    return x\n',
        "if_none": "    if None:\n      y = x\n    else:\n      y = x\n    return y\n",
        "for_int": "    for i in 3:\n      y = x\n    return x\n",
        "for_none": "    for i in None:\n      y = x\n    return x\n",
        "range_text": '    for i in range("a"):\n      y = x\n    return x\n',
        "dict_mixed": '    y = {"a": 1, 2: 1}\n    return x\n', "dict_key_list": "    y = {[1]: 2}\n    return x\n",
        "self_text": '    self.w = "a"\n    return x\n', "self_none": "    self.w = None\n    return x\n", 
        "annotate": '    y = annotate(int, "a")\n    return x\n',
        "annotate_list": "    y = annotate(List[int], [x])\n    return x\n",
        "annotate_none": "    y = annotate(Tensor, None)\n    return x\n", "method_args": "    return (self).f2()\n",
        "method_many": "    return (self).f2(x, 1, 2)\n", "method_kw": "    return (self).f2(x, q=1)\n",
        "method_type": '    return (self).f2("a", 1)\n', "method_none": "    return (self).f2(None, 1)\n",
        "raise_int": "    raise 3\n", "del_name": "    y = x\n    del y\n    return y\n",
        "break_outside": "    break\n    return x\n", "continue_outside": "    continue\n    return x\n",
        "starred": "    return torch.add(*x)\n", "int_call": '    y = int([1])\n    return x\n', 
    }
    optional = {"self_none", "range_text", "int_call"}
    second = "  def f2(self: __torch__.M,\n    a: Tensor,\n    b: int=2) -> Tensor:\n    return a\n"
    for name, body in bodies.items():
        c.reject(CAT_TYPE, f"type_{name}.pt", f"type error: {name}", program(body, after=second), choice=name in optional)
    attributes = {
        "int_text": ("int", "abc"), "int_float": ("int", 1.5), "int_none": ("int", None), "int_list": ("int", [1]),
        "int_tensor": ("int", weight()), "float_text": ("float", "x"), "float_none": ("float", None),
        "bool_text": ("bool", "x"), "bool_list": ("bool", []), "str_int": ("str", 3),
        "str_none": ("str", None), "tensor_int": ("Tensor", 3), "tensor_text": ("Tensor", "x"),
        "tensor_list": ("Tensor", [weight()]), "list_int": ("List[int]", 3), "list_text": ("List[int]", "abc"),
        "list_items": ("List[int]", ["a", "b"]), "list_tensor_items": ("List[Tensor]", [1, 2]),
        "list_none": ("List[int]", None),
        "list_dict": ("List[int]", {}), "dict_list": ("Dict[str, int]", [1]), "dict_int": ("Dict[str, int]", 3),
        "dict_keys": ("Dict[str, int]", {1: 1}), "dict_values": ("Dict[str, int]", {"a": "b"}),
        "tuple_short": ("Tuple[int, int]", (1,)), "tuple_long": ("Tuple[int, int]", (1, 2, 3)),
        "tuple_items": ("Tuple[int, str]", ("a", 1)),
        "tuple_int": ("Tuple[int]", 3), "optional_text": ("Optional[int]", "x"), "none_int": ("NoneType", 3),
        "object_int": ("__torch__.N", 3), "object_none": ("__torch__.N", None),
        "object_other": ("__torch__.N", Object(Name("__torch__", "M"), state())), "device_int": ("Device", 3),
        "int_object": ("int", Object(Name("__torch__", "M"), state())),
        "int_huge": ("int", 1 << 70), "nested": ("List[List[int]]", [[1], [2, "x"]]),
    }
    other = "class N(Module):\n  __parameters__ = []\n  __buffers__ = []\n  a : int\n"
    for name, (declared, value) in attributes.items():
        c.reject(CAT_TYPE, f"attribute_{name}.pt", f"attribute declared {declared} holds something else: {name}",
                 script(CLASS + f"  n : {declared}\n" + FORWARD + BODY + other, Object(Name("__torch__", "M"), state(n=value))),
                 choice=True)
    c.reject(CAT_TYPE, "attribute_missing.pt", "the pickle lacks an attribute", program(BODY, "  n : int\n"))
    c.reject(CAT_TYPE, "attribute_extra.pt", "the pickle has an attribute that the class lacks",
        script(root=Object(Name("__torch__", "M"), state(q=3))), choice=True)
    c.reject(CAT_TYPE, "attribute_twice.pt", "the class declares an attribute twice", program(BODY, "  w : int\n"))
    c.reject(CAT_TYPE, "attribute_key_int.pt", "a key of the state is a number",
        script(root=Object(Name("__torch__", "M"), {"w": weight(), "training": False, 3: 4})), choice=True)
    declared = {"unknown": "SomeType", "list_two": "List[int, int]", "dict_one": "Dict[int]", "list_none": "List",
        "optional_none": "Optional", "tuple_of_unknown": "Tuple[Foo]", "module": "Module", "torch_name": "torch.nope",
        "dict_key": "Dict[Tensor, List[Nope]]", "number_name": "List[3]", "future": "Future[Nope]"}
    for name, text in declared.items():
        c.reject(CAT_TYPE, f"declared_{name}.pt", f"declared type: {text}", program(BODY, f"  n : {text}\n"))
    signatures = {"self": "  def forward(x: Tensor) -> Tensor:\n    return x\n",
        "no_params": "  def forward() -> Tensor:\n    return 3\n",
        "param_type": "  def forward(self: __torch__.M, x: Nope) -> Tensor:\n    return x\n",
        "return_type": "  def forward(self: __torch__.M, x: Tensor) -> Nope:\n    return x\n",
                  "default_type": '  def forward(self: __torch__.M, x: int="a") -> int:\n    return x\n',
                  "default_name": "  def forward(self: __torch__.M, x: int=q) -> int:\n    return x\n",
                  "twice": "  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    return x\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    return x\n"}
    for name, text in signatures.items():
        c.reject(CAT_TYPE, f"signature_{name}.pt", f"signature: {name}", script(CLASS + text),
            choice=name in ("default_order", "default_type", "default_name", "self"))
    c.reject(CAT_TYPE, "class_twice.pt", "a class is defined twice", script(CODE + CODE), choice=True)


def recursion(c):
    cat = "ts-recursion"
    c.reject(cat, "rec_self.pt", "forward calls itself", program("    return (self).forward(x, )\n"))
    c.reject(cat, "rec_two.pt", "two methods call each other", program("    return (self).a(x, )\n",
        after="  def a(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    return (self).forward(x, )\n"))
    c.reject(cat, "rec_function.pt", "a function calls itself", program("    return __torch__.f(x, )\n",
        after="def f(x: Tensor) -> Tensor:\n  return __torch__.f(x, )\n"))
    c.reject(cat, "rec_branch.pt", "recursion inside a branch",
        program("    if bool(torch.sum(x)):\n      return (self).forward(x, )\n    else:\n      return x\n"))
    ring = "".join(f"def f{i}(x: Tensor) -> Tensor:\n  return __torch__.f{(i + 1) % 500}(x, )\n" for i in range(500))
    c.reject(cat, "rec_ring.pt", "a ring of 500 functions", program("    return __torch__.f0(x, )\n", after=ring))
    c.reject(cat, "rec_type.pt", "an attribute of the own class", program(BODY, "  n : __torch__.M\n"))
    c.reject(cat, "rec_files.pt", "two files whose functions call each other",
             script(CLASS + FORWARD + "    return __torch__.a.f(x, )\n",
             files={"code/__torch__/a.py": "def f(x: Tensor) -> Tensor:\n  return __torch__.b.g(x, )\n",
             "code/__torch__/b.py": "def g(x: Tensor) -> Tensor:\n  return __torch__.a.f(x, )\n"}))


def deep(c):
    cat = "ts-deep"
    n = 60000
    expressions = {
        "parens": "(" * n + "x" + ")" * n, "minus": "-" * 100000 + "x", "not": "not " * n + "True", "invert": "~" * n + "x",
        "calls": "torch.relu(" * 8000 + "x" + ")" * 8000, "lists": "[" * 50000 + "x" + "]" * 50000,
        "tuples": "(" * 50000 + "x" + ",)" * 50000, "index": "x" + "[0]" * n, "attributes": "x" + ".T" * n,
        "slices": "x" + "[0:1]" * n, "methods": "x" + ".relu()" * n, "dicts": "{1:" * n + "x" + "}" * n,
        "conditional": "x if True else " * n + "x", "power": "x" + " ** 2" * n, "index_inside": "x[" * n + "0" + "]" * n,
        "comprehension": "[y for y in " * 3000 + "x" + "]" * 3000, "open_parens": "(" * n, "open_lists": "[" * n,
    }
    for name, text in expressions.items():
        c.reject(cat, f"deep_{name}.pt", f"deep expression: {name}", program(f"    y = {text}\n    return x\n"),
            choice=name in ("index", "attributes", "methods", "slices", "power", "conditional"))
    for name, text in {"list": "List[" * 20000 + "int" + "]" * 20000, "optional": "Optional[" * 20000 + "int" + "]" * 20000,
        "dict": "Dict[int, " * 20000 + "int" + "]" * 20000, "tuple": "Tuple[" * 20000 + "int" + "]" * 20000,
        "open": "List[" * n}.items():
        c.reject(cat, f"deep_type_{name}.pt", f"deep type: {name}", program(BODY, f"  n : {text}\n"))
    c.reject(cat, "deep_annotate.pt", "deep type in an expression",
        program(f"    y = annotate({'List[' * 20000}int{']' * 20000}, [])\n    return x\n"))
    def nested(depth, head):
        out = ""
        for i in range(depth):
            out += "    " + " " * i + head + "\n"
        return out + "    " + " " * depth + "y = x\n    return x\n"
    for name, head in (("if", "if True:"), ("while", "while False:"), ("for", "for i in range(1):"), ("with", "with x:"),
        ("def", "def f():")):
        c.reject(cat, f"deep_{name}.pt", f"3000 nested {name}", program(nested(3000, head)), choice=name == "with")
    ok = "ts-unusual"
    c.accept(ok, "long_sum.pt", "a sum of 5000 terms", program("    return " + "x + " * 5000 + "x\n"))
    c.accept(ok, "many_statements.pt", "5000 statements",
        program("".join(f"    y{i} = torch.add({'y%d' % (i - 1) if i else 'x'}, 1)\n"
        for i in range(5000)) + "    return y4999\n"))
    c.accept(ok, "nested_300_parens.pt", "300 parentheses", program("    return " + "(" * 300 + "x" + ")" * 300 + "\n"))
    c.accept(ok, "nested_ifs_200.pt", "200 nested ifs", program(nested(200, "if True:")))
    c.accept(ok, "nested_calls_200.pt", "200 nested calls",
        program("    return " + "torch.relu(" * 200 + "x" + ")" * 200 + "\n"))
    c.accept(ok, "elifs.pt", "a chain of 400 elifs",
        program("    k = 3\n    if k == 0:\n      y = x\n" + "".join(f"    elif k == {i}:\n      y = x\n"
        for i in range(1, 400)) + "    else:\n      y = x\n    return y\n"), choice=True)


def exponential(c):
    functions = "".join(f"def f{i}(x: Tensor) -> Tensor:\n  return __torch__.f{i + 1}(__torch__.f{i + 1}(x, ), )\n"
        for i in range(40)) + "def f40(x: Tensor) -> Tensor:\n  return torch.relu(x)\n"
    c.reject("ts-exponential", "expo_calls.pt", "40 functions that call the next one twice",
        program("    return __torch__.f0(x, )\n", after=functions), choice=True, stage="convert")
    c.reject("ts-exponential", "expo_list.pt", "a list doubled 60 times",
        program("    y = [1, 2]\n" + "    y = y + y\n" * 60 + "    return torch.add(x, torch.len(y))\n"), choice=True,
        stage="convert")
    c.reject("ts-exponential", "expo_text.pt", "a text doubled 60 times",
        program('    y = "ab"\n' + "    y = y + y\n" * 60 + "    return torch.add(x, torch.len(y))\n"), choice=True,
        stage="convert")
    c.reject("ts-exponential", "expo_times.pt", "a list times 2^40",
        program("    y = [1] * 1099511627776\n    return torch.add(x, torch.len(y))\n"), choice=True, stage="convert")
    c.reject("ts-loop", "loop_forever.pt", "a loop that never ends",
        program("    y = 0\n    while True:\n      y = y + 1\n    return torch.add(x, y)\n"), choice=True, stage="convert")
    c.reject("ts-loop", "loop_append.pt", "a list that grows for ever",
        program("    y = [1]\n    while True:\n      z = torch.append(y, 1)\n    return x\n"), choice=True, stage="convert")


def unusual(c):
    ok = "ts-unusual"
    def good(name, why, body=BODY, before="", after="", **more):
        c.accept(ok, f"{name}.pt", why, program(body, before, after), **more)
    good("ok_plain", "the seed of the others")
    good("ok_literals", "odd literals",
        "    y = [1., 1.5e-300, nan, -inf, 4.9406564584124654e-324]\n    z = 9223372036854775807\n    v = -9223372036854775808\n    return torch.add(x, y[0])\n")
    good("ok_text", "odd texts", '    y = "\\101\\n\\"\\\\\\t"\n    z = \'single\'\n    return x\n')
    good("ok_unicode", "unicode in a text", '    y = "\u00e4\u4e2d\U0001f600"\n    return x\n')
    good("ok_comments", "comments and blank lines", "    # a comment\n\n    y = x  # more\n\n  # less indented\n    return y\n")
    good("ok_crlf", "lines that end in CR LF", BODY.replace("\n", "\r\n"), choice=True)
    good("ok_continued", "a call over many lines", "    return torch.add(x,\n  self.w,\n        alpha=1)\n")
    good("ok_unused_function", "a function nobody calls", after="def unused(x: Tensor) -> Tensor:\n  return x\n")
    good("ok_enum", "an enum and a named tuple", "    p = __torch__.P(x, 2)\n    e = __torch__.C.RED\n    return p.a\n",
        after="class P(NamedTuple):\n  a : Tensor\n  b : int\nclass C(Enum):\n  RED = 1\n  BLUE = 2\n")
    good("ok_shadow", "a variable called like an operator", "    relu = x\n    len = relu\n    return len\n")
    good("ok_dead_branch", "a branch that is never taken",
        "    if False:\n      y = x\n    else:\n      y = self.w\n    return y\n")
    good("ok_return_early", "returns in all branches",
        "    if bool(torch.sum(x)):\n      return x\n    else:\n      return self.w\n", stage="inspect")
    good("ok_raise", "a branch that raises",
        '    if bool(torch.sum(x)):\n      y = x\n    else:\n      raise AssertionError("no")\n    return y\n')
    good("ok_long_name", "a variable of 50000 letters", "    " + "y" * 50000 + " = x\n    return " + "y" * 50000 + "\n")
    c.accept(ok, "ok_tail_lines.pt", "blank lines at the end of the code", script(CODE + "\n" * 1000))
    c.accept(ok, "ok_deflated_all.pt", "deflated records", script(method=DEFLATED))
    c.accept(ok, "ok_unused_file.pt", "a broken code file that nobody uses",
        script(files={"code/__torch__/unused.py": "this is ( not code"}), choice=True)
    c.accept(ok, "ok_attribute_long.pt", "an attribute name of 50000 letters",
             script(CLASS + "  " + "n" * 50000 + " : int\n" + FORWARD + BODY,
             Object(Name("__torch__", "M"), state(**{"n" * 50000: 3}))))
    c.accept(ok, "ok_expanded.pt", "expanded and transposed weights",
             script(CLASS + "  v : Tensor\n  u : Tensor\n" + FORWARD + BODY,
             Object(Name("__torch__", "M"), state(v=tensor(storage(numel=4), 0, (1000, 4), (0, 1)),
             u=tensor(storage(numel=4), 3, ())))))
    c.accept(ok, "ok_constants.pt", "tensors in constants.pkl",
             script(CLASS + FORWARD + "    return torch.add(x, CONSTANTS.c0)\n", constants=dump((weight(),)),
             constant_data={"0": WEIGHT}))
    values = {"int": ("int", -7), "float": ("float", 2.5), "bool": ("bool", True), "str": ("str", "t\u00e9xt"),
        "none": ("Optional[int]", None), "some": ("Optional[int]", 3), "list": ("List[int]", [1, 2]),
        "floats": ("List[float]", [1.0]), "tensors": ("List[Tensor]", [weight()]),
        "dict": ("Dict[str, Tensor]", {"a": weight()}),
              "dict_int": ("Dict[int, str]", {1: "a"}), "tuple": ("Tuple[int, float, str]", (1, 2.0, "a")),
              "tuple_empty": ("Tuple[()]", ()), "nested": ("List[Optional[Tuple[int, str]]]", [None, (1, "a")]),
              "optional_tensor": ("Optional[Tensor]", None), "device": ("Device", Call(Name("torch", "device"), "cpu")),
              "list_empty": ("List[List[int]]", []),
              "union": ("Union[int, str]", "a"), "any": ("Any", 3),
              "tagged": ("List[int]", Call(Name("torch.jit._pickle", "build_intlist"), [1, 2])),
              "tag": ("Dict[str, int]", Call(Name("torch.jit._pickle", "restore_type_tag"), {"a": 1}, "Dict[str, int]")),
              "complex": ("complex", Call(Name("builtins", "complex"), 1.0, 2.0)), "none_type": ("NoneType", None)}
    for name, (declared, value) in values.items():
        c.accept(ok, f"ok_attribute_{name}.pt", f"an attribute {declared}", with_attribute(declared, value),
            choice=name in ("complex", "any", "device"))


def cases():
    c = Cases()
    for part in (records, syntax, undefined, types, recursion, deep, exponential, unusual):
        part(c)
    return c
