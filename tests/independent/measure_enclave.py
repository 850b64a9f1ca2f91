"""Measures an SGX enclave file and verifies its signature structure, from the published rules. See README.md.

usage: measure_enclave.py open-enclave FILE
       measure_enclave.py sdk FILE
       measure_enclave.py gramine MANIFEST LIBPAL [SIGNATURE]
       measure_enclave.py sigstruct FILE

One line for each signature structure: what it is, 'mrenclave' as computed here ('-' for sigstruct), 'signed' as the structure has it,
'mrsigner', and 'signature' good, bad or absent. Exit code 0 when every one is good and, where computed, the same; otherwise 1.
"""

import hashlib
import struct
import sys
import tomllib

PAGE = 4096
R, W, X, TCS, REG = 1, 2, 4, 0x100, 0x200


def up(value, unit=PAGE):
    return -(-value // unit) * unit


class Enclave:
    """Keeps the SHA-256 of what the processor records."""

    def __init__(self, frame_pages, size, shift=0):
        self.hash = hashlib.sha256(struct.pack("<8sIQ44x", b"ECREATE", frame_pages, size))
        self.shift = shift

    def page(self, at, flags, content=None, measure=True):
        at += self.shift
        self.hash.update(struct.pack("<8sQQ40x", b"EADD", at, flags))
        if not measure:
            return
        content = bytes(PAGE) if content is None else content.ljust(PAGE, b"\0")
        for chunk in range(0, PAGE, 256):
            self.hash.update(struct.pack("<8sQ48x", b"EEXTEND", at + chunk))
            self.hash.update(content[chunk:chunk + 256])

    def pages(self, at, count, flags, content=None, measure=True):
        for i in range(count):
            self.page(at + i * PAGE, flags, content, measure)

    def digest(self):
        return self.hash.hexdigest()


class Elf:
    """A 64-bit little-endian shared object."""

    def __init__(self, data):
        self.data = data
        if data[:6] != b"\x7fELF\x02\x01":
            sys.exit("not a 64-bit little-endian ELF file")
        (self.entry, program, sections) = struct.unpack_from("<QQQ", data, 24)
        (count,) = struct.unpack_from("<H", data, 56)
        self.segments = [dict(zip(("type", "flags", "offset", "address", "_", "file", "memory", "align"),
                                  struct.unpack_from("<IIQQQQQQ", data, program + 56 * i))) for i in range(count)]
        (number, names) = struct.unpack_from("<HH", data, 60)
        raw = [struct.unpack_from("<IIQQQQIIQQ", data, sections + 64 * i) for i in range(number)]
        text = raw[names][4]
        self.sections = {}
        for header in raw:
            name = data[text + header[0]:data.index(b"\0", text + header[0])].decode()
            self.sections.setdefault(name, dict(zip(
                ("name", "type", "flags", "address", "offset", "size", "link", "info", "align", "entry"), header)))
        self.raw = raw

    def load(self):
        return [s for s in self.segments if s["type"] == 1]

    def bytes_of(self, name):
        section = self.sections.get(name)
        return self.data[section["offset"]:section["offset"] + section["size"]] if section and section["type"] != 8 else b""

    def symbols(self):
        table, strings = self.bytes_of(".dynsym"), self.bytes_of(".dynstr")
        found = []
        for at in range(0, len(table), 24):
            name, info, _, where, value, _ = struct.unpack_from("<IBBHQQ", table, at)
            found.append((strings[name:strings.index(b"\0", name)].decode(), where, value))
        return found


def rights(segment):
    flags = segment["flags"]
    return (R if flags & 4 else 0) | (W if flags & 2 else 0) | (X if flags & 1 else 0)


def open_enclave(data):
    elf = Elf(data)
    info = elf.sections[".oeinfo"]
    image = bytearray(up(max(s["address"] + s["memory"] for s in elf.load())))
    for s in elf.load():
        image[s["address"]:s["address"] + s["file"]] = data[s["offset"]:s["offset"] + s["file"]]
    own = info["address"]
    heap, stack, threads = struct.unpack_from("<QQQ", image, own + 8)
    (flags,) = struct.unpack_from("<I", image, own + 36)
    (start,) = struct.unpack_from("<Q", image, own + 88)
    start = start if flags & 2 else 0
    structure = bytes(image[own + 144:own + 144 + 1808])

    symbols = elf.symbols()
    relocations = bytearray()
    if elf.bytes_of(".rela.dyn"):
        relocations = bytearray(elf.bytes_of(".rela.dyn") + elf.bytes_of(".rela.plt"))
    for at in range(0, len(relocations), 24):
        kind, symbol = struct.unpack_from("<II", relocations, at + 8)
        if kind == 18:
            struct.pack_into("<Q", relocations, at + 16, symbols[symbol][2])
    relocations = bytes(relocations).ljust(up(len(relocations)), b"\0")

    empty = {"size": 0, "align": 1, "address": 0}
    tdata, tbss = elf.sections.get(".tdata", empty), elf.sections.get(".tbss", empty)
    tls = next((s for s in elf.segments if s["type"] == 7), None)
    tdata_align = tls["align"] if tls and tdata["size"] else tdata["align"]
    tls_pages = up(up(tdata["size"], tdata_align) + up(tbss["size"], tbss["align"])) // PAGE
    total = len(image) + len(relocations) + PAGE * (heap + threads * (stack + 2 + tls_pages + 5))

    def pow2(value):
        return 1 << (value - 1).bit_length()

    struct.pack_into("<QQQQQQ", image, own + 96, own, 1960, len(image), len(relocations), len(image) + len(relocations), pow2(total))
    image[own + 144:own + 144 + 1808] = bytes(1808)
    values = {"_reloc_rva": len(image), "_reloc_size": len(relocations), "_td_from_tcs_offset": (tls_pages + 4) * PAGE}
    if tdata["size"]:
        values |= {"_tdata_rva": tdata["address"], "_tdata_size": tdata["size"], "_tdata_align": tdata_align}
    if tbss["size"]:
        values |= {"_tbss_size": tbss["size"], "_tbss_align": tbss["align"]}
    for name, where, value in symbols:
        if where and name == "_enclave_rva":
            struct.pack_into("<Q", image, value, value)
        elif where and name in values:
            struct.pack_into("<Q", image, value, values[name])

    enclave = Enclave(1, pow2(total + start), start)
    for s in elf.load():
        for at in range(s["address"] // PAGE * PAGE, s["address"] + s["memory"], PAGE):
            enclave.page(at, rights(s) | REG, bytes(image[at:at + PAGE]))
    at = len(image)
    for i in range(0, len(relocations), PAGE):
        enclave.page(at + i, R | REG, relocations[i:i + PAGE])
    at += len(relocations)
    enclave.pages(at, heap, R | W | REG, measure=False)
    at += heap * PAGE
    for _ in range(threads):
        at += PAGE
        enclave.pages(at, stack, R | W | REG, b"\xcc" * PAGE)
        at += (stack + 1) * PAGE
        own_data = start + at + (tls_pages + 4) * PAGE
        enclave.page(at, TCS, struct.pack(
            "<16xQIIQQQQII", start + at + PAGE, 0, 2, start + elf.entry, 0, own_data, own_data, 0xFFFFFFFF, 0xFFFFFFFF))
        enclave.pages(at + PAGE, 2, R | W | REG)
        enclave.pages(at + 4 * PAGE, tls_pages + 1, R | W | REG)
        at += (5 + tls_pages) * PAGE
    return [("open-enclave", enclave.digest(), structure)]


def sdk(data):
    elf = Elf(data)
    note = elf.bytes_of(".note.sgxmeta")
    size = struct.unpack_from("<I", note, 4)[0]
    area = note[25:25 + size]
    results = []
    while area[:8] == (0x86A80294635D0E4C).to_bytes(8, "little"):
        length = struct.unpack_from("<I", area, 16)[0]
        results.append(sdk_block(elf, area[:length]))
        area = area[length:]
    return results


def sdk_block(elf, block):
    minor, major, _, _, frame = struct.unpack_from("<IIIII", block, 8)
    (size,) = struct.unpack_from("<Q", block, 40)
    patches, patches_size, layout, layout_size, extent, _ = struct.unpack_from("<IIIIII", block, 1872)
    shift = 0
    if major > 10:
        image, start, size = struct.unpack_from("<QQQ", block, extent)
        shift = image - start
    enclave = Enclave(frame, size, shift)

    data = bytearray(elf.data)
    for at in range(patches, patches + patches_size, 32):
        to, source, count = struct.unpack_from("<QII", block, at)
        data[to:to + count] = block[source:source + count]

    touched = set()
    dynamic = next(s for s in elf.segments if s["type"] == 2)
    tags = [struct.unpack_from("<QQ", elf.data, dynamic["offset"] + i) for i in range(0, dynamic["file"], 16)]
    if any(tag == 22 for tag, _ in tags):
        for name in (".rela.dyn", ".rela.plt"):
            table = elf.bytes_of(name)
            for at in range(0, len(table), 24):
                where, kind = struct.unpack_from("<QI", table, at)
                if kind:
                    touched |= {where // PAGE, (where + 7) // PAGE}

    def region(address, memory, flags, content, relocated):
        base = address // PAGE * PAGE
        for page in range(base, up(address + max(memory, len(content))), PAGE):
            first, last = max(address, page) - address, min(address + len(content), page + PAGE) - address
            filled = last > first
            part = bytes(max(address - page, 0)) + bytes(content[first:last]) if filled else b""
            enclave.page(page, flags | (W if relocated and filled and page // PAGE in touched else 0), part)

    loaded = elf.load()
    for i, s in enumerate(loaded):
        region(s["address"], s["memory"], rights(s) | REG, data[s["offset"]:s["offset"] + s["file"]], True)
        behind = loaded[i + 1]["address"] // PAGE * PAGE if i + 1 < len(loaded) else 1 << 64
        end = up(s["address"] + s["memory"])
        if (major, minor) == (1, 3) and s["address"] > 0 and end < up(up(s["memory"]) + s["address"]) and end < behind:
            enclave.page(end, rights(s) | REG)

    entries = [struct.unpack_from("<HHIQIIQ", block, at) for at in range(layout, layout + layout_size, 32)]

    def add(entry, delta):
        _, attributes, pages, offset, content_size, content, flags = entry
        if not attributes & 1:
            return
        at, measure = offset + delta, attributes & 2 > 0
        if content and flags == TCS:
            page = bytearray(block[content:content + content_size].ljust(PAGE, b"\0"))
            for field in (16, 48, 56):
                struct.pack_into("<Q", page, field, struct.unpack_from("<Q", page, field)[0] + at)
            enclave.pages(at, pages, flags, bytes(page), measure)
        elif content:
            region(at, pages * PAGE, flags, block[content:content + content_size], False)
        elif flags:
            enclave.pages(at, pages, flags, struct.pack("<I", content_size) * (PAGE // 4), measure)

    for i, entry in enumerate(entries):
        if not entry[0] & 0x1000:
            add(entry, 0)
            continue
        for time in range(1, entry[2] + 1):
            for repeated in entries[i - entry[1]:i]:
                add(repeated, time * entry[3])
    return (f"sdk {major}.{minor}", enclave.digest(), block[64:64 + 1808])


def gramine(manifest, libpal, structure):
    settings = tomllib.loads(manifest.decode())["sgx"]
    text = settings["enclave_size"]
    size = int(text.rstrip("KMG"), 0) << {"K": 10, "M": 20, "G": 30}.get(text[-1], 0)
    n, elf = settings["max_threads"], Elf(libpal)
    stored = manifest + b"\0"
    top = size
    areas = {}
    for name, length in [("manifest", up(len(stored))), ("ssa", n * 8 * PAGE), ("tcs", n * PAGE), ("tls", n * PAGE)] + [
            (f"stack{i}", 64 * PAGE) for i in range(n)] + [(f"signal{i}", 16 * PAGE) for i in range(n)] + [
            ("pal", up(max(s["address"] + s["memory"] for s in elf.load())))]:
        top -= length
        areas[name] = top
    enclave = Enclave(4, size)
    for i in range(0, len(stored), PAGE):
        enclave.page(areas["manifest"] + i, R | REG, stored[i:i + PAGE])
    enclave.pages(areas["ssa"], n * 8, R | W | REG)
    for i in range(n):
        enclave.page(areas["tcs"] + i * PAGE, TCS, struct.pack(
            "<16xQIIQQQQII", areas["ssa"] + i * 8 * PAGE, 0, 2, areas["pal"] + elf.entry, 0, 0, areas["tls"] + i * PAGE, 0xFFF, 0xFFF))
    for i in range(n):
        page, ssa = bytearray(PAGE), areas["ssa"] + i * 8 * PAGE
        for offset, value in ((0, areas["tls"] + i * PAGE), (8, 0xBADBADBADBAD), (272, size), (280, areas["tcs"] + i * PAGE),
                              (288, areas[f"stack{i}"] + 64 * PAGE), (304, areas[f"signal{i}"]), (312, areas[f"signal{i}"] + 16 * PAGE),
                              (328, ssa), (336, ssa + 4 * PAGE - 184), (416, len(stored)), (424, 0x10000), (432, areas["pal"])):
            struct.pack_into("<Q", page, offset, value)
        enclave.page(areas["tls"] + i * PAGE, R | W | REG, bytes(page))
    for i in range(n):
        enclave.pages(areas[f"stack{i}"], 64, R | W | REG)
    for i in range(n):
        enclave.pages(areas[f"signal{i}"], 16, R | W | REG)
    for s in elf.load():
        for at in range(s["address"] // PAGE * PAGE, s["address"] + s["memory"], PAGE):
            first = max(at, s["address"])
            last = max(first, min(at + PAGE, s["address"] + s["file"]))
            held = libpal[s["offset"] + first - s["address"]:s["offset"] + last - s["address"]]
            enclave.page(areas["pal"] + at, rights(s) | REG, bytes(first - at) + held)
    if not settings.get("edmm_enable", False):
        for at in range(0x10000, areas["pal"], PAGE):
            enclave.page(at, R | W | X | REG, measure=False)
    return [("gramine", enclave.digest(), structure)]


def verify(structure):
    """good, bad or absent; and MRSIGNER."""
    if len(structure) != 1808 or not any(structure):
        return "absent", "-"
    modulus, s, q1, q2 = (int.from_bytes(structure[at:at + 384], "little") for at in (128, 516, 1040, 1424))
    digest = hashlib.sha256(structure[:128] + structure[900:1028]).digest()
    encoded = b"\0\1" + b"\xff" * 330 + b"\0" + bytes.fromhex("3031300d060960864801650304020105000420") + digest
    constants = structure[:12] == bytes.fromhex("06000000e100000000000100") and structure[24:40] == bytes.fromhex(
        "01010000600000006000000001000000") and structure[512:516] == b"\3\0\0\0"
    zeros = structure[12:15] + bytes([structure[15] & 0x7F]) + structure[44:128] + structure[910:912] + structure[992:1008] + structure[1028:1040]
    right = (constants and not any(zeros) and modulus.bit_length() == 3072 and s < modulus and len(encoded) == 384
             and pow(s, 3, modulus) == int.from_bytes(encoded, "big") and q1 == s * s // modulus and q2 == s * s % modulus * s // modulus)
    return "good" if right else "bad", hashlib.sha256(structure[128:512]).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("open-enclave", "sdk", "gramine", "sigstruct"):
        sys.exit(__doc__)
    kind, files = arguments[0], [read(path) for path in arguments[1:]]
    if kind == "open-enclave":
        results = open_enclave(files[0])
    elif kind == "sdk":
        results = sdk(files[0])
    elif kind == "gramine":
        results = gramine(files[0], files[1], files[2] if len(files) > 2 else b"")
    else:
        results = [("sigstruct", "-", files[0])]
    failed = False
    for name, computed, structure in results:
        signature, signer = verify(structure)
        signed = structure[960:992].hex() if len(structure) == 1808 else "-"
        failed |= signature != "good" or computed not in ("-", signed)
        print(f"{name}: mrenclave {computed} signed {signed} mrsigner {signer} signature {signature}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
