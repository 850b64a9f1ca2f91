#!/usr/bin/env python3
"""Checks a software bill of materials against the rules of SPDX 2.3 (JSON) and against the files that it lists.

Usage: check_spdx.py DOCUMENT ROOT
One line a check; exit code 0 (all passed), 1 (one failed, named on the last line) or 2 (wrong call). Standard library alone.
"""
import hashlib
import json
import os
import re
import sys

IDENTIFIER = re.compile(r"^SPDXRef-[A-Za-z0-9.-]+$")
PURL = re.compile(r"^pkg:(deb|apk)/[a-z0-9._-]+/[A-Za-z0-9.+%-]+(@[A-Za-z0-9.+~:%_-]+)?(\?arch=[a-z0-9-]+)?$")
NO_STATEMENT = "NOASSERTION"


def require(name, holds, detail=""):
    if not holds:
        print(f"FAILED {name}: {detail}")
        sys.exit(1)


def passed(name):
    print(f"ok {name}")


def refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    require("no member twice", len(names) == len(set(names)), str(names))
    return dict(pairs)


def check_head(document):
    require("version", document["spdxVersion"] == "SPDX-2.3", document["spdxVersion"])
    require("licence of the data", document["dataLicense"] == "CC0-1.0")
    require("identifier", document["SPDXID"] == "SPDXRef-DOCUMENT")
    require("namespace", re.match(r"^https://[^#]+$", document["documentNamespace"]), document["documentNamespace"])
    created = document["creationInfo"]
    require("time", re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", created["created"]), created["created"])
    require("creators", all(re.match(r"^(Tool|Person|Organization): ", who) for who in created["creators"]) and created["creators"])
    passed("head")


def check_files(document, root):
    digests = {}
    listed = set()
    for file in document["files"]:
        name = file["fileName"]
        require("relative name", name.startswith("./") and ".." not in name.split("/"), name)
        sums = {item["algorithm"]: item["checksumValue"] for item in file["checksums"]}
        require("SHA-1 is there", "SHA1" in sums, name)
        path = os.path.join(root, name[2:])
        require("a file and no link", os.path.isfile(path) and not os.path.islink(path), name)
        with open(path, "rb") as content:
            content = content.read()
        require("SHA-1", sums["SHA1"] == hashlib.sha1(content).hexdigest(), name)
        require("SHA-256", sums["SHA256"] == hashlib.sha256(content).hexdigest(), name)
        require("licence", file["licenseConcluded"] == NO_STATEMENT and file["copyrightText"] == NO_STATEMENT)
        digests[file["SPDXID"]] = sums["SHA1"]
        listed.add(name)
    there = set()
    for directory, directories, names in os.walk(root):
        directories[:] = [d for d in directories if not os.path.islink(os.path.join(directory, d))]
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                there.add("./" + os.path.relpath(path, root))
    require("every file is listed, and no other", listed == there, str(sorted(listed ^ there)[:5]))
    passed(f"{len(listed)} files")
    return digests


def check_packages(document, digests):
    contained = {}
    described = []
    elements = set(digests) | {package["SPDXID"] for package in document["packages"]} | {"SPDXRef-DOCUMENT"}
    for relation in document["relationships"]:
        source, kind, target = relation["spdxElementId"], relation["relationshipType"], relation["relatedSpdxElement"]
        require("ends of a relationship", source in elements and target in elements, f"{source} {target}")
        if kind == "CONTAINS":
            contained.setdefault(source, []).append(target)
        elif kind == "DESCRIBES":
            described.append(target)
        else:
            require("kind of relationship", False, kind)
    require("one thing is described", len(described) == 1, str(described))
    held = [file for files in contained.values() for file in files if file in digests]
    require("each file is in one package", sorted(held) == sorted(digests), f"{len(held)} {len(digests)}")

    for package in document["packages"]:
        name = package["name"]
        require("place of download", package["downloadLocation"] == NO_STATEMENT, name)
        require("files analysed", package["filesAnalyzed"] is True, name)
        own = [digests[file] for file in contained.get(package["SPDXID"], []) if file in digests]
        if package["SPDXID"] == described[0]:
            own = list(digests.values())
        code = hashlib.sha1("".join(sorted(own)).encode()).hexdigest()
        require("verification code", package["packageVerificationCode"]["packageVerificationCodeValue"] == code, name)
        for reference in package.get("externalRefs", []):
            require("kind of reference", (reference["referenceCategory"], reference["referenceType"]) == ("PACKAGE-MANAGER", "purl"), name)
            require("package URL", PURL.match(reference["referenceLocator"]), reference["referenceLocator"])
    passed(f"{len(document['packages'])} packages")


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    with open(sys.argv[1], encoding="utf-8") as text:
        document = json.load(text, object_pairs_hook=refuse_duplicates)
    check_head(document)
    identifiers = [item["SPDXID"] for item in document["files"] + document["packages"]]
    require("identifiers", all(IDENTIFIER.match(identifier) for identifier in identifiers))
    require("each identifier once", len(identifiers) == len(set(identifiers)))
    digests = check_files(document, sys.argv[2])
    check_packages(document, digests)


main()
