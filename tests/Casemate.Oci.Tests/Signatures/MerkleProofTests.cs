using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Casemate.Oci.Signatures;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Inclusion proofs, held against trees that python builds from the recursive definition of RFC 6962.</summary>
public sealed class MerkleProofTests
{
    private const string Python = """
        import hashlib
        H = lambda b: hashlib.sha256(b).digest()
        def split(n):
            k = 1
            while 2 * k < n: k *= 2
            return k
        def mth(d):
            if len(d) == 1: return H(b'\0' + d[0])
            k = split(len(d))
            return H(b'\1' + mth(d[:k]) + mth(d[k:]))
        def path(m, d):
            if len(d) == 1: return []
            k = split(len(d))
            return path(m, d[:k]) + [mth(d[k:])] if m < k else path(m - k, d[k:]) + [mth(d[:k])]
        for n in range(1, 34):
            d = [b'entry %d' % i for i in range(n)]
            for m in range(n):
                print(n, m, mth(d).hex(), ','.join(h.hex() for h in path(m, d)))
        """;

    [Fact]
    public async Task EveryProof_OfEveryTree_Holds_AndNoOtherDoes()
    {
        var run = await ChildProgram.RunAsync("python3", ["-c", Python]);
        Assert.Equal("", run.Error);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(33 * 34 / 2, lines.Length);
        foreach (var line in lines)
        {
            var parts = line.Split(' ');
            var (size, index) = (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
            var hashes = parts[3].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(hash => (ReadOnlyMemory<byte>)Convert.FromHexString(hash)).ToImmutableArray();
            var leaf = MerkleProof.LeafHash(Encoding.ASCII.GetBytes($"entry {index}"));
            Assert.Equal(parts[2], Hex(MerkleProof.RootHash(leaf, index, size, hashes)));

            Assert.NotEqual(parts[2], Hex(MerkleProof.RootHash(leaf, index, size, hashes.Add(new byte[32]))));
            Assert.Null(MerkleProof.RootHash(leaf, size, size, hashes));
            Assert.Null(MerkleProof.RootHash(leaf, -1, size, hashes));
            if (hashes.Length > 0)
            {
                Assert.Null(MerkleProof.RootHash(leaf, index, size, hashes.RemoveAt(hashes.Length - 1)));
                Assert.NotEqual(parts[2], Hex(MerkleProof.RootHash(leaf, index ^ 1, size, hashes)));
            }
        }
    }

    private static string? Hex(byte[]? hash) => hash is null ? null : Convert.ToHexStringLower(hash);
}
