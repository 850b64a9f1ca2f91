using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>
/// VCEKs and VLEKs as an administrator has them: certificates in PEM, DER or hex, alone or with their issuers, or the certificate table that
/// a host hands to its guests with a report (auxblob). VLEKs come no other way: AMD gives them to cloud providers alone.
/// </summary>
public static class EndorsementFile
{
    /// <summary>Takes the certificates out of a file, not verified. Line, chip and TCB are what they say of themselves.</summary>
    /// <param name="path">The file, at most 1 MiB.</param>
    /// <param name="now">The instant to note as that of receipt.</param>
    /// <returns>At least one; null when the file holds no VCEK and no VLEK.</returns>
    /// <exception cref="MalformedInputException">The file is unreadable, or damaged.</exception>
    public static IReadOnlyList<StoredCollateral>? TryRead(string path, DateTimeOffset now)
    {
        var content = BoundedFile.Read(path, CollateralLimits.JsonBytes);
        var pieces = new CollateralPieces();
        if (JsonInput.LooksLikeObject(content) || !FileSorter.TrySort(content, path, pieces, out _) || pieces.Veks.Count == 0)
        {
            return null;
        }

        var found = new List<StoredCollateral>();
        foreach (var vek in pieces.Veks)
        {
            if (vek.Product is not { } product || (
                vek.Signer is SnpSigner.Vcek && vek.ChipId.Length != CollateralKey.ChipIdDigits(product)))
            {
                throw new MalformedInputException(path, $"its {vek.Signer} names no product line, or no chip of it");
            }

            var tcb = SnpTcb.Decode(Convert.FromHexString(vek.Tcb), product);
            var key = vek.Signer is SnpSigner.Vlek ? CollateralKey.Vlek(product, tcb) : CollateralKey.Vcek(product, vek.ChipId, tcb);
            found.Add(new StoredCollateral(key, vek.Piece.Der, Issuers(vek, pieces), now, "an administrator's file", null, null));
        }

        return found;
    }

    // ASK or ASVK, and the ARK, where the file brings both.
    private static byte[] Issuers(VekPiece vek, CollateralPieces pieces)
    {
        var intermediate = pieces.Certificates.Find(c => !c.IsSelfIssued && c.IsAbout(vek.Piece.Certificate.Issuer));
        var root = intermediate is null
            ? null : pieces.Certificates.Find(c => c.IsSelfIssued && c.IsAbout(intermediate.Certificate.Issuer));
        return root is null ? [] : PemText.WriteCertificates([intermediate!.Der, root.Der]);
    }
}
