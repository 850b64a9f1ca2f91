"""A small DER reader: just what certificates, revocation lists and their extensions need."""

import datetime


class DerError(Exception):
    pass


class Node:
    """One value: tag octet, content, whole encoding."""

    def __init__(self, tag, content, encoded):
        self.tag, self.content, self.encoded = tag, content, encoded

    def children(self):
        return parse_all(self.content)

    def integer(self):
        if self.tag not in (0x02, 0x0A):
            raise DerError("not an INTEGER")
        return int.from_bytes(self.content, "big", signed=True)

    def oid(self):
        if self.tag != 0x06:
            raise DerError("not an OBJECT IDENTIFIER")
        numbers, value = [], 0
        for octet in self.content:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                numbers.append(value)
                value = 0
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, [first, numbers[0] - 40 * first] + numbers[1:]))

    def bits(self):
        if self.tag != 0x03 or self.content[:1] != b"\0":
            raise DerError("not a BIT STRING of whole octets")
        return self.content[1:]

    def time(self):
        text = self.content.decode("ascii")
        form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}[self.tag]
        return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc)


def parse(data):
    """Reads one value and returns it with what follows."""
    if len(data) < 2:
        raise DerError("cut off")
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        if count == 0 or count > 4 or len(data) < 2 + count:
            raise DerError("bad length")
        length, start = int.from_bytes(data[2:2 + count], "big"), 2 + count
        if length < 0x80 or length >> 8 * (count - 1) == 0:
            raise DerError("length is not minimal")
    if len(data) < start + length:
        raise DerError("cut off")
    return Node(data[0], data[start:start + length], data[:start + length]), data[start + length:]


def parse_one(data):
    node, rest = parse(data)
    if rest:
        raise DerError("trailing bytes")
    return node


def parse_all(data):
    nodes = []
    while data:
        node, data = parse(data)
        nodes.append(node)
    return nodes


class Signed:
    """The frame of certificates and CRLs: body, algorithm, signature."""

    def __init__(self, encoded):
        parts = parse_one(encoded).children()
        if len(parts) != 3:
            raise DerError("not a signed object")
        self.encoded = encoded
        self.body = parts[0]
        self.algorithm = parts[1]
        self.signature = parts[2].bits()


class Certificate(Signed):
    def __init__(self, encoded):
        super().__init__(encoded)
        fields = self.body.children()
        if fields[0].encoded != bytes.fromhex("a003020102"):
            raise DerError("not a version 3 certificate")
        self.serial = fields[1].integer()
        self.inner_algorithm = fields[2]
        self.issuer, self.subject = fields[3].encoded, fields[5].encoded
        self.not_before, self.not_after = (t.time() for t in fields[4].children())
        self.key_info = fields[6]
        self.extensions = {}
        for extension in fields[7].children()[0].children():
            parts = extension.children()
            oid = parts[0].oid()
            if oid in self.extensions:
                raise DerError("extension twice: " + oid)
            self.extensions[oid] = (len(parts) == 3, parts[-1].content)

    def common_name(self):
        return attribute(self.subject, "2.5.4.3")

    def is_authority(self):
        _, value = self.extensions.get("2.5.29.19", (False, b"\x30\x00"))
        return any(n.tag == 1 and n.content == b"\xff" for n in parse_one(value).children())

    def may(self, bit):
        """Key usage: 0 digitalSignature, 5 keyCertSign, 6 cRLSign."""
        critical, value = self.extensions["2.5.29.15"]
        octets = parse_one(value).content[1:]
        return critical and bit // 8 < len(octets) and bool(octets[bit // 8] & 0x80 >> bit % 8)


class RevocationList(Signed):
    def __init__(self, encoded):
        super().__init__(encoded)
        fields = self.body.children()
        if fields[0].integer() != 1:
            raise DerError("not a version 2 CRL")
        self.issuer = fields[2].encoded
        self.this_update, self.next_update = fields[3].time(), fields[4].time()
        rest = fields[5:]
        self.serials = set()
        if rest and rest[0].tag == 0x30:
            self.serials = {entry.children()[0].integer() for entry in rest[0].children()}
            rest = rest[1:]
        self.extensions = {}
        if rest and rest[0].tag == 0xA0:
            for extension in rest[0].children()[0].children():
                parts = extension.children()
                self.extensions[parts[0].oid()] = parts[-1].content


def attribute(name, oid):
    for relative in parse_one(name).children():
        for pair in relative.children():
            kind, value = pair.children()
            if kind.oid() == oid:
                return value.content.decode("utf-8")
    return None
