using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>What verifying one piece of collateral found.</summary>
/// <param name="Collateral">The piece with its validity and complete issuer chain; null when it does not verify.</param>
/// <param name="Problem">Why it does not; empty when it does.</param>
public sealed record CollateralVerification(StoredCollateral? Collateral, string Problem)
{
    /// <summary>It verifies.</summary>
    internal static CollateralVerification Good(StoredCollateral collateral) => new(collateral, "");

    /// <summary>It does not.</summary>
    internal static CollateralVerification Bad(string problem) => new(null, problem);
}
