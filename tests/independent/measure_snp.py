"""Computes SEV-SNP, SEV-ES and SEV launch digests and IGVM digests from the published formats. See README.md.

usage: measure_snp.py REQUESTS.json     a list of requests; one digest in hex (or "refused") is printed for each
Each request: {"mode": "snp"|"sev"|"seves", "firmware": FILE, "vcpus": N, "signature": N, "bits": 48|52, "vmm": "qemu"|"ec2"|"ec2zerordx"|"gce",
"features": N, "kernel": FILE, "initrd": FILE, "append": TEXT, "svsm": FILE, "vars": N}, or
{"mode": "igvm-snp"|"igvm-vbs"|"igvm-tdx", "file": FILE, "mask": N}
Written from the tables of the AMD and edk2 documents; shares no code with Casemate and needs nothing but Python.
"""

import hashlib
import json
import struct
import sys
import uuid

PAGE = 4096
FOUR_GIB = 1 << 32


class Refused(Exception):
    pass


def le_guid(text):
    return uuid.UUID(text).bytes_le


class Firmware:
    def __init__(self, data, end):
        self.data, self.gpa = data, end - len(data)
        self.entries, self.sections = {}, []
        tail = data[:-32]
        if tail[-16:] != le_guid("96b582de-1fb2-45f7-baea-a366c55a082d"):
            raise Refused()
        (total,) = struct.unpack_from("<H", tail, len(tail) - 18)
        table = tail[len(tail) - total:len(tail) - 18]
        while table:
            (length,) = struct.unpack_from("<H", table, len(table) - 18)
            self.entries[table[-16:]] = table[len(table) - length:len(table) - 18]
            table = table[:len(table) - length]
        offset = self.number("dc886566-984a-4798-a75e-5585a7bf67cc")
        if offset is not None:
            start = len(data) - offset
            _, _, _, count = struct.unpack_from("<4sIII", data, start)
            for i in range(count):
                self.sections.append(struct.unpack_from("<III", data, start + 16 + 12 * i))

    def number(self, guid):
        entry = self.entries.get(le_guid(guid))
        return None if entry is None else struct.unpack_from("<I", entry)[0]


def vcpu_page(eip, signature, features, vmm, svsm=False):
    """(offset, format, values) triples as the manual's table of the save area lists them."""
    amazon = vmm.startswith("ec2")
    real = lambda attributes: (0, attributes, 0xFFFF, 0)
    flat = (16, 0xC93, 0xFFFFFFFF, 0)
    fields = [
        (0x00, "<HHIQ", flat if svsm else real(0x93)),
        (0x10, "<HHIQ", (8, 0xC9B, 0xFFFFFFFF, 0) if svsm else
            (0xF000, 0x9A if amazon and eip == 0xFFFFFFF0 else 0x9B, 0xFFFF, eip >> 16 << 16)),
        (0x20, "<HHIQ", flat if svsm else real(0x92 if amazon else 0x93)),
        (0x30, "<HHIQ", flat if svsm else real(0x93)),
        (0x40, "<HHIQ", flat if svsm else real(0x93)),
        (0x50, "<HHIQ", real(0x93)),
        (0x60, "<HHIQ", real(0)),
        (0x70, "<HHIQ", real(0x82)),
        (0x80, "<HHIQ", real(0)),
        (0x90, "<HHIQ", real(0x83 if amazon else 0x8B)),
        (0xD0, "<Q", (0x1000,)),
        (0x148, "<Q", (0x40,)),
        (0x158, "<Q", (0x11 if svsm else 0x10,)),
        (0x160, "<QQQQ", (0x400, 0xFFFF0FF0, 2, eip if svsm else eip & 0xFFFF)),
        (0x268, "<Q", (0x70106 if vmm == "gce" else 0x7040600070406,)),
        (0x310, "<Q", ({"qemu": signature, "ec2": 0x600, "ec2zerordx": 0, "gce": 0x600}[vmm],)),
        (0x3B0, "<Q", (1 if svsm else features,)),
        (0x3E8, "<Q", (1,)),
    ]
    if vmm == "qemu":
        fields.append((0x408, "<I", (0x1F80,)))
        fields.append((0x410, "<H", (0 if svsm else 0x37F,)))
    page = bytearray(PAGE)
    for offset, form, values in fields:
        struct.pack_into(form, page, offset, *values)
    return bytes(page)


class Chain:
    def __init__(self):
        self.value = bytes(48)

    def add(self, kind, gpa, page=None):
        contents = bytes(48) if page is None else hashlib.sha384(page).digest()
        self.value = hashlib.sha384(self.value + contents + struct.pack("<HBBIQ", 112, kind, 0, 0, gpa)).digest()

    def add_all(self, gpa, data):
        for i in range(0, len(data), PAGE):
            self.add(1, gpa + i, data[i:i + PAGE])


def read(path):
    if not path:
        return b""
    with open(path, "rb") as file:
        return file.read()


def kernel_table(request):
    rows = [("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", request.get("append", "").encode() + b"\0"),
            ("44baf731-3a2f-4bd7-9af1-41e29169781d", read(request.get("initrd"))),
            ("4de79437-abd2-427f-b835-d5b172d2045b", read(request["kernel"]))]
    body = b"".join(le_guid(guid) + struct.pack("<H", 50) + hashlib.sha256(data).digest() for guid, data in rows)
    table = le_guid("9438d606-4f22-4cc9-b479-a793d411fd21") + struct.pack("<H", 18 + len(body)) + body
    return table + bytes(-len(table) % 16)


def snp(request):
    vmm = request["vmm"]
    firmware = Firmware(read(request["firmware"]), FOUR_GIB)
    chain = Chain()
    chain.add_all(firmware.gpa, firmware.data)
    source = firmware
    if request.get("svsm"):
        source = Firmware(read(request["svsm"]), firmware.gpa - request["vars"])
        chain.add_all(source.gpa, source.data)
    last = []
    found_hashes = False
    for gpa, size, kind in source.sections:
        pages = range(gpa, gpa + size, PAGE)
        if kind == 16 and request.get("kernel"):
            found_hashes = True
            offset = firmware.number("7255371f-3a3b-4b04-927b-1da6efa8d454") % PAGE
            table = kernel_table(request)
            chain.add(1, gpa, bytes(offset) + table + bytes(PAGE - offset - len(table)))
        elif kind in (1, 4, 16):
            for page in pages:
                chain.add(4 if kind == 1 and vmm == "gce" else 3, page)
        elif kind == 2:
            chain.add(5, gpa)
        elif kind == 3 and vmm.startswith("ec2"):
            last.append(gpa)
        elif kind == 3:
            chain.add(6, gpa)
        else:
            raise Refused()
    for gpa in last:
        chain.add(6, gpa)
    if request.get("kernel") and not found_hashes:
        raise Refused()
    where = ((1 << request["bits"]) - PAGE) if vmm == "gce" else 0xFFFFFFFFF000
    for i in range(request["vcpus"]):
        if source is not firmware:
            eip = source.gpa + source.number("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd")
        else:
            eip = 0xFFFFFFF0 if i == 0 else firmware.number("00f771de-1a7e-4fcb-890e-68c77e2fb44e")
        if not eip:
            raise Refused()
        chain.add(2, where, vcpu_page(eip, request["signature"], request["features"], vmm, source is not firmware))
    return chain.value


def legacy(request):
    firmware = Firmware(read(request["firmware"]), FOUR_GIB)
    digest = hashlib.sha256(firmware.data)
    if request.get("kernel"):
        digest.update(kernel_table(request))
    if request["mode"] == "seves":
        for i in range(request["vcpus"]):
            eip = 0xFFFFFFF0 if i == 0 else firmware.number("00f771de-1a7e-4fcb-890e-68c77e2fb44e")
            digest.update(vcpu_page(eip, request["signature"], 0, request["vmm"]))
    return digest.digest()


def igvm(request):
    data = read(request["file"])
    _, _, start, size, _, _ = struct.unpack_from("<6I", data)
    at, end, mask, mode = start, start + size, request["mask"], request["mode"]
    chain, areas, registers = Chain(), {}, []
    vbs, tdx = bytes(32), hashlib.sha384()

    def vbs_page(number, flags, contents):
        nonlocal vbs
        record = struct.pack("<IIQQQ", 32 + PAGE, 2, 0, flags, number) + contents.ljust(PAGE, b"\0")
        vbs = hashlib.sha256(vbs + record).digest()

    def tdx_page(gpa, contents):
        tdx.update(b"MEM.PAGE.ADD".ljust(16, b"\0") + struct.pack("<Q", gpa) + bytes(104))
        for i in range(0, PAGE if contents is not None else 0, 256):
            tdx.update(b"MR.EXTEND".ljust(16, b"\0") + struct.pack("<Q", gpa + i) + bytes(104) + contents[i:i + 256])

    while at < end:
        kind, length = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + 8 + length]
        at += 8 + (length + 7) // 8 * 8
        if kind == 0x301:
            count, index, _ = struct.unpack_from("<QII", body)
            areas[index] = count
        elif kind == 0x302:
            gpa, has, offset, flags, what, _ = struct.unpack("<QIIIHH", body)
            if has & mask != mask or flags & 4:
                continue
            page = data[offset:offset + PAGE] if offset else bytes(PAGE)
            if what:
                chain.add(5 if what == 1 else 6, gpa)
            elif flags & 2:
                chain.add(4, gpa)
            else:
                chain.add(1, gpa, page)
            vbs_page(gpa // PAGE, 4 if flags & 2 else 0, b"" if flags & 2 else page)
            tdx_page(gpa, None if flags & 2 else page)
        elif kind == 0x303:
            gpa, has, index = struct.unpack("<QII", body)
            if has & mask == mask:
                for page in range(gpa, gpa + areas[index], PAGE):
                    chain.add(4, page)
                    vbs_page(page // PAGE, 4, b"")
                    tdx_page(page, None)
        elif kind == 0x304:
            gpa, has, offset, _, _ = struct.unpack_from("<QIIHH", body)
            if has & mask != mask:
                continue
            if mode == "igvm-snp":
                chain.add(2, gpa, data[offset:offset + PAGE])
            elif mode == "igvm-vbs":
                (count,) = struct.unpack_from("<I", data, offset)
                for i in range(count):
                    vtl, name, _, value = struct.unpack_from("<BI11s16s", data, offset + 4 + 32 * i)
                    registers.append(struct.pack("<IIQIBBHII16s", 48, 0, 0, 0, vtl, 0, 0, 0, name, value))
        elif kind == 0x30D:
            gpa, has, count = struct.unpack("<QII", body)
            if has & mask == mask:
                for page in range(gpa, gpa + count, PAGE):
                    vbs_page(page // PAGE, 7, b"")
    for record in registers:
        vbs = hashlib.sha256(vbs + record).digest()
    return {"igvm-snp": chain.value, "igvm-vbs": vbs, "igvm-tdx": tdx.digest()}[mode]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        requests = json.load(file)
    for request in requests:
        try:
            mode = request["mode"]
            print((igvm if mode.startswith("igvm") else snp if mode == "snp" else legacy)(request).hex())
        except Refused:
            print("refused")


if __name__ == "__main__":
    main()
