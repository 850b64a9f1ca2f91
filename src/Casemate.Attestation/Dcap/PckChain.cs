using Casemate.Attestation.Pki;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// A PCK certificate with its CA and root, and what time-independent work found: names, constraints, signatures, SGX extension.
/// Whether the root is accepted, the dates and revocation are judged on each use.
/// Source: Intel SGX PCK Certificate and CRL Profile; Intel QVL <c>PckCertVerifier.cpp</c>.
/// </summary>
internal sealed class PckChain
{
    private const string RootName = "Intel SGX Root CA";
    /// <summary>Common name of the CA for multi-package and late-registration platforms.</summary>
    public const string PlatformCaName = "Intel SGX PCK Platform CA";
    /// <summary>Common name of the CA for single-package platforms.</summary>
    public const string ProcessorCaName = "Intel SGX PCK Processor CA";
    private const string LeafName = "Intel SGX PCK Certificate";

    private PckChain(Certificate leaf, Certificate ca, Certificate root)
    {
        (Leaf, Ca, Root) = (leaf, ca, root);
        IssuersKey = CacheKey.Of(ca.Der, root.Der);
    }

    /// <summary>Fingerprint of CA and root: platforms with the same ones share prepared collateral.</summary>
    public CacheKey IssuersKey { get; }

    public Certificate Leaf { get; }

    public Certificate Ca { get; }

    public Certificate Root { get; }

    /// <summary>Why the chain is invalid; empty when it is valid.</summary>
    public string ChainError { get; private set; } = "";

    /// <summary>Why the SGX extension is unusable; empty when it is complete.</summary>
    public string ExtensionError { get; private set; } = "";

    /// <summary>The key that signs QE reports; null when it is unusable.</summary>
    public VerifyingKey? LeafKey { get; private set; }

    /// <summary>The CA's key, which signs the PCK CRL; null when it is unusable.</summary>
    public VerifyingKey? CaKey { get; private set; }

    /// <summary>The root's key, which signs the root CRL and the TCB signer; null when it is unusable.</summary>
    public VerifyingKey? RootKey { get; private set; }

    /// <summary>What the SGX extension says; null when it is unusable.</summary>
    public PckPlatform? Platform { get; private set; }

    /// <summary>CPUSVN of the TCB that the PCK certificate was issued for, 16 bytes; empty when the extension is unusable.</summary>
    public byte[] CpuSvn { get; private set; } = [];

    /// <summary>True under the Platform CA, false under the Processor CA.</summary>
    public bool UnderPlatformCa { get; private set; }

    /// <summary>True when nothing time-independent is wrong, so that the result may be cached.</summary>
    public bool IsSound => ChainError.Length == 0 && ExtensionError.Length == 0;

    /// <summary>Reads exactly three certificates, wherever each stands, and does the time-independent work on them.</summary>
    /// <param name="certificates">The certificates in any order.</param>
    /// <param name="roots">Accepted roots, only for the key objects that they keep: importing a key costs more than using it.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static PckChain? TryRead(List<Certificate> certificates, TrustRoots roots, out string error)
    {
        if (certificates.Count != 3)
        {
            error = $"{certificates.Count} certificates, expected PCK certificate, CA and root";
            return null;
        }

        // By names, not by position: QVL does the same, and collateral services differ in their order.
        var root = certificates.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
        var ca = root is null ? null : certificates.Find(c => c != root && c.Issuer.Span.SequenceEqual(root.Subject.Span));
        var leaf = certificates.Find(c => c != root && c != ca);
        if (root is null || ca is null || leaf is null)
        {
            error = "the three certificates are not a leaf, the CA that issued it and a self-issued root";
            return null;
        }

        var chain = new PckChain(leaf, ca, root);
        chain.RootKey = roots.Find(root.Der.Span)?.Key ?? (VerifyingKey.TryCreate(root, out var rootKey) ? rootKey : null);
        chain.CaKey = VerifyingKey.TryCreate(ca, out var caKey) ? caKey : null;
        chain.LeafKey = VerifyingKey.TryCreate(leaf, out var leafKey) ? leafKey : null;
        chain.ChainError = chain.CheckChain();
        chain.UnderPlatformCa = ca.CommonName == PlatformCaName;
        chain.ExtensionError = SgxExtension.Read(leaf, chain.UnderPlatformCa, out var platform, out var cpuSvn);
        (chain.Platform, chain.CpuSvn) = (platform, cpuSvn);
        error = "";
        return chain;
    }

    // The root's self-signature is not checked here: an accepted root is recognised by its bytes, and any other is refused anyway.
    private string CheckChain()
    {
        if (Root.CommonName != RootName)
        {
            return $"the root is not named '{RootName}'";
        }

        if (Ca.CommonName is not (PlatformCaName or ProcessorCaName))
        {
            return $"the CA is named neither '{PlatformCaName}' nor '{ProcessorCaName}'";
        }

        if (Leaf.CommonName != LeafName)
        {
            return $"the leaf is not named '{LeafName}'";
        }

        if (!Leaf.Issuer.Span.SequenceEqual(Ca.Subject.Span))
        {
            return "the PCK certificate was not issued by the CA beside it";
        }

        foreach (var (certificate, name) in (ReadOnlySpan<(Certificate, string)>)[(Root, "root"), (Ca, "CA")])
        {
            var error = CertificateRole.CheckCa(certificate, name);
            if (error.Length > 0)
            {
                return error;
            }
        }

        var leafError = CertificateRole.CheckSigner(Leaf, "PCK certificate");
        if (leafError.Length > 0)
        {
            return leafError;
        }

        if (RootKey is null || CaKey is null || LeafKey is null)
        {
            return "a certificate of the chain does not hold a valid P-256 key";
        }

        if (!RootKey.Verify(Ca.Scheme, Ca.Tbs.Span, Ca.Signature.Span))
        {
            return "the signature of the CA does not verify with the root's key";
        }

        return CaKey.Verify(Leaf.Scheme, Leaf.Tbs.Span, Leaf.Signature.Span)
            ? ""
            : "the signature of the PCK certificate does not verify with the CA's key";
    }
}
