using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>What verifying one piece of collateral found.</summary>
/// <param name="Collateral">The piece with its validity and complete issuer chain; null when it does not verify.</param>
/// <param name="Problem">Why it does not; empty when it does.</param>
public sealed record CollateralVerification(StoredCollateral? Collateral, string Problem)
{
    /// <summary>
    /// The root that the piece stands under, when that root is not accepted and nothing else was looked at; else empty. It is what the
    /// piece says of itself: proof of nothing, and enough to tell an operator which root is missing.
    /// </summary>
    public string UnacceptedRoot { get; private init; } = "";

    /// <summary>It may be genuine, under a root that is not accepted.</summary>
    internal static CollateralVerification UnderOtherRoot(string root) =>
        new(null, $"it stands under {root}, which is no accepted root here") { UnacceptedRoot = root };

    /// <summary>It verifies.</summary>
    internal static CollateralVerification Good(StoredCollateral collateral) => new(collateral, "");

    /// <summary>It does not.</summary>
    internal static CollateralVerification Bad(string problem) => new(null, problem);
}
