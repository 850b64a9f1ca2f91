using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>Whose endorsements of guest images are trusted. The default trusts nobody.</summary>
public sealed record GuestImagePolicy
{
    /// <summary>Publishers and feeds. Default: none.</summary>
    public ImmutableArray<TrustedImageSigner> Signers { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>
    /// Judges the publisher's certificates at the time at which it says it signed, instead of now. Certificates of publishers last about a
    /// year and their images longer; but the time is the signer's own claim: who steals an expired key can sign with a time in the past.
    /// Default: false.
    /// </summary>
    public bool TrustClaimedSigningTime { get; init; }
}
