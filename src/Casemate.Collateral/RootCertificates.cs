using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>Reads root certificates that an operator names as trusted, such as a simulator's.</summary>
public static class RootCertificates
{
    private const string ArkPrefix = "ARK-";

    /// <summary>Reads every root of a file (PEM, several allowed, or DER).</summary>
    /// <returns>
    /// The roots; <c>Product</c> is the SEV-SNP product line of an AMD-like root (common name <c>ARK-Milan</c> and so on), and null
    /// for a root of SGX and TDX.
    /// </returns>
    /// <exception cref="MalformedInputException">The file is unreadable, or holds a certificate that is no root.</exception>
    public static IReadOnlyList<(ReadOnlyMemory<byte> Der, SnpProduct? Product)> Read(string path)
    {
        var certificates = CollateralReader.Read(path).Pieces.Certificates;
        if (certificates.Count == 0)
        {
            throw new MalformedInputException(path, "holds no certificate");
        }

        // Trusting an intermediate by mistake would accept everything that it ever signs: only self-issued certificates are roots.
        if (certificates.Find(certificate => !certificate.IsSelfIssued) is { } intermediate)
        {
            throw new MalformedInputException(
                path, $"'{intermediate.Name}' is not a root: '{intermediate.IssuerName}' issued it",
                "Name a file that holds root certificates only.");
        }

        return [.. certificates.Select(certificate => (certificate.Der, ProductOf(certificate, path)))];
    }

    /// <summary>
    /// The self-issued certificates among collateral: what somebody's evidence names as its own roots. That makes none of them worth any
    /// trust; accepted as simulated ones, they show whether the rest holds together.
    /// </summary>
    /// <param name="collateral">The collateral.</param>
    /// <returns>The roots, each once, with the product line as <see cref="Read"/> gives it.</returns>
    /// <exception cref="MalformedInputException">
    /// A chain is damaged, or a certificate claims to be the root of a product line that is not known.
    /// </exception>
    public static IReadOnlyList<(ReadOnlyMemory<byte> Der, SnpProduct? Product)> Within(CollateralSet collateral)
    {
        ArgumentNullException.ThrowIfNull(collateral);

        // Those that vouch for the signer of a document stand beside it.
        var chains = new CollateralPieces();
        foreach (var document in collateral.Pieces.Documents)
        {
            if (document.IssuerChainPem is { } chain)
            {
                FileSorter.SortPem(chain.Span, document.Location, chains);
            }
        }

        return
        [
            .. collateral.Pieces.Certificates.Concat(chains.Certificates).Where(certificate => certificate.IsSelfIssued)
                .DistinctBy(certificate => Convert.ToHexString(certificate.Der.Span))
                .Select(certificate => (certificate.Der, ProductOf(certificate, collateral.Name))),
        ];
    }

    private static SnpProduct? ProductOf(CertificatePiece certificate, string path)
    {
        if (!certificate.Name.StartsWith(ArkPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var product in Enum.GetValues<SnpProduct>())
        {
            if (certificate.Name[ArkPrefix.Length..] == product.ToString())
            {
                return product;
            }
        }

        throw new MalformedInputException(path, $"'{certificate.Name}' is the root of a product line that is not known here");
    }
}
