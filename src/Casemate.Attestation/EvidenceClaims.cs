namespace Casemate.Attestation;

/// <summary>What verified hardware signed. Exists only in a <see cref="Verdict"/> whose authenticity checks passed.</summary>
/// <param name="ReportData">The 64 bytes that the workload bound into the evidence.</param>
public abstract record EvidenceClaims(byte[] ReportData);
