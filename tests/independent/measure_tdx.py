"""Measures what a TD will report, from the published rules, without any of Casemate's code. See README.md.

usage: measure_tdx.py mrtd ORDER FIRMWARE         ORDER: page, section, all
       measure_tdx.py authenticode FILE           SHA-384 as firmware measures it
       measure_tdx.py direct KERNEL INITRD LINE   RTMR1 and RTMR2 of a kernel that the VMM hands to the firmware
       measure_tdx.py uki IMAGE                   RTMR1 and RTMR2 of a unified kernel image
       measure_tdx.py corim FILE                  the items of a CBOR document, one line each

Exit code 0, or 2 for a file that cannot be read.
"""

import hashlib
import struct
import sys
import uuid

PAGE = 4096


def sha384(data):
    return hashlib.sha384(data).digest()


def sections_of(firmware):
    end = len(firmware) - 32
    if firmware[end - 16:end] != uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le:
        raise ValueError("no table")
    (size,) = struct.unpack_from("<H", firmware, end - 18)
    first, at = end - size, end - 18
    while at > first:
        (length,) = struct.unpack_from("<H", firmware, at - 18)
        if firmware[at - 16:at] == uuid.UUID("e47a6535-984a-4798-865e-4685a7bf8ec2").bytes_le:
            (distance,) = struct.unpack_from("<I", firmware, at - length)
            break
        at -= length
    else:
        raise ValueError("no metadata")
    start = len(firmware) - distance
    magic, _, version, count = struct.unpack_from("<4sIII", firmware, start)
    if magic != b"TDVF" or version != 1:
        raise ValueError("no descriptor")
    return [struct.unpack_from("<IIQQII", firmware, start + 16 + 32 * i) for i in range(count)]


def mrtd(order, firmware):
    out = hashlib.sha384()

    def add(gpa):
        out.update(b"MEM.PAGE.ADD".ljust(16, b"\0") + struct.pack("<Q", gpa) + bytes(104))

    def extend(gpa, page):
        for at in range(0, PAGE, 256):
            out.update(b"MR.EXTEND".ljust(16, b"\0") + struct.pack("<Q", gpa + at) + bytes(104) + page[at:at + 256])

    steps = []
    for offset, size, base, memory, _, attributes in sections_of(firmware):
        content = firmware[offset:offset + size].ljust(memory, b"\0")
        pages = [] if attributes & 2 else range(0, memory, PAGE)
        adds = [(add, (base + at,)) for at in pages]
        extends = [(extend, (base + at, content[at:at + PAGE])) for at in pages] if attributes & 1 else []
        steps.append((adds, extends))
    if order == "page":
        todo = [step for adds, extends in steps for i, a in enumerate(adds) for step in [a, *extends[i:i + 1]]]
    elif order == "section":
        todo = [step for adds, extends in steps for step in adds + extends]
    else:
        todo = [step for adds, _ in steps for step in adds] + [step for _, extends in steps for step in extends]
    for call, arguments in todo:
        call(*arguments)
    return out.digest()


def pe_parts(data):
    (pe,) = struct.unpack_from("<I", data, 0x3C)
    if data[:2] != b"MZ" or data[pe:pe + 4] != b"PE\0\0":
        raise ValueError("no PE image")
    _, count, _, _, _, optional_size, _ = struct.unpack_from("<HHIIIHH", data, pe + 4)
    optional = pe + 24
    table = optional + optional_size
    sections = []
    for i in range(count):
        name, vsize, _, rsize, roffset = struct.unpack_from("<8sIIII", data, table + 40 * i)
        sections.append((name.rstrip(b"\0").decode(), vsize, data[roffset:roffset + rsize] if rsize else b"", roffset if rsize else 0))
    return optional, sections


def authenticode(data, algorithm="sha384"):
    optional, sections = pe_parts(data)
    (magic,) = struct.unpack_from("<H", data, optional)
    directories = optional + (112 if magic == 0x20B else 96)
    (headers,) = struct.unpack_from("<I", data, optional + 60)
    (number,) = struct.unpack_from("<I", data, directories - 4)
    checksum, signed = optional + 64, number > 4
    parts = [data[:checksum]]
    certificates = 0
    if signed:
        (certificates,) = struct.unpack_from("<I", data, directories + 36)
        parts += [data[checksum + 4:directories + 32], data[directories + 40:headers]]
    else:
        parts += [data[checksum + 4:headers]]
    done = headers
    for _, _, raw, offset in sorted((s for s in sections if s[2]), key=lambda s: s[3]):
        parts.append(raw)
        done += len(raw)
    parts.append(data[done:len(data) - certificates])
    return hashlib.new(algorithm, b"".join(parts)).digest()


def register(digests):
    value = bytes(48)
    for digest in digests:
        value = sha384(value + digest)
    return value


LEAVING = [sha384(b"Exit Boot Services Invocation"), sha384(b"Exit Boot Services Returned with Success")]
CALLING = sha384(b"Calling EFI Application from Boot Option")
SEPARATOR = sha384(bytes(4))


def direct(kernel, initrd, line):
    text = line + (" initrd=initrd" if initrd else "")
    second = [sha384((text + "\0").encode("utf-16-le"))] + ([sha384(initrd)] if initrd else [])
    return register([authenticode(kernel), CALLING, SEPARATOR, *LEAVING]), register(second)


def uki(image):
    _, sections = pe_parts(image)
    content = {name: raw[:vsize].ljust(vsize, b"\0") for name, vsize, raw, _ in sections}
    files = {name: raw[:vsize] for name, vsize, raw, _ in sections}
    second = []
    for name in (".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey"):
        if name in content:
            second += [sha384(name.encode() + b"\0"), sha384(content[name])]
    line = "".join(c if c >= " " else " " for c in files[".cmdline"].rstrip(b"\0").decode()).strip(" ")
    second.append(sha384((line + "\0").encode("utf-16-le")))
    if files.get(".initrd"):
        second.append(sha384(files[".initrd"]))
    first = [CALLING, SEPARATOR, authenticode(image), authenticode(files[".linux"]), *LEAVING]
    return register(first), register(second)


def cbor(data, at=0, depth=0, out=None):
    """Appends (depth, text) for each item; returns where the next begins."""
    initial = data[at]
    major, small = initial >> 5, initial & 31
    at += 1
    if small < 24:
        value = small
    else:
        size = 1 << (small - 24)
        value = int.from_bytes(data[at:at + size], "big")
        at += size
    if major == 0:
        out.append((depth, str(value)))
    elif major == 1:
        out.append((depth, str(-1 - value)))
    elif major == 2:
        content = data[at:at + value]
        at += value
        try:
            inner = []
            if cbor(content, 0, depth + 1, inner) != len(content) or content[:1] < b"\x80":
                raise ValueError
            out.append((depth, "bytes of"))
            out.extend(inner)
        except (ValueError, IndexError, UnicodeDecodeError):
            out.append((depth, "h'" + content.hex() + "'"))
    elif major == 3:
        out.append((depth, '"' + data[at:at + value].decode() + '"'))
        at += value
    elif major in (4, 5):
        out.append((depth, ("array " if major == 4 else "map ") + str(value)))
        for _ in range(value * (major - 3)):
            at = cbor(data, at, depth + 1, out)
    elif major == 6:
        out.append((depth, "tag " + str(value)))
        at = cbor(data, at, depth + 1, out)
    else:
        out.append((depth, "simple " + str(value)))
    if at > len(data):
        raise ValueError("cut off")
    return at


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    try:
        match sys.argv[1:]:
            case ["mrtd", ("page" | "section" | "all") as order, path]:
                print("MRTD", mrtd(order, read(path)).hex())
            case ["authenticode", path]:
                print("SHA384", authenticode(read(path)).hex())
            case ["direct", kernel, initrd, line]:
                for number, value in enumerate(direct(read(kernel), read(initrd), line), 1):
                    print(f"RTMR{number} {value.hex()}")
            case ["uki", path]:
                for number, value in enumerate(uki(read(path)), 1):
                    print(f"RTMR{number} {value.hex()}")
            case ["corim", path]:
                data, items = read(path), []
                if cbor(data, 0, 0, items) != len(data):
                    raise ValueError("bytes follow")
                for depth, text in items:
                    print(depth, text)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (ValueError, KeyError, IndexError, struct.error) as error:
        print(f"cannot read it: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
