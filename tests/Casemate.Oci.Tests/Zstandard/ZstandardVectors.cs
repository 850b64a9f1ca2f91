using System.Security.Cryptography;
using Casemate.Oci.Zstandard;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Zstandard;

/// <summary>What the usual compressor makes; the README of the folder says how.</summary>
internal static class ZstandardVectors
{
    private static readonly string s_folder = Path.Combine(RepositoryPaths.Root, "tests", "corpus", "zstd");

    /// <summary>The digest of what each vector gives, by its name.</summary>
    public static IReadOnlyDictionary<string, string> Sums { get; } =
        File.ReadAllLines(Path.Combine(s_folder, "SHA256SUMS")).Select(line => line.Split("  ")).ToDictionary(part => part[1], part => part[0]);

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(s_folder, name + ".zst"));

    public static byte[] Decode(byte[] data, int maxWindow = ZstandardStream.DefaultMaxWindowBytes)
    {
        using var stream = new ZstandardStream(new MemoryStream(data), maxWindow);
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    public static string Sum(byte[] plain) => Convert.ToHexStringLower(SHA256.HashData(plain));
}
