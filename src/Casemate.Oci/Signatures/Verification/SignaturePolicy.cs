namespace Casemate.Oci.Signatures;

/// <summary>Which signatures are accepted: those of one key, or of one identity under a trusted root.</summary>
public sealed record SignaturePolicy
{
    private SignaturePolicy()
    {
    }

    /// <summary>The key that must have signed; null where an identity is asked for.</summary>
    public SignatureKey? Key { get; private init; }

    /// <summary>Whom to trust; null only with a key, and then neither logs nor times are asked for.</summary>
    public TrustedRoot? TrustedRoot { get; private init; }

    /// <summary>The signer that the certificate must name; null with a key.</summary>
    public TextPattern? Identity { get; private init; }

    /// <summary>The issuer of identities that the certificate must name; null with a key.</summary>
    public TextPattern? Issuer { get; private init; }

    /// <summary>
    /// The repository that a simple signature must name, such as <c>registry.example/team/app</c>; null accepts any, which is right
    /// only where images are copied between repositories. Bundles name none.
    /// </summary>
    public string? Repository { get; init; }

    /// <summary>What a statement must say. Default: that it is a plain signature.</summary>
    public string PredicateType { get; init; } = InTotoStatement.CosignSign;

    /// <summary>Accepts what this key signed.</summary>
    /// <param name="key">The key.</param>
    /// <param name="trustedRoot">When it names transparency logs, a signature must be in one of them; null asks for no log.</param>
    public static SignaturePolicy ForKey(SignatureKey key, TrustedRoot? trustedRoot = null) => new() { Key = key, TrustedRoot = trustedRoot };

    /// <summary>Accepts what the holder of an identity signed.</summary>
    /// <param name="trustedRoot">Whom to trust.</param>
    /// <param name="identity">The signer: a mail address, or the address of a workflow.</param>
    /// <param name="issuer">Who vouches for it: without this, anybody who runs an issuer could make any identity.</param>
    public static SignaturePolicy ForIdentity(TrustedRoot trustedRoot, TextPattern identity, TextPattern issuer) =>
        new() { TrustedRoot = trustedRoot, Identity = identity, Issuer = issuer };
}
