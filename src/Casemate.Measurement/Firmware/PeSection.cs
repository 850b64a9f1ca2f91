using System.Security.Cryptography;

namespace Casemate.Measurement.Firmware;

/// <summary>A section of a PE image.</summary>
/// <param name="Name">Its name, printable ASCII of at most 8 characters.</param>
/// <param name="VirtualSize">Its bytes in memory.</param>
/// <param name="Raw">Its bytes in the file, which may be padded; memory beyond them is zero.</param>
public sealed record PeSection(string Name, uint VirtualSize, ReadOnlyMemory<byte> Raw)
{
    /// <summary>What the file gives of the section's memory: the rest of it, if any, is zero.</summary>
    public ReadOnlyMemory<byte> Content => Raw[..(int)Math.Min((uint)Raw.Length, VirtualSize)];

    /// <summary>SHA-384 of the section as it lies in memory, 48 bytes.</summary>
    public byte[] HashMemory()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
        hash.AppendData(Content.Span);
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        for (var left = VirtualSize - (uint)Content.Length; left > 0;)
        {
            var size = (int)Math.Min(left, (uint)zeros.Length);
            hash.AppendData(zeros[..size]);
            left -= (uint)size;
        }

        return hash.GetHashAndReset();
    }
}
