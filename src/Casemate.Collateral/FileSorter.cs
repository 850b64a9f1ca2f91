using Casemate.Attestation.Pki;

namespace Casemate.Collateral;

/// <summary>
/// Tells by its content what a file holds and takes the pieces of collateral out of it. Names of files mean nothing: they differ
/// between tools, and a wrong name must not turn one thing into another.
/// </summary>
internal static class FileSorter
{
    /// <summary>Takes the pieces out of one file's content.</summary>
    /// <returns>
    /// False when the file is something else than collateral; <paramref name="otherwise"/> then says what it seems to be.
    /// </returns>
    /// <exception cref="MalformedInputException">It is collateral of some kind, but damaged.</exception>
    public static bool TrySort(ReadOnlyMemory<byte> content, string location, CollateralPieces pieces, out string otherwise)
    {
        otherwise = "";
        if (content.IsEmpty)
        {
            otherwise = "empty";
            return false;
        }

        if (JsonInput.LooksLikeObject(content.Span))
        {
            return TrySortJson(content, location, pieces, out otherwise);
        }

        if (PemText.IsPem(content.Span))
        {
            SortPem(content.Span, location, pieces);
            return true;
        }

        if (BinaryText.IsText(content.Span))
        {
            if (BinaryText.TryDecodeHex(content.Span, out var bytes) && TrySortBinary(bytes, location, pieces))
            {
                return true;
            }

            otherwise = "text that is neither PEM nor JSON nor hex of DER";
            return false;
        }

        if (TrySortBinary(content, location, pieces))
        {
            return true;
        }

        otherwise = "binary content that is neither DER nor a certificate table";
        return false;
    }

    /// <summary>Takes one certificate or revocation list, DER or PEM, as a certificate table holds it.</summary>
    /// <exception cref="MalformedInputException">It is damaged.</exception>
    public static bool TrySortOne(ReadOnlyMemory<byte> content, string location, CollateralPieces pieces)
    {
        if (PemText.IsPem(content.Span))
        {
            SortPem(content.Span, location, pieces);
            return true;
        }

        if (!LooksLikeDer(content.Span))
        {
            return false;
        }

        SortDer(content, location, pieces);
        return true;
    }

    /// <summary>Takes certificates and revocation lists out of PEM text.</summary>
    /// <exception cref="MalformedInputException">A block is damaged, or there are too many certificates.</exception>
    public static void SortPem(ReadOnlySpan<byte> content, string location, CollateralPieces pieces)
    {
        var certificateBytes = 0;
        foreach (var (label, der) in PemText.Read(content, location))
        {
            switch (label)
            {
                case "CERTIFICATE":
                    certificateBytes += der.Length;
                    if (certificateBytes > CollateralLimits.CertificatesBytes)
                    {
                        throw new MalformedInputException(
                            location, $"holds more than {CollateralLimits.CertificatesBytes / 1024} KiB of certificates",
                            "Keep the certificates of one chain in a file, not a whole certificate store.");
                    }

                    SortDer(der, location, pieces);
                    break;
                case "X509 CRL":
                    SortDer(der, location, pieces);
                    break;
                default:
                    pieces.Ignored.Add($"{location} (PEM block '{label}')");
                    break;
            }
        }
    }

    private static bool TrySortBinary(ReadOnlyMemory<byte> content, string location, CollateralPieces pieces)
    {
        if (LooksLikeDer(content.Span))
        {
            SortDer(content, location, pieces);
            return true;
        }

        if (!CertificateTable.LooksLikeTable(content.Span))
        {
            return false;
        }

        CertificateTable.Sort(content, location, pieces);
        return true;
    }

    private static bool TrySortJson(ReadOnlyMemory<byte> content, string location, CollateralPieces pieces, out string otherwise)
    {
        otherwise = "";
        using var document = JsonInput.ParseObject(content, location);
        var root = document.RootElement;
        if (SignedJson.IsSignedDocument(root))
        {
            if (content.Length > CollateralLimits.JsonBytes)
            {
                throw new MalformedInputException(
                    location, $"larger than {CollateralLimits.JsonBytes / 1024} KiB, the limit for a signed document");
            }

            pieces.Add(SignedJson.Read(root, location));
            return true;
        }

        if (DcapCollateralJson.IsDcapCollateral(root))
        {
            DcapCollateralJson.Read(root, location, pieces);
            return true;
        }

        if (EvidenceBundle.IsBundle(root))
        {
            EvidenceBundle.ReadCollateral(root, location, pieces);
            return true;
        }

        otherwise = "JSON of another kind";
        return false;
    }

    private static void SortDer(ReadOnlyMemory<byte> der, string location, CollateralPieces pieces)
    {
        if (Certificate.TryParse(der.Span, out var certificate, out var notCertificate))
        {
            pieces.Add(new CertificatePiece(certificate!, location));
        }
        else if (CertificateRevocationList.TryParse(der.Span, out var list, out var notList))
        {
            pieces.Add(new CrlPiece(list!, der, location));
        }
        else
        {
            throw new MalformedInputException(
                location,
                $"begins like DER ({der.Length} bytes) but is neither a certificate ({notCertificate}) nor a revocation list ({notList})",
                "The file may be cut off or damaged: fetch it again.");
        }
    }

    // A SEQUENCE with a long-form length: every certificate and every list is longer than 127 bytes.
    public static bool LooksLikeDer(ReadOnlySpan<byte> content) =>
        content.Length >= 4 && content[0] == 0x30 && content[1] is (0x81 or 0x82 or 0x83);
}
