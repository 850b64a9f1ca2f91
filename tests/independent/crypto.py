"""Signature verification from first principles: ECDSA on P-256 and P-384 (FIPS 186-5), RSASSA-PSS (RFC 8017)."""

import hashlib


class Curve:
    def __init__(self, p, b, gx, gy, n, hash_name):
        self.p, self.b, self.g, self.n, self.hash_name = p, b, (gx, gy), n, hash_name
        self.size = (n.bit_length() + 7) // 8

    def contains(self, point):
        x, y = point
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x + 3 * x - self.b) % self.p == 0

    # Jacobian coordinates (X, Y, Z): x = X / Z^2, y = Y / Z^3; Z = 0 is the point at infinity.
    def double(self, point):
        x, y, z = point
        p = self.p
        if z == 0 or y == 0:
            return (1, 1, 0)
        delta, gamma = z * z % p, y * y % p
        beta = x * gamma % p
        alpha = 3 * (x - delta) * (x + delta) % p
        nx = (alpha * alpha - 8 * beta) % p
        nz = ((y + z) * (y + z) - gamma - delta) % p
        ny = (alpha * (4 * beta - nx) - 8 * gamma * gamma) % p
        return (nx, ny, nz)

    def add(self, a, b):
        if a[2] == 0:
            return b
        if b[2] == 0:
            return a
        p = self.p
        za, zb = a[2] * a[2] % p, b[2] * b[2] % p
        ua, ub = a[0] * zb % p, b[0] * za % p
        sa, sb = a[1] * b[2] * zb % p, b[1] * a[2] * za % p
        if ua == ub:
            return self.double(a) if sa == sb else (1, 1, 0)
        h, r = (ub - ua) % p, (sb - sa) % p
        hh = h * h % p
        hhh, v = h * hh % p, ua * hh % p
        x = (r * r - hhh - 2 * v) % p
        return (x, (r * (v - x) - sa * hhh) % p, h * a[2] * b[2] % p)

    def combine(self, u, v, point):
        """u * G + v * point."""
        g, q = (*self.g, 1), (*point, 1)
        both = self.add(g, q)
        total = (1, 1, 0)
        for bit in range(self.n.bit_length() - 1, -1, -1):
            total = self.double(total)
            choice = (u >> bit & 1, v >> bit & 1)
            if choice != (0, 0):
                total = self.add(total, {(1, 0): g, (0, 1): q, (1, 1): both}[choice])
        return total

    def verify(self, point, message, r, s):
        if not self.contains(point) or not (0 < r < self.n and 0 < s < self.n):
            return False
        e = int.from_bytes(hashlib.new(self.hash_name, message).digest(), "big")
        w = pow(s, -1, self.n)
        x, _, z = self.combine(e * w % self.n, r * w % self.n, point)
        return z != 0 and x * pow(z * z, -1, self.p) % self.p % self.n == r


P256 = Curve(
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "sha256")

P384 = Curve(
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    "sha384")


def ec_key(key_info, curve, curve_oid):
    """The point in a SubjectPublicKeyInfo."""
    algorithm, bits = key_info.children()
    if [n.oid() for n in algorithm.children()] != ["1.2.840.10045.2.1", curve_oid]:
        raise ValueError("not a key on the expected curve")
    point = bits.bits()
    if len(point) != 1 + 2 * curve.size or point[0] != 4:
        raise ValueError("not an uncompressed point")
    return point_from(point[1:], curve)


def point_from(octets, curve):
    return int.from_bytes(octets[:curve.size], "big"), int.from_bytes(octets[curve.size:], "big")


def rsa_key(key_info):
    from der import parse_one
    algorithm, bits = key_info.children()
    if algorithm.children()[0].oid() != "1.2.840.113549.1.1.1":
        raise ValueError("not an RSA key")
    n, e = parse_one(bits.bits()).children()
    return n.integer(), e.integer()


def mgf1(seed, length, hash_name):
    mask, counter = b"", 0
    while len(mask) < length:
        mask += hashlib.new(hash_name, seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return mask[:length]


def pss_verify(key, message, signature, hash_name, salt_size):
    """RSASSA-PSS-VERIFY, RFC 8017 section 8.1.2 and 9.1.2."""
    n, e = key
    size = (n.bit_length() + 7) // 8
    s = int.from_bytes(signature, "big")
    if len(signature) != size or s >= n:
        return False
    em_bits = n.bit_length() - 1
    em = pow(s, e, n).to_bytes((em_bits + 7) // 8, "big")
    digest = hashlib.new(hash_name, message).digest()
    h_size = len(digest)
    if len(em) < h_size + salt_size + 2 or em[-1] != 0xBC:
        return False
    masked, h = em[:-h_size - 1], em[-h_size - 1:-1]
    unused = 8 * len(em) - em_bits
    if masked[0] >> 8 - unused if unused else 0:
        return False
    db = bytearray(a ^ b for a, b in zip(masked, mgf1(h, len(masked), hash_name)))
    db[0] &= 0xFF >> unused
    zeros = len(db) - salt_size - 1
    if any(db[:zeros]) or db[zeros] != 1:
        return False
    return hashlib.new(hash_name, bytes(8) + digest + bytes(db[zeros + 1:])).digest() == h
