namespace Casemate.Collateral.Store;

/// <summary>What a store answers. Absent and damaged are different things: a damaged entry is reported, and fetched again.</summary>
/// <param name="Collateral">The entry; null when it is absent or damaged.</param>
/// <param name="Damage">What is wrong with an entry that is there; empty when nothing is.</param>
public readonly record struct StoreReading(StoredCollateral? Collateral, string Damage)
{
    /// <summary>There is no such entry.</summary>
    public static StoreReading Absent { get; } = new(null, "");

    /// <summary>The entry.</summary>
    public static StoreReading Found(StoredCollateral collateral) => new(collateral, "");

    /// <summary>There is an entry, and it cannot be used.</summary>
    public static StoreReading Damaged(string problem) => new(null, problem);
}
