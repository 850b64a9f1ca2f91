"""Makes the vectors beside it: content from a seeded generator, compressed by the zstd program. See README.md."""
import hashlib
import io
import pathlib
import random
import struct
import subprocess
import tarfile

HERE = pathlib.Path(__file__).parent
generator = random.Random(8878)
words = [bytes(generator.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(generator.randint(2, 9))) for _ in range(120)]
sums = {}


def text(size):
    out = bytearray()
    while len(out) < size:
        out += generator.choice(words) + b" "
        if generator.random() < 0.05 and len(out) > 400:
            start = len(out) - generator.randint(3, min(len(out), 60000))
            out += out[start:start + generator.randint(4, 300)]
    return bytes(out[:size])


def noise(size):
    return bytes(generator.randrange(256) for _ in range(size))


def pack(content, *options, known_size=True):
    size = [f"--stream-size={len(content)}"] if known_size and content else []
    return subprocess.run(["zstd", "-q", "-c", "--single-thread", *options, *size], input=content, stdout=subprocess.PIPE, check=True).stdout


def keep(name, content, packed):
    (HERE / f"{name}.zst").write_bytes(packed)
    sums[name] = hashlib.sha256(content).hexdigest()


def skippable(number, content):
    return struct.pack("<II", 0x184D2A50 + number, len(content)) + content


def archive():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in {
            "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
            "etc/group": b"root:x:0:\napp:x:1000:\n",
            "usr/bin/app": text(20000),
            "usr/share/noise": noise(3000),
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


small, opening = text(2500), text(70000)
mixed = opening + bytes(200000) + noise(1500) + opening[:40000] + text(20000) + opening
chunk, far = text(6000), bytearray()
while len(far) < 1400000:
    far += chunk[generator.randint(0, 3000):][:generator.randint(100, 3000)]
    far += noise(1) * generator.randint(10, 30000)
far = bytes(far)

for level in range(1, 23):
    keep(f"level-{level}", mixed, pack(mixed, "--ultra", f"-{level}"))
keep("level-fast-10", mixed, pack(mixed, "--fast=10"))
for log in (10, 17):
    keep(f"window-{log}", far, pack(far, "-5", f"--zstd=wlog={log}"))
keep("long-27", far, pack(far, "-9", "--long=27", known_size=False))
keep("long-31", far, pack(far, "-9", "--long=31", known_size=False))
keep("size-unknown", far, pack(far, "-9", known_size=False))
keep("empty", b"", pack(b"", "-19"))
keep("one-byte", b"x", pack(b"x", "-19"))
keep("zeros", bytes(300000), pack(bytes(300000), "-19"))
keep("noise", (content := noise(1500)), pack(content, "-19"))
keep("four-letters", (content := bytes(generator.choice(b"ACGT") for _ in range(900))), pack(content, "-19"))
keep("small", small, pack(small, "-19"))
keep("small-no-checksum", small, pack(small, "-3", "--no-check"))

# Literals that hardly repeat, of few values: in one block, and in blocks of 4 KiB that share a tree.
few = bytes(generator.choices(range(12), weights=[40, 20, 10, 8, 6, 4, 3, 3, 2, 2, 1, 1], k=60000))
keep("few-values", few, pack(few, "-1", "--zstd=strat=1,mml=7"))
keep("few-values-window-12", few[:20000], pack(few[:20000], "-1", "--zstd=strat=1,mml=7,wlog=12"))

layer = archive()
parts = [layer[start:start + 4096] for start in range(0, len(layer), 4096)]
keep("layer.tar", layer, pack(layer, "-3"))
keep("layer-chunked.tar", layer, b"".join(pack(part, "-3") for part in parts) + skippable(0, noise(700)) + skippable(15, b"") + skippable(1, noise(64)))
keep("layer-skippable-first.tar", layer, skippable(3, b"first") + pack(layer, "-19"))
(HERE / "SHA256SUMS").write_text("".join(f"{value}  {name}\n" for name, value in sorted(sums.items())))
