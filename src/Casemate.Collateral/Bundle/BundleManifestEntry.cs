using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>One line of a manifest.</summary>
/// <param name="Key">What the piece is.</param>
/// <param name="File">The file with its raw bytes.</param>
/// <param name="Sha256">SHA-256 of that file, 64 lower-case hex digits.</param>
/// <param name="ChainFile">The file with its issuers; empty where it has none.</param>
/// <param name="ChainSha256">SHA-256 of that file; empty where there is none.</param>
/// <param name="Fetched">When it was received.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="NotBefore">Start of its validity; null where there is none.</param>
/// <param name="NotAfter">End of its validity; null where there is none.</param>
internal sealed record BundleManifestEntry(
    CollateralKey Key, string File, string Sha256, string ChainFile, string ChainSha256, DateTimeOffset Fetched, string Source,
    DateTimeOffset? NotBefore, DateTimeOffset? NotAfter);
