namespace Casemate.Node.Ledger;

/// <summary>How much of one bank is held.</summary>
/// <param name="Numa">The NUMA node; null when it is not known.</param>
/// <param name="CapacityBytes">E of the bank: total less reserve.</param>
/// <param name="UsedBytes">Held by those that must have it from this bank.</param>
public sealed record EpcBankUsage(int? Numa, long CapacityBytes, long UsedBytes);
