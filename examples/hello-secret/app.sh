#!/bin/sh
# Asks the guest API for one secret and prints it. Nothing here knows about attestation: the guest API attests on demand.
set -eu

api=${CASEMATE_GUEST_API:-http://127.0.0.1:8006}

if answer=$(curl --silent --show-error --fail-with-body --noproxy '*' "$api/cdh/resource/default/secret/greeting"); then
    printf '%s\n' "$answer"
else
    printf 'no greeting: %s\n' "$answer" >&2
    exit 1
fi
