"""Replays the event log of a TD (crypto-agile, SHA-384) without any of Casemate's code.

Call: replay_event_log.py LOG
Prints RTMR0 to RTMR3, one per line. Exit code 0, or 2 for a log that cannot be read.
Source: TCG PC Client Platform Firmware Profile 1.06, section 10.
"""

import hashlib
import struct
import sys

SHA384 = 0x000C
NO_ACTION = 3


def replay(log):
    index, kind, size = struct.unpack_from("<II20xI", log, 0)
    if index != 0 or kind != NO_ACTION or log[32:47] != b"Spec ID Event03":
        raise ValueError("no header")
    (count,) = struct.unpack_from("<I", log, 32 + 24)
    sizes = dict(struct.unpack_from("<HH", log, 32 + 28 + 4 * i) for i in range(count))

    registers = [bytes(48)] * 5
    position = 32 + size
    while position < len(log) and not (set(log[position:]) <= {0} or set(log[position:]) <= {0xFF}):
        index, kind, count = struct.unpack_from("<III", log, position)
        position += 12
        digests = {}
        for _ in range(count):
            (algorithm,) = struct.unpack_from("<H", log, position)
            digests[algorithm] = log[position + 2:position + 2 + sizes[algorithm]]
            position += 2 + sizes[algorithm]
        (size,) = struct.unpack_from("<I", log, position)
        position += 4 + size
        if position > len(log):
            raise ValueError("cut off")
        if kind != NO_ACTION:
            registers[index] = hashlib.sha384(registers[index] + digests[SHA384]).digest()
    return registers[1:]                                    # register 0 is MRTD, which nothing extends after launch


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], "rb") as file:
        log = file.read()
    try:
        registers = replay(log)
    except (ValueError, KeyError, IndexError, struct.error) as error:
        print(f"cannot read the log: {error}", file=sys.stderr)
        return 2
    for number, value in enumerate(registers):
        print(f"RTMR{number} {value.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
