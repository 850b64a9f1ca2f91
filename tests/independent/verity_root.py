#!/usr/bin/env python3
"""The dm-verity root hash of a file, from the documented definition alone.

Call: verity_root.py [--profile cryptsetup|hcsshim] [--salt HEX] FILE
"""
import argparse
import hashlib

BLOCK = 4096


def root(data, salt=bytes(32), profile="cryptsetup"):
    """SHA-256, blocks of 4096 bytes, hash type 1."""
    if not data or len(data) % BLOCK:
        raise ValueError("not whole blocks")
    level = [hashlib.sha256(salt + data[i:i + BLOCK]).digest() for i in range(0, len(data), BLOCK)]
    if profile == "cryptsetup" and len(level) == 1:
        return level[0]
    while True:
        packed = b"".join(level)
        missing = -len(packed) % BLOCK
        if profile == "hcsshim" and missing == 0:
            missing = BLOCK                                   # a full last block is followed by one of zeros
        packed += bytes(missing)
        level = [hashlib.sha256(salt + packed[i:i + BLOCK]).digest() for i in range(0, len(packed), BLOCK)]
        if len(level) == 1:
            return level[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", choices=["cryptsetup", "hcsshim"], default="cryptsetup")
    parser.add_argument("--salt", default="00" * 32)
    parser.add_argument("file")
    arguments = parser.parse_args()
    with open(arguments.file, "rb") as file:
        print(root(file.read(), bytes.fromhex(arguments.salt), arguments.profile).hex())
