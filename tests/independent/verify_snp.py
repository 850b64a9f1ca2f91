"""Verifies a SEV-SNP report and its certificates with Python's standard library alone. See README.md."""

import struct

import crypto
from checks import check, check_dates, run
from der import Certificate, RevocationList, attribute, parse_one

AMD = "1.3.6.1.4.1.3704.1"
P384_OID = "1.3.132.0.34"
# RSASSA-PSS with SHA-384, MGF1 with SHA-384, salt 48; AMD's older certificates spell out the default trailer field.
PSS = "06092a864886f70d01010a30{}a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130"
ALGORITHMS = (bytes.fromhex("3041" + PSS.format("34")), bytes.fromhex("3046" + PSS.format("39") + "a303020101"))


def signed_by(name, signed, issuer):
    check(f"{name}: algorithm", signed.algorithm.encoded in ALGORITHMS)
    key = crypto.rsa_key(issuer.key_info)
    check(f"{name}: signature", key[0].bit_length() == 4096
          and crypto.pss_verify(key, signed.body.encoded, signed.signature, "sha384", 48))


def certificate_of(name, certificate, issuer, common_name, now):
    check(f"{name}: name", certificate.common_name() == common_name, common_name)
    check(f"{name}: organisation", attribute(certificate.subject, "2.5.4.10") == "Advanced Micro Devices")
    check(f"{name}: issuer", certificate.issuer == issuer.subject)
    check(f"{name}: algorithms agree", certificate.algorithm.encoded == certificate.inner_algorithm.encoded)
    signed_by(name, certificate, issuer)
    check_dates(f"{name}: dates", now, certificate.not_before, certificate.not_after)


def tcb_of_report(octets, turin):
    if turin:
        return {"9": octets[0], "1": octets[1], "2": octets[2], "3": octets[3], "8": octets[7]}
    return {"1": octets[0], "2": octets[1], "3": octets[6], "8": octets[7]}


def verify(directory, now):
    def load(name):
        return (directory / name).read_bytes()

    report = load("report.bin")
    check("report size", len(report) == 0x4A0)
    version, = struct.unpack_from("<I", report)
    check("report version", 2 <= version <= 5, str(version))
    check("signature algorithm", struct.unpack_from("<I", report, 0x34) == (1,))
    signing_key = struct.unpack_from("<I", report, 0x48)[0] >> 2 & 7
    check("signing key", signing_key in (0, 1), ("VCEK", "VLEK")[signing_key & 1])

    vek, ask, ark = Certificate(load("vek.der")), Certificate(load("ask.der")), Certificate(load("ark.der"))
    check("chain ends in the trusted root", ark.encoded == load("root.der"))
    product = ark.common_name().removeprefix("ARK-")
    check("product", product in ("Milan", "Genoa", "Turin"), product)
    turin = product == "Turin"
    family, model = report[0x188], report[0x189]
    line = {(0x19, 0): "Milan", (0x19, 1): "Genoa", (0x19, 0xA): "Genoa", (0x1A, 0): "Turin", (0x1A, 1): "Turin"}.get((family, model >> 4))
    check("processor", line == product if version >= 3 else report[0x188:0x1A0] == bytes(24))

    kind = ("VCEK", "VLEK")[signing_key]
    certificate_of("ARK", ark, ark, f"ARK-{product}", now)
    certificate_of("ASK", ask, ark, f"SEV-{product}" if signing_key == 0 else f"SEV-VLEK-{product}", now)
    certificate_of("VEK", vek, ask, f"SEV-{kind}", now)
    check("authorities", ark.is_authority() and ask.is_authority() and ark.may(5) and ask.may(5))

    if (directory / "crl.der").exists():
        crl = RevocationList(load("crl.der"))
        check("CRL: issuer", crl.issuer == ark.subject)
        signed_by("CRL", crl, ark)
        check_dates("CRL: dates", now, crl.this_update, crl.next_update)
        check("ASK is not revoked", ask.serial not in crl.serials)

    tcb = tcb_of_report(report[0x180:0x188], turin)
    certified = {arc: parse_one(vek.extensions[f"{AMD}.3.{arc}"][1]).integer() for arc in tcb}
    check("TCB in the certificate", certified == tcb, str(tcb))
    check("structure version", parse_one(vek.extensions[AMD + ".1"][1]).integer() == (1 if turin else 0))
    check("product in the certificate", parse_one(vek.extensions[AMD + ".2"][1]).content.decode().split("-")[0] == product)
    if signing_key == 0:
        hardware_id = vek.extensions[AMD + ".4"][1]
        check("hardware id", hardware_id == report[0x1A0:0x1A0 + (8 if turin else 64)])
    else:
        check("no hardware id", AMD + ".4" not in vek.extensions and AMD + ".5" in vek.extensions)

    key = crypto.ec_key(vek.key_info, crypto.P384, P384_OID)
    r, s = (int.from_bytes(report[o:o + 72], "little") for o in (0x2A0, 0x2E8))
    check("bytes after the signature are zero", not any(report[0x330:]))
    check("report signature", crypto.P384.verify(key, report[:0x2A0], r, s))


if __name__ == "__main__":
    run(__doc__, verify)
