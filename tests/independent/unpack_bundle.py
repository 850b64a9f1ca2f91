#!/usr/bin/env python3
"""Unpacks an evidence bundle of `casemate run --evidence-out` into the files that verify_dcap.py and verify_snp.py read.

Usage: unpack_bundle.py BUNDLE ROOTS DIR      ROOTS: simulator-roots.pem of the simulator that made the evidence
"""

import base64
import json
import pathlib
import re
import sys


def certificates(pem):
    """Every certificate of a PEM text, DER."""
    blocks = re.findall(r"-----BEGIN (?:CERTIFICATE|X509 CRL)-----(.*?)-----END", pem, re.DOTALL)
    return [base64.b64decode("".join(block.split())) for block in blocks]


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    bundle = json.loads(pathlib.Path(sys.argv[1]).read_text())
    roots = certificates(pathlib.Path(sys.argv[2]).read_text())
    directory = pathlib.Path(sys.argv[3])
    directory.mkdir(parents=True, exist_ok=True)
    collateral = bundle["collateral"]
    evidence = base64.b64decode(bundle["evidence"])
    if bundle["tee"] == "snp":
        files = {"report.bin": evidence}
        for name, file in (("vek", "vek.der"), ("ask", "ask.der"), ("ark", "ark.der"), ("crl", "crl.der")):
            files[file] = certificates(collateral[name])[0]
        issuer = files["ark.der"]
    else:
        files = {"quote.bin": evidence, "collateral.json": json.dumps(collateral).encode()}
        issuer = certificates(collateral["tcb_info_issuer_chain"])[-1]

    # The bundle says which root it means; that it is a trusted one, the file of roots must say.
    if issuer not in roots:
        print(f"the root of this evidence is not in {sys.argv[2]}", file=sys.stderr)
        return 1
    files["root.der"] = issuer
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
