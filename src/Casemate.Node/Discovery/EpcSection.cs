namespace Casemate.Node.Discovery;

/// <summary>One EPC section as CPUID reports it (leaf 12H, sub-leaf 2 and up; Intel SDM volume 3D, §38.7.2).</summary>
/// <param name="Base">Physical address.</param>
/// <param name="Bytes">Size in bytes.</param>
public sealed record EpcSection(ulong Base, long Bytes);
