namespace Casemate.Collateral.Store;

/// <summary>What became of an import that was cut short: see <see cref="DirectoryCollateralStore.Repair"/>.</summary>
/// <param name="IsCompleted">True when all of it is in the store now; false when it was set aside.</param>
/// <param name="IsUntouched">
/// True when it was set aside and none of it had reached the store, which is as it was before. False when some entries may have: each of
/// them is whole, and stays.
/// </param>
/// <param name="Place">Where it was set aside: a directory, for whoever wants to look; may be removed. Empty when it was completed.</param>
/// <param name="Problem">Why it could not be completed; empty when it was.</param>
public sealed record StoreRepair(bool IsCompleted, bool IsUntouched, string Place, string Problem);
