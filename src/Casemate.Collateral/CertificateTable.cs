using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>Takes certificates and revocation list out of the table that a SEV-SNP host hands to its guest (auxblob).</summary>
internal static class CertificateTable
{
    // Entries of AMD 56421, table 4, and the revocation list's: the identifiers' bytes stand in the order of their text.
    private static readonly byte[][] s_identifiers =
    [
        Convert.FromHexString("63da758de6644564adc5f4b93be8accd"), Convert.FromHexString("a8074bc2a25a483eaae639c045a0b8a1"),
        Convert.FromHexString("4ab7b379bbac4fe4a02f05aef327c782"), Convert.FromHexString("c0b406a4a803495297433fb6014cd0ae"),
        Convert.FromHexString("92f81bc358114d3d97ffd19f88dc67ea"),
    ];

    /// <summary>Whether content begins with an entry of a table; nothing else begins with one of these identifiers.</summary>
    public static bool LooksLikeTable(ReadOnlySpan<byte> content)
    {
        foreach (var identifier in s_identifiers)
        {
            if (content.StartsWith(identifier))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes the pieces out of a table.</summary>
    /// <exception cref="MalformedInputException">The table or a certificate in it is damaged.</exception>
    public static void Sort(ReadOnlyMemory<byte> content, string location, CollateralPieces pieces)
    {
        if (!SnpCertificateTable.TryRead(content, out var table, out var error))
        {
            throw new MalformedInputException(location, error, "The certificate table may be cut off: fetch it again.");
        }

        Sort(table.Vcek, $"{location}, VCEK of the certificate table", pieces);
        Sort(table.Vlek, $"{location}, VLEK of the certificate table", pieces);
        Sort(table.Ask, $"{location}, ASK of the certificate table", pieces);
        Sort(table.Ark, $"{location}, ARK of the certificate table", pieces);
        Sort(table.Crl, $"{location}, revocation list of the certificate table", pieces);
    }

    private static void Sort(ReadOnlyMemory<byte>? entry, string location, CollateralPieces pieces)
    {
        if (entry is { } content && !FileSorter.TrySortOne(content, location, pieces))
        {
            throw new MalformedInputException(location, "is neither DER nor PEM");
        }
    }
}
