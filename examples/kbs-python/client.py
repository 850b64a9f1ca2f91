#!/usr/bin/env python3
"""Fetches one resource from a key broker service (KBS protocol 0.4.0) with Python's standard library alone.

The evidence comes from the guest API (GET /aa/evidence); everything else is spoken to the broker directly: challenge,
attestation, resource, and the decryption of the JWE that it comes in.

The arithmetic in jwe.py is plain Python and takes a time that depends on the key: good for reading and for a machine
without any package, wrong where somebody else can measure. There, ask the guest API for the resource itself, as hello-secret does.
"""

import argparse
import hashlib
import http.cookiejar
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import jwe

PROTOCOL_VERSION = "0.4.0"
LARGEST_ANSWER = 4 * 1024 * 1024


class KbsError(Exception):
    """The broker or the guest API said no, or answered with something that is not the protocol."""


def canonical(value):
    """RFC 8785 for what is needed here: objects whose keys and strings are plain ASCII without control characters."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


class KbsClient:
    def __init__(self, kbs_url, guest_api_url):
        self._kbs = kbs_url.rstrip("/") + "/kbs/v0"
        self._guest_api = guest_api_url.rstrip("/")
        self._key = jwe.KeyPair.generate()
        # The session lives in a cookie. Proxies are switched off: broker and guest API are neighbours.
        self._http = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )

    def resource(self, path):
        """Attests, then fetches and decrypts the resource REPOSITORY/TYPE/TAG."""
        tee = json.loads(self._call(self._guest_api + "/info"))["tee"]
        challenge = self._post("/auth", {
            "version": PROTOCOL_VERSION,
            "tee": tee,
            "extra-params": {"supported-hash-algorithms": ["sha256", "sha384", "sha512"]},
        })
        if isinstance(challenge.get("extra-params"), dict) and "selected-hash-algorithm" in challenge["extra-params"]:
            raise KbsError("the broker selects a hash algorithm; this client speaks the default, SHA-384, alone")

        runtime_data = {"nonce": challenge["nonce"], "tee-pubkey": self._key.public_jwk()}
        additional_evidence = ""                        # no further devices
        self._post("/attest", {
            "runtime-data": runtime_data,
            "tee-evidence": {
                "primary_evidence": self._evidence(runtime_data, additional_evidence),
                "additional_evidence": additional_evidence,
            },
        })
        sealed = json.loads(self._call(self._kbs + "/resource/" + urllib.parse.quote(path)))
        return jwe.decrypt(sealed, self._key)

    def _evidence(self, runtime_data, additional_evidence):
        bound = dict(runtime_data, **{"additional-evidence": additional_evidence})
        digest = hashlib.sha384(canonical(bound)).digest()
        query = urllib.parse.urlencode({"runtime_data": jwe.b64url_encode(digest), "encoding": "base64"})
        return json.loads(self._call(f"{self._guest_api}/aa/evidence?{query}"))

    def _post(self, route, body):
        return json.loads(self._call(self._kbs + route, json.dumps(body).encode()))

    def _call(self, url, body=None):
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"} if body else {})
        try:
            with self._http.open(request, timeout=60) as answer:
                content = answer.read(LARGEST_ANSWER + 1)
        except urllib.error.HTTPError as error:
            detail = error.read(64 * 1024).decode("utf-8", "replace").strip()
            raise KbsError(f"{request.get_method()} {urllib.parse.urlsplit(url).path} answered {error.code}: {detail}") from None
        except urllib.error.URLError as error:
            raise KbsError(f"{url} is out of reach: {error.reason}") from None
        if len(content) > LARGEST_ANSWER:
            raise KbsError(f"{url} sent more than {LARGEST_ANSWER} bytes")
        return content


def main():
    parser = argparse.ArgumentParser(description="Fetch a resource from a KBS after attestation.")
    parser.add_argument("path", nargs="?", default="default/secret/greeting", help="REPOSITORY/TYPE/TAG")
    parser.add_argument("--kbs", default=os.environ.get("KBS_URL") or os.environ.get("CASEMATE_KBS_URL", "http://127.0.0.1:8080"),
                        help="URL of the broker; KBS_URL in the environment names another than that of casemate run")
    parser.add_argument("--guest-api", default=os.environ.get("CASEMATE_GUEST_API", "http://127.0.0.1:8006"),
                        help="URL of the guest API")
    arguments = parser.parse_args()
    try:
        secret = KbsClient(arguments.kbs, arguments.guest_api).resource(arguments.path)
    except (KbsError, jwe.JweError, KeyError, TypeError, ValueError) as error:
        print(f"no secret: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(secret + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
