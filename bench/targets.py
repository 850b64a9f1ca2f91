#!/usr/bin/env python3
"""Prints targets against what one run of the benchmarks measured, and rates over threads, as Markdown.

Usage: bench/targets.py BENCHMARKDOTNET_RESULTS_DIRECTORY SCALING.json
"""
import glob
import json
import os
import sys


def load(directory):
    """The mean time in nanoseconds and the allocated bytes of every benchmark method."""
    found = {}
    for path in glob.glob(os.path.join(directory, "*-report-full-compressed.json")):
        with open(path, encoding="utf-8") as file:
            for item in json.load(file)["Benchmarks"]:
                found[item["Type"], item["Method"]] = (item["Statistics"]["Mean"], item["Memory"]["BytesAllocatedPerOperation"])
    return found


results = load(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    scaling = json.load(file)


def rate(kind, method):
    return 1e9 / results[kind + "Benchmarks", method][0]


def kib(kind, method):
    return results[kind + "Benchmarks", method][1] / 1024


rows = []


def at_least(case, target, measured, unit="/s", digits=0, aim=False):
    if unit == "/s":
        rows.append((case, f"≥ {target:,.0f}/s", f"{measured:,.0f}/s", measured >= target, aim))
    else:
        rows.append((case, f"≥ {target:.{digits}f} {unit}", f"{measured:.{digits}f}", measured >= target, aim))


def at_most(case, target, measured):
    rows.append((case, f"≤ {target} KiB", f"{measured:.2f} KiB", measured <= target, False))


for tee in ("Sgx", "Tdx"):
    name, cold = tee.upper(), rate("Quote", tee + "Cold")
    at_least(f"{name} cold", 1000, cold)
    at_least(f"{name} cold", 1.5, cold / rate("Quote", tee + "Framework"), "× framework types, each of 10 signatures once", 2)
    at_least(f"{name} cold", 1.5, cold / rate("Quote", tee + "FrameworkRepeating"), "× framework types, go-tdx-guest's 19 verifications", 2)
at_least("SGX and TDX, platform seen before, new attestation key", 5000, rate("Quote", "WarmPck"))
at_least("SGX and TDX, platform seen before, new attestation key", 10000, rate("Quote", "WarmPck"), aim=True)
for tee, floor in (("Sgx", "FloorKnown"), ("Tdx", "FloorTdxKnown")):
    at_least(f"{tee.upper()} known", 2 / 3, rate("Quote", tee + "Known") / rate("Quote", floor), "× raw P-256", 2, aim=True)
at_least("SNP cold", 1.0, rate("Report", "Cold") / rate("Report", "Framework"), "× framework types, go-sev-guest's 4 signatures", 2)
at_least("SNP, new VEK, ASK known", 1400, rate("Report", "NewVek"))
at_least("SNP, known VEK", 0.95, rate("Report", "Known") / rate("Report", "FloorKnown"), "× raw P-384", 2)
for case, kind, method, limit in (
        ("SGX known, allocated", "Quote", "SgxKnown", 2), ("TDX known, allocated", "Quote", "TdxKnown", 2),
        ("SNP known VEK, allocated", "Report", "Known", 2),
        ("SGX and TDX, new attestation key, allocated", "Quote", "WarmPck", 8),
        ("SGX cold, allocated", "Quote", "SgxCold", 256), ("TDX cold, allocated", "Quote", "TdxCold", 256),
        ("SNP cold, allocated", "Report", "Cold", 256)):
    at_most(case, limit, kib(kind, method))

# What the machine itself gains from threads is known from raw signatures, which share nothing.
most = max(item["threads"] for item in scaling)
efficiency = {item["case"]: item["efficiency"] for item in scaling if item["threads"] == most}
if most > 1:
    for case in efficiency:
        if not case.startswith("raw"):
            raw = efficiency["raw P-384" if case.startswith("SNP") else "raw P-256"]
            at_least(f"{case} on {most} threads", 0.9, efficiency[case] / raw, "× the gain of raw signatures", 2)

print("| case | target | measured | result |\n|---|---|---|---|")
for case, target, measured, reached, aim in rows:
    result = "pass" if reached else "fail"
    print(f"| {case} | {target}{' (aim)' if aim else ''} | {measured} | {('reached' if reached else 'not reached') if aim else result} |")

print("\n## Threads\n")
print("One thread each on 1 to all logical processors. \"known\" threads share one cache and look up the same entry; \"cold\" ones use no")
print("cache. Efficiency is the rate over that of one thread times the number of threads; raw signatures share nothing and show what the")
print("machine itself gives. Best of five rounds, in which the thread counts take turns.\n")
print("| case | threads | verifications/s | efficiency |\n|---|---|---|---|")
for item in scaling:
    print(f"| {item['case']} | {item['threads']} | {item['rate']:,.0f} | {item['efficiency'] * 100:.0f} % |")
