using Casemate.Kubernetes;
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

    /// <summary>A sentence about what is held beyond E; null when nothing is. What cannot be read counts as all that there could be.</summary>
    internal string? Overcommitment => this switch
    {
        { OvercommittedBytes: 0 } => null,
        { UsedBytes: long.MaxValue } =>
            "How much EPC a pod or a claim has cannot be read: nothing more is given until that is known or it has ended.",
        _ => $"Pods hold {EpcText.Of(UsedBytes)} of EPC, and there are {EpcText.Of(CapacityBytes)} for them: their enclaves may get slow, and "
            + "nothing more is given.",
    };
}
