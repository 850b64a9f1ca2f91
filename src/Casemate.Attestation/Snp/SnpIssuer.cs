using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Snp;

/// <summary>
/// ARK and the ASK or ASVK that it issued, after time-independent work. Whether the ARK is accepted, dates and revocation are judged
/// on each use. Source: AMD 57230, chapter 2.
/// </summary>
internal sealed class SnpIssuer
{
    private SnpIssuer(Certificate ark, Certificate ask) => (Ark, Ask) = (ark, ask);

    public Certificate Ark { get; }

    public Certificate Ask { get; }

    /// <summary>The product line by the ARK's name; null when it has none of the known ones.</summary>
    public SnpProduct? Product { get; private set; }

    /// <summary>What it may issue: VCEK for an ASK, VLEK for an ASVK.</summary>
    public SnpSigner Issues { get; private set; }

    /// <summary>Why the two are not a valid chain; empty when they are.</summary>
    public string Error { get; private set; } = "";

    /// <summary>The ARK's key, which also signs the CRL; null when it is unusable.</summary>
    public VerifyingKey? ArkKey { get; private set; }

    /// <summary>The key that signs VEKs; null when it is unusable.</summary>
    public VerifyingKey? AskKey { get; private set; }

    /// <summary>Reads both certificates; null when one is malformed.</summary>
    public static SnpIssuer? TryRead(ReadOnlySpan<byte> ark, ReadOnlySpan<byte> ask, TrustRoots roots, out string error)
    {
        if (!PemCertificates.TryReadOne(ark, out var arkCertificate, out error))
        {
            error = $"ARK: {error}";
            return null;
        }

        if (!PemCertificates.TryReadOne(ask, out var askCertificate, out error))
        {
            error = $"ASK: {error}";
            return null;
        }

        var issuer = new SnpIssuer(arkCertificate!, askCertificate!);
        issuer.ArkKey = roots.Find(arkCertificate!.Der.Span)?.Key ?? (VerifyingKey.TryCreate(arkCertificate, out var arkKey) ? arkKey : null);
        issuer.AskKey = VerifyingKey.TryCreate(askCertificate!, out var askKey) ? askKey : null;
        issuer.Error = issuer.Check();
        return issuer;
    }

    private string Check()
    {
        const string arkPrefix = "ARK-";
        var name = Ark.CommonName;
        Product = name switch
        {
            arkPrefix + nameof(SnpProduct.Milan) => SnpProduct.Milan,
            arkPrefix + nameof(SnpProduct.Genoa) => SnpProduct.Genoa,
            arkPrefix + nameof(SnpProduct.Turin) => SnpProduct.Turin,
            _ => null,
        };
        if (Product is not { } product)
        {
            return $"the ARK is named '{name}', not ARK-Milan, ARK-Genoa or ARK-Turin";
        }

        var askName = Ask.CommonName;
        if (askName == $"SEV-{product}")
        {
            Issues = SnpSigner.Vcek;
        }
        else if (askName == $"SEV-VLEK-{product}")
        {
            Issues = SnpSigner.Vlek;
        }
        else
        {
            return $"the ASK is named '{askName}', not SEV-{product} or SEV-VLEK-{product}";
        }

        if (!Ask.Issuer.Span.SequenceEqual(Ark.Subject.Span))
        {
            return "the ASK was not issued by the ARK beside it";
        }

        if (!Ask.IsCa || !Ask.KeyUsages.HasFlag(KeyUsages.KeyCertSign) || Ask.HasUnknownCriticalExtension)
        {
            return "the ASK may not issue certificates (basicConstraints, keyUsage, or an unknown critical extension)";
        }

        if (ArkKey is not { Kind: KeyKind.Rsa, SizeInBits: 4096 } || AskKey is not { Kind: KeyKind.Rsa, SizeInBits: 4096 })
        {
            return "ARK and ASK must hold RSA-4096 keys";
        }

        return ArkKey.Verify(Ask.Scheme, Ask.Tbs.Span, Ask.Signature.Span)
            ? ""
            : "the signature of the ASK does not verify with the ARK's key";
    }
}
