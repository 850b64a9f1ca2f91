namespace Casemate.Attestation.Policy;

/// <summary>A publisher of guest images that is trusted for one of its feeds.</summary>
/// <param name="Did">Its did:x509 identifier, compared exactly with the one in the endorsement.</param>
/// <param name="Feed">The feed, compared exactly.</param>
/// <param name="MinimumSvn">The lowest security version that passes.</param>
public sealed record TrustedImageSigner(string Did, string Feed, long MinimumSvn);
