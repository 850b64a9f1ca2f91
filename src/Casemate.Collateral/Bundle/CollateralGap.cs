using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>Something that other pieces of a collection need, and that is not in it.</summary>
/// <param name="Missing">What is missing; where either of two would do, one of them.</param>
/// <param name="NeededBy">The piece that needs it.</param>
/// <param name="Reason">What cannot be done without it, for people.</param>
public sealed record CollateralGap(CollateralKey Missing, CollateralKey NeededBy, string Reason)
{
    /// <summary>Whether it is a revocation list: what people forget, and what no verification should do without.</summary>
    public bool IsRevocationList => Missing.Kind is CollateralKind.RootCaCrl or CollateralKind.PckCrl or CollateralKind.SnpCrl;
}
