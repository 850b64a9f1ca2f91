namespace Casemate.Collateral.Service;

/// <summary>Collateral exists or may exist and cannot be had now: an upstream failed, is busy, or answered what does not verify.</summary>
public sealed class CollateralUnavailableException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="outcome">What the service answered.</param>
    public CollateralUnavailableException(CollateralOutcome outcome)
        : base(outcome?.Problem ?? throw new ArgumentNullException(nameof(outcome))) => Outcome = outcome;

    /// <summary>What the service answered.</summary>
    public CollateralOutcome Outcome { get; }

    /// <summary>True when asking again later can help.</summary>
    public bool IsTransient => Outcome.Status is CollateralStatus.UpstreamBusy or CollateralStatus.UpstreamFailed;
}
