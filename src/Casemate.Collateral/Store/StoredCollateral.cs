namespace Casemate.Collateral.Store;

/// <summary>
/// One piece of collateral exactly as it was received. In a store and in what the service hands out it was verified; coming from
/// an upstream it was not.
/// </summary>
/// <param name="Key">What it is.</param>
/// <param name="Raw">
/// The bytes as received, never re-serialised: JSON for signed documents and <c>pckcerts</c>, DER for CRLs, VCEKs and VLEKs, PEM for
/// a chain or one PCK certificate. CRLs that arrive as hex or PEM are kept as the DER inside.
/// </param>
/// <param name="IssuerChainPem">
/// The issuers, PEM: signer and root of a document, CA and root of a PCK CRL or certificate, ASK and ARK of a VCEK. Empty for the
/// root's CRL, a chain and an ARK's CRL, which stand directly under a pinned root, and for a list of platform families, which nobody
/// signs.
/// </param>
/// <param name="Fetched">When it was received.</param>
/// <param name="Source">The address it came from, without query parameters that identify a machine; or the name of a bundle.</param>
/// <param name="NotBefore">issueDate, thisUpdate or notBefore; null where there is none.</param>
/// <param name="NotAfter">nextUpdate or notAfter; null where there is none. Certificates: the earliest end in the chain.</param>
public sealed record StoredCollateral(
    CollateralKey Key, ReadOnlyMemory<byte> Raw, ReadOnlyMemory<byte> IssuerChainPem, DateTimeOffset Fetched, string Source,
    DateTimeOffset? NotBefore, DateTimeOffset? NotAfter)
{
    /// <summary>The largest issuer chain, in bytes: what fits into the headers of a response and into the verifier.</summary>
    public const int MaximumChainBytes = CollateralLimits.CertificatesBytes;

    /// <summary>The largest raw content of a kind, in bytes.</summary>
    public static int MaximumBytes(CollateralKind kind) => kind switch
    {
        CollateralKind.TcbInfo or CollateralKind.QeIdentity or CollateralKind.QveIdentity or CollateralKind.TcbEvaluationNumbers
            or CollateralKind.Fmspcs => CollateralLimits.JsonBytes,
        CollateralKind.PckCrl or CollateralKind.RootCaCrl or CollateralKind.SnpCrl => CollateralLimits.CrlBytes,
        CollateralKind.PckCertificates => CollateralLimits.JsonBytes,
        CollateralKind.PckCertificate or CollateralKind.Vcek or CollateralKind.Vlek or CollateralKind.SnpChain =>
            CollateralLimits.CertificatesBytes,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of collateral."),
    };
}
