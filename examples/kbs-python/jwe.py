"""Decrypts the flattened JWE of the KBS protocol: ECDH-ES+A256KW on P-256, content under AES-256-GCM.

Sources: RFC 7516 (JWE), RFC 7518 section 4.6 (ECDH-ES), RFC 3394 (key wrap), FIPS 197 (AES), NIST SP 800-38D (GCM),
NIST SP 800-186 (P-256). Not constant time: see client.py.
"""

import base64
import hashlib
import hmac
import json
import secrets


class JweError(Exception):
    """The message cannot be decrypted: it is malformed, for another key, or was changed on its way."""


def b64url_encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64url_decode(text):
    if not isinstance(text, str) or "=" in text:
        raise JweError("a base64url value is missing or padded")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise JweError("a value is not base64url") from None


# --- P-256 -----------------------------------------------------------------------------------------------------------------

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
      0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def _add(a, b):
    """Adds two points in affine coordinates; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    (x1, y1), (x2, y2) = a, b
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return None
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) % _P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P) % _P
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


def _multiply(scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


class KeyPair:
    """An ephemeral P-256 key to which the broker encrypts."""

    def __init__(self, scalar):
        self._scalar = scalar
        self._public = _multiply(scalar, _G)

    @staticmethod
    def generate():
        return KeyPair(secrets.randbelow(_N - 1) + 1)

    def public_jwk(self):
        x, y = (b64url_encode(value.to_bytes(32, "big")) for value in self._public)
        return {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES+A256KW", "x": x, "y": y}

    def shared_secret(self, x, y):
        """The x coordinate of our scalar times their point, which must be on the curve: other points would leak the scalar."""
        if not (0 <= x < _P and 0 <= y < _P) or (y * y - (x * x * x - 3 * x + _B)) % _P:
            raise JweError("the sender's key is not a point of P-256")
        return _multiply(self._scalar, (x, y))[0].to_bytes(32, "big")


# --- AES-256 ---------------------------------------------------------------------------------------------------------------

def _double(value):
    """Multiplies by x in GF(2^8)."""
    return (value << 1) ^ (0x11B if value & 0x80 else 0)


def _product(a, b):
    result = 0
    while b:
        if b & 1:
            result ^= a
        a, b = _double(a), b >> 1
    return result


def _make_sbox():
    box = [0x63] * 256
    power = inverse = 1
    for _ in range(255):                                # power runs through every element but zero: 3 is a generator
        power, inverse = power ^ _double(power), _product(inverse, 0xF6)        # 0xF6 is 1/3
        box[power] = 0x63
        for shift in range(5):
            box[power] ^= (inverse << shift | inverse >> (8 - shift)) & 0xFF
    return box


_SBOX = _make_sbox()
_INVERSE_SBOX = [_SBOX.index(value) for value in range(256)]
_SHIFTED = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11]              # where ShiftRows takes each byte from
_UNSHIFTED = [_SHIFTED.index(place) for place in range(16)]
_TIMES = {factor: [_product(value, factor) for value in range(256)] for factor in (2, 3, 9, 11, 13, 14)}


class Aes256:
    """One key, block by block."""

    _ROUNDS = 14

    def __init__(self, key):
        words = [list(key[i:i + 4]) for i in range(0, 32, 4)]
        constant = 1
        for i in range(8, 4 * (self._ROUNDS + 1)):
            word = words[-1]
            if i % 8 == 0:
                word = [_SBOX[b] for b in word[1:] + word[:1]]
                word[0] ^= constant
                constant = _double(constant)
            elif i % 8 == 4:
                word = [_SBOX[b] for b in word]
            words.append([a ^ b for a, b in zip(word, words[i - 8])])
        flat = [b for word in words for b in word]
        self._round_keys = [flat[i:i + 16] for i in range(0, len(flat), 16)]

    def encrypt(self, block):
        state = [a ^ b for a, b in zip(block, self._round_keys[0])]
        for number in range(1, self._ROUNDS + 1):
            state = [_SBOX[state[place]] for place in _SHIFTED]
            if number < self._ROUNDS:
                state = self._mix(state, 2, 3, None, None)
            state = [a ^ b for a, b in zip(state, self._round_keys[number])]
        return bytes(state)

    def decrypt(self, block):
        state = [a ^ b for a, b in zip(block, self._round_keys[self._ROUNDS])]
        for number in range(self._ROUNDS - 1, -1, -1):
            state = [_INVERSE_SBOX[state[place]] for place in _UNSHIFTED]
            state = [a ^ b for a, b in zip(state, self._round_keys[number])]
            if number:
                state = self._mix(state, 14, 11, 13, 9)
        return bytes(state)

    @staticmethod
    def _mix(state, *factors):
        tables = [_TIMES[factor] if factor else range(256) for factor in factors]
        mixed = []
        for column in range(0, 16, 4):
            for row in range(4):
                value = 0
                for step in range(4):
                    value ^= tables[step][state[column + (row + step) % 4]]
                mixed.append(value)
        return mixed


def unwrap_key(wrapping_key, wrapped):
    """RFC 3394, section 2.2.2."""
    if len(wrapped) % 8 or len(wrapped) < 24:
        raise JweError("the wrapped key has a wrong length")
    cipher = Aes256(wrapping_key)
    blocks = [wrapped[i:i + 8] for i in range(0, len(wrapped), 8)]
    check, count = blocks[0], len(blocks) - 1
    for turn in range(5, -1, -1):
        for i in range(count, 0, -1):
            counter = int.from_bytes(check, "big") ^ (count * turn + i)
            plain = cipher.decrypt(counter.to_bytes(8, "big") + blocks[i])
            check, blocks[i] = plain[:8], plain[8:]
    if not hmac.compare_digest(check, b"\xa6" * 8):
        raise JweError("the content key was not wrapped for this key")
    return b"".join(blocks[1:])


def _ghash(subkey, data):
    key, state = int.from_bytes(subkey, "big"), 0
    for i in range(0, len(data), 16):
        state ^= int.from_bytes(data[i:i + 16], "big")
        multiple, result = key, 0
        for bit in range(127, -1, -1):
            if state >> bit & 1:
                result ^= multiple
            multiple = multiple >> 1 ^ (0xE1 << 120 if multiple & 1 else 0)
        state = result
    return state.to_bytes(16, "big")


def _padded(data):
    return data + bytes(-len(data) % 16)


def decrypt_gcm(key, iv, ciphertext, tag, aad):
    if len(iv) != 12 or len(tag) != 16:
        raise JweError("initialisation vector or tag has a wrong length")
    cipher = Aes256(key)
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    hashed = _ghash(cipher.encrypt(bytes(16)), _padded(aad) + _padded(ciphertext) + lengths)
    mask = cipher.encrypt(iv + (1).to_bytes(4, "big"))
    if not hmac.compare_digest(bytes(a ^ b for a, b in zip(hashed, mask)), tag):
        raise JweError("the content was changed on its way: its tag does not fit")
    plain = bytearray()
    for number in range(0, len(ciphertext), 16):
        stream = cipher.encrypt(iv + (number // 16 + 2).to_bytes(4, "big"))
        plain += bytes(a ^ b for a, b in zip(ciphertext[number:number + 16], stream))
    return bytes(plain)


# --- JWE -------------------------------------------------------------------------------------------------------------------

def _concat_kdf(shared_secret, algorithm):
    """RFC 7518, section 4.6.2, for one block of 256 bits and empty party information."""
    def sized(value):
        return len(value).to_bytes(4, "big") + value
    other = sized(algorithm.encode()) + sized(b"") + sized(b"") + (256).to_bytes(4, "big")
    return hashlib.sha256((1).to_bytes(4, "big") + shared_secret + other).digest()


def decrypt(message, key_pair):
    header = json.loads(b64url_decode(message.get("protected")))
    if header.get("alg") != "ECDH-ES+A256KW" or header.get("enc") != "A256GCM":
        raise JweError(f"unexpected algorithms {header.get('alg')!r} and {header.get('enc')!r}")
    sender = header.get("epk") or {}
    if sender.get("kty") != "EC" or sender.get("crv") != "P-256":
        raise JweError("the sender's key is not on P-256")
    x, y = (int.from_bytes(b64url_decode(sender.get(name)), "big") for name in ("x", "y"))
    wrapping_key = _concat_kdf(key_pair.shared_secret(x, y), header["alg"])
    content_key = unwrap_key(wrapping_key, b64url_decode(message.get("encrypted_key")))
    if len(content_key) != 32:
        raise JweError("the content key has a wrong length")
    # The additional data is the text of the header as it was sent, never a copy written anew.
    return decrypt_gcm(content_key, b64url_decode(message.get("iv")), b64url_decode(message.get("ciphertext")),
                       b64url_decode(message.get("tag")), message["protected"].encode())
