using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>What became of one piece of an import.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Outcome">
/// <see cref="CollateralStatus.Found"/> when it verifies, with what is in force (an older piece does not push out a newer one, and the
/// problem says so); otherwise why it was refused.
/// </param>
public sealed record ImportedCollateral(CollateralKey Key, CollateralOutcome Outcome);
