using System.Runtime.CompilerServices;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// Everything beside the quote that verifying an SGX or TDX quote needs, as bytes from untrusted places: verification checks
/// each piece. Keep one instance and reuse it: prepared forms are cached by its content. The memory given must not change.
/// Source: Intel PCS API v3 and v4.
/// </summary>
public sealed record DcapCollateral
{
    private StrongBox<CacheKey>? _key;                                      // boxed: a reference is read and written whole

    /// <summary>An empty collateral, to be filled by an object initialiser.</summary>
    public DcapCollateral()
    {
    }

    // A copy may be given other members ("with"), so it must not inherit the fingerprint.
    private DcapCollateral(DcapCollateral other)
    {
        (TcbInfo, QeIdentity, RootCaCrl, PckCrl) = (other.TcbInfo, other.QeIdentity, other.RootCaCrl, other.PckCrl);
        PckCertificateChainPem = other.PckCertificateChainPem;
    }

    /// <summary>Fingerprint of the complete content, computed once: the memory behind it must not change.</summary>
    internal CacheKey Key => (_key ??= new StrongBox<CacheKey>(CacheKey.Of(
        TcbInfo.Body, TcbInfo.Signature, TcbInfo.IssuerChainPem,
        QeIdentity.Body, QeIdentity.Signature, QeIdentity.IssuerChainPem,
        RootCaCrl, PckCrl))).Value;

    /// <summary>TCB info (SGX or TDX), version 2 or 3.</summary>
    public required SignedDocument TcbInfo { get; init; }

    /// <summary>Identity of the quoting enclave, version 2.</summary>
    public required SignedDocument QeIdentity { get; init; }

    /// <summary>CRL of the root CA: DER, PEM or hex text of DER.</summary>
    public required ReadOnlyMemory<byte> RootCaCrl { get; init; }

    /// <summary>CRL of the PCK Processor or Platform CA: DER, PEM or hex text of DER.</summary>
    public required ReadOnlyMemory<byte> PckCrl { get; init; }

    /// <summary>
    /// PCK certificate, its CA and the root, PEM: used when the quote does not carry them (certification data types 1 to 4).
    /// Null when the quote is self-contained.
    /// </summary>
    public ReadOnlyMemory<byte>? PckCertificateChainPem { get; init; }
}
