namespace Casemate.Simulator.Snp;

/// <summary>Version of the SEV-SNP firmware. Source: AMD 56860, ATTESTATION_REPORT.</summary>
/// <param name="Major">API major version.</param>
/// <param name="Minor">API minor version.</param>
/// <param name="Build">Build number.</param>
public readonly record struct SnpFirmwareVersion(byte Major, byte Minor, byte Build);
