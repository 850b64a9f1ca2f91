"""Asks a PCCS for everything that QCNL asks for, the way QCNL does, and checks every answer with nothing but the standard library.

Usage: python3 qcnl_client.py BASE CA.pem QEID PPID CPUSVN PCESVN PCEID
BASE is what pccs_url says: https://HOST:PORT/sgx/certification/v4/. CA.pem is the one certificate that the server may show.
Prints one line per check; exit code 0 when all passed, 1 when one failed, 2 for a wrong call.
"""
import base64
import http.client
import json
import ssl
import sys
import urllib.parse

FAILED = []


def check(name, passed, detail=""):
    print(("ok   " if passed else "FAIL ") + name + ("" if passed else ": " + str(detail)))
    if not passed:
        FAILED.append(name)


def der_of(pem):
    body = pem.split("-----BEGIN CERTIFICATE-----", 1)[1].split("-----END CERTIFICATE-----", 1)[0]
    return base64.b64decode("".join(body.split()))


class Server:
    def __init__(self, base, trusted):
        self.address = urllib.parse.urlsplit(base)
        self.trusted = der_of(open(trusted, encoding="ascii").read())
        self.base = self.address.path

    def get(self, path):
        # The certificate is compared as a whole, so its dates do not matter: the tests live in another year than the machine.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(self.address.hostname, self.address.port, context=context, timeout=30)
        connection.connect()
        check("the server shows the certificate that is trusted", connection.sock.getpeercert(binary_form=True) == self.trusted)
        connection.request("GET", path)
        response = connection.getresponse()
        # Names of headers are kept as they came.
        answer = response.status, dict(response.getheaders()), response.read()
        connection.close()
        return answer


def chain(name, headers, count):
    text = urllib.parse.unquote(headers.get(name, ""))
    found = text.count("-----BEGIN CERTIFICATE-----")
    check(name + " holds " + str(count) + " certificates", found == count, found)
    return text


def hex_crl(name, body):
    try:
        der = bytes.fromhex(body.decode("ascii").strip())
    except ValueError as problem:
        check(name + " is hex", False, problem)
        return b""
    check(name + " is DER in hex", der[:1] == b"\x30", der[:4])
    return der


def main(base, trusted, qeid, ppid, cpusvn, pcesvn, pceid):
    server = Server(base, trusted)
    sgx, tdx = server.base, server.base.replace("/sgx/", "/tdx/")

    status, headers, body = server.get(
        sgx + "pckcert?qeid=" + qeid + "&encrypted_ppid=" + ppid + "&cpusvn=" + cpusvn + "&pcesvn=" + pcesvn + "&pceid=" + pceid)
    check("pckcert answers 200", status == 200, (status, body))
    check("pckcert is PEM", body.startswith(b"-----BEGIN CERTIFICATE-----"), body[:30])
    check("pckcert has its type", headers.get("Content-Type") == "application/x-pem-file", headers.get("Content-Type"))
    tcbm, fmspc, ca = headers.get("SGX-TCBm", ""), headers.get("SGX-FMSPC", ""), headers.get("SGX-PCK-Certificate-CA-Type", "")
    check("SGX-TCBm is 36 upper-case hex digits", len(tcbm) == 36 and tcbm == bytes.fromhex(tcbm).hex().upper(), tcbm)
    check("SGX-FMSPC is 12 upper-case hex digits", len(fmspc) == 12 and fmspc == bytes.fromhex(fmspc).hex().upper(), fmspc)
    check("the CA type is known", ca in ("PROCESSOR", "PLATFORM"), ca)
    chain("SGX-PCK-Certificate-Issuer-Chain", headers, 2)

    status, headers, body = server.get(sgx + "pckcrl?ca=" + ca.lower())
    check("pckcrl answers 200", status == 200, status)
    crl = hex_crl("pckcrl", body)
    chain("SGX-PCK-CRL-Issuer-Chain", headers, 2)
    status, _, body = server.get(sgx + "pckcrl?ca=" + ca.lower() + "&encoding=der")
    check("pckcrl as DER is the same list", status == 200 and body == crl, status)

    for base_path, kind in ((sgx, "SGX"), (tdx, "TDX")):
        status, headers, body = server.get(base_path + "tcb?fmspc=" + fmspc + "&update=standard")
        check(kind + " tcb answers 200", status == 200, (status, body[:100]))
        info = json.loads(body)
        check(kind + " tcb is of that family", info["tcbInfo"]["fmspc"].upper() == fmspc and info["tcbInfo"]["id"] == kind)
        chain("TCB-Info-Issuer-Chain", headers, 2)
        status, headers, body = server.get(base_path + "qe/identity?update=standard")
        check(kind + " qe/identity answers 200", status == 200, status)
        check(kind + " qe/identity is signed", len(json.loads(body)["signature"]) == 128)
        chain("SGX-Enclave-Identity-Issuer-Chain", headers, 2)

    status, headers, body = server.get(sgx + "qve/identity?update=standard")
    check("qve/identity answers 200", status == 200 and json.loads(body)["enclaveIdentity"]["id"] == "QVE", status)
    status, _, body = server.get(sgx + "rootcacrl")
    check("rootcacrl answers 200", status == 200, status)
    root = hex_crl("rootcacrl", body)
    uri = urllib.parse.quote("https://certificates.trustedservices.intel.com/IntelSGXRootCA.der", safe="")
    status, _, body = server.get(sgx + "crl?uri=" + uri)
    check("crl?uri= is the same list, DER", status == 200 and body == root, status)

    status, _, body = server.get(sgx + "pckcert?qeid=ab&encrypted_ppid=&cpusvn=" + cpusvn + "&pcesvn=" + pcesvn + "&pceid=" + pceid)
    check("an unknown platform is 461, with the reason", status == 461 and len(body) > 20, (status, body))
    status, _, body = server.get(sgx + "tcb?fmspc=000000000000&update=standard")
    check("an unknown family is 404, with the reason", status == 404 and len(body) > 20, (status, body))
    return 1 if FAILED else 0


if __name__ == "__main__":
    if len(sys.argv) != 8:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
