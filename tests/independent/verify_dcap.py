"""Verifies an SGX or TDX quote and its collateral with Python's standard library alone. See README.md."""

import datetime
import hashlib
import json
import re
import ssl
import struct

import crypto
from checks import check, check_dates, run
from der import Certificate, RevocationList, parse_one

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
P256_OID = "1.2.840.10045.3.1.7"
SGX_EXTENSION = "1.2.840.113741.1.13.1"


def public_key(certificate):
    return crypto.ec_key(certificate.key_info, crypto.P256, P256_OID)


def signed_by(name, signed, issuer):
    check(f"{name}: algorithm", signed.algorithm.encoded == ECDSA_SHA256)
    r, s = (n.integer() for n in parse_one(signed.signature).children())
    check(f"{name}: signature", crypto.P256.verify(public_key(issuer), signed.body.encoded, r, s))


def fixed_signature(key, message, signature):
    return len(signature) == 64 and crypto.P256.verify(key, message, *crypto.point_from(signature, crypto.P256))


def certificate_of(name, certificate, issuer, authority, now):
    check(f"{name}: issuer", certificate.issuer == issuer.subject, certificate.common_name())
    check(f"{name}: algorithms agree", certificate.algorithm.encoded == certificate.inner_algorithm.encoded)
    check(f"{name}: authority", certificate.is_authority() == authority)
    check(f"{name}: key usage", certificate.may(5 if authority else 0))
    signed_by(name, certificate, issuer)
    check_dates(f"{name}: dates", now, certificate.not_before, certificate.not_after)


def revocation_list(name, encoded, issuer, now):
    crl = RevocationList(encoded)
    check(f"{name}: issuer", crl.issuer == issuer.subject)
    check(f"{name}: number and key identifier", {"2.5.29.20", "2.5.29.35"} <= crl.extensions.keys())
    signed_by(name, crl, issuer)
    check_dates(f"{name}: dates", now, crl.this_update, crl.next_update)
    return crl


def read_pem(text):
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S)
    return [Certificate(ssl.PEM_cert_to_DER_cert(block)) for block in blocks]


class Quote:
    def __init__(self, data):
        self.version, key_type, tee = struct.unpack_from("<HHI", data)
        check("quote version", self.version in (3, 4, 5), str(self.version))
        check("attestation key type", key_type == 2)
        check("quoting enclave vendor", data[12:28].hex() == "939a7233f79c4ca9940a0db3957f0607")
        check("TEE type", tee in ((0,) if self.version == 3 else (0, 0x81)), hex(tee))
        self.tdx = tee == 0x81
        end = 48
        if self.version == 5:
            body_type, size = struct.unpack_from("<HI", data, 48)
            check("body type and size", {1: 384, 2: 584, 3: 648, 4: 885}.get(body_type) == size and (body_type == 1) != self.tdx)
            end += 6 + size
        else:
            end += 584 if self.tdx else 384
        self.signed = data[:end]
        size, = struct.unpack_from("<I", data, end)
        rest = data[end + 4:end + 4 + size]
        check("authentication data is complete", len(rest) == size)
        self.signature, self.key, rest = rest[:64], rest[64:128], rest[128:]
        if self.version >= 4:
            kind, size = struct.unpack_from("<HI", rest)
            rest = rest[6:]
            check("outer certification data", kind == 6 and size == len(rest))
        self.qe_report, self.qe_signature, rest = rest[:384], rest[384:448], rest[448:]
        size, = struct.unpack_from("<H", rest)
        self.qe_auth, rest = rest[2:2 + size], rest[2 + size:]
        kind, size = struct.unpack_from("<HI", rest)
        check("certification data", kind == 5 and size == len(rest) - 6)
        self.chain = read_pem(rest[6:].decode("ascii"))


def sgx_extension(certificate):
    return {n.children()[0].oid(): n.children()[1] for n in parse_one(certificate.extensions[SGX_EXTENSION][1]).children()}


def document(name, collateral, member, signer, now):
    text = collateral[member]
    check(f"{name}: signature", fixed_signature(public_key(signer), text.encode(), bytes.fromhex(collateral[member + "_signature"])))
    value = json.loads(text)
    dates = [datetime.datetime.strptime(value[d], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
             for d in ("issueDate", "nextUpdate")]
    check_dates(f"{name}: dates", now, *dates)
    return value


def masked(value, mask):
    return bytes(a & b for a, b in zip(value, bytes.fromhex(mask))).hex()


def verify(directory, now):
    root = Certificate((directory / "root.der").read_bytes())
    collateral = json.loads((directory / "collateral.json").read_text())
    quote = Quote((directory / "quote.bin").read_bytes())

    check("PCK chain has three certificates", len(quote.chain) == 3)
    pck, authority, last = quote.chain
    check("chain ends in the trusted root", last.encoded == root.encoded)
    certificate_of("root", root, root, True, now)
    certificate_of("PCK CA", authority, root, True, now)
    certificate_of("PCK", pck, authority, False, now)
    check("names", (root.common_name(), pck.common_name()) == ("Intel SGX Root CA", "Intel SGX PCK Certificate")
          and authority.common_name() in ("Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"))

    root_crl = revocation_list("root CRL", bytes.fromhex(collateral["root_ca_crl"]), root, now)
    pck_crl = revocation_list("PCK CRL", bytes.fromhex(collateral["pck_crl"]), authority, now)
    check("PCK CA is not revoked", authority.serial not in root_crl.serials)
    check("PCK is not revoked", pck.serial not in pck_crl.serials)

    documents = {}
    for name, member, chain in (("TCB info", "tcb_info", "tcb_info_issuer_chain"), ("QE identity", "qe_identity", "qe_identity_issuer_chain")):
        signer, top = read_pem(collateral[chain])
        check(f"{name}: signer's name", signer.common_name() == "Intel SGX TCB Signing")
        check(f"{name}: signer's root", top.encoded == root.encoded)
        certificate_of(f"{name} signer", signer, root, False, now)
        check(f"{name}: signer is not revoked", signer.serial not in root_crl.serials)
        documents[member] = document(name, collateral, member, signer, now)

    extension = sgx_extension(pck)
    tcb_info, identity = documents["tcb_info"], documents["qe_identity"]
    check("FMSPC", extension[SGX_EXTENSION + ".4"].content.hex() == tcb_info["fmspc"].lower())
    check("PCEID", extension[SGX_EXTENSION + ".3"].content.hex() == tcb_info["pceId"].lower())
    check("TCB info is for this TEE", tcb_info.get("id", "SGX") == ("TDX" if quote.tdx else "SGX"))

    report = quote.qe_report
    check("QE report signature", fixed_signature(public_key(pck), report, quote.qe_signature))
    check("QE report binds the attestation key", report[320:] == hashlib.sha256(quote.key + quote.qe_auth).digest() + bytes(32))
    check("QE identity: id", identity["id"] == ("TD_QE" if quote.tdx else "QE"))
    check("QE identity: signer", report[128:160].hex() == identity["mrsigner"].lower())
    check("QE identity: product", struct.unpack_from("<H", report, 256)[0] == identity["isvprodid"])
    check("QE identity: attributes", masked(report[48:64], identity["attributesMask"]) == identity["attributes"].lower())
    check("QE identity: miscselect", masked(report[16:20], identity["miscselectMask"]) == identity["miscselect"].lower())
    check("quote signature", fixed_signature(crypto.point_from(quote.key, crypto.P256), quote.signed, quote.signature))


if __name__ == "__main__":
    run(__doc__, verify)
