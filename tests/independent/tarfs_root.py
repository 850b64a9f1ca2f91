#!/usr/bin/env python3
"""The device that a tardev snapshotter makes of an uncompressed layer, and its dm-verity root hash.

Call: tarfs_root.py tarfs|tarfs-v1 FILE.tar [DEVICE]     writes the device if asked to; prints its size and the root hash

Reads headers itself: the base library's module hides where they lie. Written from the description of the format: entries become a
tree; breadth first, names in byte order; inodes, directory entries, names, superblock.
"""
import hashlib
import struct
import sys

from verity_root import BLOCK, root

DIRECTORY, REGULAR, LINK, CHARACTER, BLOCK_DEVICE, FIFO = 0o40000, 0o100000, 0o120000, 0o20000, 0o60000, 0o10000
KINDS = {FIFO: 1, CHARACTER: 2, DIRECTORY: 4, BLOCK_DEVICE: 6, REGULAR: 8, LINK: 10}


class Node:
    def __init__(self, mode=0):
        self.mode, self.flags, self.time, self.uid, self.gid, self.size, self.offset, self.number = mode, 0, 0, 0, 0, 0, 0, 0
        self.children = {}

    def kind(self):
        return self.mode & 0o170000


def number(field):
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") | (field[0] & 0x7F) << 8 * (len(field) - 1)
    return int(field.split(b"\0")[0].strip() or b"0", 8)


def cut(field):
    return field.split(b"\0")[0]


def parts(path):
    names = []
    for name in path.split(b"/"):
        if name == b"..":
            if not names:
                return None
            names.pop()
        elif name not in (b"", b"."):
            names.append(name)
    return names


def walk(node, names):
    for name in names:
        node = node.children.setdefault(name, Node())
    return node


def entries(tar):
    """Header position, header, path, link target, size, uid and gid of each entry."""
    at, path, link, pax = 0, None, None, {}
    while at + 512 <= len(tar):
        header = tar[at:at + 512]
        if header == bytes(512):
            return
        size = number(header[124:136])
        kind = header[156:157]
        if kind in b"LKxg":
            body = tar[at + 512:at + 512 + size]
            if kind == b"L":
                path = cut(body)
            elif kind == b"K":
                link = cut(body)
            elif kind == b"x":
                while body:
                    length = int(body.split(b" ")[0])
                    key, value = body[body.index(b" ") + 1:length - 1].split(b"=", 1)
                    pax[key], body = value, body[length:]
        else:
            size = int(pax.get(b"size", size))
            prefix = cut(header[345:500]) if header[257:263] == b"ustar\0" else b""
            name = (prefix + b"/" if prefix else b"") + cut(header[:100])
            yield (at, header, path or pax.get(b"path") or name, link or pax.get(b"linkpath") or cut(header[157:257]), size,
                   int(pax.get(b"uid", number(header[108:116]))), int(pax.get(b"gid", number(header[116:124]))))
            path, link, pax = None, None, {}
        at += 512 + (size + 511) // 512 * 512


def tree(tar, whiteouts):
    top = Node(DIRECTORY | 0o555)
    for at, header, path, link, size, uid, gid in entries(tar):
        kind, offset, length = header[156:157], 0, 0
        if kind == b"1":
            target = parts(link)
            if target is None:
                continue
            existing = walk(top, target)
            names = parts(path)
            if existing.kind() == REGULAR and names:
                walk(top, names[:-1]).children[names[-1]] = existing
            continue
        if kind in b"0\0":
            mode, offset, length = REGULAR, at + 512, size
        elif kind == b"5":
            mode = DIRECTORY
        elif kind == b"2" and cut(header[157:257]) == link:
            mode, offset, length = LINK, at + 157, len(link)
        elif kind == b"6" and whiteouts:
            mode = FIFO
        elif kind in b"34" and whiteouts and header[257:262] == b"ustar":
            mode = CHARACTER if kind == b"3" else BLOCK_DEVICE
            offset = number(header[337:345]) | number(header[329:337]) << 32
        else:
            continue
        names = parts(path)
        if names is None:
            continue
        if whiteouts and names and names[-1] == b".wh..wh..opq":
            walk(top, names[:-1]).flags = 1
            continue
        if whiteouts and names and names[-1].startswith(b".wh."):
            node = walk(top, names[:-1] + [names[-1][4:]])
            node.mode, node.size, node.offset, node.children = node.mode & 0o7777 | CHARACTER, 0, 0, {}
            continue
        node = walk(top, names)
        node.mode, node.size, node.offset, node.flags, node.children = mode | number(header[100:108]) & 0o777, length, offset, 0, {}
        node.time, node.uid, node.gid = number(header[136:148]), uid, gid
    return top


def device(tar, profile):
    top = tree(tar, profile == "tarfs")
    order, inodes = [top], []
    for node in order:
        if not node.number:
            inodes.append(node)
            node.number = len(inodes)
        order += [node.children[name] for name in sorted(node.children)]
    at = len(tar) + 32 * len(inodes)
    directories = [node for node in order if node.kind() == DIRECTORY]
    for node in directories:
        node.offset, node.size = at, 32 * len(node.children)
        at += node.size
    out = bytearray(tar)
    for node in inodes:
        out += struct.pack("<HBBIIIQQ", node.mode, node.flags, node.time >> 32 & 15, node.uid, node.gid, node.time & 0xFFFFFFFF, node.size, node.offset)
    names = b""
    for node in directories:
        for name in sorted(node.children):
            child = node.children[name]
            out += struct.pack("<QQQB7x", child.number, at + len(names), len(name), KINDS.get(child.kind(), 0))
            names += name
    out += names
    superblock = struct.pack("<QQ496x", len(tar), len(inodes))
    if profile == "tarfs":
        end = (len(out) + len(names) + 4095) // 4096 * 4096 + 4096       # the names count twice
        return bytes(out) + bytes(end - 512 - len(out)) + superblock
    return bytes(out) + bytes(-len(out) % 512) + superblock


def root_of(image):
    whole = len(image) // BLOCK * BLOCK
    hashed = root(image[:whole])
    blocks, full = whole // BLOCK, 1
    while full < blocks:
        full *= 128
    if whole < len(image) and full == blocks:                              # the bytes behind begin another subtree
        hashed = hashlib.sha256(bytes(32) + hashed + bytes(BLOCK - 32)).digest()
    return hashed


if __name__ == "__main__":
    with open(sys.argv[2], "rb") as file:
        image = device(file.read(), sys.argv[1])
    if len(sys.argv) > 3:
        with open(sys.argv[3], "wb") as file:
            file.write(image)
    print(len(image), root_of(image).hex())
