using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Snp;

/// <summary>A VCEK or VLEK after time-independent work under one issuer.</summary>
internal sealed class Vek
{
    private Vek(Certificate certificate, SnpIssuer issuer) => (Certificate, Issuer) = (certificate, issuer);

    public Certificate Certificate { get; }

    public SnpIssuer Issuer { get; }

    /// <summary>Why the certificate does not stand under its issuer; empty when it does.</summary>
    public string Error { get; private set; } = "";

    /// <summary>VCEK or VLEK by the certificate's name; <see cref="SnpSigner.None"/> for any other name.</summary>
    public SnpSigner Kind { get; private set; } = SnpSigner.None;

    /// <summary>The key that signs reports; null when it is unusable.</summary>
    public VerifyingKey? Key { get; private set; }

    /// <summary>AMD's extensions; null when they are unusable.</summary>
    public VekExtensions? Extensions { get; private set; }

    /// <summary>True when nothing time-independent is wrong, so that the result may be cached.</summary>
    public bool IsSound => Error.Length == 0 && Issuer.Error.Length == 0;

    /// <summary>Reads the certificate; null when it is malformed.</summary>
    public static Vek? TryRead(ReadOnlySpan<byte> encoded, SnpIssuer issuer, out string error)
    {
        if (!PemCertificates.TryReadOne(encoded, out var certificate, out error))
        {
            error = $"VEK: {error}";
            return null;
        }

        var vek = new Vek(certificate!, issuer)
        {
            Key = VerifyingKey.TryCreate(certificate!, out var key) ? key : null,
            Kind = certificate!.CommonName switch { "SEV-VCEK" => SnpSigner.Vcek, "SEV-VLEK" => SnpSigner.Vlek, _ => SnpSigner.None },
        };
        vek.Error = vek.Check();
        return vek;
    }

    private string Check()
    {
        var error = VekExtensions.Read(Certificate, out var extensions);
        Extensions = extensions;
        if (error.Length > 0)
        {
            return error;
        }

        if (Kind is SnpSigner.None)
        {
            return $"the VEK is named '{Certificate.CommonName}', not SEV-VCEK or SEV-VLEK";
        }

        if (Kind != Issuer.Issues)
        {
            return $"a {NameOf(Kind)} under an issuer of {NameOf(Issuer.Issues)}s";
        }

        if (Key is not { Kind: KeyKind.P384 })
        {
            return "the VEK does not hold a valid P-384 key";
        }

        if (Certificate.IsCa || Certificate.HasUnknownCriticalExtension)
        {
            return "the VEK is a CA or has an unknown critical extension";
        }

        if (!Certificate.Issuer.Span.SequenceEqual(Issuer.Ask.Subject.Span))
        {
            return "the VEK was not issued by the ASK beside it";
        }

        // A VCEK is tied to one chip; without the id nothing ties it. A VLEK is lent to a provider instead.
        if (Kind is SnpSigner.Vcek ? Extensions!.HardwareId.Length == 0 : Extensions!.HardwareId.Length != 0)
        {
            return Kind is SnpSigner.Vcek ? "the VCEK has no hardware id" : "the VLEK has a hardware id";
        }

        return Issuer.AskKey is not null && Issuer.AskKey.Verify(Certificate.Scheme, Certificate.Tbs.Span, Certificate.Signature.Span)
            ? ""
            : "the signature of the VEK does not verify with the ASK's key";
    }

    private static string NameOf(SnpSigner kind) => kind is SnpSigner.Vlek ? "VLEK" : "VCEK";
}
