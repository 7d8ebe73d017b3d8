"""Cases about the container: the zip archive and its records, and files that are no archive at all."""
import struct
import zlib

from parts import (CODE, DEFLATED, FLOATS, MAX32, WEIGHT, Call, Cases, Entry, Name, Object, Pid, archive, checkpoint,
                   checkpoint_entries, deflate, dump, script, script_entries, storage, tensor)


def change(entries, wanted, **fields):
    """The entry whose name ends with `wanted` gets these fields."""
    for e in entries:
        if e.name.endswith(wanted.encode()):
            e.fields.update(fields)
    return entries


def ck(wanted=None, end=None, more=(), **fields):
    return archive(change(checkpoint_entries(), wanted, **fields) + list(more) if wanted else checkpoint_entries() + list(more),
                   **(end or {}))


def ts(wanted=None, end=None, more=(), **fields):
    return archive(change(script_entries(), wanted, **fields) + list(more) if wanted else script_entries() + list(more),
                   **(end or {}))


def truncated(c):
    for kind, whole in (("ts", script()), ("ck", checkpoint()), ("legacy", legacy())):
        for i in range(12):
            cut = len(whole) * i // 12 + i % 3
            name = f"trunc_{kind}_{cut:05}." + ("pt" if kind == "ts" else "pth")
            c.reject("zip-truncated", name, f"cut to its first {cut} bytes", whole[:cut])
        for less in (1, 2, 21, 22, 23):
            name = f"trunc_{kind}_less_{less}." + ("pt" if kind == "ts" else "pth")
            c.reject("zip-truncated", name, f"the last {less} bytes are missing", whole[:-less])
    c.reject("zip-truncated", "trunc_front.pt", "the first 100 bytes are missing", script()[100:])
    c.reject("zip-truncated", "trunc_hole.pt", "64 bytes in the middle are missing", script()[:300] + script()[364:])


def not_a_model(c):
    noise = bytearray()
    x = 1
    while len(noise) < 4096:
        x = x * 1103515245 + 12345 & 0x7FFFFFFF
        noise.append(x >> 16 & 0xFF)
    tar = bytearray(1536)
    tar[:5], tar[257:262] = b"a.txt", b"ustar"
    files = {
        "zeros": bytes(4096), "ones": b"\xff" * 4096, "random": bytes(noise), "text": b"hello, world\n" * 20, "byte": b"\x80",
        "newline": b"\n", "png": b"\x89PNG\r\n\x1a\n" + bytes(64), "gzip": b"\x1f\x8b\x08" + bytes(64),
        "elf": b"\x7fELF" + bytes(64),
        "html": b"<!DOCTYPE html><html><body>404</body></html>", "json": b'{"model": "m"}', "tar": bytes(tar),
        "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "pk": b"PK\3\4",
        "pk_run": b"PK\3\4" * 500,
        "pk_end_run": b"PK\5\6" * 500, "safetensors": struct.pack("<Q", 2) + b"{}", "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(64),
        "seven_zip": b"7z\xbc\xaf\x27\x1c" + bytes(64), "flatbuffer": b"\x18\0\0\0PTMF" + bytes(64),
        "npy": b"\x93NUMPY\x01\0\x06\0{}   \n", "python": CODE.encode(), "escape": b"\x1b]0;title\x07\x1b[2J\x1b[31m" * 30,
    }
    for name, data in files.items():
        c.reject("not-a-model", f"{name}.{'pt' if len(name) % 2 else 'pth'}", f"no model: {name}", data)


def other_kinds(c):
    def of(*names):
        return archive([Entry("m/" + n, b"{}") for n in names])
    c.reject("other-container", "model_json.pt", "archive of PyTorch 1.0 to 1.3", of("version", "model.json", "attributes.pkl"),
             names="1.0 - 1.3")
    c.reject("other-container", "exported.pt", "torch.export package", of("archive_format", "models/model.json", "version"),
             names=".pt2")
    c.reject("other-container", "exported_old.pt", "torch.export package, first form",
             of("serialized_exported_program.json", "serialized_state_dict.json", "version"), names=".pt2")
    c.reject("other-container", "package.pt", "torch.package archive", of(".data/extern_modules", ".data/version", "a/b.py"),
             names="torch.package")
    c.reject("other-container", "flat.ptl", "mobile flatbuffer", b"\x18\0\0\0PTMF" + bytes(600), names="flatbuffer")
    c.reject("other-container", "docx.pth", "some other zip", of("word/document.xml", "[Content_Types].xml"))
    c.reject("other-container", "wheel.pt", "a Python wheel", of("torch/__init__.py", "torch-1.dist-info/METADATA"))


def empty(c):
    c.reject("zip-empty", "no_entries.pt", "end record only", archive([]))
    c.reject("zip-empty", "no_entries_64.pth", "end records only, zip64", archive([], end64=True))
    c.reject("zip-empty", "folders_only.pt", "folders and no records",
        archive([Entry("m/"), Entry("m/code/"), Entry("m/data/")]))
    c.reject("zip-empty", "no_pickle.pth", "no data.pkl", archive([Entry("m/version", "3\n"), Entry("m/data/0", FLOATS)]))
    c.reject("zip-empty", "empty_pickle.pth", "data.pkl has no bytes", checkpoint(pickle=b""))
    c.reject("zip-empty", "empty_pickle.pt", "data.pkl has no bytes", script(pickle=b""))
    c.reject("zip-empty", "empty_file.pth", "no bytes", b"")


def crc(c):
    for record in ("data.pkl", "data/0", "version"):
        c.reject("zip-bad-crc", f"crc_{record.replace('/', '_')}.pth", f"CRC-32 of {record} is wrong",
                 ck("m/" + record, crc=0x12345678), choice=record == "version")
    for record in ("data.pkl", "data/0", "version", "constants.pkl", "code/__torch__.py"):
        c.reject("zip-bad-crc", f"crc_{record.replace('/', '_').replace('.', '_')}.pt", f"CRC-32 of {record} is wrong",
                 ts("m/" + record, crc=1))
    c.reject("zip-bad-crc", "crc_zero.pth", "CRC-32 is 0", ck("data/0", crc=0))
    c.reject("zip-bad-crc", "crc_flip.pth", "one bit of the weights flipped", flipped(checkpoint(), FLOATS))
    c.reject("zip-bad-crc", "crc_flip.pt", "one bit of the weights flipped", flipped(script(), WEIGHT))
    c.reject("zip-bad-crc", "crc_deflated_weights.pth", "CRC-32 of deflated weights is wrong",
             archive(change(checkpoint_entries(method=DEFLATED), "data/0", crc=7)))
    c.reject("zip-bad-crc", "crc_deflated_pickle.pt", "CRC-32 of a deflated pickle is wrong",
             archive(change(script_entries(method=DEFLATED), "data.pkl", crc=7)))
    c.reject("zip-bad-crc", "crc_central.pth", "the directory has another CRC-32", ck("data/0", central_crc=9))
    c.reject("zip-bad-crc", "crc_local.pth", "the local header has another CRC-32", ck("data/0", local_crc=9), choice=True)
    c.reject("zip-bad-crc", "crc_descriptor.pth", "CRC-32 is wrong, with data descriptors",
             archive(change(checkpoint_entries(descriptor="signed"), "data/0", crc=3)))


def flipped(whole, part):
    at = whole.index(part) + 5
    return whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:]


def sizes(c):
    cases = [("data/0", "data0"), ("data.pkl", "pkl")]
    for record, tag in cases:
        c.reject("zip-wrong-size", f"size_more_{tag}.pth", f"{record} claims more bytes", ck(record, size=4096))
        c.reject("zip-wrong-size", f"size_less_{tag}.pth", f"{record} claims fewer bytes unpacked than packed",
            ck(record, size=5))
        c.reject("zip-wrong-size", f"packed_less_{tag}.pth", f"{record} claims fewer packed bytes", ck(record, packed=5))
        c.reject("zip-wrong-size", f"size_zero_{tag}.pth", f"{record} claims to be empty", ck(record, size=0, packed=0))
        c.reject("zip-wrong-size", f"size_local_{tag}.pth", f"{record}: the local header claims another size",
                 ck(record, local_size=3, local_packed=3), choice=True)
        c.reject("zip-wrong-size", f"size_past_end_{tag}.pth", f"{record} reaches past the file",
            ck(record, size=90000, packed=90000))
    for tag, size in (("short", -1), ("long", 1), ("zero", None), ("half", -8)):
        fields = {"size": len(FLOATS) + size if size is not None else 0}
        c.reject("zip-wrong-size", f"inflated_{tag}.pth", "deflate yields another size than claimed",
                 archive(change(checkpoint_entries(method=DEFLATED), "data/0", **fields)))
        code = CODE.encode()
        fields = {"size": len(code) + size if size is not None else 0}
        c.reject("zip-wrong-size", f"inflated_{tag}.pt", "deflate yields another size than claimed",
                 archive(change(script_entries(method=DEFLATED), "__torch__.py", **fields)))
    for tag, size in (("1T", 1 << 40), ("2p63", 1 << 63), ("2p64", (1 << 64) - 1), ("2p62", 1 << 62)):
        for record, short in cases:
            for method in (0, 8):
                entries = change(checkpoint_entries(zip64=True, method=method), record, size=size,
                                 **({"packed": size} if method == 0 else {}))
                c.reject("zip-huge-size", f"huge_{tag}_{short}_{'deflated' if method else 'stored'}.pth",
                         f"{record} claims {size} bytes", archive(entries, end64=True))
    c.reject("zip-huge-size", "huge_4G.pth", "data/0 claims 4 GiB - 2", ck("data/0", size=MAX32 - 1, packed=MAX32 - 1))
    c.reject("zip-huge-size", "huge_code.pt", "code claims 3 GiB of 150 deflated bytes",
             archive(change(script_entries(method=DEFLATED), "__torch__.py", size=3 << 30)))


def overlaps(c):
    inner = checkpoint()
    at = inner.index(FLOATS)
    c.reject("zip-overlap", "overlap_shared.pth", "two names share one local header",
             ck(more=[Entry("m/data.pkl", dump({"w": tensor()}), absent=True, central_name=b"m/other", header=0)]))
    c.reject("zip-overlap", "overlap_same_data.pth", "two records have the same bytes",
             archive(checkpoint_entries({"a": tensor(), "b": tensor(storage("1"))}) +
                     [Entry("m/data/1", FLOATS, absent=True, header=at - 64)]))
    c.reject("zip-overlap", "overlap_quoted.pth", "an entry lies inside the data of another", quoted())
    c.reject("zip-overlap", "overlap_directory.pth", "data runs into the directory", ck("version", size=200, packed=200))
    c.reject("zip-overlap", "overlap_next.pth", "data runs into the next header", ck("data.pkl", size=400, packed=400))
    c.reject("zip-overlap", "overlap_self.pt", "twenty names for one record",
             archive(script_entries() + [Entry(f"m/extra/{i}", b"", absent=True, header=0) for i in range(20)]))
    bomb = Entry("m/data/0", bytes(20 << 20), DEFLATED)
    c.reject("zip-overlap", "overlap_bomb.pth", "400 names share one deflated record: 8 GiB from a small file",
             archive(checkpoint_entries({str(i): tensor(storage(str(i), 5 << 20), 0, (5 << 20,)) for i in range(400)},
             {}) + [bomb] +
                     [Entry(f"m/data/{i}", bomb.data, DEFLATED, body=bomb.body, absent=True, header=0) for i in range(1, 400)]))
    c.reject("zip-overlap", "overlap_backwards.pth", "the directory lies before the data",
             archive(checkpoint_entries(), offset=0))


def quoted():
    inside = Entry("m/data/1", FLOATS, align=1)
    local = inside.local(0) + FLOATS
    entries = checkpoint_entries({"a": tensor(storage("0", len(local) // 4), 0, (len(local) // 4,)), "b": tensor(storage("1"))},
                                 {"0": local + bytes(-len(local) % 4)})
    out = archive(entries)
    at = out.index(local)
    return archive(entries + [Entry("m/data/1", FLOATS, absent=True, header=at)])


def zip64(c):
    def bad(name, why, end=None, choice=False, wanted=None, more=(), **fields):
        entries = checkpoint_entries(zip64=True) + list(more)
        if wanted:
            change(entries, wanted, **fields)
        c.reject("zip64-bad", name, why, archive(entries, end64=True, **(end or {})), choice=choice)
    bad("z64_locator_wrap.pth", "locator offset wraps", {"locator": (1 << 64) - 8})
    bad("z64_locator_past.pth", "locator points past the file", {"locator": 1 << 40})
    bad("z64_locator_end.pth", "locator points at the end record", {"locator": 900})
    bad("z64_signature.pth", "no zip64 record where the locator says", {"z64_signature": 0x07064B50})
    bad("z64_locator_missing.pth", "saturated end record, but no locator", {"locator_signature": 0})
    bad("z64_count_huge.pth", "2^60 entries", {"z64_count": 1 << 60})
    bad("z64_count_max.pth", "2^64 - 1 entries", {"z64_count": (1 << 64) - 1})
    bad("z64_count_more.pth", "one entry more than there are", {"z64_count": 4})
    bad("z64_count_less.pth", "one entry fewer than there are", {"z64_count": 2}, choice=True)
    bad("z64_counts_differ.pth", "entries on this disk and in all differ", {"z64_disk_count": 2}, choice=True)
    bad("z64_size_wrap.pth", "size of the directory wraps", {"z64_size": (1 << 64) - 16})
    bad("z64_offset_wrap.pth", "offset of the directory wraps", {"z64_offset": (1 << 64) - 16})
    bad("z64_offset_past.pth", "the directory lies past the file", {"z64_offset": 1 << 33})
    bad("z64_disk.pth", "the archive is split", {"z64_disk": 1})
    bad("z64_locator_disk.pth", "the zip64 record lies on another disk", {"locator_disk": 3}, choice=True)
    bad("z64_record_short.pth", "zip64 record claims 10 bytes", {"record_size": 10}, choice=True)
    bad("z64_disagree.pth", "end and zip64 records disagree", {"keep32": True, "z64_count": 2, "z64_disk_count": 2},
        choice=True)
    for name, extra in (("short", b"\1\0\4\0\0\0\0\0"), ("empty", b"\1\0\0\0"),
        ("partial", b"\1\0\x08\0" + struct.pack("<Q", 24)),
                        ("seven", b"\1\0\7\0" + bytes(7))):
        c.reject("zip64-bad", f"z64_extra_{name}.pth", "zip64 field shorter than the sizes it must hold",
                 ck("data/0", more=(), central_size=MAX32, central_packed=MAX32) if name == "none" else
                 with_extra(extra, central_size=MAX32, central_packed=MAX32))
    c.reject("zip64-bad", "z64_extra_none.pth", "saturated sizes without a zip64 field",
             ck("data/0", central_size=MAX32, central_packed=MAX32))
    c.reject("zip64-bad", "z64_header_none.pth", "saturated offset without a zip64 field", ck("data/0", header=MAX32))
    c.reject("zip64-bad", "z64_header_past.pth", "zip64 offset past the file",
             with_extra(struct.pack("<HHQ", 1, 8, 1 << 50), header=MAX32))
    c.reject("zip64-bad", "z64_header_wrap.pth", "zip64 offset wraps",
             with_extra(struct.pack("<HHQ", 1, 8, (1 << 64) - 30), header=MAX32))
    c.reject("zip64-bad", "extra_too_long.pth", "extra field claims 60000 bytes", with_extra(struct.pack("<HH", 0x4246, 60000)),
        choice=True)
    c.reject("zip64-bad", "z64_twice.pth", "two zip64 fields that disagree",
             with_extra(struct.pack("<HHQQHHQQ", 1, 16, 24, 24, 1, 16, 8, 8), central_size=MAX32, central_packed=MAX32),
             choice=True)


def with_extra(extra, **fields):
    entries = checkpoint_entries()
    for e in entries:
        if e.name.endswith(b"data/0"):
            e.central_extra = extra
            e.fields.update(fields)
    return archive(entries)


def directory(c):
    def bad(name, why, choice=False, **end):
        c.reject("zip-bad-directory", name, why, archive(checkpoint_entries(), **end), choice=choice)
    bad("dir_count_more.pth", "one entry more than there are", count=4)
    bad("dir_count_max.pth", "65534 entries", count=65534)
    bad("dir_count_less.pth", "one entry fewer than there are", count=2, choice=True)
    bad("dir_count_zero.pth", "no entries", count=0)
    bad("dir_counts_differ.pth", "entries on this disk and in all differ", disk_count=1, choice=True)
    bad("dir_disk.pth", "the archive is split", disk=1, choice=True)
    bad("dir_disk_of_directory.pth", "the directory lies on another disk", directory_disk=7, choice=True)
    bad("dir_offset_less.pth", "offset one too small", offset=len(checkpoint()) - 300)
    bad("dir_offset_past.pth", "offset past the file", offset=1 << 30)
    bad("dir_offset_max.pth", "offset 4 GiB - 2", offset=MAX32 - 1)
    bad("dir_size_short.pth", "size too small", size=100)
    bad("dir_size_long.pth", "size too large", size=1 << 20)
    bad("dir_size_zero.pth", "size 0", size=0)
    bad("dir_comment_long.pth", "comment longer than the file", comment_length=60000, choice=True)
    bad("dir_gap.pth", "bytes between directory and end record belong to nobody", size=len(directory_of()) + 0, gap=b"",
        tail=b"",
        choice=True, offset=len(archive(checkpoint_entries())) - 22 - len(directory_of()) - 4)
    for field, value in (("signature", 0x02014B51), ("name_length", 65535), ("extra_length", 65535), ("comment_length", 65535),
                         ("name_length", 3)):
        c.reject("zip-bad-directory", f"dir_entry_{field}_{value}.pth", f"directory entry: {field} {value}",
                 ck("data/0", **{"central_" + field: value}))
    for field, value in (("signature", 0), ("name_length", 65535), ("extra_length", 65535), ("name_length", 0)):
        c.reject("zip-bad-directory", f"local_{field}_{value}.pth", f"local header: {field} {value}",
                 ck("data/0", **{"local_" + field: value}))
    c.reject("zip-bad-directory", "local_offset_off.pth", "offset of a local header is one too large", ck("data/0", header=129))
    c.reject("zip-bad-directory", "local_offset_directory.pth", "offset of a local header is in the directory",
             ck("data/0", header=len(checkpoint()) - 60))
    c.reject("zip-bad-directory", "local_offset_past.pth", "offset of a local header is past the file",
        ck("data/0", header=1 << 29))
    c.reject("zip-bad-directory", "local_other.pth", "local header of another record", ck("data/0", header=0))


def directory_of():
    return b"".join(e.central(0) for e in checkpoint_entries())


def names(c):
    def extra(name, file, why, choice=False, expect="reject", **fields):
        case = c.reject if expect == "reject" else c.accept
        case("zip-bad-name" if expect == "reject" else "zip-unusual", file, why, ck(more=[Entry(name, b"x", **fields)]),
            choice=choice)
    extra("/etc/passwd", "name_absolute.pth", "absolute entry name", True)
    extra("m/../../etc/passwd", "name_parent.pth", "entry name with ..", True)
    extra("../up", "name_parent_first.pth", "entry name begins with ..", True)
    extra("m/..", "name_parent_last.pth", "entry name ends with ..", True)
    extra("m/data/..", "name_parent_data.pth", "entry name ends with ..", True)
    extra("", "name_empty.pth", "empty entry name", True)
    extra(b"m/a\0b", "name_nul.pth", "entry name with a NUL", True)
    extra(b"\0", "name_nul_alone.pth", "entry name is a NUL", True)
    extra("m\\data.pkl", "name_backslash.pth", "backslash in an entry name", True)
    extra(b"m/\xff\xfe", "name_bad_utf8.pth", "entry name that is said to be UTF-8 and is not", True)
    extra("m/DATA.pkl", "name_case.pth", "a second data.pkl in other case", True)
    extra("m/data/0", "name_local_other.pth", "local header has another name", central_name=b"m/data/1")
    extra("m/a..b", "name_dots_inside.pth", "dots inside a name are legal", expect="accept")
    extra("m/...", "name_three_dots.pth", "three dots are a name", expect="accept")
    extra("m/" + "n" * 60000, "name_long.pth", "an entry name of 60000 letters", expect="accept")
    extra("m/\u00e4\u4e2d\U0001f600", "name_unicode.pth", "a unicode entry name", expect="accept")
    extra(b"m/\x1b[31mred\x07", "name_control.pth", "control bytes in the name of an unused entry", expect="accept",
        choice=True)
    c.reject("zip-bad-name", "name_control_missing.pth", "a storage key with control bytes has no record",
             checkpoint({"w": tensor(storage("\x1b[31m\x07\r\n"))}))
    c.reject("zip-bad-name", "no_folder.pth", "records lie in no folder",
             archive([Entry(e.name[2:], e.data) for e in checkpoint_entries()]), choice=True)
    c.reject("zip-bad-name", "no_folder.pt", "records lie in no folder",
             archive([Entry(e.name[2:], e.data) for e in script_entries()]))
    c.reject("zip-bad-name", "two_folders.pth", "data.pkl lies in another folder than the first entry",
             archive([Entry("a/first", b"x")] + checkpoint_entries()))
    c.reject("zip-bad-name", "folder_parent.pth", "the top folder is ..", checkpoint(top=".."), choice=True)
    c.reject("zip-bad-name", "folder_absolute.pth", "all names are absolute", checkpoint(top=""), choice=True)
    c.reject("zip-bad-name", "key_parent.pth", "a storage key leaves data/",
             archive(checkpoint_entries({"w": tensor(storage("../0"))}, {}) + [Entry("m/0", FLOATS)]))
    c.reject("zip-bad-name", "key_parent.pt", "a storage key leaves data/",
             archive(script_entries(root=Object(Name("__torch__", "M"),
             {"w": tensor(storage("../constants/0", 4), 0, (4,)), "training": False}),
                                    data={}, constant_data={"0": WEIGHT})))
    for name, file in (("data/0", "duplicate_data.pth"), ("data.pkl", "duplicate_pickle.pth"),
        ("version", "duplicate_version.pth")):
        c.reject("zip-duplicate-name", file, f"two records {name}",
                 ck(more=[Entry("m/" + name, next(e.data for e in checkpoint_entries() if e.name.endswith(name.encode())))]))
    c.reject("zip-duplicate-name", "duplicate_code.pt", "two records of code", ts(more=[Entry("m/code/__torch__.py", CODE)]))
    c.reject("zip-duplicate-name", "duplicate_differs.pth", "two records data/0 with other bytes",
             ck(more=[Entry("m/data/0", FLOATS[::-1])]))
    c.reject("zip-duplicate-name", "duplicate_extra.pt", "two records of an extra file",
             ts(more=[Entry("m/extra/a", b"1"), Entry("m/extra/a", b"2")]))


def methods(c):
    for number, what in ((1, "shrunk"), (6, "imploded"), (9, "deflate64"), (12, "bzip2"), (14, "LZMA"), (93, "zstd"),
        (95, "xz"), (99, "AES"),
                         (65535, "unknown")):
        c.reject("zip-bad-method", f"method_{number}.pth", f"compression method {number}, {what}",
            ck("data.pkl", method=number))
    c.reject("zip-bad-method", "method_data.pt", "weights by LZMA", ts("data/0", method=14))
    for bit, what in ((0, "encrypted"), (6, "strongly encrypted")):
        c.reject("zip-bad-method", f"flag_{bit}.pth", what, ck("data/0", flags=0x800 | 1 << bit | 1))
    c.reject("zip-bad-method", "flag_patched.pth", "compressed patch data", ck("data/0", flags=0x820), choice=True)
    c.reject("zip-bad-method", "flag_masked.pth", "masked headers", ck("data/0", flags=0x2800), choice=True)
    c.reject("zip-bad-method", "method_local_other.pth", "the local header has another method", ck("data/0", local_method=8),
        choice=True)
    stream = deflate(FLOATS)
    broken = {
        "garbage": b"\xff\xfe\xfd\xfc" * 8, "cut": stream[:-3], "more": stream + b"\0\0\0", "empty": b"",
        "reserved": b"\x07" + stream,
        "unfinished": stream[:1], "stored_length": b"\x01\x18\0\0\0" + FLOATS, "far_back": b"\x4b\x04\xff\xff\xff\xff",
        "zlib_header": zlib.compress(FLOATS), "zeros": bytes(24), "twice": stream + stream,
    }
    for name, body in broken.items():
        for record in ("data/0", "data.pkl"):
            entries = checkpoint_entries()
            for e in entries:
                if e.name.endswith(record.encode()):
                    e.method, e.body = DEFLATED, body
            c.reject("zip-bad-deflate", f"deflate_{name}_{record.replace('/', '').replace('.', '')}.pth",
                     f"{record}: deflated data is broken: {name}", archive(entries))


def bombs(c):
    big = bytes(72 << 20)
    c.reject("zip-bomb", "bomb_weights.pth", "72 MiB of zeros as weights in a small file",
             checkpoint({"w": tensor(storage("0", 18 << 20), 0, (18 << 20,))}, {"0": big}, method=DEFLATED), choice=True)
    c.reject("zip-bomb", "bomb_pickle.pth", "72 MiB of memo stores",
             checkpoint(pickle=b"\x80\x02}" + b"q\0" * (36 << 20) + b".", method=DEFLATED), choice=True)
    c.reject("zip-bomb", "bomb_code.pt", "72 MiB of blank lines as code", script(CODE + "\n" * (72 << 20), method=DEFLATED),
        choice=True)
    c.reject("zip-bomb", "bomb_lists.pth", "8 Mi empty lists",
             checkpoint(pickle=b"\x80\x02](" + b"]" * (8 << 20) + b"e.", method=DEFLATED))
    c.reject("zip-bomb", "bomb_expression.pt", "a list of 2 Mi numbers",
             script(CODE.replace("    return", "    y = [" + "1," * (2 << 20) + "]\n    return"), method=DEFLATED), choice=True)
    c.reject("zip-bomb", "bomb_statements.pt", "1 Mi statements",
             script(CODE.replace("    return", "    y=1\n" * (1 << 20) + "    return"), method=DEFLATED), choice=True)


def legacy(root=None, keys=("0",), data=(FLOATS,), numels=None, magic=0x1950A86CA20F9469CFC6C, version=1001, info=None,
    protocol=2):
    """A file of torch.save before 1.6."""
    out = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    if magic != 0x1950A86CA20F9469CFC6C:
        out = dump(magic)
    out += dump(version, protocol)
    out += dump({"protocol_version": 1001, "little_endian": True} if info is None else info, protocol)
    kind = Name("torch", "FloatStorage")
    out += dump(root or {"w": tensor(Pid(("storage", kind, "0", "cpu", 6, None)))}, protocol)
    out += dump(list(keys), protocol)
    for i, raw in enumerate(data):
        out += struct.pack("<q", numels[i] if numels else len(raw) // 4) + raw
    return out


def unusual(c):
    ok = "zip-unusual"
    for what, options in {"align1": {"align": 1}, "align4096": {"align": 4096}, "align7": {"align": 7},
        "signed": {"descriptor": "signed"},
                          "bare": {"descriptor": "bare"}, "deflated": {"method": DEFLATED}, "zip64": {"zip64": True},
                          "entry_comment": {"comment": b"a comment"},
                          "odd_extra": {"local_extra": b"\x99\x99\2\0ab", "align": 1},
                          "deflated_descriptor": {"method": DEFLATED, "descriptor": "signed"},
                          "zip64_descriptor": {"zip64": True, "descriptor": "signed"},
                          "extra_padding": {"central_extra": b"\0\0\0"},
                          "timestamps": {"central_extra": b"UT\5\0\1\0\0\0\0"}}.items():
        if what == "align7":
            continue
        c.accept(ok, f"ok_{what}.pth", f"records: {what}", checkpoint(**options))
        c.accept(ok, f"ok_{what}.pt", f"records: {what}", script(**options))
    for top in ("archive", "my model", "\u6a21\u578b", "a.b.c", ".hidden", "x" * 300, "code", "data", "M",
        "m\u00e4h\U0001f600"):
        tag = "".join(ch if ch.isalnum() and ch.isascii() else "_" for ch in top)[:20]
        c.accept(ok, f"ok_top_{tag}.pth", "some top folder", checkpoint(top=top))
        c.accept(ok, f"ok_top_{tag}.pt", "some top folder", script(top=top))
    c.accept(ok, "ok_end64.pth", "zip64 end record without need", ck(end={"end64": True, "keep32": True}))
    c.accept(ok, "ok_end64.pt", "zip64 end record without need", ts(end={"end64": True}))
    c.accept(ok, "ok_end64_data.pth", "zip64 end record with extensible data",
             ck(end={"end64": True, "record_size": 44 + 20, "z64_data": bytes(20)}), choice=True)
    c.accept(ok, "ok_comment.pth", "archive comment", ck(end={"comment": b"made by hand"}))
    c.accept(ok, "ok_comment_long.pth", "archive comment of 65535 bytes", ck(end={"comment": b"c" * 65535}))
    c.accept(ok, "ok_comment_signature.pt", "archive comment that holds an end signature",
             ts(end={"comment": b"PK\5\6" + bytes(30)}), choice=True)
    c.accept(ok, "ok_comment_end.pt", "archive comment that holds a whole end record",
             ts(end={"comment": b"text" + archive([]) + b"text"}), choice=True)
    c.accept(ok, "ok_tail.pth", "bytes after the archive", ck(end={"tail": b"\n"}), choice=True)
    c.accept(ok, "ok_prefix.pth", "bytes before the archive", ck(end={"prefix": b"#!/bin/sh\n" + bytes(500)}), choice=True)
    c.accept(ok, "ok_prefix.pt", "bytes before the archive", ts(end={"prefix": b"#!/bin/sh\n"}), choice=True)
    c.accept(ok, "ok_gap.pth", "unused bytes before the directory", ck(end={"gap": bytes(1000)}))
    c.accept(ok, "ok_folders.pth", "entries for folders",
             archive([Entry("m/", align=1), Entry("m/data/", align=1)] + checkpoint_entries()))
    c.accept(ok, "ok_folders.pt", "entries for folders",
             archive([Entry("m/", align=1), Entry("m/code/", align=1), Entry("m/data/", align=1)] + script_entries()))
    c.accept(ok, "ok_reversed.pth", "entries in another order", archive(checkpoint_entries()[::-1]))
    c.accept(ok, "ok_reversed.pt", "entries in another order", archive(script_entries()[::-1]))
    c.accept(ok, "ok_mixed.pt", "some records deflated", archive([Entry(e.name, e.data, DEFLATED if i % 2 else 0)
                                                                  for i, e in enumerate(script_entries())]))
    c.accept(ok, "ok_extra_files.pt", "extra files, debug records and a serialization id",
             ts(more=[Entry("m/extra/info.txt", b"\xff\0"), Entry("m/code/__torch__.py.debug_pkl", b"\x80\x02]."),
                      Entry("m/.data/serialization_id", b"1"), Entry("m/.format_version", b"1"),
                      Entry("m/.storage_alignment", b"64"),
                      Entry("m/attributes", b"")]))
    c.accept(ok, "ok_outside.pt", "an entry outside of the top folder", ts(more=[Entry("__MACOSX/._m", b"x")]))
    c.accept(ok, "ok_many_entries.pth", "2000 unused entries", ck(more=[Entry(f"m/x/{i}", b"", align=1) for i in range(2000)]))
    c.accept(ok, "ok_mobile.pt", "mobile archive that keeps its code",
             ts(more=[Entry("m/bytecode.pkl", dump((5,))), Entry("m/mobile_debug_handles.pkl", dump((5,)))]))
    c.accept(ok, "ok_case.pt", "names that differ by case only", script(files={"extra/A": "1", "extra/a": "2"}))
    c.accept(ok, "ok_deflate_levels.pth", "deflated in stored blocks",
             archive([Entry(e.name, e.data, DEFLATED, body=b"\x01" + struct.pack("<HH", len(e.data),
             len(e.data) ^ 0xFFFF) + e.data)
                      for e in checkpoint_entries()]))
    c.accept(ok, "ok_empty_deflated.pth", "an empty record, deflated",
             checkpoint({"e": tensor(storage("1", 0), 0, (0,)), "w": tensor()}, {"0": FLOATS, "1": b""}, method=DEFLATED))
    c.accept(ok, "ok_version_data.pt", "version under .data/", script(version=None, files={".data/version": "3\n"}))
    c.accept("legacy", "ok_legacy.pth", "torch.save before 1.6", legacy(), choice=True)
    c.accept("legacy", "ok_legacy_p4.pth", "the same with protocol 4", legacy(protocol=4), choice=True)


def legacy_bad(c):
    def bad(name, why, **options):
        c.reject("legacy-bad", name, why, legacy(**options), choice=name.startswith(("legacy_info", "legacy_big", "legacy_keys",
            "legacy_view")))
    bad("legacy_version.pth", "protocol version 1000", version=1000)
    bad("legacy_info.pth", "system information is a list", info=[1])
    bad("legacy_big.pth", "big-endian", info={"little_endian": False})
    bad("legacy_keys.pth", "a key that no tensor has", keys=("7",))
    bad("legacy_keys_twice.pth", "a key twice", keys=("0", "0"), data=(FLOATS, FLOATS))
    bad("legacy_keys_none.pth", "no keys", keys=(), data=())
    bad("legacy_keys_int.pth", "keys are numbers", keys=(0,))
    bad("legacy_numel.pth", "another number of elements", numels=(5,))
    bad("legacy_numel_huge.pth", "2^62 elements", numels=(1 << 62,))
    bad("legacy_numel_negative.pth", "-6 elements", numels=(-6,))
    bad("legacy_short.pth", "data is cut", data=(FLOATS[:20],), numels=(6,))
    kind = Name("torch", "FloatStorage")
    for tag, view in (("past", ("0", 4, 5)), ("negative", ("0", -1, 3)), ("text", ("0", "a", 3)), ("short", ("0", 1)),
        ("wrap", ("0", 1, (1 << 63) - 1))):
        bad(f"legacy_view_{tag}.pth", "a view outside of its storage",
            root={"w": tensor(Pid(("storage", kind, "0", "cpu", 6, view)), 0, (3,))})


def cases():
    c = Cases()
    for part in (truncated, not_a_model, other_kinds, empty, crc, sizes, overlaps, zip64, directory, names, methods, bombs,
        unusual,
                 legacy_bad):
        part(c)
    return c
