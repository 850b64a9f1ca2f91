using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>The whole answer about one signature.</summary>
/// <param name="Form">The form in which it is kept.</param>
/// <param name="Where">Where it was found: the digest of the layer that holds it, or the name of a file.</param>
/// <param name="Checks">Every question that was asked, in order.</param>
public sealed record SignatureVerdict(SignatureForm Form, string Where, ImmutableArray<SignatureCheck> Checks)
{
    /// <summary>Who signed, as the certificate names it; null where a key signed, or where no certificate could be read.</summary>
    public string? Identity { get; init; }

    /// <summary>Who vouches for the identity; null where a key signed.</summary>
    public string? Issuer { get; init; }

    /// <summary>The earliest trusted time of signing; null where none is known.</summary>
    public DateTimeOffset? SignedAt { get; init; }

    /// <summary>What the signer added to the payload; null unless the signature is accepted.</summary>
    public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>True only if signature and digest were checked and nothing failed or could not be answered.</summary>
    public bool Accepted => !Checks.IsDefault && Passed(SignatureCheckId.Signature) && Passed(SignatureCheckId.Digest) && !Reasons.Any();

    /// <summary>The checks for which the signature is refused.</summary>
    public IEnumerable<SignatureCheck> Reasons =>
        Checks.Where(check => check.Outcome is not (SignatureCheckOutcome.Passed or SignatureCheckOutcome.Skipped));

    private bool Passed(SignatureCheckId id) => Checks.Any(check => check.Id == id && check.Outcome is SignatureCheckOutcome.Passed);
}
