using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation;

/// <summary>One accepted root certificate.</summary>
/// <param name="Name">For people.</param>
/// <param name="Der">The certificate; the end of a chain must equal it byte for byte.</param>
/// <param name="Product">The SEV-SNP product line of an ARK; null for a root of SGX and TDX.</param>
/// <param name="Simulated">True for every root that is not pinned in <see cref="TrustRoots.Production"/>.</param>
public sealed record TrustRoot(string Name, ReadOnlyMemory<byte> Der, SnpProduct? Product, bool Simulated)
{
    private VerifyingKey? _key;

    /// <summary>The root's key, imported at first use and kept; null when the certificate holds none that is supported.</summary>
    internal VerifyingKey? Key =>
        _key ??= Certificate.TryParse(Der.Span, out var certificate, out _) && VerifyingKey.TryCreate(certificate!, out var key) ? key : null;
}
