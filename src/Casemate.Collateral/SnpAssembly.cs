using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>Puts together the certificates behind one SEV-SNP report from loose pieces.</summary>
internal sealed class SnpAssembly(CollateralPieces pieces, SnpEndorsementQuery query, DateTimeOffset at, bool exact)
{
    /// <summary>Whether a name is that of an AMD root key.</summary>
    public static bool IsArk(X509Name name) => name.CommonName.StartsWith("ARK-", StringComparison.Ordinal);

    /// <summary>Puts it together, or says what is missing.</summary>
    public SnpEndorsements? TryAssemble(out string problem)
    {
        var vek = FindVek(out problem);
        if (vek is null)
        {
            return null;
        }

        var product = vek.Product ?? query.Product;
        var ask = Find(vek.Certificate.Issuer) ?? Shipped(product, line => AmdIntermediates.Find(line, vek.Signer));
        if (ask is null)
        {
            problem = $"no certificate '{vek.Certificate.Issuer.CommonName}', which issued the {vek.Signer} certificate";
            return null;
        }

        var ark = Find(ask.Issuer) ?? Shipped(product, line => AmdIntermediates.Root(line));
        if (ark is null)
        {
            problem = $"no certificate '{ask.Issuer.CommonName}', which issued '{ask.Subject.CommonName}'";
            return null;
        }

        var crl = Validity.Best(pieces.Crls.Where(c => c.Issuer.Is(ark.Subject)), at);
        return new SnpEndorsements { Vek = vek.Certificate.Der, Ask = ask.Der, Ark = ark.Der, Crl = crl?.Der };
    }

    private static CertificatePiece? Shipped(SnpProduct? product, Func<SnpProduct, ReadOnlyMemory<byte>?> find) =>
        product is { } line && find(line) is { } der && CertificatePiece.TryRead(der, "shipped with Casemate", out var certificate)
            ? certificate
            : null;

    private CertificatePiece? Find(X509Name subject) => Validity.Best(pieces.Certificates.Where(c => c.Subject.Is(subject)), at);

    private VekPiece? FindVek(out string problem)
    {
        problem = "";
        var veks = pieces.Veks;
        var own = veks.Where(vek => vek.Answers(query)).ToList();
        if (own.Count > 0)
        {
            var best = Validity.Best(own.Select(vek => vek.Certificate), at);
            return own.First(vek => ReferenceEquals(vek.Certificate, best));
        }

        if (veks.Count == 1 && !exact)
        {
            return veks[0];
        }

        problem = veks.Count == 0
            ? "no VCEK or VLEK certificate"
            : $"{veks.Count} VCEK or VLEK certificates, none for this report's chip and TCB {query.ReportedTcb}";
        return null;
    }
}
