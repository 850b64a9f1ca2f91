#!/usr/bin/env python3
"""Checks a Gramine-based image without Casemate: every trusted file's hash, and MRENCLAVE against the signature structure.

usage: check_gramine_image.py LAYOUT

LAYOUT is an OCI layout with one image. Prints the number of trusted files and MRENCLAVE; exit code 1 when anything differs.
Needs nothing but Python's own library. The image's layers are merged here in the simplest way: later ones win, whiteouts remove.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import tomllib

import measure_enclave


def blob(layout, descriptor):
    algorithm, digest = descriptor["digest"].split(":")
    with open(os.path.join(layout, "blobs", algorithm, digest), "rb") as file:
        content = file.read()
    if hashlib.new(algorithm, content).hexdigest() != digest:
        raise SystemExit(f"{descriptor['digest']}: the content has another digest")
    return content


def merge(layout, manifest):
    """The image's files: bytes, or the target of a symbolic link; None for directories."""
    files = {}
    for layer in manifest["layers"]:
        content = blob(layout, layer)
        if layer["mediaType"].endswith("gzip"):
            content = gzip.decompress(content)
        added = {}
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for entry in archive:
                path = "/" + entry.name.strip("/")
                directory, name = os.path.split(path)
                if name.startswith(".wh."):
                    gone = os.path.join(directory, name[4:])
                    for known in [known for known in files if known == gone or known.startswith(gone + "/")]:
                        del files[known]
                elif entry.isfile():
                    added[path] = archive.extractfile(entry).read()
                elif entry.issym():
                    added[path] = entry.linkname
                elif entry.isdir():
                    added[path] = None
        files.update(added)
    return files


def resolve(files, path, links=0):
    """The bytes of the file that a path leads to."""
    at = "/"
    parts = path.split("/")
    for i, part in enumerate(parts):
        at = os.path.normpath(os.path.join(at, part))
        target = files.get(at)
        if isinstance(target, str):
            if links > 40:
                return None
            rest = "/".join(parts[i + 1:])
            return resolve(files, os.path.normpath(os.path.join(os.path.dirname(at), target, rest)), links + 1)
    return files.get(at)


def main(arguments):
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    layout = arguments[0]
    with open(os.path.join(layout, "index.json"), "rb") as file:
        index = json.load(file)
    manifest = json.loads(blob(layout, index["manifests"][0]))
    config = json.loads(blob(layout, manifest["config"]))
    files = merge(layout, manifest)

    entrypoint = config["config"]["Entrypoint"]
    application = entrypoint[-1]
    text = files[application + ".manifest.sgx"]
    signature = files[application + ".sig"]
    settings = tomllib.loads(text.decode("utf-8"))
    wrong = 0
    trusted = settings["sgx"]["trusted_files"]
    for entry in trusted:
        content = resolve(files, entry["uri"].removeprefix("file:"))
        if content is None or hashlib.sha256(content).hexdigest() != entry["sha256"]:
            print(f"{entry['uri']}: not the file of the image")
            wrong += 1

    _, digest, structure = measure_enclave.gramine(text, resolve(files, entrypoint[1]), signature)[0]
    if measure_enclave.verify(structure)[0] != "good":
        print("the signature structure does not verify")
        wrong += 1
    if digest != structure[960:992].hex():
        print(f"mrenclave {digest} is not the signed {structure[960:992].hex()}")
        wrong += 1
    if config["config"]["Labels"]["dev.casemate.enclave.mrenclave"] != digest:
        print("the label says another mrenclave")
        wrong += 1
    print(f"trusted {len(trusted)} mrenclave {digest}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
