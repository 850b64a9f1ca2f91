using Casemate.Node.Discovery;

namespace Casemate.Node.Ledger;

/// <summary>The ledger at one moment.</summary>
/// <param name="CapacityBytes">E: total less reserve.</param>
/// <param name="UsedBytes">Held in all.</param>
/// <param name="Banks">By NUMA node.</param>
/// <param name="Uses">By holder, in ordinal order.</param>
public sealed record EpcUsage(long CapacityBytes, long UsedBytes, ValueList<EpcBankUsage> Banks, ValueList<EpcUse> Uses)
{
    /// <summary>What may still be given; 0 when more is held than there is.</summary>
    public long FreeBytes => Math.Max(0, CapacityBytes - UsedBytes);

    /// <summary>Held beyond E: possible only when pods were there before the ledger, or the EPC shrank under them.</summary>
    public long OvercommittedBytes => Math.Max(0, UsedBytes - CapacityBytes);
}
