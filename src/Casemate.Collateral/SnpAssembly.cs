using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>Puts together the certificates behind one SEV-SNP report from loose pieces.</summary>
internal sealed class SnpAssembly(CollateralPieces pieces, SnpEndorsementQuery query, DateTimeOffset at, bool exact)
{
    /// <summary>Whether a name is that of an AMD root key.</summary>
    public static bool IsArk(string name) => name.StartsWith("ARK-", StringComparison.Ordinal);

    /// <summary>Puts it together, or says what is missing.</summary>
    public SnpEndorsements? TryAssemble(out string problem)
    {
        var vek = FindVek(out problem);
        if (vek is null)
        {
            return null;
        }

        var product = vek.Product ?? query.Product;
        var ask = Find(vek.Piece.Certificate.Issuer) ?? Shipped(product, vek.Signer);
        if (ask is null)
        {
            problem = $"no certificate '{vek.Piece.IssuerName}', which issued the {vek.Signer} certificate";
            return null;
        }

        var ark = Find(ask.Certificate.Issuer) ?? Pinned(product);
        if (ark is null)
        {
            problem = $"no certificate '{ask.IssuerName}', which issued '{ask.Name}'";
            return null;
        }

        return Together(vek.Piece.Der, ask, ark);
    }

    /// <summary>What stands above the report's key, for evidence that brings the key's certificate along; null when unknown.</summary>
    public SnpEndorsements? TryAssembleChain()
    {
        if (query.Product is not { } product)
        {
            return null;
        }

        var issuer = (query.Signer is SnpSigner.Vlek ? "SEV-VLEK-" : "SEV-") + product;
        var ask = Validity.Best(pieces.Certificates.Where(c => c.Name == issuer), at) ?? Shipped(product, query.Signer);
        var ark = ask is null ? null : Find(ask.Certificate.Issuer) ?? Pinned(product);
        return ask is null || ark is null ? null : Together(ReadOnlyMemory<byte>.Empty, ask, ark);
    }

    private static CertificatePiece? Shipped(SnpProduct? product, SnpSigner signer) =>
        product is { } line ? Parse(AmdIntermediates.Find(line, signer)) : null;

    private static CertificatePiece? Pinned(SnpProduct? product) => product is { } line ? Parse(AmdIntermediates.Root(line)) : null;

    private static CertificatePiece? Parse(ReadOnlyMemory<byte>? der) =>
        der is { } bytes && Certificate.TryParse(bytes.Span, out var certificate, out _)
            ? new CertificatePiece(certificate!, "shipped with Casemate")
            : null;

    private SnpEndorsements Together(ReadOnlyMemory<byte> vek, CertificatePiece ask, CertificatePiece ark) => new()
    {
        Vek = vek,
        Ask = ask.Der,
        Ark = ark.Der,
        Crl = Validity.Best(pieces.Crls.Where(c => c.IsBy(ark.Certificate.Subject)), at)?.Der,
    };

    private CertificatePiece? Find(ReadOnlyMemory<byte> subject) => Validity.Best(pieces.Certificates.Where(c => c.IsAbout(subject)), at);

    private VekPiece? FindVek(out string problem)
    {
        problem = "";
        var veks = pieces.Veks;
        var own = veks.Where(vek => vek.Answers(query)).ToList();
        if (own.Count > 0)
        {
            var best = Validity.Best(own.Select(vek => vek.Piece), at);
            return own.First(vek => ReferenceEquals(vek.Piece, best));
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
