"""Asks an AESM socket for a quote as well-known clients do, with Python's standard library alone. See README.md.

The messages are written byte by byte as the protocol states them, and answers are checked as strictly as the strictest client does.
"""

import argparse
import pathlib
import socket
import struct
import sys

from checks import CheckFailed, check

QE3_MRSIGNER = bytes.fromhex("8c4f5775d796503e96137f77c68a829a0056ac8ded70140b081b094490c57bff")
TIMEOUT_MS = 15000


# --- protobuf -------------------------------------------------------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def parse(message):
    fields, at = {}, 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = read()
        field, kind = tag >> 3, tag & 7
        if kind == 0:
            value = read()
        elif kind == 2:
            length = read()
            value = message[at:at + length]
            check_quietly(len(value) == length, "a field ends within the message")
            at += length
        else:
            raise CheckFailed(f"wire type {kind}")
        check_quietly(field not in fields, "no field occurs twice")
        fields[field] = value
    return fields


def check_quietly(holds, name):
    if not holds:
        raise CheckFailed(name)


# --- transport ------------------------------------------------------------------------------------------------------------------

def connect(arguments):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(30)
    if arguments.abstract:
        # The whole sun_path, as a client does that passes sizeof(struct sockaddr_un).
        connection.connect(b"\0" + arguments.abstract.encode().ljust(107, b"\0"))
    else:
        connection.connect(str(arguments.socket))
    return connection


def receive(connection, count):
    received = b""
    while len(received) < count:
        part = connection.recv(count - len(received))
        check_quietly(part, "the answer is complete")
        received += part
    return received


def call(arguments, kind, request, errors=(0,), connection=None):
    """One connection for one request, unless a connection is given. Returns the fields of the answer."""
    body = data(kind, request)
    own = connection is None
    connection = connection or connect(arguments)
    connection.sendall(struct.pack("<I", len(body)) + body)
    (length,) = struct.unpack("<I", receive(connection, 4))
    check_quietly(0 < length <= 1 << 20, "the answer's length makes sense")
    answer = parse(receive(connection, length))
    if own:
        connection.shutdown(socket.SHUT_WR)
        check_quietly(connection.recv(1) == b"", "nothing follows the answer")
        connection.close()
    check(f"message {kind}: the answer has the same number, and no other", list(answer) == [kind], str(list(answer)))
    fields = parse(answer[kind])
    check(f"message {kind}: error code", 1 in fields and fields[1] in errors, str(fields.get(1)))
    return fields


# --- clients --------------------------------------------------------------------------------------------------------------------

def qe3_key_id():
    """sgx_att_key_id_ext_t of Intel's quoting enclave."""
    key = struct.pack("<HHH", 0, 0, 32) + QE3_MRSIGNER.ljust(48, b"\0") + struct.pack("<I", 1)
    key += bytes(16) + bytes(64) + bytes(16) + struct.pack("<I", 2)
    assert len(key) == 158
    return key.ljust(256, b"\0")


def report_for(arguments, target_info):
    expected = arguments.target_info.read_bytes()
    check("target info is the one that the report was made for", target_info == expected)
    report = arguments.report.read_bytes()
    assert len(report) == 432
    return report


def initialise(arguments, key_id, with_buffer, timeout=True, connection=None):
    request = data(1, key_id) + number(3, int(with_buffer))
    if with_buffer:
        request += number(4, 32)
    if timeout:
        request += number(9, TIMEOUT_MS)
    fields = call(arguments, 15, request, connection=connection)
    check("target info has 512 bytes", len(fields.get(2, b"")) == 512)
    check("size of the public key id is 32", fields.get(3) == 32)
    if with_buffer:
        check("public key id has exactly 32 bytes", len(fields.get(4, b"")) == 32)
    else:
        check("no public key id without a buffer", 4 not in fields)
    return fields


def open_enclave(arguments):
    connection = connect(arguments) if arguments.one_connection else None
    count = call(arguments, 21, number(9, TIMEOUT_MS), connection=connection).get(2)
    check("there is a key", count == 1, str(count))
    ids = call(arguments, 22, number(1, count * 256) + number(9, TIMEOUT_MS), connection=connection).get(2, b"")
    check("key ids have 256 bytes each", len(ids) == count * 256)
    key_id = ids[:256]
    check("the key is the one of Intel's quoting enclave", key_id == qe3_key_id())
    initialise(arguments, key_id, with_buffer=False, connection=connection)
    fields = initialise(arguments, key_id, with_buffer=True, connection=connection)
    size = call(arguments, 16, data(1, key_id) + number(9, TIMEOUT_MS), connection=connection).get(2)
    report = report_for(arguments, fields[2])
    request = data(1, report) + data(2, key_id) + number(4, size) + number(9, TIMEOUT_MS)
    quote = call(arguments, 17, request, connection=connection).get(2, b"")
    check("the quote has the size that was announced", len(quote) == size, f"({size})")
    check("the QE report's data begin with the public key id", quote[884:916] == fields[4])
    return quote


def gramine(arguments):
    for _ in range(3):
        fields = initialise(arguments, qe3_key_id(), with_buffer=True, timeout=False)
        report = report_for(arguments, fields[2])
        request = data(1, report) + data(2, qe3_key_id()) + number(4, 8192)
        answer = call(arguments, 17, request, errors=(0, 42))
        if answer[1] == 0:
            break
    quote = answer.get(2, b"")
    check("the quote has 436 bytes at least", len(quote) >= 436)
    length = 436 + struct.unpack_from("<I", quote, 432)[0]
    check("the quote's true length fits into 8192 bytes", length <= 8192, str(length))
    check("the quote is all there", len(quote) >= length)
    return quote[:length]


def wrong_mac(arguments):
    fields = initialise(arguments, qe3_key_id(), with_buffer=True)
    report = bytearray(report_for(arguments, fields[2]))
    report[-1] ^= 1
    answer = call(arguments, 17, data(1, bytes(report)) + data(2, qe3_key_id()) + number(4, 8192), errors=(47,))
    check("a refusal has no quote", list(answer) == [1])
    return b""


def main():
    clients = {"open-enclave": open_enclave, "gramine": gramine, "wrong-mac": wrong_mac}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("client", choices=clients)
    parser.add_argument("--socket", type=pathlib.Path, help="path of the socket")
    parser.add_argument("--abstract", help="name of an abstract socket, used instead of the path")
    parser.add_argument("--one-connection", action="store_true", help="all calls by one connection (open-enclave only)")
    parser.add_argument("--report", type=pathlib.Path, required=True, help="file with a report of 432 bytes")
    parser.add_argument("--target-info", type=pathlib.Path, required=True, help="file with the target info that the report was made for")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="where to put the quote")
    arguments = parser.parse_args()
    try:
        arguments.out.write_bytes(clients[arguments.client](arguments))
    except CheckFailed as failure:
        print("FAIL", failure)
        sys.exit(1)
    print("all checks passed")


if __name__ == "__main__":
    main()
