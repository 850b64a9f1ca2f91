using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>The answer of the collateral service.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Collateral">Verified collateral, for <see cref="CollateralStatus.Found"/> and <see cref="CollateralStatus.Stale"/>; else
/// null.</param>
/// <param name="Problem">
/// Why there is none, or why it is stale, for an operator: no secret, no id of a machine. Also set beside found collateral that could
/// not be written to the store. Empty otherwise.
/// </param>
/// <param name="RetryAfter">When it is worth asking again; null when that is not known.</param>
public sealed record CollateralOutcome(
    CollateralStatus Status, StoredCollateral? Collateral = null, string Problem = "", TimeSpan? RetryAfter = null)
{
    /// <summary>
    /// With <see cref="CollateralStatus.UpstreamBusy"/>: true when the upstream is left alone because it failed, and <see cref="Problem"/>
    /// says how; false when it is its limit, or asked for it.
    /// </summary>
    public bool IsAfterFailure { get; init; }

    /// <summary>True when there is collateral.</summary>
    public bool HasCollateral => Collateral is not null;
}
