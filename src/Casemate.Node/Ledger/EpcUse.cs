namespace Casemate.Node.Ledger;

/// <summary>EPC that somebody holds.</summary>
/// <param name="Holder">Who: a pod's UID, a claim's UID; never empty. One holder is counted once.</param>
/// <param name="Bytes">How much; not negative.</param>
/// <param name="Numa">The NUMA node that it must come from; null when any will do.</param>
public sealed record EpcUse(string Holder, long Bytes, int? Numa = null);
