"""Running and reporting checks."""

import argparse
import datetime
import pathlib
import sys


class CheckFailed(Exception):
    pass


def run(description, verify):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("directory", type=pathlib.Path, help="the directory with the evidence")
    parser.add_argument("--at", help="judge dates at this time, such as 2026-11-20T08:00:00Z; default: now")
    arguments = parser.parse_args()
    now = datetime.datetime.now(datetime.timezone.utc)
    if arguments.at:
        now = datetime.datetime.strptime(arguments.at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    try:
        verify(arguments.directory, now)
    except CheckFailed as failure:
        print("FAIL", failure)
        sys.exit(1)
    except Exception as error:  # malformed input is a failed check, whatever it breaks
        print("FAIL malformed:", type(error).__name__, error)
        sys.exit(1)
    print("all checks passed")


def check(name, holds, detail=""):
    if not holds:
        raise CheckFailed(f"{name} {detail}".rstrip())
    print("ok", name, detail)


def check_dates(name, now, first, last):
    check(name, first <= now <= last, f"({first:%Y-%m-%d} to {last:%Y-%m-%d})")
