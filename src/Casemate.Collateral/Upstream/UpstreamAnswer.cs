using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>What an upstream answered.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Document">The document, not verified, when it was found; else null. Its validity is still open (null).</param>
/// <param name="Problem">What went wrong, for an operator: no secret, no id of a machine. Empty when found.</param>
/// <param name="RetryAfter">How long the upstream asks to be left alone; null when it does not say.</param>
/// <param name="HttpStatus">Status code of the response; null when there was none.</param>
public sealed record UpstreamAnswer(
    UpstreamStatus Status, StoredCollateral? Document = null, string Problem = "", TimeSpan? RetryAfter = null, int? HttpStatus = null);
