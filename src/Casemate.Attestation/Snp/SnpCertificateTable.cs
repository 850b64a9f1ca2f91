using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Attestation.Snp;

/// <summary>
/// The certificate table that a host hands to its guest together with a report (the "auxblob" of an extended report), as bytes from an
/// untrusted place: parsed, nothing in it is verified. Source: AMD 56421, section 4.1.8.1.
/// </summary>
public sealed class SnpCertificateTable
{
    /// <summary>The largest table that is read, in bytes, certificates included.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The most certificates that a table may hold.</summary>
    public const int MaxEntries = 16;

    private const int EntrySize = 24;
    private const int GuidSize = 16;

    private readonly Dictionary<Guid, ReadOnlyMemory<byte>> _entries;

    private SnpCertificateTable(Dictionary<Guid, ReadOnlyMemory<byte>> entries) => _entries = entries;

    /// <summary>VCEK, DER or PEM; null when absent.</summary>
    public ReadOnlyMemory<byte>? Vcek => Find(new Guid("63da758d-e664-4564-adc5-f4b93be8accd"));

    /// <summary>VLEK, DER or PEM; null when absent.</summary>
    public ReadOnlyMemory<byte>? Vlek => Find(new Guid("a8074bc2-a25a-483e-aae6-39c045a0b8a1"));

    /// <summary>ASK or ASVK, DER or PEM; null when absent.</summary>
    public ReadOnlyMemory<byte>? Ask => Find(new Guid("4ab7b379-bbac-4fe4-a02f-05aef327c782"));

    /// <summary>ARK, DER or PEM; null when absent.</summary>
    public ReadOnlyMemory<byte>? Ark => Find(new Guid("c0b406a4-a803-4952-9743-3fb6014cd0ae"));

    /// <summary>CRL of the ARK, DER or PEM; null when absent.</summary>
    public ReadOnlyMemory<byte>? Crl => Find(new Guid("92f81bc3-5811-4d3d-97ff-d19f88dc67ea"));

    /// <summary>How many entries the table has, those with an identifier that is not known here included.</summary>
    public int Count => _entries.Count;

    /// <summary>Reads a table.</summary>
    /// <param name="source">
    /// The table and the certificates; kept, so it must not change. Bytes after the last certificate are ignored.
    /// </param>
    /// <param name="table">The table, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> source, [NotNullWhen(true)] out SnpCertificateTable? table, [NotNullWhen(false)] out string? error)
    {
        table = null;
        if (source.Length > MaxSize)
        {
            error = $"certificate table of {source.Length} bytes is larger than {MaxSize}";
            return false;
        }

        if (!TryReadEntries(source.Span, out var entries, out error))
        {
            return false;
        }

        // No certificate inside the table itself, and no byte in two certificates.
        var free = (entries.Count + 1) * EntrySize;
        var found = new Dictionary<Guid, ReadOnlyMemory<byte>>();
        foreach (var (id, offset, length) in entries.OrderBy(e => e.Offset))
        {
            if (length == 0 || offset < free || offset > source.Length || length > source.Length - offset)
            {
                error = $"certificate {id} at {offset}, {length} bytes, overlaps another part of the table or ends outside of it";
                return false;
            }

            if (!found.TryAdd(id, source.Slice((int)offset, (int)length)))
            {
                error = $"two certificates are named {id}";
                return false;
            }

            free = (int)(offset + length);
        }

        table = new SnpCertificateTable(found);
        error = null;
        return true;
    }

    /// <summary>Puts together what a report's verification needs; what the table lacks is taken from elsewhere.</summary>
    /// <param name="signer">The kind of key that the report names: the table may hold both.</param>
    /// <param name="elsewhere">Certificates from another source; null when there is none.</param>
    /// <param name="endorsements">The certificates, or null.</param>
    /// <param name="error">Which certificate is missing; null after success.</param>
    public bool TryComplete(
        SnpSigner signer, SnpEndorsements? elsewhere, [NotNullWhen(true)] out SnpEndorsements? endorsements,
        [NotNullWhen(false)] out string? error)
    {
        endorsements = null;
        var vek = (signer is SnpSigner.Vlek ? Vlek : Vcek) ?? elsewhere?.Vek;
        var (ask, ark) = (Ask ?? elsewhere?.Ask, Ark ?? elsewhere?.Ark);
        error = vek is null ? $"the certificate table holds no {(signer is SnpSigner.Vlek ? "VLEK" : "VCEK")}"
            : ask is null ? "the certificate table holds no ASK or ASVK"
            : ark is null ? "the certificate table holds no ARK"
            : null;
        if (error is not null)
        {
            return false;
        }

        endorsements = new SnpEndorsements { Vek = vek!.Value, Ask = ask!.Value, Ark = ark!.Value, Crl = Crl ?? elsewhere?.Crl };
        return true;
    }

    private static bool TryReadEntries(
        ReadOnlySpan<byte> source, out List<(Guid Id, uint Offset, uint Length)> entries, [NotNullWhen(false)] out string? error)
    {
        entries = [];
        for (var position = 0; source.Length - position >= EntrySize; position += EntrySize)
        {
            var entry = source.Slice(position, EntrySize);
            if (!entry.ContainsAnyExcept((byte)0))
            {
                error = null;
                return true;
            }

            if (entries.Count == MaxEntries)
            {
                error = $"the certificate table has more than {MaxEntries} entries";
                return false;
            }

            // The identifier's bytes stand in the order of its text (RFC 4122), unlike in other firmware tables.
            entries.Add((
                new Guid(entry[..GuidSize], bigEndian: true), BinaryPrimitives.ReadUInt32LittleEndian(entry[GuidSize..]),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[(GuidSize + 4)..])));
        }

        error = $"the certificate table does not end with an entry of zeros within {source.Length} bytes";
        return false;
    }

    private ReadOnlyMemory<byte>? Find(Guid id) =>
        _entries.TryGetValue(id, out var certificate) ? (ReadOnlyMemory<byte>?)certificate : null;
}
