"""Computes the simulated measurement of a command from its documented definition. See README.md.

usage: measure_command.py SHA384-OF-EXECUTABLE [TEXT | TEXT=SHA384-OF-FILE]...
A text that holds '=' itself needs a trailing '=' (no file) or '=SHA384'.
"""

import hashlib
import sys

DOMAIN = b"casemate/simulated-command/v1"


def field(octets):
    return len(octets).to_bytes(8, "big") + octets


def measure(executable, arguments):
    """executable: digest. arguments: pairs of text and digest (or nothing)."""
    data = field(DOMAIN) + field(executable) + field(len(arguments).to_bytes(8, "big"))
    for text, digest in arguments:
        data += field(text.encode("utf-8")) + field(digest)
    root = hashlib.sha384(data).digest()

    def derive(hash_name, use):
        return hashlib.new(hash_name, field(DOMAIN + b"/" + use) + field(root)).hexdigest()

    return {"mrenclave": derive("sha256", b"mrenclave"), "mrtd": derive("sha384", b"mrtd"),
            "measurement": derive("sha384", b"measurement")}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    pairs = []
    for argument in sys.argv[2:]:
        text, _, digest = argument.rpartition("=") if "=" in argument else (argument, "", "")
        pairs.append((text, bytes.fromhex(digest)))
    for name, value in measure(bytes.fromhex(sys.argv[1]), pairs).items():
        print(name, value)
