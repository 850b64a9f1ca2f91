using System.Buffers.Binary;

namespace Casemate.Testing;

/// <summary>Writes certificate tables as a SEV-SNP host hands them to its guest (AMD 56421, section 4.1.8.1).</summary>
public static class CertificateTableBytes
{
    public const string Vcek = "63da758de6644564adc5f4b93be8accd";
    public const string Vlek = "a8074bc2a25a483eaae639c045a0b8a1";
    public const string Ask = "4ab7b379bbac4fe4a02f05aef327c782";
    public const string Ark = "c0b406a4a803495297433fb6014cd0ae";
    public const string Crl = "92f81bc358114d3d97ffd19f88dc67ea";

    /// <summary>Size of one entry.</summary>
    public const int EntrySize = 24;

    /// <summary>The table, the certificates behind it in the same order.</summary>
    /// <param name="entries">Identifier (hex) and certificate.</param>
    public static byte[] Write(params IReadOnlyList<(string Id, byte[] Content)> entries)
    {
        var (table, content) = (new List<byte>(), new List<byte>());
        var start = (entries.Count + 1) * EntrySize;
        foreach (var (id, bytes) in entries)
        {
            var place = new byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)(start + content.Count));
            BinaryPrimitives.WriteUInt32LittleEndian(place.AsSpan(4), (uint)bytes.Length);
            table.AddRange([.. Convert.FromHexString(id), .. place]);
            content.AddRange(bytes);
        }

        return [.. table, .. new byte[EntrySize], .. content];
    }
}
