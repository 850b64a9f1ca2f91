namespace Casemate.Attestation.Policy;

/// <summary>A publisher of guest images that is trusted for one of its feeds.</summary>
/// <param name="Did">Its did:x509 identifier, compared exactly with the one in the endorsement.</param>
/// <param name="Feed">The feed, compared exactly.</param>
/// <param name="MinimumSvn">The lowest security version that passes.</param>
public sealed record TrustedImageSigner(string Did, string Feed, long MinimumSvn)
{
    /// <summary>Its did:x509 identifier, compared exactly with the one in the endorsement.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public string Did { get; init => field = PolicyValue.NotNull(value); } = PolicyValue.NotNull(Did);

    /// <summary>The feed, compared exactly.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public string Feed { get; init => field = PolicyValue.NotNull(value); } = PolicyValue.NotNull(Feed);
}
