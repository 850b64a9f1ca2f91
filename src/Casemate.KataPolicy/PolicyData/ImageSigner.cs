namespace Casemate.KataPolicy;

/// <summary>Who must have signed an image: a key, or an identity that an issuer vouched for.</summary>
public sealed record ImageSigner
{
    /// <summary>The fingerprint of the public key, <c>sha256:…</c> over its SubjectPublicKeyInfo; empty when an identity signs.</summary>
    public string Key { get; init; } = "";

    /// <summary>The identity in the signing certificate; empty when a key signs.</summary>
    public string Identity { get; init; } = "";

    /// <summary>The issuer that vouched for the identity; empty when a key signs.</summary>
    public string Issuer { get; init; } = "";
}
