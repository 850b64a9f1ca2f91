namespace Casemate.Node.Discovery;

/// <summary>EPC of one NUMA node.</summary>
/// <param name="Numa">The node's number, 0 to 1023; null when the source does not tell and there are several.</param>
/// <param name="Bytes">Size in bytes, positive, a multiple of 4096.</param>
public sealed record EpcBank(int? Numa, long Bytes);
