using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>One piece of collateral and what verifying it found.</summary>
/// <param name="Collateral">The verified piece, with its validity; where it does not verify, the piece as it was given.</param>
/// <param name="Problem">Why it does not verify; empty when it does.</param>
public sealed record AuditedCollateral(StoredCollateral Collateral, string Problem)
{
    /// <summary>Whether it is what its key says, under an accepted root.</summary>
    public bool IsVerified => Problem.Length == 0;

    /// <summary>Whether its validity is over at an instant. What never changes has no end here: its dates are judged with
    /// evidence.</summary>
    public bool IsExpired(DateTimeOffset at) => !Collateral.Key.IsImmutable && Collateral.NotAfter < at;
}
