namespace Casemate.Collateral.Store;

/// <summary>Which PCK certificate was chosen for a raw TCB.</summary>
/// <param name="CpuSvn">CPUSVN of the machine, 32 hex digits, lower case.</param>
/// <param name="PceSvn">PCESVN of the machine, 4 hex digits, low byte first, lower case.</param>
/// <param name="Tcbm">TCB of the certificate: CPUSVN and PCESVN, 36 hex digits, lower case; empty when there was none.</param>
public sealed record SelectedTcb(string CpuSvn, string PceSvn, string Tcbm);
