"""Model files from their parts: zip archives, pickles, TorchScript archives and checkpoints, with every field open to lies.

Nothing here needs PyTorch, and nothing depends on the time or the machine: the same call makes the same bytes.
"""
import struct
import zlib

STORED, DEFLATED = 0, 8
MAX32 = 0xFFFFFFFF


def deflate(data):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


# ---- zip --------------------------------------------------------------------------------------------------------


class Entry:
    """One member. Fields set by keyword are written as they are, whatever the data says.

    crc, packed, size, method, flags, header: in both headers; with the prefix local_ in the local header only, with
    central_ in the directory only. descriptor: None, "signed", "bare" or raw bytes. zip64: sizes in an extra field.
    """

    def __init__(self, name, data=b"", method=STORED, *, body=None, align=64, descriptor=None, zip64=False, comment=b"",
                 local_extra=None, central_extra=None, absent=False, **fields):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data if isinstance(data, bytes) else data.encode()
        self.method, self.align, self.descriptor, self.zip64, self.comment = method, align, descriptor, zip64, comment
        self.body = body if body is not None else deflate(self.data) if method == DEFLATED else self.data
        self.local_extra, self.central_extra, self.absent, self.fields = local_extra, central_extra, absent, fields

    def field(self, where, name, true):
        return self.fields.get(where + "_" + name, self.fields.get(name, true))

    def sizes(self, where):
        return (self.field(where, "crc", zlib.crc32(self.data)), self.field(where, "packed", len(self.body)),
                self.field(where, "size", len(self.data)))

    def local(self, at):
        crc, packed, size = self.sizes("local")
        flags = 0x800 | (8 if self.descriptor is not None else 0)
        if self.descriptor is not None and "local_size" not in self.fields:
            crc = packed = size = 0
        extra = self.local_extra or b""
        if self.zip64:
            extra = struct.pack("<HHQQ", 1, 16, size, packed) + extra
            packed = size = MAX32
        name = self.field("local", "name", self.name)
        pad = -(at + 30 + len(name) + len(extra) + 4) % self.align if self.local_extra is None and self.align > 1 else None
        if pad is not None:
            extra += struct.pack("<HH", 0x4246, pad) + b"Z" * pad
        return struct.pack("<IHHHHHIIIHH", self.field("local", "signature", 0x04034B50), 20,
            self.field("local", "flags", flags),
                           self.field("local", "method", self.method), 0, 0x21, crc, packed, size,
                           self.field("local", "name_length", len(name)),
                           self.field("local", "extra_length", len(extra))) + name + extra

    def tail(self):
        crc, packed, size = self.sizes("central")
        numbers = struct.pack("<IQQ" if self.zip64 else "<III", crc, packed, size)
        if self.descriptor in (None, "bare"):
            return numbers if self.descriptor else b""
        return b"PK\7\b" + numbers if self.descriptor == "signed" else self.descriptor

    def central(self, at):
        crc, packed, size = self.sizes("central")
        header = self.field("central", "header", at)
        extra = self.central_extra or b""
        if self.zip64:
            extra = struct.pack("<HHQQQ", 1, 24, size, packed, header) + extra
            packed = size = header = MAX32
        flags = 0x800 | (8 if self.descriptor is not None else 0)
        name = self.field("central", "name", self.name)
        return struct.pack("<IHHHHHHIIIHHHHHII", self.field("central", "signature", 0x02014B50), 20, 20,
                           self.field("central", "flags", flags), self.field("central", "method", self.method), 0, 0x21,
                           crc, packed, size, self.field("central", "name_length", len(name)),
                           self.field("central", "extra_length", len(extra)),
                           self.field("central", "comment_length", len(self.comment)),
                           self.field("central", "disk", 0), 0, 0, header) + name + extra + self.comment


def archive(entries, *, prefix=b"", gap=b"", comment=b"", tail=b"", end64=False, **end):
    """The bytes of a zip file. `end` overrides fields of the end records: count, disk_count, size, offset, disk, and with
    the prefix z64_ the same of the zip64 record; locator (offset), locator_disk, locator_disks, record_size."""
    out = bytearray(prefix)
    directory = bytearray()
    for e in entries:
        at = len(out)
        if not e.absent:
            out += e.local(at) + e.body + e.tail()
        directory += e.central(at)
    out += gap
    offset = end.get("offset", len(out))
    size, count = end.get("size", len(directory)), end.get("count", len(entries))
    out += directory
    if end64:
        at = len(out)
        out += struct.pack("<IQHHIIQQQQ", end.get("z64_signature", 0x06064B50), end.get("record_size", 44), 45, 45,
                           end.get("z64_disk", 0), 0, end.get("z64_disk_count", end.get("z64_count", count)),
                           end.get("z64_count", count), end.get("z64_size", size), end.get("z64_offset", offset))
        out += end.get("z64_data", b"")
        out += struct.pack("<IIQI", end.get("locator_signature", 0x07064B50), end.get("locator_disk", 0),
                           end.get("locator", at), end.get("locator_disks", 1))
        if not end.get("keep32"):
            count, size, offset = 0xFFFF, MAX32, MAX32
    out += struct.pack("<IHHHHIIH", 0x06054B50, end.get("disk", 0), end.get("directory_disk", 0), end.get("disk_count", count),
                       count, size, offset, end.get("comment_length", len(comment))) + comment + tail
    return bytes(out)


# ---- pickle -----------------------------------------------------------------------------------------------------


class Raw(bytes):
    """Opcodes as they are."""


class Name:
    """A global: a class or function by its name."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """REDUCE of a global."""

    def __init__(self, callee, *args):
        self.callee, self.args = callee, args


class Object:
    """NEWOBJ without arguments, then BUILD of a dict."""

    def __init__(self, cls, state):
        self.cls, self.state = cls, state


class Pid:
    """A persistent id."""

    def __init__(self, value):
        self.value = value


class Pickler:
    """Writes plain values in the opcodes of one protocol, as Python's own pickler does; an object met again is a GET."""

    def __init__(self, protocol=2, memo=True, text_ids=False):
        self.protocol, self.memo, self.keys, self.keep = protocol, memo, {}, []
        self.text_ids = text_ids

    def put(self, value):
        if not self.memo:
            return b""
        key = len(self.keys)
        self.keys[id(value)] = key
        self.keep.append(value)
        if self.protocol >= 4:
            return b"\x94"
        if self.protocol == 0:
            return b"p%d\n" % key
        return struct.pack("<BB", 0x71, key) if key < 256 else struct.pack("<BI", 0x72, key)

    def get(self, key):
        if self.protocol == 0:
            return b"g%d\n" % key
        return struct.pack("<BB", 0x68, key) if key < 256 else struct.pack("<BI", 0x6A, key)

    def text(self, s):
        raw = s.encode("utf-8", "surrogatepass")
        if self.protocol == 0:
            return b"V" + s.encode("raw-unicode-escape") + b"\n"
        if self.protocol >= 4 and len(raw) < 256:
            return struct.pack("<BB", 0x8C, len(raw)) + raw
        return struct.pack("<BI", 0x58, len(raw)) + raw

    def number(self, n):
        if self.protocol == 0:
            return b"I%d\n" % n if -2**31 <= n < 2**31 else b"L%dL\n" % n
        if 0 <= n < 256:
            return struct.pack("<BB", 0x4B, n)
        if 0 <= n < 65536:
            return struct.pack("<BH", 0x4D, n)
        if -2**31 <= n < 2**31:
            return struct.pack("<Bi", 0x4A, n)
        size = max(8, n.bit_length() // 8 + 1)
        if self.protocol < 2:
            return b"L%dL\n" % n
        return struct.pack("<BB", 0x8A, size) + n.to_bytes(size, "little", signed=True)

    def name(self, g):
        if self.protocol >= 4:
            return self.text(g.module) + self.text(g.name) + b"\x93"
        return b"c" + g.module.encode() + b"\n" + g.name.encode() + b"\n"

    def sequence(self, value):
        if isinstance(value, tuple):
            inner = b"".join(map(self.one, value))
            if self.protocol >= 2 and len(value) <= 3:
                return (b")", b"\x85", b"\x86", b"\x87")[len(value)] if not value else inner + bytes([0x84 + len(value)])
            return b"(" + inner + b"t"
        head = (b"(l" if self.protocol == 0 else b"]") + self.put(value)
        if not value:
            return head
        if self.protocol == 0:
            return head + b"".join(self.one(v) + b"a" for v in value)
        return head + b"(" + b"".join(map(self.one, value)) + b"e"

    def mapping(self, value):
        head = (b"(d" if self.protocol == 0 else b"}") + self.put(value)
        if not value:
            return head
        if self.protocol == 0:
            return head + b"".join(self.one(k) + self.one(v) + b"s" for k, v in value.items())
        return head + b"(" + b"".join(self.one(k) + self.one(v) for k, v in value.items()) + b"u"

    def one(self, v):
        if isinstance(v, Raw):
            return bytes(v)
        if id(v) in self.keys:
            return self.get(self.keys[id(v)])
        if v is None:
            return b"N"
        if v is True or v is False:
            return (b"I01\n" if v else b"I00\n") if self.protocol < 2 else b"\x88" if v else b"\x89"
        if isinstance(v, int):
            return self.number(v)
        if isinstance(v, float):
            return b"F%r\n" % v if self.protocol == 0 else struct.pack(">Bd", 0x47, v)
        if isinstance(v, str):
            return self.text(v)
        if isinstance(v, bytes):
            return struct.pack("<BI", 0x42, len(v)) + v
        if isinstance(v, (tuple, list)):
            return self.sequence(v)
        if isinstance(v, dict):
            return self.mapping(v)
        if isinstance(v, Name):
            return self.name(v)
        if isinstance(v, Pid):
            return b"P" + v.value.encode() + b"\n" if self.text_ids else self.one(v.value) + b"Q"
        if isinstance(v, Call):
            return self.one(v.callee) + self.one(tuple(v.args)) + b"R" + self.put(v)
        if isinstance(v, Object):
            return self.one(v.cls) + b")\x81" + self.put(v) + self.one(v.state) + b"b"
        raise TypeError(type(v))

    def dump(self, v):
        body = self.one(v) + b"."
        if self.protocol >= 4:
            return b"\x80" + bytes([self.protocol]) + b"\x95" + struct.pack("<Q", len(body)) + body
        return (b"\x80" + bytes([self.protocol]) if self.protocol >= 2 else b"") + body


def dump(value, protocol=2):
    return Pickler(protocol).dump(value)


# ---- tensors ----------------------------------------------------------------------------------------------------

FLOATS = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
REBUILD = ("torch._utils", "_rebuild_tensor_v2")
ORDERED = ("collections", "OrderedDict")


def storage(key="0", numel=6, kind="FloatStorage", device="cpu", module="torch"):
    return Pid(("storage", Name(module, kind), key, device, numel))


def tensor(store=None, offset=0, shape=(2, 3), strides=None, *more):
    if strides is None:
        strides = []
        for dim in reversed(shape):
            strides.insert(0, strides[0] * last if strides else 1)
            last = dim
        strides = tuple(strides)
    return Call(Name(*REBUILD), store or storage(), offset, shape, strides, *(more or (False, Call(Name(*ORDERED)))))


# ---- checkpoints and TorchScript archives -----------------------------------------------------------------------


def checkpoint_entries(root=None, data=None, *, pickle=None, protocol=2, top="m", order=None, extra=(), **options):
    """Entries of a torch.save file. data: bytes by storage key."""
    if root is None and pickle is None:
        root = {"w": tensor()}
    pickled = pickle if pickle is not None else dump(root, protocol)
    entries = [Entry(top + "/data.pkl", pickled, **options)]
    if order is not None:
        entries.append(Entry(top + "/byteorder", order, **options))
    for key, raw in ({"0": FLOATS} if data is None else data).items():
        entries.append(Entry(f"{top}/data/{key}", raw, **options))
    return entries + [Entry(top + "/version", "3\n", **options)] + list(extra)


def checkpoint(root=None, data=None, *, end=None, **options):
    return archive(checkpoint_entries(root, data, **options), **(end or {}))


CLASS = """class M(Module):
  __parameters__ = ["w", ]
  __buffers__ = []
  w : Tensor
  training : bool
"""
FORWARD = """  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
"""
BODY = "    return torch.add(x, self.w)\n"
CODE = CLASS + FORWARD + BODY
WEIGHT = struct.pack("<4f", 1, 2, 3, 4)


def weight():
    return tensor(storage(numel=4), 0, (4,))


def state(**more):
    return {"w": weight(), "training": False, **more}


def script_entries(code=CODE, root=None, *, pickle=None, constants=None, constant_data=None, data=None, version="3\n", top="m",
                   files=None, extra=(), method=STORED, **options):
    """Entries of a torch.jit.save file. code: text of __torch__.py, or None; files: further records by name."""
    pickled = pickle if pickle is not None else dump(root or Object(Name("__torch__", "M"), state()))
    entries = [Entry(top + "/data.pkl", pickled, **options)]
    if code is not None:
        entries.append(Entry(top + "/code/__torch__.py", code, method, **options))
    for name, text in (files or {}).items():
        entries.append(Entry(f"{top}/{name}", text, **options))
    for key, raw in ({"0": WEIGHT} if data is None else data).items():
        entries.append(Entry(f"{top}/data/{key}", raw, **options))
    entries.append(Entry(top + "/constants.pkl", b"\x80\x02)." if constants is None else constants, **options))
    for key, raw in (constant_data or {}).items():
        entries.append(Entry(f"{top}/constants/{key}", raw, **options))
    if version is not None:
        entries.append(Entry(top + "/version", version, **options))
    return entries + list(extra)


def script(code=CODE, root=None, *, end=None, **options):
    return archive(script_entries(code, root, **options), **(end or {}))


def program(body, before="", after=""):
    """An archive whose forward has this body; before: attributes of the class; after: what follows the method."""
    return script(CLASS + before + FORWARD + body + after)


# ---- cases ------------------------------------------------------------------------------------------------------


class Case:
    """One file and what has to come of it. choice: the verdict is ours, other readers may differ. stage: "read" when
    every command has to come to this verdict, "inspect" or "convert" when that one has to. names: must be in the message."""

    def __init__(self, name, category, expect, why, data, *, choice=False, stage="read", names=None):
        self.name, self.category, self.expect, self.why = name, category, expect, why
        self.data, self.choice, self.stage, self.names = data, choice, stage, names

    @property
    def kind(self):
        return "ts" if self.name.endswith(".pt") else "ck"


class Cases(list):
    def reject(self, category, name, why, data, **more):
        self.append(Case(name, category, "reject", why, data, **more))

    def accept(self, category, name, why, data, **more):
        self.append(Case(name, category, "accept", why, data, **more))
