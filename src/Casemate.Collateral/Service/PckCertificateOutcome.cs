namespace Casemate.Collateral.Service;

/// <summary>The answer to a question for a PCK certificate.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Certificate">The certificate when there is one; else null.</param>
/// <param name="Problem">Why there is none, or what else to know, for an operator; no id of a machine.</param>
/// <param name="RetryAfter">When it is worth asking again; null when that is not known.</param>
public sealed record PckCertificateOutcome(
    CollateralStatus Status, PckCertificateAnswer? Certificate = null, string Problem = "", TimeSpan? RetryAfter = null);
